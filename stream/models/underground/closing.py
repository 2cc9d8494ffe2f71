"""By when a place below the street must be closed, with its uncertainty.

Members stand for what is not known: the depth on the street by its forecast's quantiles, rain
that goes on or stops, pumps that work or not, and inflow that the sensor sees but nothing
explains. Each member is a water balance (`sump.py`); the time left is when its depth reaches the
closing depth, minus the time needed to close and clear.
"""

from math import inf, nan
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from stream.models.underground.sump import Sump, observed_gain, rain_inflow, run, weir_inflow

Floats = NDArray[np.float64]

MEMBERS = 128
"""Water balances side by side."""

WEIR_SPREAD = 0.25
"""Standard deviation of the logarithm of the weir's coefficient [-]."""
RAIN_SPREAD = 0.7
"""Of the logarithm of the rain to come over the rain of now [-]."""
RAIN_MEMORY_MIN = 180.0
"""Rain, which is not forecast here, falls off in this time, e-fold [min]."""
INFLOW_SPREAD = 0.3
"""Of inflow that nothing explains, relative [-]."""
INFLOW_MEMORY_MIN = (60.0, 600.0)
"""Inflow that nothing explains falls off in a time between these, e-fold [min]."""
PUMPS_LEAST = 0.5
"""Share of the pumps' capacity that works, evenly between this and 1 [-] …"""
PUMPS_FAIL = 0.15
"""… but for this share of the members, in which they stop now [-]."""
BLIND_RISE_M_H = 0.05
"""While the sensor is silent, water may have risen by this, e-fold over members [m/h]."""
BLIND_AT_MOST_H = 2.0
"""… and by no more than in this time: a sensor that is gone for good is no flood [h]."""
DRY_M = 0.02
"""Below this the floor is dry [m]."""
PUMPING_M = 0.06
"""From this depth on the pumps should run [m]."""


class Seen(Struct, frozen=True, kw_only=True):
    """What is known at the issue time. NaN where nothing is."""

    depths_m: Floats
    """(n,) depth inside in the last minutes, the newest last [m]."""
    last_m: float
    """Newest depth inside that is known, however old [m]; NaN: none was ever seen."""
    silent_h: float
    """How old that is [h]."""
    inflow_m3_s: float
    """What the inflow sensor says [m3/s]."""
    rain_mm_h: float
    """Mean of the last quarter of an hour [mm/h]."""
    rain_hour_mm_h: float
    """Mean of the last hour [mm/h]: it rains in bands."""


class Outlook(Struct, frozen=True, kw_only=True):
    """What is to be expected of one place."""

    depth_m: Floats
    """(n_minutes + 1, n_members) depth inside [m]."""
    left_min: Floats
    """(n_members,) minutes left until it must be closed, below 0 where that is past; inf:
    not within the horizon."""

    def quantiles_m(self, probabilities: Floats, minutes: NDArray[np.int64]) -> Floats:
        """Return (n_minutes, n_probabilities) quantiles of the depth inside [m]."""
        return np.asarray(np.quantile(self.depth_m[minutes], probabilities, axis=1).T)

    def close_before(self, probability: float) -> float:
        """Return by when [min] it must be closed with this probability; inf where never.

        0.05 is the early bound: with 5 % it must be closed before it.
        """
        ordered = np.sort(self.left_min)
        place = int(np.ceil(probability * len(ordered))) - 1
        return float(ordered[max(place, 0)])

    def probability(self) -> float:
        """Return how probable it is that it must be closed within the horizon [0-1]."""
        return float(np.isfinite(self.left_min).mean())


def outlook(
    sump: Sump,
    seen: Seen,
    *,
    street_m: Floats,
    inside_m: Floats,
    closing_m: float,
    clear_min: float,
) -> Outlook:
    """Return depth and time left of each member.

    Parameters
    ----------
    street_m, inside_m : (n_minutes, MEMBERS)
        Members of the forecast depth on the street, and of the depth inside as another model
        sees it [m]; zeros where there is none.
    closing_m : float
        Depth inside from which it must be closed [m].
    clear_min : float
        Time needed to close and clear it [min].
    """
    chance = np.random.default_rng(17)  # the same members each minute: nothing flickers
    normal = chance.standard_normal((4, MEMBERS))
    even = chance.uniform(size=(4, MEMBERS))
    after = np.arange(1, len(street_m) + 1)[:, None]
    rain_now = 0.0 if np.isnan(seen.rain_mm_h) else seen.rain_mm_h
    going_on = np.fmax(np.fmax(rain_now, seen.rain_hour_mm_h), 0.0)
    rain = going_on * np.exp(RAIN_SPREAD * normal[0]) * np.exp(-after / RAIN_MEMORY_MIN)
    weir = np.exp(WEIR_SPREAD * normal[1])
    explained = weir_inflow(sump, street_m, weir) + rain_inflow(sump, rain)
    told = _told(sump, seen)
    other = np.zeros(MEMBERS)
    if not np.isnan(told.inflow_m3_s):
        now = weir_inflow(sump, street_m[0], np.ones(MEMBERS))
        now += rain_inflow(sump, np.full(MEMBERS, rain_now))
        spread = told.error_m3_s * normal[2] + INFLOW_SPREAD * abs(told.inflow_m3_s) * normal[3]
        other = np.maximum(told.inflow_m3_s - now + spread, 0.0)  # no forecast is argued away
    fast, slow = INFLOW_MEMORY_MIN
    memory = fast + (slow - fast) * even[0]
    pumps = PUMPS_LEAST + (1 - PUMPS_LEAST) * even[1]
    if not np.isnan(told.pumps):
        pumps = np.clip(told.pumps + told.pumps_error * normal[2], 0.0, pumps)
    pumps = np.where(even[2] < PUMPS_FAIL, 0.0, pumps)
    depth = run(
        sump,
        start_m=_start(seen, even[3]),
        inflow_m3_s=explained + other * np.exp(-after / memory),
        pumps=pumps,
        street_m=street_m,
    )
    depth[1:] = np.maximum(depth[1:], inside_m)
    return Outlook(depth_m=depth, left_min=time_to(depth, closing_m) - clear_min)


class Told(NamedTuple):
    """What the sensors tell of water that runs in and is pumped out. NaN: nothing."""

    inflow_m3_s: float
    error_m3_s: float
    pumps: float = nan
    """Share of the pumps' capacity that works, as the balance shows it [-]."""
    pumps_error: float = nan


def _told(sump: Sump, seen: Seen) -> Told:
    """Return what depth and inflow sensors tell together.

    With both, the pumps take out what runs in and does not stand inside. Without an inflow
    sensor they are thought to work while there is water: what runs in is not less than that.
    """
    gain, error = observed_gain(sump, seen.depths_m)
    known = seen.depths_m[np.isfinite(seen.depths_m)]
    depth = float(known[-1]) if len(known) else nan
    if np.isnan(gain):
        return Told(seen.inflow_m3_s, 0.1 * abs(seen.inflow_m3_s))
    if not np.isnan(seen.inflow_m3_s):
        inflow = max(seen.inflow_m3_s, gain if gain > 2 * error else 0.0)
        if depth < PUMPING_M or not sump.pump_m3_s:
            return Told(inflow, 0.1 * inflow)
        share = (inflow - gain) / sump.pump_m3_s
        return Told(inflow, 0.1 * inflow, share, error / sump.pump_m3_s)
    if depth < DRY_M and gain < 2 * error:  # a dry floor and a sensor's noise
        return Told(nan, nan)
    return Told(gain + (sump.pump_m3_s if depth >= DRY_M else 0.0), error)


def _start(seen: Seen, even: Floats) -> Floats:
    """Return the depth inside now: the newest, or that and what may have come since [m]."""
    known = seen.depths_m[np.isfinite(seen.depths_m)]
    if len(known):
        return np.full(MEMBERS, float(known[-1]))
    last = 0.0 if np.isnan(seen.last_m) else seen.last_m
    return last - np.log1p(-even) * BLIND_RISE_M_H * min(seen.silent_h, BLIND_AT_MOST_H)


def time_to(depth_m: Floats, closing_m: float) -> Floats:
    """Return when each member (n_minutes + 1, n) first reaches `closing_m` [min]; inf: never.

    Between two minutes the depth is taken as linear.
    """
    above = depth_m >= closing_m
    first = above.argmax(axis=0)
    members = np.arange(depth_m.shape[1])
    before = depth_m[np.maximum(first - 1, 0), members]
    after = depth_m[first, members]
    share = (closing_m - before) / np.maximum(after - before, 1e-12)
    found = np.where(first > 0, first - 1 + share, 0.0)
    return np.where(above.any(axis=0), found, inf)
