"""A whole storm over a place: weather, sea, hills and river, as instruments observe them."""

import zlib
from collections.abc import Iterator
from datetime import timedelta
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site
from simulators.scenario import Scenario
from simulators.world import channel, people, sea, slopes, tide, underground, weather
from simulators.world.place import Place
from simulators.world.rain import rain_intensity
from simulators.world.runoff import runoff

Floats = NDArray[np.float64]

STEP_S = 60.0
SPIN_UP = timedelta(hours=30)
"""The river runs this long before the storm's arrays begin, to forget how it started."""
SUBSTEPS = 2
POINTS_PER_CATCHMENT = 5
RAIN_TIP_MM = 0.2

ERRORS: dict[str, tuple[float, float]] = {
    "stage": (0.004, 0.001),
    "tide": (0.006, 0.001),
    "discharge": (4.0, 0.1),
    "wind_speed": (0.5, 0.1),
    "wind_direction": (4.0, 0.1),
    "pressure": (0.08, 0.01),
    "wave_height": (0.06, 0.01),
    "water_temperature": (0.03, 0.1),
    "temperature": (0.1, 0.1),
    "humidity": (1.0, 0.1),
    "wind_gust": (0.7, 0.1),
    "solar": (5.0, 1.0),
    "visibility": (100.0, 10.0),
    "lightning_distance": (0.0, 1.0),
    "lightning_strokes": (0.0, 1.0),
    "people": (1.0, 1.0),
    "flow_in": (0.0, 1.0),
    "flow_out": (0.0, 1.0),
    "occupied": (0.4, 1.0),
    "queue": (0.4, 1.0),
    "arrivals": (0.0, 1.0),
    "posts": (0.0, 1.0),
    "tilt": (0.002, 0.001),
    "crack": (0.08, 0.01),
    "pore_pressure": (0.05, 0.01),
    "soil_moisture": (0.002, 0.001),
    "water_depth": (0.004, 0.001),
    "inflow": (0.001, 0.001),
}
"""Observed property → (standard deviation of an instrument's noise, resolution), in its unit."""
NEVER_NEGATIVE = frozenset(
    (
        "wind_speed",
        "wind_gust",
        "wave_height",
        "solar",
        "people",
        "occupied",
        "queue",
        "water_depth",
        "inflow",
    )
)


class Truth(NamedTuple):
    """The storm itself, before any instrument looks at it; times from spin-up to end."""

    times: Floats
    series: dict[str, Floats]
    """Datastream → value at each time, rain as intensity [mm/h]."""
    routed: channel.Routed
    catchment_rain: Floats
    """(n_catchments, n) [mm/h]."""
    catchment_discharge: Floats
    """(n_catchments, n) [m3/s]."""


class TyphoonWorld:
    """One storm as its instruments see it: noisy and in steps, the same for the same seed.

    Values at whole minutes are what a logger records; between them `current` interpolates.
    """

    def __init__(self, site: Site, place: Place, scenario: Scenario) -> None:
        truth = simulate(site, place, scenario)
        self.first = scenario.epoch.timestamp()
        kept = truth.times >= self.first
        self._times = truth.times[kept]
        self.last = float(self._times[-1])
        self._series: dict[str, Floats] = {}
        self._fallen: dict[str, Floats] = {}
        for key in sorted(truth.series):
            values = truth.series[key][kept]
            if key.endswith("/rain"):
                self._fallen[key] = np.cumsum(values) * STEP_S / 3600
                tips = np.floor(self._fallen[key] / RAIN_TIP_MM + 1e-9) * RAIN_TIP_MM
                self._series[key] = np.round(np.diff(tips, prepend=0.0), 3)
            else:
                own = zlib.crc32(key.encode())  # another instrument changes nobody's noise
                noise = np.random.default_rng([scenario.seed, 2, own]).standard_normal(len(values))
                self._series[key] = observe(values, key.partition("/")[2], noise)

    def times(self) -> Floats:
        """Return the times [s] of the recorded values, one each minute."""
        return self._times

    def datastreams(self) -> Iterator[tuple[str, Floats]]:
        """Yield each datastream with its recorded values, one for each time."""
        yield from self._series.items()

    def recorded(self, datastream: str, at: float) -> float:
        """Return the value at the minute `at`; rain is the amount of the minute before [mm]."""
        place = (at - self.first) / STEP_S
        values = self._series.get(datastream)
        if values is None or place != int(place) or not 0 <= place < len(values):
            return nan
        return float(values[int(place)])

    def current(self, datastream: str, at: float) -> float:
        """Return the value at any time: between minutes interpolated, in the instrument's steps.

        Directions do not interpolate (between 359 and 1 lies no 180): the minute's stands.
        """
        values = self._series.get(datastream)
        if values is None or not self.first <= at <= self.last:
            return nan
        observed_property = datastream.partition("/")[2]
        if observed_property == "wind_direction":
            return float(values[int((at - self.first) // STEP_S)])
        _, resolution = ERRORS.get(observed_property, (0.0, RAIN_TIP_MM))
        return round(round(float(np.interp(at, self._times, values)) / resolution) * resolution, 6)

    def fallen(self, datastream: str, at: float) -> float:
        """Return the rain from `first` to `at` [mm]."""
        if datastream not in self._fallen:
            return 0.0
        return float(np.interp(at, self._times, self._fallen[datastream]))


def observe(values: Floats, observed_property: str, noise: Floats) -> Floats:
    """Return `values` with an instrument's noise (from standard normal `noise`), in its steps."""
    deviation, resolution = ERRORS[observed_property]
    seen = values + deviation * noise
    if observed_property == "wind_direction":
        seen = seen % 360
    elif observed_property in NEVER_NEGATIVE:
        seen = np.maximum(seen, 0)
    return np.asarray(np.round(np.round(seen / resolution) * resolution, 6))


def simulate(site: Site, place: Place, scenario: Scenario) -> Truth:
    """Compute the storm of `scenario` over `place`; a few seconds for four days."""
    begin = (scenario.epoch - SPIN_UP).timestamp()
    times = np.arange(begin, scenario.epoch.timestamp() + scenario.hours * 3600 + 1, STEP_S)
    random = np.random.default_rng([scenario.seed, 1])
    origin = (place.sea.latitude, place.sea.longitude)
    storm = scenario.storm
    typhoon = weather.track(
        times,
        closest=scenario.closest.timestamp(),
        passing_km=storm.passing_km,
        speed_kmh=storm.speed_kmh,
        depth_hpa=storm.depth_hpa,
        radius_km=float(random.uniform(35, 55)),
        bend_deg_per_day=float(random.uniform(0, 15)),
    )
    series, level = _sea(times, typhoon, place, random)
    gauges, areal = _rain(typhoon, site, place, scenario, random, origin)
    discharge = runoff(areal, place.catchments, wetness=storm.wetness, dt=STEP_S)
    stages, routed = _river(place, discharge, level)
    ashore = _people(times, place, series, gauges, scenario.seed)
    hills = _slopes(times, place, gauges) | _underpasses(times, place, gauges)
    return Truth(times, series | gauges | stages | ashore | hills, routed, areal, discharge)


def _slopes(times: Floats, place: Place, gauges: dict[str, Floats]) -> dict[str, Floats]:
    """Return what is observed on the slopes; nothing where world.toml has none."""
    found: dict[str, Floats] = {}
    for plan in place.slopes:
        rain = gauges.get(f"{plan.rain_station}/rain")
        if rain is None:
            raise ConfigError(f"world.toml: slope `{plan.station}`: no gauge `{plan.rain_station}`")
        seen = slopes.slope(times, rain, plan)
        found |= {f"{plan.station}/{name}": values for name, values in seen.items()}
    return found


def _underpasses(times: Floats, place: Place, gauges: dict[str, Floats]) -> dict[str, Floats]:
    """Return what is observed in underpasses; nothing where world.toml has none."""
    found: dict[str, Floats] = {}
    for plan in place.underpasses:
        rain = gauges.get(f"{plan.rain_station}/rain")
        if rain is None:
            raise ConfigError(
                f"world.toml: underpass `{plan.station}`: no gauge `{plan.rain_station}`"
            )
        seen = underground.underpass(times, rain, plan)
        found |= {f"{plan.station}/{name}": values for name, values in seen.items()}
    return found


def _people(
    times: Floats,
    place: Place,
    series: dict[str, Floats],
    gauges: dict[str, Floats],
    seed: int,
) -> dict[str, Floats]:
    """Return what is observed at the venues on the coast; nothing where world.toml has none."""
    if place.people is None:
        return {}
    rain = gauges.get(f"{place.people.rain_station}/rain")
    if rain is None:
        raise ConfigError(f"world.toml: [people]: no rain gauge `{place.people.rain_station}`")
    wind, pressure, waves = (
        series[f"{place.buoy_station}/{name}"] for name in ("wind_speed", "pressure", "wave_height")
    )
    return people.coast(
        times,
        place.people,
        wind=wind,
        pressure=pressure,
        rain=rain,
        wave_height=waves,
        random=np.random.default_rng([seed, 8]),
    )


def _sea(
    times: Floats, typhoon: weather.Typhoon, place: Place, random: np.random.Generator
) -> tuple[dict[str, Floats], Floats]:
    """Return what tide gauge and buoy see, and the level at the river's mouth [m]."""
    water = place.sea
    east, north = weather.wind(typhoon, 0.0, 0.0, water.latitude)
    gusts = sea.follow(random.standard_normal((2, len(times))).T, hours=0.5, dt=STEP_S).T
    east, north = east - 2.0 + 9.0 * gusts[0], north - 1.0 + 9.0 * gusts[1]
    pressure = weather.pressure(typhoon, 0.0, 0.0)
    speed = np.hypot(east, north)
    level = water.mean_level_m + sea.surge(pressure, east, north, water, dt=STEP_S)
    level += tide.astronomical_tide(times, water.constituents, factor=water.amplitude_factor)
    mixing = np.cumsum(np.maximum(speed - 10, 0) ** 2) * STEP_S / 3600
    daily = np.sin(2 * np.pi * (times / 86400 - 0.05))
    buoy = {
        "wind_speed": speed,
        "wind_direction": np.degrees(np.arctan2(-east, -north)) % 360,
        "pressure": pressure,
        "wave_height": sea.wave_height(speed, water.depth_m, dt=STEP_S),
        "water_temperature": 25.0 + 3.0 * np.exp(-mixing / 4000) + 0.2 * daily,
    }
    series = {f"{place.buoy_station}/{name}": values for name, values in buoy.items()}
    return series | {f"{place.tide_station}/tide": level}, level


def _rain(
    typhoon: weather.Typhoon,
    site: Site,
    place: Place,
    scenario: Scenario,
    random: np.random.Generator,
    origin: tuple[float, float],
) -> tuple[dict[str, Floats], Floats]:
    """Return the rain at each gauge, and the mean over each catchment [mm/h]."""
    stations = {station.id: station for station in site.stations}
    for gauge in place.rain_gauges:
        if gauge.station not in stations:
            raise ConfigError(f"world.toml: rain gauge `{gauge.station}` is not in site.toml")
    at = [stations[g.station] for g in place.rain_gauges]
    points = [weather.local_km(s.latitude, s.longitude, origin) for s in at]
    for catchment in place.catchments:
        east, north = weather.local_km(catchment.latitude, catchment.longitude, origin)
        angles = 2 * np.pi * np.arange(POINTS_PER_CATCHMENT) / POINTS_PER_CATCHMENT
        reach = 0.6 * catchment.radius_km
        points += [(east + reach * np.cos(a), north + reach * np.sin(a)) for a in angles]
    intensity = scenario.storm.rain_factor * rain_intensity(
        typhoon, np.array(points), random=random, origin_latitude=origin[0]
    )
    count = len(place.rain_gauges)
    series = {
        f"{gauge.station}/rain": gauge.orography * intensity[row]
        for row, gauge in enumerate(place.rain_gauges)
    }
    groups = intensity[count:].reshape(len(place.catchments), POINTS_PER_CATCHMENT, -1)
    orography = np.array([catchment.orography for catchment in place.catchments])
    return series, groups.mean(axis=1) * orography[:, None]


def _river(
    place: Place, discharge: Floats, level: Floats
) -> tuple[dict[str, Floats], channel.Routed]:
    """Return stage and discharge at each gauge, and what the river did."""
    network = channel.build(place)
    reaches = {reach.id: reach for reach in place.reaches}
    inflow = np.zeros((discharge.shape[1], len(network.bed)))
    for row, catchment in enumerate(place.catchments):
        ends = [network.cell(reaches[catchment.reach], km) for km in catchment.km]
        cells = np.arange(ends[0], ends[1] + 1)
        inflow[:, cells] += discharge[row][:, None] / len(cells)
    watched = np.array([network.cell(reaches[g.reach], g.km) for g in place.gauges])
    routed = channel.route(
        network,
        inflow,
        level,
        watched,
        dt=STEP_S,
        substeps=SUBSTEPS,
        initial_stage=float(level[0]),
    )
    series: dict[str, Floats] = {}
    for column, gauge in enumerate(place.gauges):
        series[f"{gauge.station}/stage"] = routed.stage[:, column]
        series[f"{gauge.station}/discharge"] = routed.discharge[:, column]
    return series, routed
