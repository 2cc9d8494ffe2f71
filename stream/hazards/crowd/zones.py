"""A zone with its gates: how dense, how full, how fast it fills and empties."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment, Forecast, Threshold
from forewarn.domain.station import Place
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, View
from stream.hazards.crowd import telling
from stream.hazards.crowd.doors import Door, judge_door
from stream.hazards.crowd.plan import Event, Zone
from stream.models.crowd import balance
from stream.models.crowd.capacity import (
    Exit,
    clearance_min,
    exit_rate,
    fill_min,
    safe_capacity,
)
from stream.models.crowd.occupancy import CountErrors, Occupancy, estimate
from stream.models.crowd.outlook import RECENT, Lately, Planned, outlook
from stream.models.crowd.schedule import Gathering, expected_rates
from stream.models.crowd.service import CRITICAL_PER_M2, service

Array = NDArray[np.float64]

MODEL = "crowd-balance-1"
DAY_MIN = 1440
SHORT_MIN = 360
TRUSTED_MIN = 5
"""A camera count stands for what is observed for this long [min]."""
FROZEN_MIN = 20
FROZEN_PASSED = 40.0
"""A count that stays the same while so many pass the gates is frozen."""
RECENT_MIN = 30
SPREAD_MIN = 240
"""Flows of so many minutes tell how much they wander."""
MEMBERS = 200
STEPS = telling.LEADS_MIN[-1]


class Counted(NamedTuple):
    """What the counters say, after what is plainly wrong was left out."""

    counts: Array
    inflow: Array
    outflow: Array
    degraded: list[str]
    """What is wrong with them, in words."""


class ZoneHazard:
    """One zone and its gates."""

    borrowed: tuple[str, ...] = ()

    def __init__(
        self,
        zone: Zone,
        place: Place,
        doors: Sequence[Door],
        events: Sequence[Event],
        timezone: str,
        late: Mapping[str, int],
    ) -> None:
        self._late = late
        self._trusted = max([TRUSTED_MIN, *(late.get(key, 0) for key in zone.people)])
        self._zone, self._place, self._doors = zone, place, tuple(doors)
        self._timezone = ZoneInfo(timezone)
        self._gatherings = [
            Gathering(
                event.start.timestamp(),
                event.end.timestamp(),
                event.people,
                event.arrive_min,
                event.leave_min,
            )
            for event in events
        ]
        exits = [Exit(door.gate.width_m, door.gate.stairs) for door in doors]
        self._exit_rate = exit_rate(exits) if exits else float("inf")
        safe, limit = safe_capacity(zone.area_m2, exits) if exits else (np.inf, "")
        self._capacity = min(zone.capacity, safe)
        self._limit = limit if safe < zone.capacity else "licence"
        self._thresholds = governing(place.thresholds, zone, self._capacity, self._limit)
        self.name = f"crowd {place.id}"
        self.area = place.area
        self._flows = [key for d in doors for key in (d.gate.flow_in, d.gate.flow_out)]
        self.inputs: tuple[str, ...] = (*zone.people, *self._flows)
        self.history_minutes = DAY_MIN if zone.empty_at else SHORT_MIN
        judged = [place, *(door.place for door in doors)]
        self.targets: Mapping[str, str] = {one.key: one.hazard for one in judged}

    def judge(self, view: View) -> Findings:
        """Return density and flows of the next half hour, and their assessments."""
        found = self._doors_judged(view)
        history, odd = telling.without_negatives(self.inputs, view.history)
        view = view._replace(history=history)
        counted = self._counted(view)
        counted.degraded.extend(odd)
        forecast, assessment = self._density(view, counted)
        forecasts = [forecast] if forecast is not None else []
        return Findings(
            forecasts=[*forecasts, *(f for f, _ in found if f is not None)],
            assessments=[assessment, *(a for _, a in found)],
        )

    def _counted(self, view: View) -> Counted:
        cameras = len(self._zone.people)
        counts = _total(view.history[:cameras])
        inflow = _total(view.history[cameras::2])
        outflow = _total(view.history[cameras + 1 :: 2])
        degraded = telling.silences(self.inputs, view.history, self._late)
        passed = np.nan_to_num(inflow) + np.nan_to_num(outflow)
        frozen = balance.frozen_for(counts)
        if frozen > FROZEN_MIN and passed[-frozen:].sum() > FROZEN_PASSED and self._doors:
            degraded.append(
                f"{', '.join(self._zone.people)} shows {counts[np.isfinite(counts)][-1]:.0f} for "
                f"{frozen} min while {passed[-frozen:].sum():.0f} passed the gates: frozen"
            )
            counts = counts.copy()
            counts[-frozen:] = np.nan
        if cameras and self._doors:
            recent = slice(-SHORT_MIN, None)
            found = balance.shares(inflow[recent], outflow[recent], counts[recent])
            degraded += balance.complaints(found)
        degraded += self._stuck(view.history[cameras:], counts)
        return Counted(counts, inflow, outflow, degraded)

    def _stuck(self, flows: Array, counts: Array) -> list[str]:
        gates = flows.reshape(len(self._doors), 2, flows.shape[1])
        return [
            f"{self._flows[row]} is 0 for {balance.STUCK_MIN} min while {reason}: shut or stuck"
            for row, reason in balance.stuck(gates, counts)
        ]

    def _believable(self, view: View, counted: Counted) -> tuple[Occupancy, Counted]:
        """Return the persons; without the gates where their balance is more than can stand."""
        now, most = self._occupancy(view, counted), CRITICAL_PER_M2 * self._zone.area_m2
        persons = float(now.persons[-1])
        if not persons > most:
            return now, counted
        unheard = np.full_like(counted.counts, np.nan)
        never = [
            key
            for key, values in zip(self._flows, view.history[len(self._zone.people) :], strict=True)
            if np.nansum(np.abs(values)) == 0
        ]
        said = (
            f"the balance says {persons:.0f} persons, more than the {most:.0f} who can stand there "
            f"({CRITICAL_PER_M2:g}/m2): it is left out"
        )
        said += f"; {', '.join(never)} told no one at all" if never else ""
        lately = np.where(np.arange(len(unheard))[::-1] <= RECENT_MIN, counted.counts, np.nan)
        counted = Counted(lately, unheard, unheard, [*counted.degraded, said])
        now = self._occupancy(view, counted)
        if float(now.persons[-1]) > most:
            now = dataclasses.replace(now, persons=unheard)
        return now, counted

    def _occupancy(self, view: View, counted: Counted) -> Occupancy:
        errors = CountErrors(
            self._zone.errors.gate,
            self._zone.errors.gate_drift,
            self._zone.errors.camera,
            self._zone.errors.camera_floor,
            self._zone.errors.camera_bias,
        )
        unheard = np.full(len(counted.counts), np.nan)
        inflow, outflow = (counted.inflow, counted.outflow) if self._doors else (unheard, unheard)
        empty = self._empty(view.issue_s, len(counted.counts))
        return estimate(inflow, outflow, counted.counts, errors, empty=empty)

    def _empty(self, issue_s: float, minutes: int) -> NDArray[np.bool_]:
        if not self._zone.empty_at:
            return np.zeros(minutes, dtype=bool)
        local = datetime.fromtimestamp(issue_s, self._timezone)
        hour, _, minute = self._zone.empty_at.partition(":")
        since = (local.hour * 60 + local.minute - int(hour) * 60 - int(minute)) % DAY_MIN
        back = np.arange(minutes)[::-1]
        return np.asarray(back % DAY_MIN == since)

    def _density(self, view: View, counted: Counted) -> tuple[Forecast | None, Assessment]:
        place, zone = self._place, self._zone
        now, counted = self._believable(view, counted)
        persons, sd = float(now.persons[-1]), float(now.sd[-1])
        degraded = list(counted.degraded)
        heard = [part for part in (now.counted_ago, now.flow_ago) if part is not None]
        if not np.isfinite(persons) or min(heard, default=SHORT_MIN) > RECENT_MIN:
            reason = "no counter of the zone was heard and believed in the last half hour"
            nothing = Grounds(None, tuple(degraded))
            return None, assess_without_forecast(
                place.area,
                place.key,
                telling.moment(view.issue_s),
                reason,
                self._thresholds,
                nothing,
                hazard=place.hazard,
            )
        if now.refused:
            degraded.append(
                f"the cameras see {_last(counted.counts):.0f}, the balance says {persons:.0f} ± "
                f"{sd:.0f}: not believed for {now.refused} min"
            )
        ahead = self._ahead(view, counted, persons, sd) / zone.area_m2
        forecast = telling.forecast_of(place, view.issue_s, ahead, MODEL, degraded)
        trusted = now.counted_ago is not None and now.counted_ago <= self._trusted
        observed = Observed(forecast.issue_time, persons / zone.area_m2) if trusted else None
        evidence = tuple(self._evidence(counted, persons, sd, now))
        figures = self._figures(counted, persons, sd)
        grounds = Grounds(observed, tuple(degraded), evidence, figures=figures)
        return forecast, assess(forecast, self._thresholds, grounds, hazard=place.hazard)

    def _ahead(self, view: View, counted: Counted, persons: float, sd: float) -> Array:
        times: Array = view.issue_s + 60.0 * np.arange(1 - RECENT, STEPS + 1, dtype=np.float64)
        come, go = expected_rates(times, self._gatherings)
        planned = come.sum() >= 1 or go.max() > 0
        lately = Lately(persons, sd, counted.inflow[-SPREAD_MIN:], counted.outflow[-SPREAD_MIN:])
        if not np.isfinite(counted.inflow + counted.outflow).any():
            lately = Lately(persons, sd, *_from_counts(counted.counts[-RECENT_MIN:]))
        return outlook(
            lately,
            planned=Planned(come, go) if planned else None,
            most_out=self._exit_rate,
            steps=STEPS,
            members=MEMBERS,
            random=telling.dice(self.name, view.issue_s),
        )

    def _evidence(self, counted: Counted, persons: float, sd: float, now: Occupancy) -> list[str]:
        density = persons / self._zone.area_m2
        said = [
            f"{persons:.0f} ± {sd:.0f} persons of {self._capacity:.0f} ({self._limit}), "
            f"{density:.2f}/m2, level of service {service(density)}"
        ]
        if not self._doors:
            return said
        came, left = (_recent(part) for part in (counted.inflow, counted.outflow))
        if np.isfinite(came - left):
            full = fill_min(persons, self._capacity, came - left)
            said.append(f"in {came:.0f}/min, out {left:.0f}/min; {telling.filling(full)}")
        out = clearance_min(persons, self._exit_rate)
        said.append(f"everybody out in {out:.1f} min through {len(self._doors)} gates")
        if abs(now.drift) > 0.02:
            said.append(f"the gates' balance slips by {now.drift:+.1%} of who passes")
        return said

    def _figures(self, counted: Counted, persons: float, sd: float) -> dict[str, float]:
        come, go = (_recent(part) for part in (counted.inflow, counted.outflow))
        return telling.figures(
            persons=persons,
            persons_sd=sd,
            capacity=self._capacity,
            flow_in=come if self._doors else float("nan"),
            flow_out=go if self._doors else float("nan"),
            full_min=fill_min(persons, self._capacity, come - go) if self._doors else float("inf"),
            clearance_min=clearance_min(persons, self._exit_rate),
        )

    def _doors_judged(self, view: View) -> list[tuple[Forecast | None, Assessment]]:
        first = len(self._zone.people)
        return [
            judge_door(door, view, view.history[first + 2 * row : first + 2 * row + 2])
            for row, door in enumerate(self._doors)
        ]


def governing(
    densities: Sequence[Threshold], zone: Zone, capacity: float, limit: str
) -> list[Threshold]:
    """Return for each level the lower of its density and its share of the capacity."""
    by_level = {threshold.level: threshold for threshold in densities}
    for level, share in zone.shares.items():
        value = share * capacity / zone.area_m2
        if level not in by_level or value < by_level[level].value:
            label = f"{share:.0%} of {capacity:.0f} persons ({limit})"
            by_level[level] = Threshold(value=value, level=level, label=label, source="crowd.toml")
    return sorted(by_level.values(), key=lambda threshold: threshold.value)


def _total(rows: Array) -> Array:
    """Return the sum of the rows; NaN where one of them is unknown, or where there is none."""
    return np.asarray(rows.sum(axis=0)) if len(rows) else np.full(rows.shape[1], np.nan)


def _from_counts(counts: Array) -> tuple[Array, Array]:
    """Return arrivals and departures that the change of counts calls for, without gates."""
    known = np.flatnonzero(np.isfinite(counts))
    if len(known) < 2:
        return np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    slope = float(np.polyfit(known, counts[known], 1)[0])
    turnover = float(np.abs(np.diff(counts[known])).mean())
    base = np.full(len(counts), 0.5 * turnover)
    return base + max(slope, 0.0), base + max(-slope, 0.0)


def _recent(flow: Array) -> float:
    known = flow[-RECENT:][np.isfinite(flow[-RECENT:])]
    return float(known.mean()) if len(known) else float("nan")


def _last(counts: Array) -> float:
    return float(counts[np.isfinite(counts)][-1])
