"""Questions to the tables of things, on a real database."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forewarn.domain.config import convert
from forewarn.domain.hazard import Forecast
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import Connection, connect, store, store_forecast
from forewarn.storage.things import ENTITIES, Unanswerable, ask, mirror, mirror_forecasts
from forewarn.storage.things.conditions import condition
from forewarn.storage.things.expressions import Binary, Call, Geometry, Literal, Path, Unary
from forewarn.storage.things.names import Names
from forewarn.storage.things.question import Expand, Options, Order, Step

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)


def _site(longitude: float = 121.5) -> Site:
    raw = {
        "id": "test",
        "name": "River",
        "timezone": "UTC",
        "gateways": ["gw"],
        "area": [
            {"id": "town", "name": "Town", "polygon": [(30, 121), (30, 122), (31, 122), (30, 121)]}
        ],
        "station": [
            {
                "id": name,
                "name": name.capitalize(),
                "area": "town",
                "latitude": 30.0,
                "longitude": at,
                "datastream": [
                    {"property": p, "unit": "m", "interval": "PT1M"} for p in properties
                ],
            }
            for name, at, properties in (
                ("weir", longitude, ("stage", "tide")),
                ("hill", 120.0, ("rain",)),
            )
        ],
    }
    return convert(raw, Site, source="test")


@pytest.fixture
def filled(connection: Connection) -> Connection:
    mirror(connection, _site(), NOW)
    rows = [
        ("weir/stage", to_milliseconds(NOW - timedelta(minutes=m)), 5.0 - m, 1, 0, False)
        for m in range(4)
    ]
    store(connection, [*rows, ("weir/tide", to_milliseconds(NOW), None, 9, 0, False)], [], [])
    return connection


def _names(connection: Connection, way: str, **options: Any) -> list[Any]:
    page = ask(connection, [Step(way)], Options(**options), NOW)
    return [row.get("name", row.get("result")) for row in page.rows]


def test_mirroring_again_changes_nothing_and_a_moved_station_has_a_history(
    filled: Connection,
) -> None:
    before = ask(filled, [Step("Datastreams")], Options(), NOW).rows
    mirror(filled, _site(), NOW + timedelta(days=1))
    assert ask(filled, [Step("Datastreams")], Options(), NOW).rows == before
    mirror(filled, _site(longitude=122.0), NOW + timedelta(days=2))
    [weir] = ask(
        filled,
        [Step("Things", 1)],
        Options(expand=(Expand("Locations", Options()), Expand("HistoricalLocations", Options()))),
        NOW,
    ).rows
    [place] = weir["Locations"]
    assert place["location"] == {"type": "Point", "coordinates": [122.0, 30.0]}
    times = [h["time"] for h in weir["HistoricalLocations"]]
    assert times == ["2026-07-12T03:00:00.000Z", "2026-07-14T03:00:00.000Z"]


def test_an_observation_is_found_by_its_id(filled: Connection) -> None:
    rows = ask(filled, [Step("Observations")], Options(), NOW).rows
    for row in rows:
        assert ask(filled, [Step("Observations", row["@iot.id"])], Options(), NOW).rows == [row]
    assert [row["result"] for row in rows] == [2.0, 3.0, 4.0, 5.0, None]
    assert rows[-1]["resultQuality"] == 9


def test_pages_count_and_say_that_more_follow(filled: Connection) -> None:
    options = Options(order=(Order(Path(("phenomenonTime",)), True),), top=2, skip=1, count=True)
    page = ask(filled, [Step("Datastreams", 1), Step("Observations")], options, NOW)
    assert ([r["result"] for r in page.rows], page.more, page.count) == ([4.0, 3.0], True, 4)


def test_expansions_nest_with_their_own_options(filled: Connection) -> None:
    newest = Options(
        order=(Order(Path(("phenomenonTime",)), True),), top=1, select=("result",), count=True
    )
    inner = Options(
        filter=Binary("eq", Path(("ObservedProperty", "name")), Literal("stage")),
        select=("name",),
        expand=(Expand("Observations", newest), Expand("Sensor", Options(select=("name",)))),
    )
    [thing] = ask(
        filled, [Step("Things", 1)], Options(expand=(Expand("Datastreams", inner),)), NOW
    ).rows
    [datastream] = thing["Datastreams"]
    assert datastream["name"] == "Stage at Weir"
    assert datastream["Sensor"]["name"] == "Weir, stage"
    assert [o["result"] for o in datastream["Observations"]] == [5.0, 4.0]  # one more than $top
    assert datastream["Observations@iot.count"] == 4


SQUARE = Geometry("POLYGON((121 29,122 29,122 31,121 31,121 29))")


FOUND: list[tuple[str, Any, list[Any]]] = [
    (
        "Things",
        Binary("eq", Path(("Datastreams", "ObservedProperty", "name")), Literal("rain")),
        ["Hill"],
    ),
    ("Things", Call("st_within", (Path(("Locations", "location")), SQUARE)), ["Weir"]),
    ("Things", Call("st_disjoint", (Path(("Locations", "location")), SQUARE)), ["Hill"]),
    (
        "Things",
        Binary(
            "lt",
            Call("geo.distance", (Path(("Locations", "location")), Geometry("POINT(120 30)"))),
            Literal(1.0),
        ),
        ["Hill"],
    ),
    ("Things", Binary("eq", Path(("properties", "area")), Literal("town")), ["Weir", "Hill"]),
    ("Things", Binary("eq", Path(("properties", "invented")), Literal(True)), []),
    ("Things", Binary("eq", Path(("properties", "nothing")), Literal(None)), ["Weir", "Hill"]),
    ("Things", Call("startswith", (Path(("properties", "key")), Literal("w"))), ["Weir"]),
    ("Things", Call("substringof", (Literal("il"), Path(("name",)))), ["Hill"]),
    (
        "Things",
        Unary("not", Binary("eq", Path(("Datastreams", "name")), Literal("Rain at Hill"))),
        ["Weir"],
    ),
    ("Datastreams", Binary("eq", Path(("Thing", "@iot.id")), Literal(2.0)), ["Rain at Hill"]),
    (
        "Observations",
        Binary(
            "gt",
            Path(("phenomenonTime",)),
            Binary("sub", Call("now", ()), Literal(timedelta(seconds=90))),
        ),
        [4.0, 5.0, None],
    ),
    (
        "Observations",
        Binary("gt", Binary("mod", Path(("result",)), Literal(2.0)), Literal(0.5)),
        [3.0, 5.0],
    ),
    (
        "Observations",
        Binary("gt", Binary("div", Path(("result",)), Literal(0.0)), Literal(1.0)),
        [],
    ),
    ("Observations", Binary("eq", Path(("result",)), Literal(None)), [None]),
    (
        "Observations",
        Binary("eq", Call("minute", (Path(("phenomenonTime",)),)), Literal(58.0)),
        [3.0],
    ),
]


def test_what_a_filter_finds(filled: Connection) -> None:
    for way, expression, found in FOUND:
        assert _names(filled, way, filter=expression) == found, expression


REFUSED: list[tuple[Any, str]] = [
    (Path(("name",)), "a condition is true or false, but this is of kind text"),
    (Binary("eq", Path(("nmae",)), Literal("x")), "Thing has no `nmae`; it has @iot.id, name"),
    (Binary("eq", Path(("Datastreams",)), Literal("x")), "is an entity; name one of its"),
    (Binary("eq", Path(("name",)), Literal(1.0)), "text and number cannot be compared"),
    (Binary("gt", Path(("name",)), Literal(None)), "`gt` null has no meaning"),
    (Binary("eq", Path(("Datastreams", "phenomenonTime")), Literal(NOW)), "shown but cannot"),
    (Call("st_touches", (Path(("Locations", "location")), SQUARE)), "compares points"),
    (Call("st_within", (SQUARE, Geometry("POLYGON((0 0),(1 1))"))), "without holes"),
    (Call("st_within", (Geometry("POINT(1)"), SQUARE)), "is not a longitude and a latitude"),
    (Call("length", (Literal(1.0),)), "length takes a text, not a number"),
]


def test_what_has_no_answer_says_why(filled: Connection) -> None:
    for expression, why in REFUSED:
        with pytest.raises(Unanswerable) as refused:
            _names(filled, "Things", filter=expression)
        assert why in str(refused.value)


def test_orders_and_expansions_without_sense_are_refused(filled: Connection) -> None:
    with pytest.raises(Unanswerable, match="leads to many entities"):
        _names(filled, "Things", order=(Order(Path(("Datastreams", "name"))),))
    deep = Options(top=1000, expand=(Expand("Observations", Options(top=1000)),))
    with pytest.raises(Unanswerable, match="give a smaller"):
        _names(filled, "Things", expand=(Expand("Datastreams", deep),))
    with pytest.raises(Unanswerable, match="no neighbour `Sensor`"):
        _names(filled, "Things", expand=(Expand("Sensor", Options()),))


LITERALS = st.one_of(
    st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(),
    st.datetimes(timezones=st.just(UTC)), st.timedeltas(),
).map(Literal)  # fmt: skip
STEPS = ["name", "@iot.id", "properties", "Datastreams", "Observations", "result", "location"]
PATHS = st.lists(st.sampled_from([*STEPS, "Locations", "phenomenonTime"]), min_size=1, max_size=4)
FUNCTIONS = [("length", 1), ("concat", 2), ("substring", 2), ("year", 1), ("st_within", 2)]
OPERATORS = ["and", "or", "eq", "ne", "gt", "le", "add", "sub", "mul", "div", "mod"]
TREES: st.SearchStrategy[Any] = st.recursive(
    LITERALS | PATHS.map(lambda p: Path(tuple(p))),
    lambda inner: (
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner)
        | st.builds(Unary, st.sampled_from(["not", "-"]), inner)
        | st.sampled_from(FUNCTIONS).flatmap(
            lambda f: st.tuples(*[inner] * f[1]).map(lambda given: Call(f[0], given))
        )
    ),
    max_leaves=8,
)


@given(st.text(min_size=1, max_size=30), st.sampled_from(["eq", "ne", "gt"]))
def test_no_text_of_a_user_becomes_part_of_the_statement(text: str, operator: str) -> None:
    names, plain = Names(NOW), Names(NOW)
    thing = ENTITIES["Things"]
    steps = Path(("properties", text))
    sql = condition(Binary(operator, steps, Literal(text)), thing, "t", names)
    assert sql == condition(
        Binary(operator, Path(("properties", "x")), Literal("y")), thing, "t", plain
    )
    assert list(names.parameters.values()) == [[text], text]


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=TREES)
def test_any_tree_is_answered_or_refused(database: str, tree: Any) -> None:
    """PostgreSQL never says that the statement itself is wrong: only that a value is."""
    with connect(database) as connection:
        with suppress(Unanswerable, psycopg.DataError):
            ask(connection, [Step("Things")], Options(filter=tree), NOW)


def test_the_newest_forecast_is_a_datastream_for_each_quantile(filled: Connection) -> None:
    def issue(hour: int) -> None:
        forecast = Forecast(
            area="town",
            datastream="weir/stage",
            issue_time=NOW + timedelta(hours=hour),
            model="test",
            leads_s=[600, 1200],
            probabilities=[0.05, 0.5],
            values=[[hour + 1.0, hour + 2.0], [hour + 3.0, hour + 4.0]],
        )
        store_forecast(filled, [forecast])

    assert mirror_forecasts(filled) == 0
    issue(0)
    assert (mirror_forecasts(filled), mirror_forecasts(filled)) == (2, 0)
    issue(1)
    found = ask(
        filled,
        [Step("Things", 1), Step("Datastreams")],
        Options(expand=(Expand("Observations", Options()), Expand("Sensor", Options()))),
        NOW,
    ).rows
    names = [row["name"] for row in found]
    assert names == [
        "Stage at Weir",
        "Tide at Weir",
        "Stage at Weir, forecast 5% quantile",
        "Stage at Weir, forecast 50% quantile",
    ]
    median = found[3]
    assert [(o["resultTime"], o["result"]) for o in median["Observations"]] == [
        ("2026-07-12T04:00:00.000Z", 3.0),
        ("2026-07-12T04:00:00.000Z", 5.0),
    ]
    assert median["phenomenonTime"] == "2026-07-12T04:10:00.000Z/2026-07-12T04:20:00.000Z"
    assert median["properties"]["forecast_of"] == "weir/stage"
    assert median["Sensor"]["name"] == "Model test"
    [newest, *_] = median["Observations"]
    one = ask(filled, [Step("Observations", newest["@iot.id"])], Options(), NOW).rows
    assert one == [newest]
    assert found[0]["Observations"][0]["result"] == 2.0, "what is observed stays as it was"
