"""A gate: how many pass through each metre of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment, Forecast
from forewarn.domain.station import Place
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import View
from stream.hazards.crowd import telling
from stream.hazards.crowd.plan import Gate
from stream.models.crowd.outlook import wandering_rates
from stream.models.crowd.service import service_by_flow

Array = NDArray[np.float64]

MODEL = "gate-flow-1"
RECENT_MIN = 30
SPREAD_MIN = 240
MEMBERS = 200
STEPS = telling.LEADS_MIN[-1]


class Door(NamedTuple):
    """A gate with the place that is judged."""

    gate: Gate
    place: Place


def judge_door(door: Door, view: View, flows: Array) -> tuple[Forecast | None, Assessment]:
    """Judge one gate by the flow through each metre of it."""
    place, gate = door.place, door.gate
    keys = gate.flow_in, gate.flow_out
    flows, odd = telling.without_negatives(keys, flows)
    both = flows.sum(axis=0)
    degraded = [*telling.silences(keys, flows), *odd]
    if not np.isfinite(both[-RECENT_MIN:]).any():
        return None, assess_without_forecast(
            place.area,
            place.key,
            telling.moment(view.issue_s),
            "the gate was not heard in the last half hour",
            place.thresholds,
            Grounds(None, tuple(degraded)),
            hazard=place.hazard,
        )
    random = telling.dice(place.key, view.issue_s)
    rates = wandering_rates(both[-SPREAD_MIN:], STEPS, MEMBERS, random)
    ahead = random.poisson(rates) / gate.width_m
    forecast = telling.forecast_of(place, view.issue_s, ahead, MODEL, degraded)
    newest = int(np.flatnonzero(np.isfinite(both))[-1])
    flow = float(both[newest]) / gate.width_m
    evidence = f"{flow:.0f} persons/m/min, level of service {service_by_flow(flow)}"
    trusted = Observed(forecast.issue_time, flow) if not degraded else None
    come, go = flows[:, newest]
    figures = telling.figures(flow_in=come, flow_out=go, width_m=gate.width_m)
    grounds = Grounds(trusted, tuple(degraded), (evidence,), figures=figures)
    return forecast, assess(forecast, place.thresholds, grounds, hazard=place.hazard)
