"""The indicators of one area, judged each minute."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isnan, nan

from msgspec import Struct

from forewarn.domain.hazard import Assessment, Forecast
from forewarn.domain.station import Place
from forewarn.domain.vital import State, Vitals, VitalSign
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, View
from stream.hazards.vitals.minute import Minute
from stream.hazards.vitals.plan import Indicator
from stream.models.vitals import Bounds, Formula, Names, judge

HAZARD = "vital"

SURE = (0.05, 0.5, 0.95)
"""Probabilities of the forecast that an observed indicator is: it is known, all are the same."""


class Sign(Struct, frozen=True):
    """An indicator whose formula is understood."""

    plan: Indicator
    formula: Formula
    place: Place | None = None


class VitalsHazard:
    """The indicators of one area."""

    def __init__(
        self, area: str, signs: Sequence[Sign], names: Names, intervals: Mapping[str, float]
    ) -> None:
        self._signs, self._intervals = signs, intervals
        self.area, self.name = area, f"vitals {area}"
        used = frozenset[str]().union(*(sign.formula.rests_on for sign in signs))
        self.inputs = tuple(key for key in names.areas if key in used)
        borrows = frozenset[str]().union(*(sign.formula.borrows for sign in signs))
        self.borrowed = tuple(sorted(borrows))
        stale = max(sign.plan.stale_after for sign in signs).total_seconds() / 60
        slowest = 3 * max((intervals[key] for key in self.inputs), default=1.0)
        windows = (sign.formula.minutes for sign in signs)
        self.history_minutes = int(max(stale, slowest, *windows)) + 1
        self.targets = {sign.place.key: HAZARD for sign in signs if sign.place}

    def judge(self, view: View) -> Findings:
        """Return the state of each indicator, and the assessments of those that have a place."""
        issue = datetime.fromtimestamp(view.issue_s, UTC)
        found: list[VitalSign] = []
        assessments: list[Assessment] = []
        for sign in self._signs:
            state, load_now = self._sign(sign, view)
            found.append(state)
            if sign.place:
                assessments.append(_assessment(sign.place, state, load_now, issue))
        vitals = Vitals(area=self.area, time=issue, signs=found)
        return Findings(assessments=assessments, vitals=[vitals])

    def _sign(self, sign: Sign, view: View) -> tuple[VitalSign, float]:
        plan, formula = sign.plan, sign.formula
        scene = Minute(view, self.inputs, self._intervals, plan.stale_after)
        value, missing = formula.evaluate(scene)
        expected = len(formula.rests_on)
        bounds = Bounds(plan.near, plan.overload)
        state = judge(value, bounds, expected=expected, missing=len(missing), least=plan.least)
        reason = ""
        if missing:
            silent = ", ".join(sorted(missing)[:4]) + (" …" if len(missing) > 4 else "")
            reason = f"rests on {expected - len(missing)} of {expected} datastreams; no {silent}"
            if state is State.UNKNOWN and not isnan(value):
                reason += "; what is there does not prove that all is normal"
        elif state is State.UNKNOWN:
            reason = "the formula has no value: it divides by zero or the like"
        known = state is not State.UNKNOWN
        return VitalSign(
            indicator=plan.id,
            name=plan.name,
            unit=plan.unit,
            value=value if known else None,
            state=state,
            near=plan.near,
            overload=plan.overload,
            tell=list(plan.tell),
            reason=reason,
        ), bounds.load(value) if known else nan


def _assessment(place: Place, sign: VitalSign, load_now: float, issue: datetime) -> Assessment:
    """Judge the load of an indicator, known now and not forecast, by its place's thresholds."""
    if isnan(load_now):
        return assess_without_forecast(
            *(place.area, place.key, issue, sign.reason, place.thresholds, Grounds(None)),
            hazard=HAZARD,
        )
    forecast = Forecast(
        area=place.area,
        datastream=place.key,
        issue_time=issue,
        model="vitals",
        leads_s=[0],
        probabilities=list(SURE),
        values=[[load_now] * len(SURE)],
        degraded=[sign.reason] if sign.reason else [],
    )
    shown = f"{sign.name}: {sign.value:g} {sign.unit}, {sign.state}"
    bound = f"near overload from {sign.near:g}, overload from {sign.overload:g}"
    grounds = Grounds(Observed(issue, load_now), evidence=(f"{shown} ({bound})",))
    return assess(forecast, place.thresholds, grounds, hazard=HAZARD)
