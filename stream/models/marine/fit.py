"""The numbers of `outlook.py` from recorded buoys.

Medians by least squares, spreads by the likelihood of a normal with that spread, quantiles from
the errors over it: half way between those of all buoys together and those of the most restless
one, since the next buoy is another one. Each counts the same, however long its record is.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, minimize

from stream.models.marine.outlook import (
    PROBABILITIES,
    STEP_MIN,
    Seen,
    Spread,
    WaveLaw,
    WindLaw,
    seen,
    waves,
    wind,
)

Array = NDArray[np.float64]

LEADS = (1, 2, 3, 6, 9, 12, 15, 18)
"""Steps ahead on which is fitted."""
WAVE_LEADS = (6, 12, 18)
"""Waves are reported once an hour: what comes in between is the same spectrum again."""
HOUR_STEPS, TWO_HOURS_STEPS = 6, 12
MOST_DRAWN = 0.3
"""Waves are drawn to their mean no more than this: a cap, on which the fit comes to lie.

Free, it says 0.94, of hourly values whose "mean of two hours" is that of two: no better on the
other half of the record, and a buoy that reports more often would lag an hour behind a rising sea.
"""
MEDIAN = PROBABILITIES.index(0.5)
ANY = Spread((1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0,) * len(PROBABILITIES))


class SeaRecord(NamedTuple):
    """A buoy with waves: (n,) ten-minute steps of Hs [m] and wind [m/s], NaN not known."""

    height_m: Array
    wind_m_s: Array
    fetch_m: float
    depth_m: float


class _Errors(NamedTuple):
    """Of one buoy at one lead."""

    record: int
    lead_h: float
    error: Array
    moving: Array
    """(n, 3)"""
    share: float
    """Weight of each error."""


def fit_wind(records: Sequence[Array]) -> WindLaw:
    """Return the law of `records`, each (n,) ten-minute winds [m/s] of one buoy."""
    known = [seen(record, mean_steps=HOUR_STEPS) for record in records]

    def errors(law: WindLaw) -> list[_Errors]:
        found = []
        for number, (record, what) in enumerate(zip(records, known, strict=True)):
            for lead in LEADS:
                early = Seen(*(values[:-lead] for values in what))
                ok = np.isfinite(early.now) & np.isfinite(record[lead:])
                early, later = Seen(*(values[ok] for values in early)), record[lead:][ok]
                middle, _ = wind(early, _hours(lead), law)
                moving = np.stack([np.ones_like(later), early.now, early.unrest], axis=1)
                found.append(_errors(number, lead, later - middle[:, 0], moving))
        return found

    def loss(parameters: Array) -> Array:
        return _weighted(errors(WindLaw(parameters[0], parameters[1], ANY)))

    best = least_squares(loss, (0.3, 0.5), bounds=((0.0, 0.05), (1.0, 5.0))).x
    law = WindLaw(round(float(best[0]), 3), round(float(best[1]), 3), ANY)
    return law._replace(spread=_spread(errors(law)))


def fit_waves(records: Sequence[SeaRecord]) -> WaveLaw:
    """Return the law of `records`."""

    def errors(law: WaveLaw) -> list[_Errors]:
        found = []
        for number, record in enumerate(records):
            what = seen(record.height_m, mean_steps=TWO_HOURS_STEPS)
            blowing = seen(record.wind_m_s, mean_steps=HOUR_STEPS).hour
            for lead in WAVE_LEADS:
                ok = np.isfinite(record.height_m[:-lead]) & np.isfinite(record.height_m[lead:])
                early = Seen(*(values[:-lead][ok] for values in what))
                if not ok.any():
                    continue
                later = record.height_m[lead:][ok]
                ground = {"fetch_m": record.fetch_m, "depth_m": record.depth_m}
                wind_now = blowing[:-lead][ok]
                middle, _ = waves(early, wind_now, _hours(lead), law, **ground)
                still = law._replace(drawn=0.0, raised=1.0)
                raised = waves(early, wind_now, _hours(lead), still, **ground)[0][:, 0] - early.now
                moving = np.stack([np.ones_like(later), early.now, raised], axis=1)
                found.append(_errors(number, lead, later - middle[:, 0], moving))
        return found

    def loss(parameters: Array) -> Array:
        return _weighted(errors(WaveLaw(parameters[0], parameters[1], ANY)))

    best = least_squares(loss, (0.2, 0.3), bounds=((0.0, 0.0), (MOST_DRAWN, 1.0))).x
    law = WaveLaw(round(float(best[0]), 3), round(float(best[1]), 3), ANY)
    return law._replace(spread=_spread(errors(law)))


def _hours(lead: int) -> Array:
    return np.array([lead * STEP_MIN / 60.0])


def _errors(record: int, lead: int, error: Array, moving: Array) -> _Errors:
    return _Errors(record, lead * STEP_MIN / 60.0, error, moving, 1.0 / len(error))


def _weighted(errors: list[_Errors]) -> Array:
    return np.concatenate([np.sqrt(e.share / e.lead_h) * e.error for e in errors])


def _spread(errors: list[_Errors]) -> Spread:
    def unpacked(parameters: Array) -> Spread:
        coefficients = tuple(np.exp(parameters[:3]))
        return Spread(coefficients, tuple(np.clip(parameters[3:], 0.3, 1.5)), ANY.quantiles)

    def loss(parameters: Array) -> float:
        spread, total = unpacked(parameters), 0.0
        for e in errors:
            scale = spread.scale(np.array([e.lead_h]), e.moving[:, None, :])[:, 0]
            total += float(np.mean(np.log(scale) + 0.5 * np.minimum(e.error / scale, 6.0) ** 2))
        return total

    start = np.array([-2.0, -5.0, -2.0, 0.7, 0.7, 0.7])
    best = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 1500, "xatol": 1e-3})
    fitted = unpacked(best.x)
    scaled: dict[int, list[Array]] = {}
    for e in errors:
        scale = fitted.scale(np.array([e.lead_h]), e.moving[:, None, :])[:, 0]
        scaled.setdefault(e.record, []).append(e.error / scale)
    each = [np.concatenate(values) for values in scaled.values()]
    many = max(len(values) for values in each)
    drawn = np.random.default_rng(0)
    pooled = np.concatenate([drawn.choice(values, many) for values in each])
    apart = np.array([np.quantile(values, PROBABILITIES) for values in (*each, pooled)])
    apart -= apart[:, [MEDIAN]]
    widest = np.where(np.arange(len(PROBABILITIES)) < MEDIAN, apart.min(axis=0), apart.max(axis=0))
    found = (apart[-1] + widest) / 2
    return Spread(
        tuple(round(float(c), 6) for c in fitted.coefficients),  # type: ignore[arg-type]
        tuple(round(float(p), 3) for p in fitted.powers),  # type: ignore[arg-type]
        tuple(round(float(q), 3) for q in found),
    )
