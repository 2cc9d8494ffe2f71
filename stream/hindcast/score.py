"""How good a fitted model would have been on a recording: scores at each gauge and lead."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from stream.models import verification
from stream.models.flood.gauges.datum import judge, left_out
from stream.models.flood.gauges.features import build
from stream.models.flood.gauges.fit import Record, whole
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.model import GaugeModel, quantiles

BATCH = 4000
Rows = NDArray[np.bool_]

HIGH_WATER = 0.9
"""High water: the present level is within the highest tenth of the recording."""


class Score(Struct, frozen=True, kw_only=True):
    """Scores of one gauge at one lead, in the unit of the gauge."""

    gauge: str
    lead_s: int
    count: int
    """Pairs of forecast and observation."""
    rmse: float
    persistence_rmse: float
    persistence_index: float
    kge: float
    pinball: float
    """Mean over the probabilities."""
    crps: float
    coverage: float
    """Part of observations within the interval from `low` to `high` probability."""
    coverage_calm: float
    coverage_high_water: float
    bias: float


class Hindcast(NamedTuple):
    """Forecasts at each step of a recording."""

    issue_s: Array
    """(n,) Unix times [s]."""
    values: Array
    """(n, n_targets, n_leads, n_probabilities); NaN where the gauge was silent,
    or its datum wrong."""
    observed: Array
    """(n, n_targets, n_leads) what came; NaN where nothing was trusted."""


def hindcast(model: GaugeModel, record: Record) -> Hindcast:
    """Forecast at each step of `record` at which a target was observed."""
    plan = model.plan
    seen = whole(plan, record, model.intervals)
    columns = np.arange(seen.values.shape[1])
    leads = len(model.leads_s)
    own = [model.inputs.index(target) for target in model.targets]
    parts = []
    for at in range(0, len(columns), BATCH):
        first = min(at, model.lookback)
        features = build(plan, seen, columns[at - first : at + BATCH], model.tides)
        verdict = judge(plan, features, model.known)
        features = left_out(plan, features, verdict.wrong)
        found = quantiles(model, features, first=first)[:, :, :leads].astype(np.float32)
        found[verdict.wrong[first:, own]] = np.nan
        parts.append(found)
    values = np.concatenate(parts).astype(float)
    observed = _observed(model, record, seen.times_s)
    values[np.isnan(observed[:, :, 0])] = np.nan
    return Hindcast(seen.times_s, values, observed)


def _observed(model: GaugeModel, record: Record, issue_s: Array) -> Array:
    minutes = np.round((issue_s - record.first_s) / 60.0).astype(int)
    rows = [model.inputs.index(target) for target in model.targets]
    found = np.full((len(issue_s), len(rows), len(model.leads_s)), np.nan)
    for number, lead in enumerate(model.leads_s):
        at = minutes + lead // 60
        there = at < record.minutes.shape[1]
        found[there, :, number] = record.minutes[rows][:, at[there]].T
    return found


def scores(model: GaugeModel, past: Hindcast) -> list[Score]:
    """Return the scores of each gauge at each lead above 0."""
    found = []
    for gauge, key in enumerate(model.targets):
        present = past.observed[:, gauge, 0]
        high = present >= np.nanquantile(present, HIGH_WATER)
        for number, lead in enumerate(model.leads_s):
            if lead:
                pair = past.values[:, gauge, number], past.observed[:, gauge, number]
                found.append(_score(model, key, lead, *pair, present, high))
    return found


def _score(
    model: GaugeModel,
    key: str,
    lead: int,
    values: Array,
    observed: Array,
    present: Array,
    high: Rows,
) -> Score:
    probabilities = np.array(model.probabilities)
    median = values[:, model.probabilities.index(0.5)]
    low, top = values[:, _nearest(model, 0.1)], values[:, _nearest(model, 0.9)]
    known = np.isfinite(median) & np.isfinite(observed)

    def covered(rows: Rows) -> float:
        return verification.coverage(low[rows], top[rows], observed[rows])

    return Score(
        gauge=key,
        lead_s=lead,
        count=int(known.sum()),
        rmse=verification.rmse(median, observed),
        persistence_rmse=verification.rmse(np.where(known, present, np.nan), observed),
        persistence_index=verification.persistence_index(median, observed, present),
        kge=verification.kge(median, observed),
        pinball=float(verification.pinball(values, observed, probabilities).mean()),
        crps=verification.crps(values, observed, probabilities),
        coverage=covered(known),
        coverage_calm=covered(known & ~high),
        coverage_high_water=covered(known & high),
        bias=float(np.mean(median[known] - observed[known])) if known.any() else float("nan"),
    )


def _nearest(model: GaugeModel, probability: float) -> int:
    return int(np.argmin(np.abs(np.array(model.probabilities) - probability)))
