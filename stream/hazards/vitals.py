"""Vital signs, live: each indicator of vitals.toml, each minute."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Assessment, Forecast, Level
from forewarn.domain.station import Name, Place, Site
from forewarn.domain.vital import State, Vitals, VitalSign
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, Hazard, View
from stream.models.vitals import Bounds, Formula, FormulaError, Names, judge, parse
from stream.quantiles import quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HAZARD = "vital"
PLAN = "vitals.toml"

OLD_FORECAST_S = 1800.0
"""A forecast issued longer ago than this is not used [s]."""

SURE = (0.05, 0.5, 0.95)
"""Probabilities of the forecast that an observed indicator is: it is known, all are the same."""


class Indicator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[indicator]]`: one vital sign.

    Worked example: the highest stage of the city as a share of its warning level::

        [[indicator]]
        id = "river-load"
        name = "Rivers, share of the warning level"
        unit = "1"
        area = "city"
        formula = 'max(latest("*/stage @ city") / threshold("*/stage", "yellow"))'
        near = 0.9
        overload = 1.0
        tell = ["flood-office"]
    """

    id: Name
    name: str
    unit: str
    """Of the formula's value, as UCUM; `1` where it has none."""
    area: Name
    """Area under which it is shown."""
    formula: str
    """docs/models/vitals.md has the language."""
    near: float
    """Bound from which it is near overload."""
    overload: float
    """Bound from which it is in overload; below `near` where low values are bad."""
    tell: tuple[str, ...] = ()
    """Groups who are told when it leaves normal."""
    stale_after: timedelta = timedelta(minutes=10)
    """An observation older than this, and than three of its intervals, is missing."""
    least: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """Share of its datastreams that must be there; with fewer it is unknown."""
    place: Name | None = None
    """Id of a `[[place]]` of kind `indicator` under which its warnings go out: property `load`,
    0 where it is near overload, 1 where it is in overload."""

    def __post_init__(self) -> None:
        Bounds(self.near, self.overload)


class VitalsPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole vitals.toml."""

    indicators: tuple[Indicator, ...] = field(name="indicator")


class Sign(Struct, frozen=True):
    """An indicator whose formula is understood."""

    plan: Indicator
    formula: Formula
    place: Place | None = None


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return one hazard for each area with indicators; none without vitals.toml.

    ConfigError names file, indicator, place in the formula, and what would help; all at once.
    """
    path = folder / PLAN
    if not path.is_file():
        return []
    plan = load_toml(path, VitalsPlan)
    names, problems = _names(site), list[str]()
    places = {place.id: place for place in site.places}
    areas = {area.id for area in site.areas}
    signs: dict[str, list[Sign]] = {}
    for indicator in plan.indicators:
        where = f"{path}: indicator `{indicator.id}`"
        if indicator.area not in areas:
            problems.append(f"{where}: no area `{indicator.area}` in site.toml")
        if [other.id for other in plan.indicators].count(indicator.id) > 1:
            problems.append(f"{where}: the id is there twice")
        place = places.get(indicator.place) if indicator.place else None
        if indicator.place and (place is None or place.kind != "indicator"):
            problems.append(
                f"{where}: site.toml needs a [[place]] `{indicator.place}` of kind `indicator`"
            )
        try:
            formula = parse(indicator.formula, names)
        except FormulaError as error:
            problems.append(f"{where}: formula, {error}")
            continue
        signs.setdefault(indicator.area, []).append(Sign(indicator, formula, place))
    if problems:
        raise ConfigError("\n".join(dict.fromkeys(problems)))
    intervals = {key: stream.interval.total_seconds() / 60 for key, _, stream in site.datastreams()}
    return [VitalsHazard(area, found, names, intervals) for area, found in signs.items()]


def _names(site: Site) -> Names:
    thresholds: dict[tuple[str, str], float] = {}
    for key, _, stream in site.datastreams():
        for threshold in stream.thresholds:
            at = key, Level.parse(threshold.level).name.lower()
            thresholds[at] = min(threshold.value, thresholds.get(at, threshold.value))
    areas = {key: station.area for key, station, _ in site.datastreams()}
    forecast = frozenset(areas) | {place.key for place in site.places}
    return Names(areas=areas, thresholds=thresholds, forecast=forecast)


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
        scene = _Minute(view, self.inputs, self._intervals, plan.stale_after)
        value, missing = formula.evaluate(scene)
        expected = len(formula.rests_on)
        bounds = Bounds(plan.near, plan.overload)
        state = judge(value, bounds, expected=expected, missing=len(missing), least=plan.least)
        reason = ""
        if missing:
            silent = ", ".join(sorted(missing)[:4]) + (" …" if len(missing) > 4 else "")
            reason = f"rests on {expected - len(missing)} of {expected} datastreams; no {silent}"
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


class _Minute:
    """One minute as formulas see it."""

    def __init__(
        self,
        view: View,
        inputs: Sequence[str],
        intervals: Mapping[str, float],
        stale_after: timedelta,
    ) -> None:
        self._view, self._intervals = view, intervals
        self._rows = {key: row for row, key in enumerate(inputs)}
        self._stale = stale_after.total_seconds() / 60

    def latest(self, key: str) -> float:
        """Return the newest value that is not stale."""
        minutes = int(max(self._stale, 3 * self._intervals[key]))
        return next((v for v in reversed(self.window(key, minutes)) if not isnan(v)), nan)

    def window(self, key: str, minutes: int) -> Sequence[float]:
        """Return the last `minutes` values on the minute grid; of what is not used, none."""
        if key not in self._rows:
            return [nan] * minutes
        row: NDArray[np.float64] = self._view.history[self._rows[key]]
        found: list[float] = row[-minutes:].tolist()
        return found

    def interval_min(self, key: str) -> float:
        """Return how often a value is expected [min]."""
        return self._intervals[key]

    def ahead(self, key: str, lead_s: float, probability: float) -> float:
        """Return the quantile of the newest forecast at that lead from now; NaN where it ends."""
        forecast = self._view.forecasts.get(key)
        if forecast is None:
            return nan
        age = self._view.issue_s - forecast.issue_time.timestamp()
        wanted, leads = lead_s + age, forecast.leads_s
        if age > OLD_FORECAST_S or not leads[0] <= wanted + 1 or wanted > leads[-1] + age:
            return nan
        line = [quantile(row, forecast.probabilities, probability) for row in forecast.values]
        return _between(leads, line, min(wanted, float(leads[-1])))


def _between(leads: Sequence[float], line: Sequence[float], wanted: float) -> float:
    for place in range(1, len(leads)):
        if wanted <= leads[place]:
            width = leads[place] - leads[place - 1]
            share = min(1.0, max(0.0, (wanted - leads[place - 1]) / width))
            return line[place - 1] + share * (line[place] - line[place - 1])
    return line[-1]
