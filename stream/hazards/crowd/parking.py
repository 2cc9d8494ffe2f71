"""A car park: how full, and when it will be full."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment
from forewarn.domain.station import Place
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, View
from stream.hazards.crowd import telling
from stream.hazards.crowd.plan import Parking
from stream.models.crowd.balance import silent_for
from stream.models.crowd.outlook import RECENT, Lately, first_passage, outlook

Array = NDArray[np.float64]

MODEL = "parking-balance-1"
HISTORY_MIN = 120
LOST_MIN = 60
"""A count older than this says nothing of now [min]."""
MEMBERS = 400
HORIZON_MIN = 120
"""How far the time to full is looked for [min]."""


class ParkingHazard:
    """One car park."""

    borrowed: tuple[str, ...] = ()
    history_minutes = HISTORY_MIN

    def __init__(self, parking: Parking, place: Place, late: Mapping[str, int]) -> None:
        self._parking, self._place, self._late = parking, place, late
        self.name = f"parking {place.id}"
        self.area = place.area
        flows = (parking.flow_in, parking.flow_out)
        self._barrier = all(flows)
        self.inputs: tuple[str, ...] = (parking.occupied, *(flows if self._barrier else ()))
        self.targets: Mapping[str, str] = {place.key: place.hazard}

    def judge(self, view: View) -> Findings:
        """Return the share of occupied bays in the next half hour, and its assessment."""
        history, odd = telling.without_negatives(self.inputs, view.history)
        occupied = history[0]
        degraded = [*telling.silences(self.inputs, history, self._late), *odd]
        quiet = silent_for(occupied)
        if quiet >= min(LOST_MIN, HISTORY_MIN):
            return Findings(assessments=[self._lost(view, degraded)])
        bays = self._parking.bays
        cars = float(occupied[len(occupied) - 1 - quiet])
        inflow, outflow = self._flows(history)
        moved = float(np.nanmean(inflow + outflow)) if np.isfinite(inflow + outflow).any() else 1.0
        sd = float(np.hypot(0.5, np.sqrt(quiet * max(moved, 0.5))))
        ahead = outlook(
            Lately(cars, sd, inflow, outflow),
            room=bays,
            steps=HORIZON_MIN,
            members=MEMBERS,
            random=telling.dice(self.name, view.issue_s),
        )
        share = ahead / bays
        forecast = telling.forecast_of(self._place, view.issue_s, share, MODEL, degraded)
        trusted = quiet <= self._late.get(self._parking.occupied, telling.LATE_MIN)
        observed = Observed(forecast.issue_time, cars / bays) if trusted else None
        come, go = _mean(inflow), _mean(outflow)
        figures = telling.figures(taken=cars, bays=bays, flow_in=come, flow_out=go)
        evidence = tuple(self._evidence(cars, ahead))
        grounds = Grounds(observed, tuple(degraded), evidence, figures=figures)
        judged = assess(forecast, self._place.thresholds, grounds, hazard=self._place.hazard)
        return Findings(forecasts=[forecast], assessments=[judged])

    def _flows(self, history: Array) -> tuple[Array, Array]:
        """Return cars that came and left in the last minutes; without a barrier from the count."""
        if self._barrier:
            return history[1], history[2]
        change = np.diff(history[0])
        return np.maximum(change, 0.0), np.maximum(-change, 0.0)

    def _evidence(self, cars: float, ahead: Array) -> list[str]:
        bays, full = self._parking.bays, self._parking.practically_full
        said = [f"{cars:.0f} of {bays:.0f} bays taken"]
        if cars < full * bays:
            when = np.quantile(first_passage(ahead, full * bays), (0.1, 0.5, 0.9), method="higher")
            if np.isfinite(when[0]):
                early, median, late = (
                    f"{at:.0f}" if np.isfinite(at) else f"> {HORIZON_MIN}" for at in when
                )
                said.append(f"practically full ({full:.0%}) in {median} min ({early} to {late})")
            else:
                said.append(f"not practically full ({full:.0%}) within {HORIZON_MIN} min")
        return said

    def _lost(self, view: View, degraded: list[str]) -> Assessment:
        return assess_without_forecast(
            self._place.area,
            self._place.key,
            telling.moment(view.issue_s),
            f"no count of the bays for {LOST_MIN} min",
            self._place.thresholds,
            Grounds(None, tuple(degraded)),
            hazard=self._place.hazard,
        )


def _mean(flow: Array) -> float:
    """Return the mean of the last minutes [1/min], NaN where nothing is known."""
    known = flow[-RECENT:][np.isfinite(flow[-RECENT:])]
    return float(known.mean()) if len(known) else float("nan")
