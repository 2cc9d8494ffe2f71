"""Few members for many, members that fail, and the city from issue to issue."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.inundation.city import City
from stream.models.flood.inundation.failure import Cell, Diverged
from stream.models.flood.inundation.members import (
    Ensemble,
    NoMemberError,
    advance,
    choose,
    flood,
    redistribute,
)
from stream.models.flood.inundation.solver import Flooded, simulate

HOUR = np.arange(0.0, 3 * 3600 + 1, 1800.0)


def an_ensemble(peaks: Any, rain: Any = 0.0) -> Ensemble:
    """Return members whose river stands at `peaks` [m], with steady `rain` [mm/h]."""
    stage = np.repeat(np.asarray(peaks, float)[:, None], len(HOUR), axis=1)
    falling = np.broadcast_to(np.asarray(rain, float).reshape(-1, 1), stage.shape)
    return Ensemble(HOUR, {"c": falling}, {"up/stage": stage, "down/stage": stage.copy()})


def failing_above(stage_m: float, calls: list[float] | None = None) -> Any:
    """Return a solver that diverges for members whose river is above `stage_m`."""

    def run(ground: Any, depth: Any, forcing: Any, **more: Any) -> Flooded:
        highest = float(forcing.stage_m.max())
        if calls is not None:
            calls.append(highest)
        if highest > stage_m:
            raise Diverged(Cell(1, 2), 60.0, "said by the test")
        return simulate(ground, depth, forcing, **more)

    return run


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(1, 60),
    most=st.integers(1, 14),
    tied=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_strata_make_up_the_whole_ensemble(seed: int, size: int, most: int, tied: bool) -> None:
    random = np.random.default_rng(seed)
    peaks = random.integers(0, 2, size) if tied else random.normal(3, 1, size)
    strata = choose(an_ensemble(peaks, random.gamma(2, 3, size)), most)
    assert len(strata) <= most
    everyone = sorted(member for stratum in strata for member in stratum.members)
    assert everyone == list(range(size))
    assert sum(stratum.weight for stratum in strata) == pytest.approx(1.0)
    for stratum in strata:
        assert stratum.weight == pytest.approx(len(stratum.members) / size)


def test_twelve_spread_about_as_widely_as_fifty() -> None:
    ratios = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        peaks, rain = random.normal(3, 0.5, 50), random.gamma(2, 3, 50)
        strata = choose(an_ensemble(peaks, rain), 12)
        chosen = [stratum.members[0] for stratum in strata]
        weights = np.array([stratum.weight for stratum in strata])
        assert peaks.argmax() in chosen
        assert peaks.argmin() in chosen
        assert rain.argmax() in chosen
        mean = weights @ peaks[chosen]
        assert mean == pytest.approx(peaks.mean(), abs=0.4 * peaks.std())
        ratios.append(np.sqrt(weights @ (peaks[chosen] - mean) ** 2) / peaks.std())
    assert 0.93 < np.median(ratios) < 1.07
    assert 0.8 < np.quantile(ratios, 0.02) < np.quantile(ratios, 0.98) < 1.2


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(1, 12),
    lost=st.floats(0.0, 0.9),
)
@settings(max_examples=100, deadline=None)
def test_a_lost_member_makes_the_forecast_wider_never_narrower(
    seed: int, size: int, lost: float
) -> None:
    # Two equal weights on the ends of a range have the largest variance it allows (Popoviciu
    # 1935), so mixing them in cannot narrow.
    random = np.random.default_rng(seed)
    values = random.normal(0, 1, size)
    weights = random.random(size) + 0.01
    weights *= (1 - lost) / weights.sum()
    shared = redistribute(weights, values, lost)
    assert shared.sum() == pytest.approx(1.0)
    plain = weights / weights.sum()

    def variance(w: Any) -> float:
        return float(w @ (values - w @ values) ** 2)

    assert variance(shared) >= variance(plain) - 1e-12


def test_the_share_of_members_that_flood_is_the_probability(small_city: City) -> None:
    found = flood(small_city, small_city.dry(), an_ensemble([3.0, 3.5, 4.4, 4.5]), issue_s=0.0)
    assert found.weights.tolist() == [0.25] * 4
    assert found.reached.shape == (4, 7, *small_city.ground.shape)
    assert not found.reached[:2].any()
    assert found.reached[2:, -1, 17, 5].all()
    assert not found.reached[:, 0].any()  # at lead 0 the city is dry in each
    assert not found.reached[:, :, ~small_city.land].any()
    near, far, off = 0, 1, 2
    assert found.spot_depth.shape == (4, 3, 19)
    assert (found.spot_depth[2:, near, -1] > 0.15).all()
    assert (found.spot_depth[2, near] <= found.spot_depth[3, near] + 1e-6).all()
    assert not found.spot_depth[:2, far].any()
    assert np.isnan(found.spot_depth[:, off]).all()
    assert np.isnan(found.arrival_s[:2]).all()
    assert found.peak_speed.max() > 0.1
    assert found.degraded == []


def test_members_may_run_side_by_side(small_city: City) -> None:
    ensemble = an_ensemble(np.linspace(3.5, 4.6, 8), rain=20.0)
    one = flood(small_city, small_city.dry(), ensemble, issue_s=0.0)
    threads = numba.get_num_threads()
    with ThreadPoolExecutor(2) as pool:
        two = flood(small_city, small_city.dry(), ensemble, issue_s=0.0, each=pool.map)
    assert one.members == two.members
    assert np.array_equal(one.spot_depth, two.spot_depth, equal_nan=True)
    assert np.array_equal(one.reached, two.reached)
    assert numba.get_num_threads() == threads


def test_one_member_is_an_ensemble_too(small_city: City) -> None:
    found = flood(small_city, small_city.dry(), an_ensemble([4.4]), issue_s=0.0)
    assert found.weights.tolist() == [1.0]
    assert found.reached[0, -1].any()


def test_a_member_that_diverges_is_left_out_and_said(small_city: City) -> None:
    found = flood(
        small_city,
        small_city.dry(),
        an_ensemble([3.0, 3.2, 4.4, 4.8]),
        issue_s=0.0,
        run=failing_above(4.5),
    )
    assert found.members == (0, 1, 2)
    np.testing.assert_allclose(found.weights, [0.375, 0.25, 0.375])
    (said,) = found.degraded
    assert said.startswith("1 of 4 runs failed; member 3: inundation diverged")


def test_another_of_its_stratum_takes_a_failing_members_place(small_city: City) -> None:
    peaks = [1.0] * 10 + [1.1] * 10
    tried: list[float] = []

    def once(ground: Any, depth: Any, forcing: Any, **more: Any) -> Flooded:
        tried.append(more["cfl"])
        if len(tried) <= 2:
            raise Diverged(Cell(0, 0), 1.0, "said by the test")
        return simulate(ground, depth, forcing, **more)

    plan_most = small_city.plan.members
    assert plan_most == 12
    found = flood(small_city, small_city.dry(), an_ensemble(peaks * 2), issue_s=0.0, run=once)
    assert tried == [0.7, 0.3] + [0.7] * (len(tried) - 2)
    assert len(found.members) == len(tried) - 2
    assert len(found.members) in (11, 12)
    assert found.weights.sum() == pytest.approx(1.0)
    assert "runs failed" in found.degraded[0]


def test_a_member_that_needs_shorter_steps_gets_them(small_city: City) -> None:
    def impatient(ground: Any, depth: Any, forcing: Any, *, cfl: float, **more: Any) -> Flooded:
        if cfl > 0.5:
            raise Diverged(Cell(0, 0), 1.0, "said by the test")
        return simulate(ground, depth, forcing, cfl=cfl, **more)

    found = flood(small_city, small_city.dry(), an_ensemble([4.4]), issue_s=0.0, run=impatient)
    assert found.degraded == []
    assert found.reached[0, -1].any()


def test_when_no_member_runs_there_is_no_forecast(small_city: City) -> None:
    with pytest.raises(NoMemberError, match="no member of 2 ran; the first: member 0"):
        flood(
            small_city,
            small_city.dry(),
            an_ensemble([4.0, 4.2]),
            issue_s=0.0,
            run=failing_above(-9.0),
        )


def test_missing_stages_are_said_once_and_the_rest_goes_on(small_city: City) -> None:
    ensemble = an_ensemble([3.0, 4.4])
    ensemble.stage["up/stage"][:] = np.nan
    found = flood(small_city, small_city.dry(), ensemble, issue_s=0.0)
    assert found.degraded == ["river r: without up/stage"]
    assert found.reached[1, -1].any()


def test_nothing_known_of_any_river_is_a_forecast_that_says_so(small_city: City) -> None:
    ensemble = an_ensemble([np.nan] * 15, rain=np.arange(15.0))
    found = flood(small_city, small_city.dry(), ensemble, issue_s=0.0)
    assert "no stage at any gauge" in found.degraded[0]
    assert len(found.members) == 12


def test_two_short_advances_are_one_long_one(small_city: City, town: Any) -> None:
    drive = town.drive(stage=4.4, rain=30.0, hours=1.0)
    dry = small_city.dry()
    whole = advance(small_city, dry, drive, start_s=0.0, end_s=3600.0)
    half = advance(small_city, dry, drive, start_s=0.0, end_s=1800.0)
    both = advance(small_city, half.depth, drive, start_s=1800.0, end_s=3600.0)
    assert whole.said == []
    # Only the water's momentum is forgotten between the two.
    assert float(np.abs(whole.depth - both.depth)[small_city.land].mean()) < 0.005
    assert whole.depth[small_city.land].mean() > 0.02


def test_gaps_in_an_observed_stage_are_bridged(small_city: City, town: Any) -> None:
    holed = town.drive(stage=4.4, hours=1.0)
    for values in holed.stage.values():
        values[2:5] = np.nan
    whole = advance(small_city, small_city.dry(), town.drive(stage=4.4), start_s=0.0, end_s=3600.0)
    found = advance(small_city, small_city.dry(), holed, start_s=0.0, end_s=3600.0)
    assert found.said == []
    assert np.array_equal(found.depth, whole.depth)


def test_an_advance_that_diverges_keeps_the_last_water_and_says_so(
    small_city: City, town: Any
) -> None:
    depth = small_city.dry() + np.float32(0.25)
    found = advance(
        small_city, depth, town.drive(4.9), start_s=0.0, end_s=600.0, run=failing_above(4.0)
    )
    assert found.depth is depth
    assert found.said[0].startswith("the water of 600 s ago stands: inundation diverged")
