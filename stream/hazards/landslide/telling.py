"""From the index of one place to its forecast and assessment."""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment, Forecast, Ring
from forewarn.domain.station import Place
from stream.assess import Grounds, assess, assess_without_forecast
from stream.hazards.contract import View
from stream.models.landslide.ground import STEPS_AHEAD
from stream.models.landslide.index import quantiles

Array = NDArray[np.float64]

PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LEADS_S = tuple(600 * step for step in range(STEPS_AHEAD))
MODEL = "slopes-1"


class Case(NamedTuple):
    """What is known of one place at one minute."""

    place: Place
    z: Array
    """(members, leads)."""
    instruments: Array
    """(leads,) their joined index."""
    spread: float
    widened: float
    blind: bool
    """Neither rain nor instruments: nothing can be said."""
    degraded: list[str]
    evidence: list[str]
    where: list[Ring]


def first_threshold(place: Place) -> float:
    """Return the lowest threshold of the index [0–1]; 0.5 where there is none."""
    found = min((threshold.value for threshold in place.thresholds), default=0.5)
    return min(max(found, 0.001), 0.999)


def tell(case: Case, view: View) -> tuple[Forecast | None, Assessment]:
    """Return the forecast of the index, none where nothing is known, and the assessment."""
    place, issue = case.place, datetime.fromtimestamp(view.issue_s, UTC)
    grounds = Grounds(
        observed=None,
        degraded=tuple(case.degraded),
        evidence=tuple(case.evidence),
        where=tuple(case.where),
    )
    if case.blind:
        reason = "no rain gauge and no instrument on the slope has spoken for a day"
        return None, assess_without_forecast(
            place.area, place.key, issue, reason, place.thresholds, grounds, hazard=place.hazard
        )
    values = quantiles(
        case.z,
        case.instruments,
        np.array(PROBABILITIES),
        spread=case.spread,
        widened=case.widened,
    )
    forecast = Forecast(
        area=place.area,
        datastream=place.key,
        issue_time=issue,
        model=MODEL,
        leads_s=list(LEADS_S),
        probabilities=list(PROBABILITIES),
        values=np.round(values, 5).tolist(),
        degraded=case.degraded,
    )
    return forecast, assess(forecast, place.thresholds, grounds, hazard=place.hazard)
