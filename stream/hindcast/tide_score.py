"""A residual forecast beside persistence and a 48-lag autoregression, lead by lead."""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stream.models.tide.prediction import predict
from stream.models.tide.surge.fitting import Record, hindcast
from stream.models.tide.surge.model import PROBABILITIES, SurgeModel
from stream.models.tide.surge.sampling import even

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LAGS = 48
LEADS_H = (1, 3, 6)
STORM = 0.99
"""Residuals beyond this quantile of their size are called storms."""


class LeadScore(NamedTuple):
    """What came of all forecasts with one lead; errors in metres."""

    lead_h: int
    forecasts: int
    persistence: float
    autoregression: float
    rmse: float
    coverage_80: float
    coverage_90: float
    storm_rmse: float
    storm_autoregression: float
    storm_coverage_80: float

    @property
    def gain(self) -> float:
        """By which share the RMSE is below the autoregression's."""
        return 1.0 - self.rmse / self.autoregression


def autoregression(residual: Array, train: Mask, lead: int, lags: int = LAGS) -> Array:
    """Return (n,) residuals forecast `lead` steps ahead from the last `lags` by least squares.

    Fitted where the step that is forecast is in `train` (n,); NaN where a lag is missing.
    """
    count = len(residual)
    now = np.arange(lags - 1, count)
    design = np.concatenate([sliding_window_view(residual, lags), np.ones((len(now), 1))], axis=1)
    ahead = np.minimum(now + lead, count - 1)
    wanted = np.where(now + lead < count, residual[ahead], np.nan)
    known = np.isfinite(design).all(axis=1)
    rows = known & np.isfinite(wanted) & train[ahead]
    weights = np.linalg.lstsq(design[rows], wanted[rows], rcond=None)[0]
    found = np.full(count, np.nan)
    found[now[known]] = design[known] @ weights
    return found


def score(
    model: SurgeModel, record: Record, *, train: Mask, test: Mask, plain: Record | None = None
) -> list[LeadScore]:
    """Score a model on the steps `test` (n,) of a record, where both forecasts are possible.

    Parameters
    ----------
    train : (n,) array
        Steps on which the autoregression is fitted; n even steps of `model.step_s`.
    plain : Record, optional
        The same record with the tide that the references use; by default the model's.
    """
    _, levels = even(record.times_s, record.levels, model.step_s)
    other = plain or record
    times, _ = even(other.times_s, other.levels, model.step_s)
    residual = levels - predict(other.tide, times)
    own = levels - predict(record.tide, times)
    storm = np.abs(own) > np.nanquantile(np.abs(own[test]), STORM)
    values = hindcast(model, record, LEADS_H)
    per_hour = model.reach.hour
    found = []
    for column, hours in enumerate(LEADS_H):
        steps = hours * per_hour
        came = np.full(len(levels), np.nan)
        came[:-steps] = levels[steps:]
        gone = np.full(len(levels), np.nan)
        gone[:-steps] = residual[steps:]
        reference = autoregression(residual, train, steps) - gone
        error = values[:, column, PROBABILITIES.index(0.5)] - came
        both = test & np.isfinite(reference) & np.isfinite(error)
        inside = [
            (values[:, column, low] <= came) & (came <= values[:, column, -1 - low])
            for low in (1, 0)
        ]
        found.append(
            LeadScore(
                lead_h=hours,
                forecasts=int(both.sum()),
                persistence=_rms((residual - gone)[both]),
                autoregression=_rms(reference[both]),
                rmse=_rms(error[both]),
                coverage_80=float(inside[0][both].mean()),
                coverage_90=float(inside[1][both].mean()),
                storm_rmse=_rms(error[both & storm]),
                storm_autoregression=_rms(reference[both & storm]),
                storm_coverage_80=float(inside[0][both & storm].mean()),
            )
        )
    return found


def table(scores: list[LeadScore]) -> str:
    """Return scores as text, in millimetres."""
    lines = [
        "lead      n  persistence  AR48  forecast   gain  80 %  90 %  storms: forecast  AR48  80 %"
    ]
    lines += [
        f"{one.lead_h:2d} h {one.forecasts:7d} {1e3 * one.persistence:10.1f} "
        f"{1e3 * one.autoregression:7.1f} {1e3 * one.rmse:8.1f} {one.gain:7.1%} "
        f"{one.coverage_80:5.2f} {one.coverage_90:5.2f} {1e3 * one.storm_rmse:16.0f} "
        f"{1e3 * one.storm_autoregression:6.0f} {one.storm_coverage_80:5.2f}"
        for one in scores
    ]
    return "\n".join(lines)


def _rms(error: Array) -> float:
    return float(np.sqrt(np.mean(error**2))) if len(error) else float("nan")
