"""The typhoon world keeps the laws it was built from, and stays within nature's range."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from time import process_time

import msgspec
import numpy as np
import pytest

from forewarn.domain.config import load
from forewarn.domain.station import Datastream, Site, load_site
from simulators.scenario import CameraPlan, Scenario, load_instruments
from simulators.world import channel, sea, weather
from simulators.world.place import Place, Reach, Sea
from simulators.world.runoff import runoff
from simulators.world.tide import DOODSON, astronomical_tide
from simulators.world.typhoon import Truth, TyphoonWorld, simulate


@dataclass(frozen=True)
class Demo:
    site: Site
    place: Place
    scenario: Scenario
    truth: Truth
    world: TyphoonWorld
    seconds: float


@pytest.fixture(scope="module")
def demo() -> Demo:
    folder = Path(__file__).parents[2] / "sites/yongjiang"
    site, place = load_site(folder), load(folder / "world.toml", Place)
    scenario = load(folder / "scenario.toml", Scenario)
    began = process_time()
    world = TyphoonWorld(site, place, scenario)
    seconds = process_time() - began
    return Demo(site, place, scenario, simulate(site, place, scenario), world, seconds)


def other(demo: Demo, **changes: object) -> Truth:
    storm = msgspec.structs.replace(demo.scenario.storm, **changes)
    return simulate(demo.site, demo.place, msgspec.structs.replace(demo.scenario, storm=storm))


# ---------------------------------------------------------------- laws


def test_no_water_is_made_or_lost_in_the_river(demo: Demo) -> None:
    routed = demo.truth.routed
    stored = routed.volume[1] - routed.volume[0]
    assert stored == pytest.approx(routed.entered - routed.left, rel=1e-9)
    assert routed.entered > 1e8


def test_catchments_give_no_more_than_fell_on_them(demo: Demo) -> None:
    dry = np.zeros_like(demo.truth.catchment_rain)
    base = runoff(dry, demo.place.catchments, wetness=0.6, dt=60.0)
    areas = np.array([c.area_km2 for c in demo.place.catchments])
    left_mm = (demo.truth.catchment_discharge - base).sum(axis=1) * 60 / areas / 1000
    fell_mm = demo.truth.catchment_rain.sum(axis=1) / 60
    assert (left_mm > 0.3 * fell_mm).all()
    assert (left_mm < fell_mm).all()


def test_a_lake_at_rest_stays_at_rest(demo: Demo) -> None:
    network = channel.build(demo.place)
    sea_level, watched = np.full(600, 9.0), np.arange(len(network.bed))
    still = channel.route(
        network, np.zeros((600, len(network.bed))), sea_level, watched,
        dt=60.0, substeps=2, initial_stage=9.0,
    )  # fmt: skip
    assert np.abs(still.stage - 9.0).max() < 1e-9
    assert np.abs(still.discharge).max() < 1e-6


def test_steady_flow_has_mannings_depth() -> None:
    """Wide channel: q = sqrt(S) h^(5/3) / n, so 400 m3/s in 100 m, S 1e-4, n 0.03 is 4.67 m."""
    reach = Reach(
        id="canal", length_km=60.0, width_m=(100.0, 100.0), bed_m=(6.0, 0.0),
        bank_m=(30.0, 30.0), plain_m=10.0, manning=0.03,
    )  # fmt: skip
    depth = (4.0 * 0.03 / 0.01) ** 0.6
    count = 60
    bed = 6.0 - (np.arange(count) + 0.5) * 0.1
    network = channel.Network(
        bed, np.full(count, 30.0), np.full(count, 100.0), np.full(count, 10.0),
        np.full(count, reach.manning), np.full(count, 1000.0), np.arange(1, count + 1),
        {"canal": 0},
    )  # fmt: skip
    steps = 4 * 1440
    inflow = np.zeros((steps, count))
    inflow[:, 0] = 400.0
    flow = channel.route(
        network, inflow, np.full(steps, float(bed[-1]) - 0.1 + depth), np.array([20, 40]),
        dt=60.0, substeps=2, initial_stage=float(bed[-1]) + depth,
    )  # fmt: skip
    assert flow.discharge[-1] == pytest.approx([400, 400], rel=1e-3)
    assert flow.stage[-1] - bed[[20, 40]] == pytest.approx([depth, depth], rel=0.02)


def test_the_sea_backs_the_river_up(demo: Demo) -> None:
    """The tide is felt at the confluence, 26 km inland, later and against the stream."""
    truth = demo.truth
    calm = slice(24 * 60, 48 * 60)
    tide = truth.series["zhenhai-tide/tide"][calm]
    town = truth.series["sanjiangkou/stage"][calm]
    assert np.ptp(town) > 0.6 * np.ptp(tide)
    lags = np.arange(0, 300, 5)
    match = [np.corrcoef(tide[: len(tide) - lag], town[lag:])[0, 1] for lag in lags]
    assert 30 <= lags[int(np.argmax(match))] <= 180
    assert truth.series["sanjiangkou/discharge"][calm].min() < -100


def test_more_rain_is_more_water_everywhere(demo: Demo) -> None:
    wetter = other(demo, rain_factor=1.3)
    for gauge in ("fenghua", "yuyao", "sanjiangkou", "meixu"):
        key = f"{gauge}/stage"
        assert wetter.series[key].max() > demo.truth.series[key].max() + 0.02


def test_pressure_and_wind_are_those_of_holland() -> None:
    times = np.arange(0.0, 3600 * 48, 600)
    storm = weather.track(
        times, closest=86_400.0, passing_km=-50.0, speed_kmh=15.0, depth_hpa=50.0,
        radius_km=40.0, bend_deg_per_day=0.0,
    )  # fmt: skip
    distance, _ = weather.seen_from(storm, 0.0, 0.0)
    assert distance.min() == pytest.approx(50.0, abs=1.0)
    pressure = weather.pressure(storm, 0.0, 0.0)
    lowest = int(pressure.argmin())
    expected = 1010 - storm.deficit[lowest] * (1 - np.exp(-((40 / distance[lowest]) ** 1.3)))
    assert pressure[lowest] == pytest.approx(expected)
    speed = np.hypot(*weather.wind(storm, 0.0, 0.0, 30.0))
    assert 25 < speed.max() < 50
    assert distance[int(speed.argmax())] < 80


def test_the_wind_turns_anticlockwise_around_the_centre() -> None:
    times = np.array([0.0, 600.0])
    storm = weather.Typhoon(
        times, np.zeros(2), np.zeros(2), np.full(2, 50.0), 40.0, (np.zeros(2), np.zeros(2))
    )
    east, north = weather.wind(storm, 100.0, 0.0, 30.0)  # 100 km east of it
    assert (north > 0).all()
    assert (east < 0).all()  # and inwards


def test_waves_are_youngs_at_a_worked_depth() -> None:
    """25 m/s on 12 m: delta = 0.188, Hs = 4 sqrt(1.06e-3 delta^1.3) U^2/g = 2.81 m."""
    assert sea.wave_height(np.full(10, 25.0), 12.0, dt=60)[-1] == pytest.approx(2.81, abs=0.02)


def test_surge_of_a_steady_onshore_wind() -> None:
    """Cd 2.115e-3 at 25 m/s: 1.15/1025 x 2.115e-3 x 625 x 50 km / (9.81 x 11 m) = 0.687 m."""
    water = Sea(
        latitude=30, longitude=121.7, mean_level_m=0, constituents={}, fetch_km=50, depth_m=11,
        onshore_deg=90.0,
    )  # fmt: skip
    still = np.full(5, 1010.0)
    onshore = sea.surge(still, np.full(5, -25.0), np.zeros(5), water, dt=60)
    offshore = sea.surge(still, np.full(5, 25.0), np.zeros(5), water, dt=60)
    low = sea.surge(still - 30, np.zeros(5), np.zeros(5), water, dt=60)
    assert onshore[-1] == pytest.approx(0.687, abs=0.005)
    assert offshore[-1] == pytest.approx(-onshore[-1])
    assert low[-1] == pytest.approx(0.30)


# ---------------------------------------------------------------- the tide


def test_springs_follow_new_and_full_moon(demo: Demo) -> None:
    """Full moons of 2026: 28 Aug 04:18Z, 26 Sep 16:49Z; springs come one to three days later."""
    day = np.datetime64("2026-08-28T04:18").astype("datetime64[s]").astype(float)
    times = day + np.arange(-7 * 86_400.0, 7 * 86_400, 600)
    water = demo.place.sea
    tide = astronomical_tide(times, water.constituents, factor=water.amplitude_factor)
    ranges = [np.ptp(tide[i : i + 150]) for i in range(len(tide) - 150)]
    spring_days = (times[int(np.argmax(ranges)) + 75] - day) / 86_400
    assert 0 < spring_days < 3.5
    assert 2.5 < max(ranges) < 4.5
    assert 0.6 < min(ranges) < 2.2


@pytest.mark.recorded
def test_the_tide_agrees_with_noaas_own_prediction(recorded_data: Path) -> None:
    """Honolulu: 10 of 37 constituents and no nodal factors leave 3.7 cm of 23."""
    import json

    folder = recorded_data / "tide_constants"
    with (folder / "noaa_honolulu.json").open() as file:
        published = json.load(file)
    named = {c["name"].upper(): c for c in published["harmonic_constituents"]}
    constants = {
        name: (named[name.upper()]["amplitude"], named[name.upper()]["phase_UTC"])
        for name in DOODSON
        if name.upper() in named
    }
    with (folder / "noaa_1612340_predictions_2023-08-29_30.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    times = [datetime.fromisoformat(row[0]).replace(tzinfo=UTC).timestamp() for row in rows]
    theirs = np.array([float(row[1]) for row in rows])
    ours = astronomical_tide(np.array(times), constants)
    error = (ours - ours.mean()) - (theirs - theirs.mean())
    assert np.sqrt((error**2).mean()) < 0.04


# ---------------------------------------------------------------- what instruments see


def test_the_same_seed_is_the_same_storm_and_another_is_not(demo: Demo) -> None:
    again = TyphoonWorld(demo.site, demo.place, demo.scenario)
    for (key, ours), (_, theirs) in zip(demo.world.datastreams(), again.datastreams(), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True), key
    changed = msgspec.structs.replace(demo.scenario, seed=demo.scenario.seed + 1)
    different = dict(TyphoonWorld(demo.site, demo.place, changed).datastreams())
    for key, ours in demo.world.datastreams():
        assert not np.array_equal(ours, different[key], equal_nan=True), key


def test_four_days_take_under_five_seconds(demo: Demo) -> None:
    assert len(demo.world.times()) == 96 * 60 + 1
    assert demo.seconds < 5


def from_the_world(site: Site) -> dict[str, Datastream]:
    """Return the site's datastreams but those of cameras, which count on pictures of their own."""
    _, instruments = load_instruments(Path(__file__).parents[2] / "sites" / site.id)
    cameras = {p.station for p in instruments.instruments if isinstance(p, CameraPlan)}
    return {key: d for key, station, d in site.datastreams() if station.id not in cameras}


def test_every_datastream_of_the_site_is_in_the_world(demo: Demo) -> None:
    shown = {key for key, _ in demo.world.datastreams()}
    assert set(from_the_world(demo.site)) <= shown


def test_numbers_are_plausible_and_pass_quality_control(demo: Demo) -> None:
    series = dict(demo.world.datastreams())
    for key, stream in from_the_world(demo.site).items():
        low, high = stream.limits.suspect or stream.limits.fail or (-np.inf, np.inf)
        assert low <= np.nanmin(series[key]), key  # NaN: an instrument that has no value
        assert np.nanmax(series[key]) <= high, key
        if stream.limits.spike_suspect is not None:
            x = series[key]
            spikes = np.abs(x[1:-1] - (x[:-2] + x[2:]) / 2)
            assert spikes.max() < stream.limits.spike_suspect, key
        if stream.limits.max_rate_per_s is not None:
            assert np.nanmax(np.abs(np.diff(series[key]))) / 60 < stream.limits.max_rate_per_s, key
    assert 100 < series["xikou-rain/rain"].sum() < 600
    assert 20 < series["youshan-buoy/wind_speed"].max() < 55
    assert 950 < series["youshan-buoy/pressure"].min() < 1000
    assert 2 < series["youshan-buoy/wave_height"].max() < 8


def test_the_demo_reaches_orange_at_the_confluence_and_in_the_city(demo: Demo) -> None:
    series = dict(demo.world.datastreams())
    for key, _, stream in demo.site.datastreams():
        if key in ("sanjiangkou/stage", "meixu/stage"):
            levels = {t.level: t.value for t in stream.thresholds}
            assert levels["orange"] < series[key].max() < levels["red"] + 0.3
            assert series[key][-1] < levels["blue"], "the flood recedes before the end"
    assert max(series["zhenhai-tide/tide"][: 36 * 60]) < 2.5, "a calm tide reaches no threshold"


def test_between_minutes_values_are_interpolated_and_outside_there_are_none(demo: Demo) -> None:
    world, key = demo.world, "sanjiangkou/stage"
    at = world.first + 3600
    ends = world.recorded(key, at), world.recorded(key, at + 60)
    assert min(ends) - 0.001 <= world.current(key, at + 30) <= max(ends) + 0.001
    assert world.current(key, at) == ends[0]
    assert isnan(world.recorded(key, at + 30))
    assert isnan(world.current(key, world.last + 1))
    assert isnan(world.current("nowhere/stage", at))


def test_recorded_rain_is_whole_tips_and_all_that_fell(demo: Demo) -> None:
    for key in ("xikou-rain/rain", "siming-rain/rain"):
        amounts = dict(demo.world.datastreams())[key]
        assert np.allclose(amounts / 0.2, np.round(amounts / 0.2), atol=1e-6)
        assert amounts.sum() == pytest.approx(demo.world.fallen(key, demo.world.last), abs=0.2)
