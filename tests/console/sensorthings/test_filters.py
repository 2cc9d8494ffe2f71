"""`$filter`: what it means, what is refused and in which words, and that nothing else comes out."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sensorthings.errors import QueryRefused
from console.sensorthings.filters import parse
from forewarn.storage.things.expressions import (
    Binary,
    Call,
    Expression,
    Geometry,
    Literal,
    Path,
    Unary,
)


def test_binding_is_that_of_odata() -> None:
    found = parse("result gt 1 add 2 mul 3 or not (Thing/@iot.id eq 7) and name ne 'it''s'")
    product = Binary("mul", Literal(2.0), Literal(3.0))
    left = Binary("gt", Path(("result",)), Binary("add", Literal(1.0), product))
    thing = Unary("not", Binary("eq", Path(("Thing", "@iot.id")), Literal(7.0)))
    right = Binary("and", thing, Binary("ne", Path(("name",)), Literal("it's")))
    assert found == Binary("or", left, right)


def test_times_durations_and_places() -> None:
    found = parse("phenomenonTime ge 2026-11-21T08:00:00+08:00 sub duration'P1DT2H'")
    time = Literal(datetime(2026, 11, 21, tzinfo=UTC))
    after = Binary("sub", time, Literal(timedelta(hours=26)))
    assert found == Binary("ge", Path(("phenomenonTime",)), after)
    place = parse("st_within(location, geography'POLYGON((0 0,0 1,1 1,0 0))')")
    area = Geometry("POLYGON((0 0,0 1,1 1,0 0))")
    assert place == Call("st_within", (Path(("location",)), area))
    nearer = parse("geo.distance(location, geography'POINT(1 2)') lt 3")
    assert isinstance(nearer, Binary)
    assert nearer.left == Call("geo.distance", (Path(("location",)), Geometry("POINT(1 2)")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "column 1, at `the end`"),
        ("result gt", "column 10"),
        ("result gt 5 5", "column 13"),
        ("name eq 'open", "column 8"),
        ("(result gt 5", "`)` is expected"),
        ("sleep(5)", "no such function"),
        ("startswith(name)", "takes 2 arguments, not 1"),
        ("result eq 1e999", "expected"),
        ("time eq 2026-02-30T00:00:00Z", "day"),
        ("time eq duration'P'", "PT1H30M"),
        ("a/b/c/d/e eq 1", "at most 4 names"),
        ("(" * 13 + "1" + ")" * 13, "deeper than 12"),
        ("not " * 400 + "true", "deeper than 12"),
        (" or ".join(["now() eq 1"] * 11), "more than 10 functions"),
        ("name eq '" + "x" * 2000 + "'", "at most 2000"),
    ],
)
def test_refusals_say_where_and_why(text: str, said: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse(text)
    assert "$filter" in str(refused.value)
    assert said in str(refused.value)


LEAVES = st.one_of(
    st.text("ab' é(", max_size=5).map(Literal),
    st.integers(0, 10**6).map(lambda n: Literal(n / 8)),
    st.sampled_from([Literal(True), Literal(None), Path(("Thing", "@iot.id")), Path(("result",))]),
)


def _grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    binary = st.builds(
        Binary, st.sampled_from(["or", "and", "eq", "lt", "add", "mod"]), inner, inner
    )
    unary = st.builds(Unary, st.sampled_from(["not", "-"]), inner)
    call = st.builds(Call, st.just("concat"), st.tuples(inner, inner))
    return st.one_of(binary, unary, call)


def _written(tree: Expression) -> str:
    match tree:
        case Literal(str(text)):
            return "'" + text.replace("'", "''") + "'"
        case Literal(bool() | None as value):
            return "null" if value is None else str(value).lower()
        case Literal(value):
            return repr(value)
        case Path(steps):
            return "/".join(steps)
        case Unary(operator, operand):
            return f"{operator} ({_written(operand)})"
        case Binary(operator, left, right):
            return f"({_written(left)}) {operator} ({_written(right)})"
        case Call(name, arguments):
            return f"{name}({', '.join(map(_written, arguments))})"
    raise AssertionError(tree)


@given(st.recursive(LEAVES, _grow, max_leaves=5))
def test_what_is_written_is_read(tree: Expression) -> None:
    assert parse(_written(tree)) == tree


@given(st.text("()',/-. @iotdnrequa0129TZ:geost_", max_size=60))
def test_anything_is_read_or_refused(text: str) -> None:
    with suppress(QueryRefused):
        parse(text)
