"""The level at the river's mouth in the hours to come: tide, the weather's rise, and doubt.

The sea follows the weather with a delay τ: ds/dt = (e − s) / τ, where e is the rise that the
present weather calls for (basin.Weather). Ahead of the issue e goes on as it went in the last
hour, fading; what neither tide nor weather explains fades too. The members' doubt grows with
the lead as (lead / 3 h)^1.4 (a wrong trend of the storm, not a noise), in proportion to it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Sea, Weather
from stream.models.flood.harmonics import Harmonics

Array = NDArray[np.float64]

TIDE, PRESSURE, SPEED, DIRECTION = range(4)
"""Rows of what is seen of the sea."""
CALM_HPA = 1010.0
TREND_MIN = 60
"""The weather's trend is taken over this long [min] …"""
FADE_MIN = 150.0
"""… and lasts this long ahead [min]."""
HOLD_MIN = 60
"""Weather observed this long ago still counts [min]."""
AHEAD_MIN = 180.0
GROWTH = 1.4
UNTABLED_MIN = 120.0
"""Without tables of the tide nothing is known of the level so long ahead [min]."""
MOST = 2.0
"""The doubt stops growing at this many times that of three hours."""


class Outlook(NamedTuple):
    """The level at the mouth, ahead."""

    level: Array
    """(members, leads + 1) [m above datum], each minute from the issue."""
    degraded: list[str]


def harmonics(sea: Sea) -> Harmonics:
    """Return the astronomical tide of basin.toml."""
    names = tuple(sea.constituents)
    parts = np.array([sea.constituents[name] for name in names], dtype=float).reshape(-1, 2)
    return Harmonics(names, sea.mean_m, parts[:, 0], parts[:, 1])


def called_for(weather: Weather, seen: Array) -> Array:
    """Return (n,) the rise [m] that pressure and wind call for, from `seen` (4, n)."""
    speed, towards = seen[SPEED], np.radians(seen[DIRECTION] + 180.0)
    squares = speed * speed * np.stack([np.sin(towards), np.cos(towards)])
    rise = weather.per_hpa * (CALM_HPA - seen[PRESSURE])
    rise = rise + np.array(weather.per_wind) @ squares
    return np.asarray(rise + np.array(weather.per_gale) @ (squares * speed / 30.0))


def ahead(
    sea: Sea,
    seen: Array,
    issue_s: float,
    *,
    leads: int,
    members: int,
    random: np.random.Generator,
    tide_m: Array | None = None,
) -> Outlook:
    """Return members of the level at the mouth, each minute from the issue on.

    Parameters
    ----------
    seen : (4, n) array
        Tide gauge [m], pressure [hPa], wind speed [m/s] and direction [deg] of the last n
        minutes, the issue's last; NaN where there is none.
    tide_m : (leads + 1,) array, optional
        Astronomical tide from the issue on [m]; by default from the constituents.
    """
    count = seen.shape[1]
    past_s = issue_s + 60.0 * np.arange(1 - count, 1, dtype=np.float64)
    tide = harmonics(sea)
    residual = seen[TIDE] - tide.predict(past_s)
    known = np.flatnonzero(np.isfinite(residual))
    age = count - 1 - int(known[-1]) if len(known) else count
    call = _held(called_for(sea.weather, seen)) if sea.weather else np.full(count, np.nan)
    start = max(count - 1 - age, 0)
    path, strength = _rise(sea, residual[: start + 1], call, age + leads)
    minutes = np.arange(leads + 1, dtype=np.float64)
    coming = tide.predict(issue_s + 60.0 * minutes) if tide_m is None else tide_m
    doubt = np.minimum(((minutes + age) / AHEAD_MIN) ** GROWTH, MOST)
    scale = (sea.spread_m + sea.spread_share * strength) * doubt
    if not sea.constituents and tide_m is None:
        scale = np.hypot(scale, sea.unknown_m * np.minimum((minutes + age) / UNTABLED_MIN, 1.0))
    if not len(known):
        scale = np.full(leads + 1, sea.unknown_m + sea.spread_share * strength)
    factor = random.standard_normal(members)
    factor -= factor.mean()
    level = coming + path[-(leads + 1) :] + scale * factor[:, None]
    said = _complaints(sea, age, count, call)
    if not sea.constituents and tide_m is None:
        said.append(f"{sea.tide}: no tidal constituents; the tide to come is not known")
    return Outlook(np.asarray(level), said)


def _rise(sea: Sea, residual: Array, call: Array, minutes: int) -> tuple[Array, float]:
    """Return the residual at 0 … `minutes` after its newest value, and how strong the storm is."""
    leads = np.arange(minutes + 1)
    finite = residual[np.isfinite(residual)]
    now = float(np.median(finite[-5:])) if len(finite) else 0.0
    fading = np.exp(-leads / (60.0 * sea.memory_h))
    start = len(residual) - 1
    if sea.weather is None or not np.isfinite(call[start]):
        slope = _slope(residual)
        trend = slope * FADE_MIN * (1.0 - np.exp(-leads / FADE_MIN))
        return (now + trend) * fading, abs(now) + AHEAD_MIN * abs(slope)
    delay = 60.0 * sea.weather.response_h
    followed = _follow(call[: start + 1], delay, now)
    unexplained = now - followed[-1] if len(finite) else 0.0
    seen_call = call[start:]
    beyond = np.arange(1, max(minutes + 2 - len(seen_call), 1))
    last = call[np.isfinite(call)][-1]
    coming = last + _slope(call) * FADE_MIN * (1.0 - np.exp(-beyond / FADE_MIN))
    path = _follow(np.concatenate([seen_call, coming])[: minutes + 1], delay, followed[-1])
    return path + unexplained * fading, max(abs(now), abs(float(last)))


def _follow(call: Array, delay_min: float, start: float) -> Array:
    """Return `start` drawn towards `call` with a first-order delay; unknown calls hold it."""
    share = 1.0 - np.exp(-1.0 / delay_min)
    level, followed = start, np.empty(len(call))
    for t, goal in enumerate(call):
        followed[t] = level
        if np.isfinite(goal):
            level += share * (goal - level)
    return followed


def _slope(series: Array) -> float:
    """Return the trend [per minute] between the last two half-hours; 0 if unknown."""
    half = TREND_MIN // 2
    late, early = series[-half:], series[-TREND_MIN:-half]
    late, early = late[np.isfinite(late)], early[np.isfinite(early)]
    if not len(late) or not len(early):
        return 0.0
    return float((late.mean() - early.mean()) / half)


def _held(series: Array) -> Array:
    """Return `series` with gaps filled by the value before them, up to `HOLD_MIN` old."""
    known = np.where(np.isfinite(series), np.arange(len(series)), -1)
    newest = np.maximum.accumulate(known)
    fresh = (newest >= 0) & (np.arange(len(series)) - newest <= HOLD_MIN)
    return np.where(fresh, series[np.maximum(newest, 0)], np.nan)


def _complaints(sea: Sea, age: int, count: int, call: Array) -> list[str]:
    said = []
    if age >= count:
        said.append(f"{sea.tide}: no level in the last {count} min; tide from the tables, wider")
    elif age > HOLD_MIN / 4:
        said.append(f"{sea.tide} silent for {age} min; its residual is carried on, wider")
    if sea.weather is not None and not np.isfinite(call[-1]):
        said.append("the weather at sea is not known; the surge goes on as it did")
    return said
