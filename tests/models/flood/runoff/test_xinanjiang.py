"""Xinanjiang: no water is lost, Zhao's equations, and what must not be run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.runoff import xinanjiang
from stream.models.flood.runoff.parameters import DEFAULT, LIMITS, Parameters, RunoffError
from stream.models.flood.runoff.xinanjiang import (
    DEPRESSION,
    FREE,
    GROUND,
    INTERFLOW,
    UPPER,
    balance,
    bounded,
    discharge_m3_s,
    initial,
    run,
    step,
)

HOUR = 3600.0
DRY = np.zeros(1)


def steps(count: int, rain: float = 0.0) -> np.ndarray:
    return np.full((1, 1, count), rain)


def anything(seed: int, n: int) -> Parameters:
    """Return parameters from all over `LIMITS`, some of them on a limit."""
    random = np.random.default_rng(seed)
    values = {}
    for name, (low, high) in LIMITS.items():
        found = low + (high - low) * random.random(n) ** 6
        values[name] = np.where(random.random(n) < 0.1, random.choice([low, high]), found)
    return Parameters.of(n, **values)


# ---------------------------------------------------------------- invariants


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dt_s=st.sampled_from([60.0, 300.0, 900.0, HOUR]),
    most_mm_h=st.sampled_from([0.0, 0.1, 5.0, 60.0, 300.0]),
)
def test_no_water_is_lost_or_made(seed: int, dt_s: float, most_mm_h: float) -> None:
    random = np.random.default_rng(seed)
    parameters = anything(seed, 5)
    state = initial(
        parameters, 3, wetness=random.random((3, 5)), baseflow_mm_h=random.random((3, 5)) / 100
    )
    state[..., FREE] = random.random((3, 5)) * 2 * parameters.free_mm
    rain = random.random((3, 5, 40)) * (random.random((3, 5, 40)) < 0.6) * most_mm_h * dt_s / HOUR
    pet = random.random((5, 40)) * 2.0 * dt_s / HOUR
    terms = balance(state, rain, pet, parameters, dt_s)
    assert np.abs(terms.error_mm).max() <= 1e-9
    assert np.all(terms.evaporation_mm >= 0)
    runoff, after = run(state, rain, pet, parameters, dt_s)
    assert runoff.min() >= -1e-12
    assert np.all(after >= -1e-12)
    assert np.all(after[..., UPPER] <= parameters.upper_mm + 1e-12)
    assert np.all(after[..., DEPRESSION] <= parameters.depression_mm + 1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(0, 50))
def test_a_run_in_two_parts_is_the_run(seed: int, cut: int) -> None:
    random = np.random.default_rng(seed)
    parameters = Parameters.of(3, curve=random.uniform(0.1, 2.0, 3))
    state = initial(parameters, 2, wetness=random.random((2, 3)), baseflow_mm_h=0.1)
    rain, pet = random.gamma(0.3, 1.0, (2, 3, 50)), random.random((3, 50)) * 0.05
    whole, end = run(state, rain, pet, parameters, 60.0)
    first, middle = run(state, rain[..., :cut], pet[:, :cut], parameters, 60.0)
    second, last = run(middle, rain[..., cut:], pet[:, cut:], parameters, 60.0)
    np.testing.assert_allclose(np.concatenate([first, second], axis=2), whole, atol=1e-12)
    np.testing.assert_allclose(last, end, atol=1e-11)


def test_the_time_step_hardly_matters() -> None:
    parameters = Parameters.of(1)
    state = initial(parameters, wetness=0.8, baseflow_mm_h=0.05)
    totals = []
    for dt_s in (60.0, 300.0, 900.0):
        count = int(12 * HOUR / dt_s)
        rain = np.zeros((1, 1, count))
        rain[..., : count // 2] = 10.0 * dt_s / HOUR
        runoff, after = run(state, rain, np.zeros(count), parameters, dt_s)
        totals.append([runoff.sum(), *after[0, 0, :6]])
    np.testing.assert_allclose(totals[1], totals[0], rtol=0.01, atol=0.02)
    np.testing.assert_allclose(totals[2], totals[0], rtol=0.03, atol=0.05)


def test_members_and_catchments_do_not_touch_each_other() -> None:
    random = np.random.default_rng(4)
    parameters = Parameters.of(4, curve=random.uniform(0.1, 2.0, 4))
    state = initial(parameters, 3, wetness=random.random((3, 4)))
    rain = random.gamma(0.3, 1.0, (3, 4, 30))
    together, _ = run(state, rain, np.zeros(30), parameters, 60.0)
    for m in range(3):
        for i in range(4):
            alone, _ = run(
                state[m : m + 1, i : i + 1],
                rain[m : m + 1, i : i + 1],
                np.zeros(30),
                Parameters(*(values[i : i + 1] for values in parameters)),
                60.0,
            )
            np.testing.assert_array_equal(alone[0, 0], together[m, i])


def test_members_may_have_parameters_of_their_own_and_share_rain() -> None:
    wide = Parameters.of(2, lag_h=np.array([[0.5, 1.0], [2.0, 4.0]]))
    assert (wide.members, wide.n_catchments) == (2, 2)
    state, rain = initial(wide, 2, wetness=0.9), np.full((1, 2, 20), 1.0)
    runoff, _ = run(state, rain, np.zeros(20), wide, 300.0)
    for m in range(2):
        own = Parameters(*(values[m] for values in wide))
        alone, _ = run(state[m : m + 1], rain, np.zeros(20), own, 300.0)
        np.testing.assert_array_equal(alone[0], runoff[m])


def test_the_state_that_was_handed_in_stays() -> None:
    parameters = Parameters.of(1)
    state = initial(parameters, wetness=0.5)
    before = state.copy()
    run(state, steps(5, 3.0), np.zeros(5), parameters, 60.0)
    np.testing.assert_array_equal(state, before)


# ---------------------------------------------------------------- Zhao (1992)


def produced(p: float, w: float, wm: float, b: float) -> float:
    """Return the runoff of net rain `p` as Zhao's paper has it."""
    wmm = wm * (1 + b)
    a = wmm * (1 - (1 - w / wm) ** (1 / (1 + b)))
    if p + a >= wmm:
        return p - (wm - w)
    return p - (wm - w) + wm * (1 - (p + a) / wmm) ** (1 + b)


def parted(runoff: float, p: float, s: float, sm: float, ex: float) -> float:
    """Return the surface flow of `p` on the area that runs off, with free water `s` on it."""
    area, smm = runoff / p, sm * (1 + ex)
    au = smm * (1 - (1 - s / sm) ** (1 / (1 + ex)))
    if p + au >= smm:
        return area * (p + s - sm)
    return area * (p - (sm - s) + sm * (1 - (p + au) / smm) ** (1 + ex))


@pytest.mark.parametrize("rain", [0.001, 0.02, 0.3, 4.9])
@pytest.mark.parametrize(("wetness", "free"), [(0.1, 0.0), (0.6, 0.0), (0.6, 2.0), (0.97, 9.0)])
def test_runoff_and_surface_flow_are_zhaos(rain: float, wetness: float, free: float) -> None:
    parameters = Parameters.of(
        1, impervious=0.0, lag_h=0.0, interflow_per_h=0.0, ground_per_h=0.0, curve=0.4
    )
    state = initial(parameters, wetness=wetness)
    state[..., FREE] = free
    wm = 150.0
    runoff = produced(rain, wetness * wm, wm, 0.4)
    depth = free * rain / runoff
    surface, after = run(state, steps(1, rain), DRY, parameters, 60.0)
    want = parted(runoff, rain, depth, DEFAULT["free_mm"], DEFAULT["free_curve"])
    assert surface[0, 0, 0] == pytest.approx(want, rel=1e-9, abs=1e-13)
    assert after[0, 0, :3].sum() == pytest.approx(wetness * wm + rain - runoff, rel=1e-12)
    assert after[0, 0, FREE] == pytest.approx(free + runoff - want, rel=1e-9)


def test_free_water_that_the_wet_area_cannot_hold_goes_to_interflow() -> None:
    parameters = Parameters.of(1, impervious=0.0, interflow_per_h=0.0, ground_per_h=0.0)
    state = initial(parameters, wetness=0.1)
    state[..., FREE] = 20.0
    _, after = run(state, steps(1, 1.0), DRY, parameters, 60.0)
    runoff = produced(1.0, 15.0, 150.0, DEFAULT["curve"])
    assert after[0, 0, FREE] == pytest.approx(runoff * DEFAULT["free_mm"])
    assert after[0, 0, INTERFLOW] > 18.0


def test_a_full_catchment_runs_off_all_rain() -> None:
    parameters = Parameters.of(1, impervious=0.0, lag_h=0.0, free_mm=0.1)
    state = initial(parameters, wetness=1.0)
    runoff, after = run(state, steps(200, 1.0), np.zeros(200), parameters, HOUR)
    assert after[0, 0, :3].sum() == pytest.approx(150.0)
    assert runoff[0, 0, -1] == pytest.approx(1.0, rel=0.05)


def test_three_days_empty_the_free_water_where_ki_and_kg_make_0_7() -> None:
    """Zhao: KI + KG = 0.7 is a recession of about three days; 0.3³ = 2.7 % are left."""
    parameters = Parameters.from_daily(1, ki=0.3, kg=0.4, ci=0.8, cg=0.99)
    state = initial(parameters, wetness=0.5)
    state[..., FREE] = 10.0
    for dt_s, count in ((86_400.0, 3), (HOUR, 72), (60.0, 4320)):
        _, after = run(state, steps(count), np.zeros(count), parameters, dt_s)
        assert after[0, 0, FREE] == pytest.approx(10.0 * 0.3**3, rel=1e-9)


@pytest.mark.parametrize(("column", "kept"), [(INTERFLOW, 0.8), (GROUND, 0.99)])
def test_a_linear_store_keeps_its_daily_recession_constant(column: int, kept: float) -> None:
    parameters = Parameters.from_daily(1, ki=0.3, kg=0.4, ci=0.8, cg=0.99, lag_h=0.0)
    state = initial(parameters, wetness=0.0)
    state[..., column] = 50.0
    runoff, after = run(state, steps(1440), np.zeros(1440), parameters, 60.0)
    assert after[0, 0, column] == pytest.approx(50.0 * kept, rel=1e-9)
    assert runoff.sum() == pytest.approx(50.0 * (1 - kept), rel=1e-9)


def test_evaporation_comes_from_layer_after_layer() -> None:
    """Zhao: the upper layer at the full rate, the lower in proportion, the deep one by C."""
    parameters = Parameters.of(1, impervious=0.0, deep_ratio=0.2)
    state = initial(parameters, wetness=0.0)
    state[..., :3] = [1.0, 35.0, 40.0]
    _, after = run(state, steps(1), np.full(1, 5.0), parameters, 86_400.0)
    np.testing.assert_allclose(after[0, 0, :3], [0.0, 35.0 - 4.0 * 35.0 / 70.0, 40.0])
    state[..., :3] = [1.0, 10.0, 40.0]
    _, after = run(state, steps(1), np.full(1, 5.0), parameters, 86_400.0)
    np.testing.assert_allclose(after[0, 0, :3], [0.0, 10.0 - 0.2 * 4.0, 40.0])
    state[..., :3] = [0.0, 0.3, 40.0]
    _, after = run(state, steps(1), np.full(1, 5.0), parameters, 86_400.0)
    np.testing.assert_allclose(after[0, 0, :3], [0.0, 0.0, 40.0 - (0.2 * 5.0 - 0.3)])


def test_streets_run_off_at_once_beyond_what_puddles_hold() -> None:
    parameters = Parameters.of(1, impervious=0.4, depression_mm=2.0, urban_lag_h=0.0)
    state = initial(parameters, wetness=0.0)
    runoff, after = run(state, steps(4, 1.0), np.zeros(4), parameters, 60.0)
    soils, _ = run(state, steps(4, 1.0), np.zeros(4), Parameters.of(1, impervious=0.0), 60.0)
    np.testing.assert_allclose(runoff[0, 0] - 0.6 * soils[0, 0], [0.0, 0.0, 0.4, 0.4], atol=1e-9)
    assert after[0, 0, DEPRESSION] == 2.0


def test_the_channel_delays_by_its_lag() -> None:
    parameters = Parameters.of(1, impervious=0.0, lag_h=3.0, free_mm=0.1, curve=0.1)
    state = initial(parameters, wetness=1.0)
    rain = np.zeros((1, 1, 3000))
    rain[..., 0] = 5.0
    runoff, _ = run(state, rain, np.zeros(3000), parameters, 60.0)
    fast = runoff[0, 0, :1500]
    mean_h = (fast * np.arange(1500)).sum() / fast.sum() / 60.0
    assert mean_h == pytest.approx(3.0, rel=0.1)


# ---------------------------------------------------------------- behaviour


def test_wetter_soil_and_more_rain_give_more_runoff() -> None:
    parameters = Parameters.of(1)
    wet = initial(parameters, 9, wetness=np.linspace(0, 1, 9)[:, None])
    runoff, _ = run(wet, steps(120, 0.3), np.zeros(120), parameters, 60.0)
    assert np.all(np.diff(runoff.sum(axis=2)[:, 0]) > 0)
    rain = np.linspace(0, 5, 9)[:, None, None] * np.ones((9, 1, 120))
    runoff, _ = run(initial(parameters, 9), rain, np.zeros(120), parameters, 60.0)
    assert np.all(np.diff(runoff.sum(axis=2)[:, 0]) > 0)


def test_300_mm_an_hour_leaves_no_faster_than_it_falls() -> None:
    parameters = Parameters.of(1)
    state = initial(parameters, wetness=0.9)
    runoff, _ = run(state, steps(600, 5.0), np.zeros(600), parameters, 60.0)
    assert runoff.max() <= 5.0 + 1e-9
    assert runoff[0, 0, -1] > 4.5


def test_without_rain_flow_only_falls() -> None:
    parameters = Parameters.of(1)
    state = initial(parameters, baseflow_mm_h=0.2)
    runoff, _ = run(state, steps(600), np.full(600, 0.003), parameters, 60.0)
    assert np.all(np.diff(runoff[0, 0]) <= 1e-15)
    assert runoff[0, 0, 0] == pytest.approx(0.2 / 60, rel=0.01)


def test_a_corrected_state_is_moved_into_its_stores() -> None:
    parameters = Parameters.of(2)
    state = initial(parameters, 3, wetness=0.5)
    state[0], state[1], state[2, 0] = -5.0, 1e4, 0.5
    found = bounded(state, parameters)
    assert found.min() == 0.0
    assert found[1, 0, UPPER] == DEFAULT["upper_mm"]
    np.testing.assert_array_equal(found[2, 0], 0.5)
    terms = balance(found, np.ones((3, 2, 5)), np.zeros(5), parameters, 60.0)
    assert np.abs(terms.error_mm).max() < 1e-9


def test_one_step_is_a_run_of_one() -> None:
    parameters = Parameters.of(2)
    state = initial(parameters, 3, wetness=0.9)
    rain = np.arange(6.0).reshape(3, 2)
    runoff, after = step(state, rain, 0.01, parameters, 60.0)
    want, end = run(state, rain[..., None], np.full((2, 1), 0.01), parameters, 60.0)
    np.testing.assert_array_equal(runoff, want[..., 0])
    np.testing.assert_array_equal(after, end)


def test_discharge_is_runoff_times_area() -> None:
    runoff = np.full((2, 3, 4), 0.6)
    flow = discharge_m3_s(runoff, np.array([1.0, 10.0, 100.0]), 60.0)
    np.testing.assert_allclose(flow[1, :, 2], [10.0, 100.0, 1000.0])


# ---------------------------------------------------------------- what must not be run


@pytest.mark.parametrize(
    ("rain", "pet", "words"),
    [
        (np.nan, 0.0, r"rain at \(0, 0, 2\) is nan.*ensemble"),
        (-0.1, 0.0, r"rain at \(0, 0, 2\) is -0.1"),
        (np.inf, 0.0, "rain .* is inf"),
        (1.0, np.nan, r"evapotranspiration at \(0, 2\) is nan"),
        (1.0, -0.01, r"evapotranspiration at \(0, 2\) is -0.01.*use 0"),
    ],
)
def test_unknown_or_negative_input_is_refused(rain: float, pet: float, words: str) -> None:
    parameters = Parameters.of(1)
    rains, pets = steps(4, 1.0), np.zeros(4)
    rains[0, 0, 2], pets[2] = rain, pet
    with pytest.raises(RunoffError, match=words):
        run(initial(parameters), rains, pets, parameters, 60.0)


def test_a_broken_state_is_refused() -> None:
    parameters = Parameters.of(1)
    state = initial(parameters)
    state[0, 0, FREE] = np.nan
    with pytest.raises(RunoffError, match=r"state at \(0, 0, 3\) is nan.*initial"):
        run(state, steps(2), np.zeros(2), parameters, 60.0)


def test_no_steps_are_no_runoff() -> None:
    parameters = Parameters.of(1)
    state = initial(parameters)
    runoff, after = run(state, steps(0), np.zeros(0), parameters, 60.0)
    assert runoff.shape == (1, 1, 0)
    np.testing.assert_array_equal(after, state)


def test_shapes_and_steps_that_do_not_fit_are_named() -> None:
    parameters = Parameters.of(2)
    state = initial(parameters, 3)
    with pytest.raises(RunoffError, match=r"rain has shape \(3 or 1, 2, steps\), not \(2, 2, 4\)"):
        run(state, np.zeros((2, 2, 4)), np.zeros(4), parameters, 60.0)
    with pytest.raises(RunoffError, match="evapotranspiration has shape"):
        run(state, np.zeros((3, 2, 4)), np.zeros(5), parameters, 60.0)
    with pytest.raises(RunoffError, match="a state has shape"):
        run(state[:, :1], np.zeros((3, 2, 4)), np.zeros(4), parameters, 60.0)
    for dt_s in (0.0, -60.0, np.nan, 1e6):
        with pytest.raises(RunoffError, match="time step"):
            run(state, np.zeros((3, 2, 4)), np.zeros(4), parameters, dt_s)


@pytest.mark.parametrize("area", [0.0, -1.0, np.nan])
def test_no_area_is_no_catchment(area: float) -> None:
    with pytest.raises(RunoffError, match="area must be above 0"):
        discharge_m3_s(np.zeros((1, 2, 3)), np.array([5.0, area]), 60.0)


def test_parameters_out_of_bounds_are_named() -> None:
    with pytest.raises(
        RunoffError, match=r"`impervious` of catchment 1 is 1.2, not in \[0, 0.99\]"
    ):
        Parameters.of(2, impervious=np.array([0.1, 1.2]))
    with pytest.raises(RunoffError, match="`curve` of catchment 0 is nan"):
        Parameters.of(1, curve=np.nan)
    with pytest.raises(RunoffError, match="no parameter `WM`; there are: evaporation_ratio"):
        Parameters.of(1, WM=120.0)
    with pytest.raises(RunoffError, match=r"KI \+ KG < 1"):
        Parameters.from_daily(1, ki=0.6, kg=0.4, ci=0.8, cg=0.99)
    with pytest.raises(RunoffError, match="wetness of 0–1"):
        initial(Parameters.of(1), wetness=1.1)
    broken = Parameters.of(2)._replace(curve=np.zeros(3))
    with pytest.raises(RunoffError, match="`curve` has shape"):
        run(initial(Parameters.of(2)), np.zeros((1, 2, 1)), DRY, broken, 60.0)


def test_columns_have_names() -> None:
    assert len(xinanjiang.COLUMNS) == xinanjiang.N_STATES == 11
    assert xinanjiang.COLUMNS[GROUND] == "ground"
