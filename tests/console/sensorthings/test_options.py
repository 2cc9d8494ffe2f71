"""Query options as Grafana, QGIS and the frost client send them, and what is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sensorthings.errors import QueryRefused
from console.sensorthings.filters import parse
from console.sensorthings.options import read_options
from forewarn.storage.things.expressions import Path
from forewarn.storage.things.question import Expand, Options, Order


def test_what_grafana_pages_with() -> None:
    found = read_options([("$count", "true"), ("$skip", "2000"), ("$top", "1000")])
    assert found == Options(count=True, skip=2000, top=1000)


def test_what_qgis_expands() -> None:
    found = read_options([("$expand", "Datastreams($orderby=id;$top=100)")])
    inner = Options(order=(Order(Path(("id",))),), top=100)
    written = (("$orderby", "id"), ("$top", "100"))
    assert found.expand == (Expand("Datastreams", inner, written),)


def test_expansions_nest_by_brackets_and_by_path() -> None:
    text = "Thing/Locations($select=name,@iot.id),Observations($filter=name eq 'a;b,)';$top=1)"
    thing, observations = read_options([("$expand", text)]).expand
    places = Expand(
        "Locations", Options(select=("name", "@iot.id")), (("$select", "name,@iot.id"),)
    )
    inside = (("$expand", "Locations($select=name,@iot.id)"),)
    assert thing == Expand("Thing", Options(expand=(places,)), inside)
    assert observations.options == Options(filter=parse("name eq 'a;b,)'"), top=1)


def test_order_and_format() -> None:
    pairs = [("$orderby", "Thing/name desc,result"), ("$resultFormat", "dataArray")]
    found = read_options(pairs)
    assert found.order == (Order(Path(("Thing", "name")), True), Order(Path(("result",))))
    assert found.data_array


def test_a_page_is_never_longer_than_a_thousand() -> None:
    assert read_options([("$top", "50000")]).top == 1000


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("$tpo", "1", "no query option"),
        ("$top", "-1", "whole number"),
        ("$top", "²", "whole number"),
        ("$skip", "1000001", "whole number"),
        ("$count", "yes", "false, true"),
        ("$resultFormat", "xml", "dataArray"),
        ("$orderby", "name up", "asc"),
        ("$select", "name;drop", "not a name"),
        ("$select", "a,,b", "not a name"),
        ("$expand", "Things(", "closing"),
        ("$expand", "A/B/C/D/E", "deeper than 4"),
        ("$expand", "A($expand=" * 5 + "B" + ")" * 5, "deeper than 4"),
        ("$expand", ",".join("ABCDEFGHIJK"), "more than 10"),
    ],
)
def test_refusals_name_the_option(name: str, value: str, said: str) -> None:
    with pytest.raises(QueryRefused, match=said):
        read_options([(name, value)])


def test_an_option_twice_is_refused() -> None:
    with pytest.raises(QueryRefused, match=r"\$top is there twice"):
        read_options([("$top", "1"), ("$top", "2")])


NAMES = st.sampled_from(["$expand", "$select", "$orderby", "$top"])


@given(NAMES, st.text("A($);,'/=1 @", max_size=30))
def test_anything_is_read_or_refused(name: str, value: str) -> None:
    with suppress(QueryRefused):
        read_options([(name, value)])
