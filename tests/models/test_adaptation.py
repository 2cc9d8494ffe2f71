from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.hindcast.score import hindcast
from stream.models.flood.gauges import adaptation, spread
from stream.models.flood.gauges.model import Prediction, predict

USUAL = np.ones((2, 4))


def squares(seed: int, factor: float = 1.0, steps: int = 300) -> np.ndarray:
    """Return squared errors `factor` times as large as usual, a tenth of them unknown."""
    draw = np.random.default_rng(seed)
    found = factor**2 * draw.normal(0, 1, (steps, 2, 4)) ** 2
    found[draw.random(found.shape) < 0.1] = np.nan
    return found


@given(st.integers(0, 2**32 - 1), st.integers(0, 299))
def test_nothing_that_came_later_is_used(seed: int, now: int) -> None:
    """At lead l, steps until now − l have been judged; all others may be anything."""
    before = squares(seed)
    after = before.copy()
    for lead in range(4):
        after[now - lead + 1 :, :, lead] = 1e6
    np.testing.assert_array_equal(
        adaptation.factor(before, USUAL)[now], adaptation.factor(after, USUAL)[now]
    )


def test_errors_twice_as_large_widen_and_half_as_large_narrow_within_bounds() -> None:
    usual = np.full((2, 4), adaptation.capped_mean(squares(0, steps=5000)).mean())
    wide = adaptation.factor(squares(1, 2.0), usual, first=200)
    narrow = adaptation.factor(squares(1, 0.5), usual, first=200)
    same = adaptation.factor(squares(1, 1.0), usual, first=200)
    assert (wide == adaptation.WIDEST).mean() > 0.9
    assert (narrow < 0.85).all()
    assert (narrow >= adaptation.NARROWEST).all()
    assert abs(same.mean() - 1.0) < 0.1


def test_nothing_known_of_the_past_leaves_the_spread_as_it_is() -> None:
    np.testing.assert_array_equal(adaptation.factor(np.full((90, 2, 4), np.nan), USUAL), 1.0)


def test_one_spike_is_not_felt_for_hours() -> None:
    found = squares(1)
    found[250] = 1e9
    calm = adaptation.factor(squares(1), USUAL, first=299)
    assert (adaptation.factor(found, USUAL, first=299) <= 1.1 * calm).all()


@given(
    st.floats(adaptation.NARROWEST, adaptation.WIDEST),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_what_is_missing_only_widens(found: float, share: list[float]) -> None:
    factor = np.full((1, 2, 4), found)
    now = adaptation.unsure(factor, np.array([share]))
    assert (now >= factor - 1e-12).all()
    assert (now <= adaptation.WIDEST + 1e-12).all()
    if max(share) == 1.0:
        np.testing.assert_allclose(now, adaptation.WIDEST)


@settings(max_examples=10, deadline=None)
@given(minute=st.integers(400, 1300))
def test_live_and_in_hindcast_the_same_is_forecast(invented_river: Any, minute: int) -> None:
    model, step = invented_river.model, 10
    past = hindcast(model, invented_river.unseen)
    history, issue_s = invented_river.history(step * minute)
    live = predict(model, history, issue_s)
    for number, found in enumerate(live.values()):
        assert isinstance(found, Prediction)
        np.testing.assert_allclose(found.values, past.values[minute, number], atol=2e-6)


def test_above_the_record_the_spread_grows_with_the_excess_and_the_lead() -> None:
    scale = np.full((3, 1, 19), 0.03)
    found = spread.beyond(scale, np.array([[-1.0], [0.0], [2.0]]))
    np.testing.assert_array_equal(found[:2], scale[:2])
    assert found[2, 0, 0] == 0.03
    assert (np.diff(found[2, 0]) > 0).all()
    assert found[2, 0, -1] == np.hypot(0.03, 0.2)
