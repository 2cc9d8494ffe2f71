"""Formulas of indicators: what they mean, and what is said of those that are wrong."""

from collections.abc import Sequence
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.domain.vital import State
from stream.models.vitals import Bounds, FormulaError, Names, judge, parse, reach

NAMES = Names(
    areas={
        "fenghua/stage": "hills",
        "beidu/stage": "city",
        "sanjiangkou/stage": "city",
        "haishu/rain": "city",
        "xikou/rain": "hills",
        "quay/people": "city",
    },
    thresholds={("fenghua/stage", "yellow"): 5.0, ("sanjiangkou/stage", "yellow"): 3.0},
    forecast=frozenset({"fenghua/stage", "underpass/depth"}),
)


class Known:
    """A scene of constants; windows are handed in."""

    def __init__(self, windows: dict[str, Sequence[float]]) -> None:
        self._windows = windows

    def latest(self, key: str) -> float:
        return self._windows.get(key, [nan])[-1]

    def window(self, key: str, minutes: int) -> Sequence[float]:
        found = list(self._windows.get(key, []))[-minutes:]
        return [nan] * (minutes - len(found)) + found

    def interval_min(self, key: str) -> float:
        return 1.0

    def ahead(self, key: str, lead_s: float, probability: float) -> float:
        return lead_s / 3600 + probability if key == "fenghua/stage" else nan


SCENE = Known(
    {
        "fenghua/stage": [4.0, 4.5],
        "beidu/stage": [3.0],
        "sanjiangkou/stage": [2.0, 2.4],
        "haishu/rain": [0.5] * 60,
        "xikou/rain": [0.0] * 30 + [nan] * 20 + [1.0] * 10,
        "quay/people": [120.0],
    }
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('latest("fenghua/stage")', 4.5),
        ('"fenghua/stage" * 2 - 1', 8.0),
        ('max("*/stage")', 4.5),
        ('max("*/stage @ city")', 3.0),
        ('mean("*/stage @ city", "quay/people")', (3.0 + 2.4 + 120.0) / 3),
        ('count("*/stage")', 3.0),
        ('count("*/stage" > 2.5)', 2.0),
        ('100 * share("*/stage" >= 3)', 100 * 2 / 3),
        ('over("haishu/rain", "PT1H", sum)', 30.0),
        ('over("haishu/rain", "PT10M", "max")', 0.5),
        ('max(over("*/rain", "PT10M", mean))', 1.0),
        ('max(latest("*/stage") / threshold("*/stage", "yellow"))', 0.9),
        ('min("*/stage" - threshold("fenghua/stage", "yellow"))', -2.6),
        ('ahead("fenghua/stage", "PT3H", 0.9)', 3.9),
        ('max(abs(-"beidu/stage"), sqrt(16))', None),
        ('sqrt(abs(-"quay/people" - 1))', 11.0),
        ("-latest('quay/people') / 40", -3.0),
    ],
)
def test_what_formulas_mean(text: str, value: float | None) -> None:
    if value is None:
        with pytest.raises(FormulaError):
            parse(text, Names(areas={}))
        return
    found, missing = parse(text, NAMES).evaluate(SCENE)
    assert found == pytest.approx(value)
    assert missing == frozenset()


def test_what_is_missing_is_told_and_never_taken_for_zero() -> None:
    half = Known({"fenghua/stage": [4.5], "haishu/rain": [0.5] * 40})
    value, missing = parse('max("*/stage")', NAMES).evaluate(half)
    assert (value, missing) == (4.5, {"beidu/stage", "sanjiangkou/stage"})
    value, missing = parse('sum("*/rain")', NAMES).evaluate(Known({}))
    assert isnan(value)
    assert len(missing) == 2
    value, missing = parse('over("haishu/rain", "PT1H", sum)', NAMES).evaluate(half)
    assert isnan(value)  # 40 of 60 minutes are fewer than 80 %
    assert missing == {"haishu/rain"}
    value, _ = parse('"fenghua/stage" / (count("*/stage") - 1)', NAMES).evaluate(half)
    assert isnan(value)  # divided by zero


def test_a_rate_is_the_slope_of_the_straight_line() -> None:
    rising = Known({"fenghua/stage": [2.0 + 0.01 * minute for minute in range(30)]})
    value, _ = parse('rate("fenghua/stage", "PT30M")', NAMES).evaluate(rising)
    assert value == pytest.approx(0.6)  # m/h
    assert parse('rate("fenghua/stage", "PT30M")', NAMES).minutes == 30


@pytest.mark.parametrize(
    ("text", "position", "why"),
    [
        ('latest("fenghua/stge")', 8, "Did you mean `fenghua/stage`"),
        ('max("*/stage @ citty")', 5, "no area `citty`. Did you mean `city`"),
        ('1 + maks("*/stage")', 5, "no function `maks`. Did you mean `max`"),
        ('over("haishu/rain", "1 hour", sum)', 21, 'give e.g. "PT1H"'),
        ('over("haishu/rain", "PT1H", total)', 1, "no `total`"),
        ("fenghua + 1", 1, "stands alone"),
        ('"*/stage"', 1, "put `max(…)`"),
        ('threshold("quay/people", "yellow") * "quay/people"', 26, "has a threshold of level"),
        ('share("*/stage")', 1, "wants a comparison"),
        ("1 + 2", 1, "names no datastream"),
        ('ahead("beidu/stage", "PT1H", 0.9)', 7, "nothing is forecast as `beidu/stage`"),
        ('ahead("fenghua/stage", "PT1H", 1.5)', 1, "between 0 and 1"),
        ('max("haishu/rain" + ', 4, "no formula"),
        ('"beidu/stage".upper()', 1, "only functions of the table"),
        ('__import__("os").system("true")', 1, "only functions of the table"),
        ('[x for x in "*/rain"]', 1, "has no meaning here"),
        ('"quay/people" ** 99999999', 1, "has no meaning here"),
        ('1 < "quay/people" < 3', 1, "two numbers at a time"),
        ('max("*/stage" + "*/rain")', 17, "different datastreams"),
    ],
)
def test_a_broken_formula_is_named_with_its_place(text: str, position: int, why: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text, NAMES)
    assert why in str(caught.value)
    assert caught.value.position == position


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_an_error(text: str) -> None:
    try:
        value, missing = parse(text, NAMES).evaluate(SCENE)
    except FormulaError:
        return
    assert missing <= set(NAMES.areas)
    assert isinstance(value, float)


@given(st.sampled_from(["(", "-", 'max("quay/people",']), st.integers(51, 600))
def test_depth_is_bounded(opening: str, depth: int) -> None:
    closing = "" if opening == "-" else ")"
    with pytest.raises(FormulaError):
        parse(opening * depth + '"nowhere/stage"' + closing * depth, NAMES)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 9))
def test_states_follow_the_bounds_in_either_direction(
    near: float, overload: float, value: float, missing: int
) -> None:
    if near == overload:
        with pytest.raises(ValueError, match="different"):
            Bounds(near, overload)
        return
    bounds = Bounds(near, overload)
    state = judge(value, bounds, expected=9, missing=missing, least=0.5)
    calm = State.UNKNOWN if (9 - missing) / 9 < 0.5 else State.NORMAL
    sign = 1 if overload > near else -1
    if sign * value >= sign * overload:
        assert state is State.OVERLOAD or bounds.load(value) == pytest.approx(1)
    elif sign * value < sign * near:
        assert state is calm or bounds.load(value) == pytest.approx(0, abs=1e-9)
    assert judge(nan, bounds, expected=1, missing=0, least=0.0) is State.UNKNOWN


@pytest.mark.parametrize(
    ("formula", "between"),
    [
        ('latest("quay/people") / 40', (0.0, 0.475)),
        ('2 - "quay/people"', (-17.0, 2.0)),
        ('max(over("*/rain", "PT1H", max), "quay/people")', (-inf, inf)),
        ('over("quay/people", "PT5M", mean) * -2', (-38.0, 0.0)),
        ('latest("fenghua/stage") / threshold("fenghua/stage", "yellow")', (-0.4, 1.6)),
        ('100 * share("*/stage" > 4)', (0.0, 100.0)),
        ('1 / "quay/people"', (-inf, inf)),
        ('rate("quay/people", "PT1H")', (-inf, inf)),
    ],
)
def test_which_values_a_formula_can_have(formula: str, between: tuple[float, float]) -> None:
    limits = {"quay/people": (0.0, 19.0), "fenghua/stage": (-2.0, 8.0)}
    assert reach(parse(formula, NAMES), NAMES, limits) == pytest.approx(between)


@given(
    st.sampled_from(["+", "-", "*", "/"]),
    st.sampled_from(["+", "-", "*", "/"]),
    st.floats(-9, 9),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_no_value_lies_outside_the_reach(
    first: str, second: str, factor: float, stage: float, people: float
) -> None:
    text = f'("fenghua/stage" {first} {factor!r}) {second} max("quay/people", 3)'
    limits = {"quay/people": (0.0, 19.0), "fenghua/stage": (-2.0, 8.0)}
    formula = parse(text, NAMES)
    low, high = reach(formula, NAMES, limits)
    scene = Known({"fenghua/stage": [-2 + 10 * stage], "quay/people": [19 * people]})
    value, _ = formula.evaluate(scene)
    assert isnan(value) or low - 1e-9 * abs(low) <= value <= high + 1e-9 * abs(high)
