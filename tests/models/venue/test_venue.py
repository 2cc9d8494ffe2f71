"""Heat, lightning, limits, paths and windows against published numbers, laws and odd inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.venue import advice, paths
from stream.models.venue.advice import Code
from stream.models.venue.heat import heat_index, vapour_pressure, wbgt_outdoor, wbgt_simple
from stream.models.venue.lightning import lightning_now
from stream.models.venue.sports import SPORTS


def one(value: float) -> np.ndarray:
    return np.array([value])


# ---------------------------------------------------------------- heat


def test_the_simple_wbgt_by_hand() -> None:
    """30 Cel, 60 %: e = 0.6 × 42.29 hPa = 25.37; 0.567 × 30 + 0.393 × 25.37 + 3.94 = 30.92."""
    assert vapour_pressure(one(30), one(60))[0] == pytest.approx(25.37, abs=0.01)
    assert wbgt_simple(one(30), one(60))[0] == pytest.approx(30.92, abs=0.01)
    assert np.isnan(wbgt_simple(one(30), one(np.nan)))[0]


@pytest.mark.parametrize(
    ("fahrenheit", "humidity", "felt"), [(80, 40, 80), (90, 70, 106), (100, 50, 118), (86, 90, 105)]
)
def test_heat_index_is_the_chart_of_the_weather_service(
    fahrenheit: float, humidity: float, felt: float
) -> None:
    """NWS heat index chart, whole degrees Fahrenheit (its own values differ by a degree)."""
    found = heat_index(one((fahrenheit - 32) / 1.8), one(humidity))[0] * 1.8 + 32
    assert found == pytest.approx(felt, abs=1.1)


def test_sun_heats_and_wind_cools() -> None:
    """Ono & Tonouchi (2014) by hand: 30 Cel, 60 %, 0.8 kW/m2, 2 m/s."""
    assert wbgt_outdoor(one(30), one(60), one(800), one(2))[0] == pytest.approx(28.55, abs=0.01)
    shade = wbgt_outdoor(one(30), one(60), one(0), one(2))[0]
    windy = wbgt_outdoor(one(30), one(60), one(800), one(10))[0]
    assert shade < windy < 28.55


# ---------------------------------------------------------------- lightning


def test_a_near_stroke_is_half_an_hour_of_waiting() -> None:
    distance, strokes = np.full(120, 63.0), np.zeros(120)
    distance[-13], strokes[-13] = 7.0, 1.0
    now = lightning_now(distance, strokes)
    assert (now.hold_min, now.nearest_km, now.known) == (18, 7.0, True)
    assert lightning_now(np.append(distance, 63.0), np.append(strokes, 0)).hold_min == 17


def test_far_strokes_and_no_strokes_stop_nothing() -> None:
    distance, strokes = np.full(60, 63.0), np.zeros(60)
    assert lightning_now(distance, strokes)[:2] == (0, 0)
    distance[-1] = 3.0  # a distance without a stroke is no lightning
    assert lightning_now(distance, strokes).hold_min == 0
    distance[-1], strokes[-1] = 15.0, 2.0
    assert lightning_now(distance, strokes)[:2] == (0, 60)


def test_a_silent_sensor_is_not_a_clear_sky() -> None:
    silent = np.full(60, np.nan)
    assert not lightning_now(silent, silent).known
    distance = np.concatenate([[4.0], silent[:10]])
    struck = lightning_now(distance, np.concatenate([[1.0], silent[:10]]))
    assert (struck.known, struck.hold_min) == (False, 20)


def test_no_strokes_are_quiet_though_no_distance_is_told() -> None:
    quiet = lightning_now(np.full(60, np.nan), np.zeros(60))
    assert quiet == (0, 0, None, True)


def test_strokes_whose_distance_is_not_told_count_as_near() -> None:
    distance, strokes = np.full(60, 30.0), np.zeros(60)
    distance[-4:], strokes[-4:] = np.nan, 40.0  # the 30 km were of minutes without strokes
    assert lightning_now(distance, strokes) == (30, 60, None, True)
    strokes[-5] = 1.0  # now they are of a stroke, and stand until they are stale
    assert lightning_now(distance, strokes)[:3] == (0, 0, 30.0)
    distance[-8:], strokes[-8:] = np.nan, 0.0
    distance[-8], strokes[[-8, -1]] = 30.0, 1.0
    assert lightning_now(distance, strokes)[:3] == (30, 60, None)


@pytest.mark.parametrize("late", [0, 1])
def test_a_distance_told_in_the_neighbouring_minute_is_that_of_the_strokes(late: int) -> None:
    """Two messages a minute: they may fall on either side of it."""
    distance, strokes = np.full(60, np.nan), np.full(60, np.nan)
    distance[-2 + late], strokes[-1 - late] = 3.0, 25.0
    assert lightning_now(distance, strokes) == (30 - late, 60 - late, 3.0, True)
    distance[-2 + late] = 45.0
    assert lightning_now(distance, strokes) == (0, 0, 45.0, True)


# ---------------------------------------------------------------- limits


def test_the_limits_of_the_sports_are_those_of_the_reference() -> None:
    assert SPORTS["sailing"]["wind"].stop == pytest.approx(12.86, abs=0.01)
    assert SPORTS["foiling"]["wind"].stop == pytest.approx(15.43, abs=0.01)
    assert SPORTS["sailing"]["light_wind"].stop == pytest.approx(2.06, abs=0.01)
    assert SPORTS["beach_volleyball"]["heat"][2:4] == (31.0, 32.3)
    assert SPORTS["small_craft"]["wind"].stop == 10.8
    assert SPORTS["passenger_boarding"]["wind"].stop == 13.9


def test_severity_is_one_at_caution_and_two_at_stop_on_both_sides() -> None:
    assert advice.severity(np.array([10.0, 15.0, 12.5]), 10.0, 15.0) == pytest.approx([1, 2, 1.5])
    low = advice.severity(np.array([3.0, 2.0, 5.0, -9.0]), 3.0, 2.0)
    assert low == pytest.approx([1, 2, 0, advice.WORST])
    assert np.isnan(advice.severity(one(np.nan), 1.0, 2.0))[0]
    with pytest.raises(ValueError, match="must differ"):
        advice.severity(one(1), 2.0, 2.0)


@given(st.lists(st.floats(-50, 50), min_size=7, max_size=7), st.booleans())
def test_quantiles_of_severity_ascend_on_both_sides(values: list[float], low: bool) -> None:
    path = np.sort(np.array([values]), axis=1)
    found = advice.severity_path(path, *((3.0, 2.0) if low else (10.0, 15.0)))
    assert np.all(np.diff(found, axis=1) >= 0)


def test_worse_counts_at_once_and_better_only_after_a_while() -> None:
    calm = np.zeros(60)
    assert advice.observed_code(calm, hold=10) == Code.GO
    gust = calm.copy()
    gust[-1] = 2.1
    assert advice.observed_code(gust, hold=10) == Code.STOP
    assert advice.observed_code(np.append(gust, np.zeros(9)), hold=10) == Code.STOP
    assert advice.observed_code(np.append(gust, np.zeros(10)), hold=10) == Code.GO
    silent = np.append(calm, np.nan)
    assert advice.observed_code(silent, hold=10) == Code.UNKNOWN


def test_go_must_be_safe_and_stop_must_be_likely() -> None:
    median, upper = np.array([0.2, 0.8, 1.8, 2.0, np.nan]), np.array([0.9, 1.0, 3.0, 3.0, 1.0])
    found = advice.expected_codes(median, upper).tolist()
    assert found == [Code.GO, Code.CAUTION, Code.CAUTION, Code.STOP, Code.UNKNOWN]


def test_short_good_spells_are_not_shown_but_short_bad_ones_are() -> None:
    go, stop = int(Code.GO), int(Code.STOP)
    codes = np.array([stop, stop, go, go, stop, stop, go, go, go, stop, go])
    assert advice.lasting(codes, 3).tolist() == [stop] * 6 + [go, go, go, stop, go]
    calm = np.array([go, go, stop, go, go, go])
    assert advice.lasting(calm, 3).tolist() == calm.tolist()


@given(st.lists(st.sampled_from([0, 1, 2, 3]), min_size=1, max_size=60), st.integers(1, 6))
def test_settling_never_makes_anything_better(codes: list[int], least: int) -> None:
    before = np.array(codes)
    assert np.all(advice.lasting(before, least) >= before)


@given(st.lists(st.booleans(), min_size=1, max_size=80), st.integers(1, 20), st.integers(0, 40))
def test_the_window_is_safe_long_enough_and_the_first(
    flags: list[bool], steps: int, earliest: int
) -> None:
    safe = np.array(flags)
    found = advice.next_window(safe, steps, earliest=earliest)
    fits = [k for k in range(earliest, len(flags) - steps + 1) if all(flags[k : k + steps])]
    assert (found is None) == (not fits)
    if found is not None:
        assert found.start == fits[0]
        assert found.end - found.start >= steps
        assert safe[found.start : found.end].all()


# ---------------------------------------------------------------- paths


def test_a_forecast_keeps_its_quantiles_and_widens_beyond_its_last_lead() -> None:
    leads, values = [60.0, 180.0], np.array([[4.0, 5.0, 6.0], [6.0, 8.0, 10.0]])
    path = paths.from_forecast(leads, [0.05, 0.5, 0.95], values, age_min=0.0)
    assert path.shape == (paths.STEPS, 7)
    assert path[12, [0, 3, 6]] == pytest.approx([4, 5, 6])
    assert path[36, [0, 3, 6]] == pytest.approx([6, 8, 10])
    assert path[72, 3] == pytest.approx(8.0)
    assert path[72, 6] - path[72, 0] == pytest.approx(4 * np.sqrt(2))
    older = paths.from_forecast(leads, [0.05, 0.5, 0.95], values, age_min=60.0)
    assert older[0, 3] == pytest.approx(5.0)


def test_paths_keep_within_what_a_quantity_can_be() -> None:
    """The spread grows beyond the last lead: of shares beyond all bays, of waves below none."""
    probabilities = list(paths.PROBABILITIES)
    shares = np.array([[0.82, 0.84, 0.86, 0.88, 0.92, 0.95, 0.97]] * 2)
    waves = np.array([[0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 1.6]] * 2)
    given = [15.0, 30.0], probabilities
    for key, values in (("occupancy_share", shares), ("wave_height", waves)):
        low, high = bounds = paths.bounds_of(key)
        free = paths.from_forecast(*given, values, age_min=0)
        kept = paths.from_forecast(*given, values, age_min=0, bounds=bounds)
        assert free.min() < low or free.max() > high
        assert low <= kept.min() <= kept.max() <= high
        assert np.all(np.diff(kept, axis=1) >= 0)
        assert kept[72, paths.MEDIAN] == free[72, paths.MEDIAN]
        now = paths.from_now(kept, 0.01, bounds=bounds)
        followed = paths.guided(kept, np.full(60, 1.0), np.full(60, 0.8), spread=2, bounds=bounds)
        assert followed is not None
        for path in (now, followed):
            assert low <= path.min() <= path.max() <= high
        assert now[0, paths.MEDIAN] == pytest.approx(0.01)


def test_tides_and_temperatures_may_be_below_zero() -> None:
    assert paths.bounds_of("tide") == paths.bounds_of("temperature") == paths.FREE
    path = paths.from_now(np.full((paths.STEPS, 7), 1.0), -0.5)
    assert path[0] == pytest.approx(-0.5)


def test_what_persists_grows_uncertain_and_stays_positive() -> None:
    random = np.random.default_rng(1)
    recent = np.abs(6 + np.cumsum(random.normal(0, 0.1, 360)))
    path = paths.persisted(recent, least_sd=0.5)
    assert path is not None
    width = path[:, -1] - path[:, 0]
    assert np.all(np.diff(width[:40]) > 0)
    assert np.all(path >= 0)
    assert path[0, 3] == pytest.approx(recent[-10:].mean(), abs=0.1)
    assert paths.persisted(np.full(360, np.nan), least_sd=0.5) is None
    assert paths.persisted(np.array([]), least_sd=0.5) is None


def test_persistence_holds_eight_in_ten_of_a_walk() -> None:
    hits = []
    for seed in range(200):
        walk = 50 + np.cumsum(np.random.default_rng(seed).normal(0, 0.15, 720))
        path = paths.persisted(walk[:600], least_sd=0.2)
        assert path is not None
        hits.append((path[24, 1] <= walk[719]) & (walk[719] <= path[24, 5]))
    assert 0.72 <= np.mean(hits) <= 0.95


def test_a_sheltered_place_follows_its_guide_in_proportion() -> None:
    guide = np.full(120, 20.0)
    path = np.repeat(np.linspace(20, 30, paths.STEPS)[:, None], 7, axis=1)
    found = paths.guided(path, 0.4 * guide, guide)
    assert found is not None
    assert found[-1, 3] == pytest.approx(12.0)
    assert found[-1, 0] < 12.0 < found[-1, 6]
    assert paths.guided(path, np.full(120, np.nan), guide) is None
    assert paths.guided(path, guide, np.zeros(120)) is None


def test_values_are_carried_for_less_than_so_many_minutes() -> None:
    values = np.array([np.nan, 1.0, np.nan, np.nan, np.nan, 2.0])
    assert paths.carried(values, 3).tolist()[1:4] == [1.0, 1.0, 1.0]
    assert np.isnan(paths.carried(values, 3)[[0, 4]]).all()
    assert paths.carried(values, 1)[[1, 5]].tolist() == [1.0, 2.0]


def test_trailing_means_leave_gaps_out() -> None:
    values = np.array([1.0, np.nan, 3.0, np.nan, np.nan])
    assert paths.trailing_mean(values, 2)[:4] == pytest.approx([1, 1, 3, 3])
    assert np.isnan(paths.trailing_mean(values, 2)[4])
