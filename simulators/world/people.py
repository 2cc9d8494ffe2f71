"""People at the coast on storm days: who comes, who goes, who waits; and the weather they are in.

Invented, as the whole demonstration. People come for events and leave when it rains or blows; gates
and a tower count them, each in its own way wrong. The weather at the venues is that of the buoy,
sheltered, with a day's temperature, clouds, and lightning where it rains hard.
"""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.world.place import CoastPeople

Floats = NDArray[np.float64]

STEP_MIN = 1.0
RAIN_DRIVES_OFF_MM_H = 14.0
"""Rain at which arrivals are down to a third, and people leave within an hour."""
WIND_DRIVES_OFF_MS = 13.0
OUT_OF_RANGE_KM = 63.0
"""What a lightning sensor shows where it hears nothing (AS3935: 63)."""
GUST_FACTOR = 1.45
STAY_MIN = 150.0
"""How long people stay in fine weather [min]."""
PER_CAR = 2.6


class Weather(NamedTuple):
    """The weather at the coast at each time."""

    wind: Floats
    """On the open beach [m/s]."""
    rain: Floats
    """[mm/h]"""
    temperature: Floats
    """[Cel]"""
    humidity: Floats
    """[%]"""
    solar: Floats
    """[W/m2]"""
    distance: Floats
    """Of the nearest lightning of the minute [km]; `OUT_OF_RANGE_KM` where there is none."""
    strokes: Floats
    visibility: Floats
    """[m]"""


def coast(
    times: Floats,
    people: CoastPeople,
    *,
    wind: Floats,
    pressure: Floats,
    rain: Floats,
    wave_height: Floats,
    random: np.random.Generator,
) -> dict[str, Floats]:
    """Return all datastreams of the coast at each minute.

    Parameters
    ----------
    times : (n,) array
        Unix times, a minute apart [s].
    wind, pressure, rain, wave_height : (n,) arrays
        Wind and waves at the buoy, pressure [hPa], rain near by [mm/h].
    """
    weather = _weather(times, wind * people.shelter, pressure, rain, random)
    inside, came, left = crowd(times, people, wind=weather.wind, rain=weather.rain, random=random)
    found = counters(people, inside, came, left, random)
    found |= _car_park(people, came, left, random)
    found |= _checks(times, people, came, random)
    beach, basin = people.weather_station, people.basin_station
    calm = wind * people.basin_shelter
    return found | {
        f"{beach}/temperature": weather.temperature,
        f"{beach}/humidity": weather.humidity,
        f"{beach}/wind_speed": weather.wind,
        f"{beach}/wind_gust": GUST_FACTOR * weather.wind,
        f"{beach}/solar": weather.solar,
        f"{beach}/lightning_distance": weather.distance,
        f"{beach}/lightning_strokes": weather.strokes,
        f"{beach}/rain": weather.rain,
        f"{basin}/wind_speed": calm,
        f"{basin}/wind_gust": GUST_FACTOR * calm,
        f"{basin}/wave_height": wave_height * people.basin_waves,
        f"{basin}/visibility": weather.visibility,
    }


def _weather(
    times: Floats, wind: Floats, pressure: Floats, rain: Floats, random: np.random.Generator
) -> Weather:
    hour = (times / 3600 + 8) % 24
    cloud = np.clip((1010.0 - pressure) / 12.0, 0.15, 1.0)
    sun = np.maximum(np.sin(np.pi * (hour - 5.2) / 13.6), 0.0) * ((hour > 5.2) & (hour < 18.8))
    solar = 950.0 * sun * (1 - 0.75 * cloud**2)
    warmth = 5.0 * np.cos(2 * np.pi * (hour - 14.5) / 24) * (1 - 0.7 * cloud)
    temperature = 28.3 + warmth - 3.5 * cloud - 0.15 * np.minimum(rain, 20.0)
    humidity = np.clip(78.0 - 3.0 * warmth + 14.0 * cloud + 0.5 * rain, 40.0, 96.0)
    # Convection where it rains hard: flashes come and go with the showers' cores.
    core = np.convolve(rain, np.ones(15) / 15, mode="same")
    strokes = random.poisson(np.clip((core - 8.0) / 6.0, 0.0, 4.0)).astype(float)
    near = np.clip(26.0 - 0.9 * core + 5.0 * random.standard_normal(len(times)), 1.0, 40.0)
    distance = np.where(strokes > 0, near, OUT_OF_RANGE_KM)
    visibility = np.clip(18_000.0 * np.exp(-rain / 9.0), 300.0, 20_000.0)
    return Weather(wind, rain, temperature, humidity, solar, distance, strokes, visibility)


def crowd(
    times: Floats,
    people: CoastPeople,
    *,
    wind: Floats,
    rain: Floats,
    random: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Return persons inside, and who came and left in each minute."""
    hour = (times / 3600 + 8) % 24
    day = np.maximum(np.sin(np.pi * (hour - 6.0) / 15.0), 0.0) * ((hour > 6.0) & (hour < 21.0))
    wanted = people.strollers_per_min * day
    ending = np.zeros(len(times))
    for event in people.gatherings:
        start, end = event.start.timestamp(), event.end.timestamp()
        length = 1.2 * people.arrive_min
        share = (times - start) / 60.0 / length + people.arrive_min / length
        arriving = (share > 0) & (share < 1)
        wanted += np.where(arriving, 6 * share * (1 - share), 0.0) * event.people / length
        ending += np.where((times > end) & (times < end + 3600), 1 / 18.0, 0.0)
    wet = np.convolve(rain, np.ones(10) / 10, mode="same") / RAIN_DRIVES_OFF_MM_H
    blown = np.maximum(wind / WIND_DRIVES_OFF_MS, 0.0) ** 4
    wanted *= np.exp(-wet - 0.5 * blown)
    mood = np.exp(0.25 * _wandering(len(times), 40.0, random))
    leaving = 1 / STAY_MIN + ending + 0.02 * np.minimum(wet, 1.5) + 0.02 * np.minimum(blown, 2.0)
    leaving += np.where((hour > 22.0) | (hour < 5.0), 0.08, 0.0)
    came = random.poisson(wanted * mood).astype(float)
    left = np.empty(len(times))
    inside = np.empty(len(times))
    there = 0.0
    for t in range(len(times)):
        going = min(random.binomial(int(there), min(leaving[t], 0.5)), people.exits_per_min)
        there += came[t] - going
        left[t], inside[t] = going, there
    return inside, came, left


def counters(
    people: CoastPeople, inside: Floats, came: Floats, left: Floats, random: np.random.Generator
) -> dict[str, Floats]:
    """Return what two gates and the tower's camera count."""
    north, south = people.gate_stations
    north_in = random.binomial(came.astype(int), 0.6).astype(float)
    north_out = random.binomial(left.astype(int), 0.55).astype(float)
    seen = {
        f"{north}/flow_in": north_in,
        f"{north}/flow_out": north_out,
        f"{south}/flow_in": came - north_in,
        f"{south}/flow_out": left - north_out,
    }
    for key, passed in seen.items():
        missed = random.binomial(passed.astype(int), 0.03)
        seen[key] = passed - missed + random.binomial(passed.astype(int), 0.02)
    tower = inside * (1 + 0.06 * random.standard_normal(len(inside)))
    return seen | {f"{people.tower_station}/people": np.maximum(tower, 0.0)}


def _car_park(
    people: CoastPeople, came: Floats, left: Floats, random: np.random.Generator
) -> dict[str, Floats]:
    """Return the car park of those who came: full is full."""
    cars_in = random.poisson(came / PER_CAR * people.by_car)
    taken = np.empty(len(came))
    entered, gone = np.zeros(len(came)), np.zeros(len(came))
    there = people.bays // 10
    for t in range(len(came)):
        entered[t] = min(cars_in[t], people.bays - there)
        leave = random.poisson(left[t] / PER_CAR * people.by_car)
        gone[t] = min(leave, there + entered[t])
        there += int(entered[t] - gone[t])
        taken[t] = there
    name = people.parking_station
    return {f"{name}/occupied": taken, f"{name}/flow_in": entered, f"{name}/flow_out": gone}


def _checks(
    times: Floats, people: CoastPeople, came: Floats, random: np.random.Generator
) -> dict[str, Floats]:
    """Return two checkpoints' queues; the second one goes silent for some hours."""
    hour = (times / 3600 + 8) % 24
    whole_hours = len(times) // 60 + 1
    found: dict[str, Floats] = {}
    for name, share in zip(people.check_stations, (0.6, 0.4), strict=True):
        present = random.binomial(people.posts, 0.95, whole_hours).astype(float)
        shift = np.repeat(np.maximum(present, 1.0), 60)[: len(times)]
        staffed = np.where((hour >= 5.0) & (hour < 22.0), shift, 1.0)
        joined = random.binomial(came.astype(int), share).astype(float)
        queue, waiting = np.empty(len(came)), 0.0
        for t in range(len(came)):
            served = random.poisson(staffed[t] * people.per_post_min)
            waiting = max(0.0, waiting + joined[t] - served)
            queue[t] = waiting
        found |= {f"{name}/queue": queue, f"{name}/arrivals": joined, f"{name}/posts": staffed}
    begin = people.silent_from.timestamp()
    end = (people.silent_from + timedelta(hours=people.silent_h)).timestamp()
    quiet = (times >= begin) & (times < end)
    mute = people.check_stations[1]
    return {
        key: np.where(quiet, np.nan, values) if key.startswith(f"{mute}/") else values.copy()
        for key, values in found.items()
    }


def _wandering(size: int, minutes: float, random: np.random.Generator) -> Floats:
    """Return a standard normal process that forgets itself in so many minutes, (size,)."""
    keep = np.exp(-STEP_MIN / minutes)
    steps = np.sqrt(1 - keep**2) * random.standard_normal(size)
    path = np.empty(size)
    state = random.standard_normal()
    for t, step in enumerate(steps):
        state = keep * state + step
        path[t] = state
    return path
