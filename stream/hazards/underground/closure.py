"""One place that may have to be closed, judged each minute."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite, nan
from typing import TYPE_CHECKING

from forewarn.domain.hazard import Forecast
from forewarn.domain.station import Place
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, View
from stream.hazards.underground.members import HORIZON_MIN, members
from stream.hazards.underground.plan import Closure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stream.models.underground.closing import Outlook, Seen

HAZARD = "underground"

LEADS_MIN = tuple(range(0, HORIZON_MIN + 1, 10))
PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
OLD_FORECAST_S = 1800.0
"""An inundation forecast issued longer ago than this is not used [s]."""
FRESH_MIN = 10
"""A sensor without a value for this long is silent [min]."""
RAIN_MIN = 15
REMEMBERED_MIN = 360
"""How far back the last known depth is looked for [min]."""


class UndergroundHazard:
    """One place that may have to be closed."""

    history_minutes = REMEMBERED_MIN

    def __init__(self, closure: Closure, place: Place) -> None:
        self._closure, self._place = closure, place
        self.name, self.area = f"underground {place.id}", place.area
        keys = (closure.water_depth, closure.inflow, closure.rain)
        self.inputs = tuple(key for key in keys if key)
        self._street = f"{closure.street}/depth" if closure.street else ""
        self._inside = f"{closure.inside}/depth" if closure.inside else ""
        self.borrowed = tuple(key for key in (self._street, self._inside) if key)
        self.targets = {place.key: HAZARD}

    def judge(self, view: View) -> Findings:
        """Return by when the place must be closed, and the depth inside to be expected."""
        closure, issue = self._closure, datetime.fromtimestamp(view.issue_s, UTC)
        seen, degraded = self._seen(view)
        street, inside = (
            self._members(view, key, degraded) for key in (self._street, self._inside)
        )
        fresh = bool(seen.depths_m.size)
        if not fresh and street is None and inside is None:
            reason = "neither a depth inside nor an inundation forecast is known"
            grounds = Grounds(None, tuple(degraded))
            failed = assess_without_forecast(
                *(self.area, self._place.key, issue, reason, self._place.thresholds, grounds),
                hazard=HAZARD,
            )
            return Findings(assessments=[failed])
        found = self._outlook(seen, street, inside)
        reached = fresh and float(seen.depths_m[-1]) >= closure.closing_m
        observed = Observed(issue, HORIZON_MIN + closure.clear_min) if reached else None
        evidence = tuple(self._evidence(seen, found))
        forecast = self._closing(found, issue, degraded)
        grounds = Grounds(observed, evidence=evidence)
        assessment = assess(forecast, self._place.thresholds, grounds, hazard=HAZARD)
        return Findings(self._forecasts(forecast, found, issue, degraded), [assessment])

    def _seen(self, view: View) -> tuple["Seen", list[str]]:
        """Return what the sensors say, and what is wrong with them."""
        import numpy as np

        from stream.models.underground.closing import Seen

        degraded: list[str] = []
        rows = dict(zip(self.inputs, view.history, strict=True))
        depth = rows.get(self._closure.water_depth or "", np.full(1, nan))
        depths, known = depth[-FRESH_MIN:], np.flatnonzero(np.isfinite(depth))
        depths = depths if np.isfinite(depths).any() else depths[:0]
        silent_h = (len(depth) - 1 - known[-1]) / 60 if len(known) else REMEMBERED_MIN / 60
        if not self._closure.water_depth:
            silent_h = 0.0  # where none ever was, nothing is hidden by its silence
            degraded.append("no sensor inside")
        elif not depths.size:
            since = f"{silent_h * 60:.0f} min" if len(known) else "six hours or more"
            degraded.append(f"{self._closure.water_depth} silent for {since}")
        inflow = _newest(rows.get(self._closure.inflow or ""))
        rain = rows.get(self._closure.rain or "", np.full(1, nan))
        if self._closure.inflow and np.isnan(inflow):
            degraded.append(f"{self._closure.inflow} silent")
        if self._closure.rain and not np.isfinite(rain[-RAIN_MIN:]).any():
            degraded.append(f"{self._closure.rain} silent")
        return Seen(
            depths_m=depths,
            last_m=float(depth[known[-1]]) if len(known) else nan,
            silent_h=silent_h,
            inflow_m3_s=inflow,
            rain_mm_h=_hourly(rain[-RAIN_MIN:]),
            rain_hour_mm_h=_hourly(rain[-60:]),
        ), degraded

    def _members(self, view: View, key: str, degraded: list[str]) -> "NDArray[np.float64] | None":
        """Return (HORIZON_MIN, MEMBERS) depths of a forecast, None where there is none."""
        if not key:
            return None
        forecast = view.forecasts.get(key)
        age = view.issue_s - forecast.issue_time.timestamp() if forecast else 0.0
        if forecast is None or age > OLD_FORECAST_S:
            told = "no forecast of" if forecast is None else f"{age / 60:.0f} min old forecast of"
            degraded.append(f"{told} {key}")
            return None
        degraded += [f"{key}: {reason}" for reason in forecast.degraded]
        return members(forecast, age)

    def _outlook(
        self,
        seen: "Seen",
        street: "NDArray[np.float64] | None",
        inside: "NDArray[np.float64] | None",
    ) -> "Outlook":
        import numpy as np

        from stream.models.underground.closing import MEMBERS, outlook
        from stream.models.underground.sump import Sump

        closure, nothing = self._closure, np.zeros((HORIZON_MIN, MEMBERS))
        sump = Sump(
            area_m2=closure.area_m2,
            deepest_m=closure.deepest_m,
            sill_m=closure.sill_m,
            width_m=closure.width_m,
            pump_m3_s=closure.pump_m3_s,
            catchment_m2=closure.catchment_m2,
        )
        return outlook(
            sump,
            seen,
            street_m=nothing if street is None else street,
            inside_m=nothing if inside is None else inside,
            closing_m=closure.closing_m,
            clear_min=closure.clear_min,
        )

    def _closing(self, found: "Outlook", issue: datetime, degraded: Sequence[str]) -> Forecast:
        """Return the scalar that is judged: the horizon minus the minutes left, at least 0."""
        import numpy as np

        scalar = np.maximum(HORIZON_MIN - found.left_min, 0.0)
        return Forecast(
            area=self.area,
            datastream=self._place.key,
            issue_time=issue,
            model="underground",
            leads_s=[0],
            probabilities=list(PROBABILITIES),
            values=[np.quantile(scalar, PROBABILITIES).tolist()],
            degraded=list(degraded),
        )

    def _forecasts(
        self, closing: Forecast, found: "Outlook", issue: datetime, degraded: Sequence[str]
    ) -> list[Forecast]:
        import numpy as np

        if not self._closure.water_depth:
            return [closing]
        quantiles = found.quantiles_m(np.array(PROBABILITIES), np.array(LEADS_MIN))
        depth = Forecast(
            area=self.area,
            datastream=self._closure.water_depth,
            issue_time=issue,
            model="underground",
            leads_s=[60 * lead for lead in LEADS_MIN],
            probabilities=list(PROBABILITIES),
            values=quantiles.tolist(),
            degraded=list(degraded),
        )
        return [closing, depth]

    def _evidence(self, seen: "Seen", found: "Outlook") -> list[str]:
        """Return what an officer should know: water inside, and by when to close."""
        lines: list[str] = []
        if seen.depths_m.size:
            known = seen.depths_m[seen.depths_m == seen.depths_m]
            lines.append(f"water inside {known[-1]:.2f} m, {known[-1] - known[0]:+.2f} m lately")
        if isfinite(seen.inflow_m3_s) and seen.inflow_m3_s > 0:
            lines.append(f"inflow {1000 * seen.inflow_m3_s:.0f} L/s")
        share = found.probability()
        if share > 0:
            early, middle, late = (_in(found.close_before(p)) for p in (0.05, 0.5, 0.95))
            lines.append(
                f"must be closed within 3 h with {share:.0%}: {middle} (5-95 %: {early} to "
                f"{late}), {self._closure.clear_min:g} min to close and clear included"
            )
        return lines


def _in(minutes: float) -> str:
    if not isfinite(minutes):
        return "not within 3 h"
    return "now" if minutes <= 0 else f"in {minutes:.0f} min"


def _newest(row: "NDArray[np.float64] | None") -> float:
    if row is None:
        return nan
    fresh = [value for value in row[-FRESH_MIN:].tolist() if isfinite(value)]
    return float(fresh[-1]) if fresh else nan


def _hourly(rain: "NDArray[np.float64]") -> float:
    """Return the mean of rain [mm] of each minute, as [mm/h]; NaN where none is known."""
    known = [value for value in rain.tolist() if isfinite(value)]
    return 60 * sum(known) / len(known) if known else nan
