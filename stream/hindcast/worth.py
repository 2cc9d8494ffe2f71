"""What a model was worth on a recording: scores by gauge, level and lead, beside baselines."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from forewarn.domain.hazard import AlertRule, Level, Threshold
from stream.hindcast.baselines import autoregression, persistence
from stream.hindcast.past import Past, exceedance
from stream.models import verification
from stream.models.flood.gauges.grid import Array

HIGH_WATER = 0.9
"""High water: the present level is within the highest tenth of the recording."""
INTERVAL = (0.1, 0.9)
AUTOREGRESSION, PERSISTENCE = "autoregression alone", "persistence"


class Skill(Struct, frozen=True, kw_only=True):
    """One gauge at one lead, errors in the gauge's unit."""

    gauge: str
    lead_s: int
    count: int
    """Pairs of forecast and observation."""
    rmse: float
    others: dict[str, float]
    """Baseline → its RMSE on the same pairs."""
    persistence_index: float
    kge: float
    crps: float
    coverage: float
    """Part of observations within the 80 % interval."""
    coverage_calm: float
    coverage_high_water: float


class Detection(Struct, frozen=True, kw_only=True):
    """One threshold at one lead, each issue time a case."""

    gauge: str
    threshold: float
    level: str
    lead_s: int
    events: int
    """Cases in which it was exceeded."""
    pod: float
    far: float
    csi: float
    brier: float
    brier_persistence: float


def baselines(past: Past, target: int, more: Mapping[str, Array]) -> dict[str, Array]:
    """Return name → (n, n_leads) forecasts; `more` holds (n, n_targets, n_leads) of others."""
    found = {
        PERSISTENCE: persistence(past, target),
        AUTOREGRESSION: autoregression(past, target),
    }
    return found | {name: values[:, target] for name, values in more.items()}


def errors(past: Past, target: int, lines: Mapping[str, Array]) -> dict[str, Array]:
    """Return name → (n_leads,) RMSE on the cases that all of them forecast."""
    observed = past.observed[:, target]
    every = {past.model: past.median[:, target], **lines}
    known = np.isfinite(observed) & np.all([np.isfinite(v) for v in every.values()], axis=0)
    return {
        name: np.array(
            [
                verification.rmse(np.where(known, values, np.nan)[:, lead], observed[:, lead])
                for lead in range(len(past.leads_s))
            ]
        )
        for name, values in every.items()
    }


def skills(
    past: Past, target: int, leads: Sequence[int], lines: Mapping[str, Array]
) -> list[Skill]:
    """Return the scores of one gauge at some leads (indices)."""
    rmse = errors(past, target, lines)
    present = past.present(target)
    high = present >= np.nanquantile(present, HIGH_WATER)
    low, top = (_nearest(past, wanted) for wanted in INTERVAL)
    found = []
    for lead in leads:
        values, observed = past.values[:, target, lead], past.observed[:, target, lead]
        median = past.median[:, target, lead]
        known = np.isfinite(median) & np.isfinite(observed)

        def covered(rows: np.ndarray, values: Array = values, observed: Array = observed) -> float:
            return verification.coverage(values[rows, low], values[rows, top], observed[rows])

        found.append(
            Skill(
                gauge=past.targets[target],
                lead_s=past.leads_s[lead],
                count=int(known.sum()),
                rmse=float(rmse[past.model][lead]),
                others={name: float(rmse[name][lead]) for name in lines},
                persistence_index=verification.persistence_index(median, observed, present),
                kge=verification.kge(median, observed),
                crps=verification.crps(values, observed, np.array(past.probabilities)),
                coverage=covered(known),
                coverage_calm=covered(known & ~high),
                coverage_high_water=covered(known & high),
            )
        )
    return found


def detections(
    past: Past, target: int, threshold: Threshold, rule: AlertRule, leads: Sequence[int]
) -> list[Detection]:
    """Return how well exceedance of one threshold was foreseen at some leads (indices)."""
    on, present = rule.on(Level.parse(threshold.level)), past.present(target)
    found = []
    for lead in leads:
        chance = exceedance(past.values[:, target, lead], past.probabilities, threshold.value)
        observed = past.observed[:, target, lead]
        known = np.isfinite(chance) & np.isfinite(observed) & np.isfinite(present)
        chance, came = chance[known], observed[known] >= threshold.value
        happened = came.astype(float)
        now = (present[known] >= threshold.value).astype(float)
        counted = verification.contingency(chance >= on, came)
        found.append(
            Detection(
                gauge=past.targets[target],
                threshold=threshold.value,
                level=threshold.level,
                lead_s=past.leads_s[lead],
                events=int(came.sum()),
                pod=counted.pod,
                far=counted.far,
                csi=counted.csi,
                brier=verification.brier(chance, happened),
                brier_persistence=verification.brier(now, happened),
            )
        )
    return found


def hours(past: Past) -> list[int]:
    """Return the indices of the leads of whole hours, or of the last one."""
    whole = [n for n, lead in enumerate(past.leads_s) if lead and lead % 3600 == 0]
    return whole or [len(past.leads_s) - 1]


def _nearest(past: Past, probability: float) -> int:
    return int(np.argmin(np.abs(np.array(past.probabilities) - probability)))
