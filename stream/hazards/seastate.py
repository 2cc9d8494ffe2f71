"""From a buoy's minutes to forecasts of wind and waves, and what bulletins would say of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from forewarn.domain.hazard import Assessment, Forecast, Threshold
from forewarn.domain.station import Site
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, View
from stream.hazards.marine import Buoy, MarinePlan
from stream.models.marine.fitted import WAVES, WIND
from stream.models.marine.outlook import (
    PROBABILITIES,
    STEP_MIN,
    Seen,
    Spread,
    quantiles,
    restlessness,
    seen,
    waves,
    wind,
)

Array = NDArray[np.float64]

LEADS_MIN = tuple(range(0, 181, 10))
PROVED = (1, 3, 6, 12, 18)
"""Leads [steps] at which earlier forecasts are compared with what came …"""
STEPS_H = np.array(PROVED) * STEP_MIN / 60.0
"""… and in hours."""
UPPER = 0.9
"""The upper end of a bulletin's range."""
WIDER = 1.5
"""Waves without a wind that could raise them are known so much worse, and so is a short history."""
SHORT_H = 3
"""A history known in fewer hours of the last day than this says little of how restless it is."""
SILENT_MIN = 30
MODEL = "buoy-1"


class Case(NamedTuple):
    """What is known of one datastream at one minute."""

    key: str
    hazard: str
    area: str
    thresholds: tuple[Threshold, ...]
    steps: Array
    """(n,) means of ten minutes, the last one ending now."""
    age_min: float
    """Of the newest value; inf where there is none."""
    known_h: int
    """Hours of the last day in which it was heard."""


class Engine:
    """Wind and waves of one plan's buoys."""

    def __init__(self, plan: MarinePlan, site: Site, inputs: Sequence[str]) -> None:
        self._plan, self._inputs = plan, list(inputs)
        self._known = {key: (s.area, d.thresholds) for key, s, d in site.datastreams()}

    def judge(self, view: View) -> Findings:
        """Return forecasts and assessments; silence is failed, never calm."""
        told = []
        for buoy in self._plan.buoys:
            blow = self._case(f"{buoy.station}/{buoy.wind}", "gale", view)
            told.append(self._gale(blow, buoy, view.issue_s))
            if buoy.wave:
                swell = self._case(f"{buoy.station}/{buoy.wave}", "wave", view)
                told.append(self._wave(swell, blow, buoy, view.issue_s))
        forecasts = [forecast for forecast, _ in told if forecast is not None]
        return Findings(forecasts, [assessment for _, assessment in told])

    def _case(self, key: str, hazard: str, view: View) -> Case:
        minutes = view.history[self._inputs.index(key)]
        area, thresholds = self._known[key]
        known = np.flatnonzero(np.isfinite(minutes))
        age = float(len(minutes) - 1 - known[-1]) if len(known) else float("inf")
        return Case(key, hazard, area, thresholds, _stepped(minutes), age, _hours_known(minutes))

    def _gale(self, case: Case, buoy: Buoy, issue_s: float) -> tuple[Forecast | None, Assessment]:
        gusts = {
            threshold.level: self._plan.gusts_m_s.get(threshold.level, np.inf) / buoy.gust_factor
            for threshold in case.thresholds
        }
        lowered = tuple(
            msgspec.structs.replace(t, value=round(min(t.value, gusts[t.level]), 2))
            for t in case.thresholds
        )
        case = case._replace(thresholds=lowered)
        if case.age_min > buoy.stale:
            return None, _silent(case, issue_s)
        past = seen(case.steps, mean_steps=6)
        middle, scale = wind(_newest(past), _leads(case), WIND)
        scale = scale * _proved(case.steps, wind(past, STEPS_H, WIND))
        evidence = [
            f"gusts about {buoy.gust_factor:g} × the mean wind: counted by their own limits"
        ]
        return _told(case, middle, scale, WIND.spread, issue_s, [], evidence)

    def _wave(
        self, case: Case, blow: Case, buoy: Buoy, issue_s: float
    ) -> tuple[Forecast | None, Assessment]:
        if case.age_min > buoy.stale:
            return None, _silent(case, issue_s)
        ground = {"fetch_m": 1000.0 * buoy.fetch_km, "depth_m": buoy.depth_m}
        past = seen(case.steps, mean_steps=12)
        blowing = seen(blow.steps, mean_steps=6).hour
        heard = blow.age_min <= buoy.stale
        now = _newest(Seen(blowing, blowing, blowing)).now if heard else np.full(1, np.nan)
        middle, scale = waves(_newest(past), now, _leads(case), WAVES, **ground)
        scale = scale * _proved(case.steps, waves(past, blowing, STEPS_H, WAVES, **ground))
        degraded = [] if heard else [f"{blow.key} silent: waves that it may raise are not known"]
        scale = scale if heard else WIDER * scale
        evidence = [f"wind {now[0]:.1f} m/s over {buoy.fetch_km:g} km"] if heard else []
        return _told(case, middle, scale, WAVES.spread, issue_s, degraded, evidence)


def _told(
    case: Case,
    middle: Array,
    scale: Array,
    spread: Spread,
    issue_s: float,
    degraded: list[str],
    evidence: list[str],
) -> tuple[Forecast, Assessment]:
    """Return the forecast, and the assessment in which its upper end counts as the middle."""
    issue = datetime.fromtimestamp(issue_s, UTC)
    newest = float(case.steps[np.isfinite(case.steps)][-1])
    if case.age_min > SILENT_MIN:
        degraded = [*degraded, f"{case.key} silent or not trusted for {case.age_min:.0f} min"]
    if case.known_h < SHORT_H:
        degraded = [*degraded, f"{case.key}: history of {case.known_h} h only in the last day"]
        scale = WIDER * scale
    forecast = Forecast(
        area=case.area,
        datastream=case.key,
        issue_time=issue,
        model=MODEL,
        leads_s=[60 * lead for lead in LEADS_MIN],
        probabilities=list(PROBABILITIES),
        values=np.round(quantiles(middle, scale, spread)[0], 4).tolist(),
        degraded=degraded,
    )
    observed = Observed(issue - timedelta(minutes=case.age_min), newest)
    upper = f"levels follow the upper end ({UPPER:.0%}) of the forecast range, as in bulletins"
    plain = assess(forecast, case.thresholds, Grounds(observed), hazard=case.hazard)
    said = [
        f"{case.key} {newest:.1f}, {plain.peak:.1f} expected "
        f"({plain.peak_low:.1f}–{plain.peak_high:.1f})",
        *evidence,
        upper,
        *(
            f"{e.label}: probability {e.probability:.0%} by itself"
            for e in plain.exceedances
            if not e.observed and 0.06 < e.probability < 0.94
        ),
    ]
    grounds = Grounds(observed, evidence=tuple(said))
    strict = assess(at_upper_end(forecast), case.thresholds, grounds, hazard=case.hazard)
    return forecast, msgspec.structs.replace(
        strict,
        peak=plain.peak,
        peak_time=plain.peak_time,
        peak_low=plain.peak_low,
        peak_high=plain.peak_high,
    )


def at_upper_end(forecast: Forecast) -> Forecast:
    """Return `forecast` with its upper end in place of the median, the rest moved as far.

    On the probit scale: what was the quantile Φ(z + Φ⁻¹(0.9)) becomes Φ(z).
    """
    wanted = ndtr(ndtri(np.array(forecast.probabilities)) + ndtri(UPPER))
    moved = [np.interp(wanted, forecast.probabilities, row).tolist() for row in forecast.values]
    return msgspec.structs.replace(forecast, values=moved)


def _silent(case: Case, issue_s: float) -> Assessment:
    since = "ever" if not np.isfinite(case.age_min) else f"{case.age_min:.0f} min"
    return assess_without_forecast(
        case.area,
        case.key,
        datetime.fromtimestamp(issue_s, UTC),
        f"{case.key} silent or not trusted for {since}: out of order, or the buoy is adrift",
        case.thresholds,
        Grounds(None),
        hazard=case.hazard,
    )


def _leads(case: Case) -> Array:
    """Return the leads [h], counted from the newest value."""
    return (np.array(LEADS_MIN, dtype=np.float64) + min(case.age_min, 360.0)) / 60.0


def _proved(steps: Array, issued: tuple[Array, Array]) -> Array:
    """Return (leads,) by how much wider than fitted forecasts of the last days had to be."""
    middle, scale = issued
    factors = []
    for column, lead in enumerate(PROVED):
        error = np.full(len(steps), np.nan)
        error[:-lead] = steps[lead:] - middle[:-lead, column]
        factors.append(restlessness(error, scale[:, column], lead)[-1])
    return np.asarray(np.interp(LEADS_MIN, STEP_MIN * np.array(PROVED, dtype=np.float64), factors))


def _newest(found: Seen) -> Seen:
    place = int(np.flatnonzero(np.isfinite(found.now))[-1])
    return Seen(*(values[place : place + 1] for values in found))


def _hours_known(minutes: Array) -> int:
    """Return in how many of the last day's hours anything was heard."""
    day = minutes[-1440:]
    hours = day[len(day) % 60 :].reshape(-1, 60)
    return int(np.isfinite(hours).any(axis=1).sum())


def _stepped(minutes: Array) -> Array:
    """Return (n,) means of whole tens of minutes, the last one ending now; NaN where none."""
    count = len(minutes) // STEP_MIN
    cut = minutes[len(minutes) - count * STEP_MIN :].reshape(count, STEP_MIN)
    known = np.isfinite(cut)
    total, many = np.where(known, cut, 0.0).sum(axis=1), known.sum(axis=1)
    return np.asarray(np.divide(total, many, out=np.full(count, np.nan), where=many > 0))
