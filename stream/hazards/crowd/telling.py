"""From members to a forecast and its assessment, and the words about silent counters."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment, Exceedance, Forecast, Level, Outcome
from forewarn.domain.station import Place
from stream.models.crowd.balance import silent_for
from stream.models.crowd.outlook import quantiles

Array = NDArray[np.float64]

LEADS_MIN = (5, 10, 15, 20, 25, 30)
PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LATE_MIN = 3
"""Minutes after which a counter that speaks each minute is called silent: three intervals."""

RECENT_MIN = 60
"""What was wrong longer ago is said no more."""


def moment(issue_s: float) -> datetime:
    """Return Unix seconds as an aware time."""
    return datetime.fromtimestamp(issue_s, UTC)


def dice(name: str, issue_s: float) -> np.random.Generator:
    """Return the chance of one place at one minute: the same whenever it is asked."""
    return np.random.default_rng([zlib.crc32(name.encode()), int(issue_s)])


def forecast_of(
    place: Place, issue_s: float, ahead: Array, model: str, degraded: Sequence[str]
) -> Forecast:
    """Return the quantiles of `ahead` (members, minutes) in the unit of `place`."""
    return Forecast(
        area=place.area,
        datastream=place.key,
        issue_time=moment(issue_s),
        model=model,
        leads_s=[60 * lead for lead in LEADS_MIN],
        probabilities=list(PROBABILITIES),
        values=quantiles(ahead, LEADS_MIN, PROBABILITIES).tolist(),
        degraded=list(degraded),
    )


def silences(
    keys: Sequence[str], history: Array, late: Mapping[str, int] | None = None
) -> list[str]:
    """Say which datastreams are silent: longer than `late` says of them, else `LATE_MIN`."""
    said = []
    for key, values in zip(keys, history, strict=True):
        quiet = silent_for(values)
        if quiet > (late or {}).get(key, LATE_MIN):
            said.append(f"{key} silent for {lasting(quiet, len(values))}")
    return said


def without_negatives(keys: Sequence[str], history: Array) -> tuple[Array, list[str]]:
    """Return `history` with negative counts unknown, and which were told in the last hour."""
    below = history < 0
    if not below.any():
        return history, []
    said = [
        f"{key} told {values[bad & late][-1]:g}: a count cannot be negative, left out"
        for key, values, bad, late in zip(keys, history, below, _late(history), strict=True)
        if (bad & late).any()
    ]
    return np.where(below, np.nan, history), said


def _late(history: Array) -> NDArray[np.bool_]:
    return np.broadcast_to(np.arange(history.shape[1])[::-1] < RECENT_MIN, history.shape)


def lasting(minutes: int, known: int) -> str:
    """Return `12 min`, or `more than 360 min` where no more is known."""
    return f"more than {minutes} min" if minutes >= known else f"{minutes} min"


def raised(
    assessment: Assessment, level: Level, label: str, *, since: datetime, threshold: float
) -> Assessment:
    """Return `assessment` with a certain exceedance `label` that its quantiles know nothing of."""
    certain = Exceedance(
        level=level,
        threshold=threshold,
        label=label,
        probability=1.0,
        observed=True,
        by_value=False,
        onset=since,
        onset_early=since,
        onset_late=since,
        by_lead=[1.0] * len(assessment.leads_s),
    )
    failed = assessment.outcome is Outcome.FAILED
    return structs.replace(
        assessment,
        outcome=Outcome.DEGRADED if failed else assessment.outcome,
        reason=assessment.reason or label,
        exceedances=[*assessment.exceedances, certain],
        evidence=[label, *assessment.evidence],
    )


def figures(**named: float) -> dict[str, float]:
    """Return those that are known, to three places."""
    return {name: round(float(value), 3) for name, value in named.items() if np.isfinite(value)}


def ago(issue_s: float, minutes: int) -> datetime:
    """Return the time so many minutes before."""
    return moment(issue_s) - timedelta(minutes=minutes)


def filling(minutes: float) -> str:
    """Return `full in 8 min at this rate`, or that it does not fill."""
    return f"full in {minutes:.0f} min at this rate" if np.isfinite(minutes) else "not filling"
