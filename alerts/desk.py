"""The desk that turns assessments and passing time into messages; pure but for its memory.

Nothing is remembered before the caller has stored it: `take` and `tick` answer with steps,
and `settle` keeps one. A step that could not be stored comes up again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from alerts import AlertError, cap, rules
from alerts.lifecycle import (
    Change,
    Sent,
    Standing,
    Timing,
    advance,
    announced,
    cancel,
    is_late,
    listen,
    watch,
)
from alerts.notice import compose
from forewarn.domain.desk import Act, Action
from forewarn.domain.hazard import AlertMessage, Assessment, Level, Outcome
from forewarn.domain.observation import AwareTime
from forewarn.domain.station import Site

Key = tuple[str, str, str]
"""(area, hazard, datastream): what one standing is kept for."""


class Step(Struct, frozen=True):
    """One advance of one standing, to be stored together with its message."""

    key: Key
    standing: Standing
    message: AlertMessage | None
    reason: str
    """Why, in words for the log."""
    durable: bool
    """Whether a restart without this standing could tell the difference."""


class Refusal(AlertError):
    """An officer's act cannot be carried out; the text says why, for its author."""


class Desk:
    """Every standing of a site, and the newest forecast behind each.

    Parameters
    ----------
    site : Site
        Areas, stations and the alert rule.
    timing : Timing
        Spans of world time, from `lifecycle.timing`.
    status : str
        CAP status of all messages: `Actual`, `Exercise` or `Test`.
    start : datetime
        World time at which this desk began to listen.
    """

    def __init__(self, site: Site, *, timing: Timing, status: str, start: datetime) -> None:
        self.site, self.timing, self.status, self.start = site, timing, status, start
        self.standings: dict[Key, Standing] = {}
        self._assessments: dict[Key, Assessment] = {}

    def restore(self, standings: Mapping[Key, Standing]) -> None:
        """Take over the standings that the database holds."""
        self.standings = dict(standings)
        self._assessments = {}

    def take(self, assessment: Assessment, now: datetime) -> Step | None:
        """Return the step that `assessment` makes at world time `now`; None if it says nothing.

        Late ones say nothing. One whose whole horizon has passed cannot begin a warning. An
        issue time ahead of the clock (a gateway's clock is wrong) counts as now.
        """
        key = (assessment.area, assessment.hazard, assessment.datastream)
        before = self.standings.get(key, Standing())
        at = min(assessment.issue_time, now)
        over = now - at > max(timedelta(seconds=assessment.horizon_s), self.timing.freshness)
        if is_late(before, at) or (over and before.level is Level.NONE):
            return None
        standing, resumed = before, None
        if assessment.outcome is not Outcome.FAILED:
            self._assessments[key] = assessment
            standing, resumed = listen(before, at, now)
        fresh = now - at <= self.timing.freshness
        verdict = rules.judge(assessment, before.assessed, self.site.alert_rule, fresh=fresh)
        standing, change = advance(standing, verdict, at, timing=self.timing)
        return self._step(key, before, standing, change or resumed, now, verdict.reason)

    def tick(self, now: datetime) -> list[Step]:
        """Return the steps that time alone makes necessary at world time `now`."""
        steps = []
        for key, before in self.standings.items():
            standing, change = watch(before, now, timing=self.timing, start=self.start)
            if change is not None:
                steps.append(self._step(key, before, standing, change, now, change.cause))
        return steps

    def do(self, action: Action, now: datetime) -> Step:
        """Return the step that carries out an officer's `action`; Refusal says why none does."""
        key = next((k for k, s in self.standings.items() if s.incident == action.incident), None)
        if key is None or self.standings[key].level is Level.NONE:
            raise Refusal("no warning of this incident stands any more")
        if action.act is not Act.CANCEL:
            raise Refusal("nothing waits for approval")
        before, reason = self.standings[key], _reason(action)
        until = _until(action) or now + self.timing.dismissal
        if until <= now:
            raise Refusal(f"`until` was over when it came: {until.isoformat(timespec='seconds')}")
        standing, change = cancel(before, until, now, reason)
        return self._step(key, before, standing, change, now, f"{action.author}: {reason}")

    def settle(self, step: Step) -> None:
        """Remember a step that is stored."""
        self.standings[step.key] = step.standing

    def _step(
        self,
        key: Key,
        before: Standing,
        standing: Standing,
        change: Change | None,
        now: datetime,
        reason: str,
    ) -> Step:
        if change is None:
            return Step(key, standing, None, reason, _tells(before) or _tells(standing))
        notice = compose(
            change,
            standing,
            key,
            assessment=self._assessments.get(key),
            site=self.site,
            status=self.status,
            now=now,
            timing=self.timing,
        )
        sent = Sent(notice.identifier, notice.sent, notice.expires)
        told = announced(standing, notice.exceedance, sent, notice.incident)
        return Step(key, told, cap.message(notice), f"{change.cause}: {reason}", True)


def _tells(standing: Standing) -> bool:
    """Return whether the standing differs in effect from one that never heard anything."""
    heard = standing.level is not Level.NONE or standing.assessed is not Level.NONE
    return heard or standing.dismissed_until is not None


def _reason(action: Action) -> str:
    reason = " ".join(action.detail.get("reason", "").split())
    if not reason:
        raise Refusal("it needs a reason")
    return reason


def _until(action: Action) -> datetime | None:
    text = action.detail.get("until")
    if not text:
        return None
    try:
        return msgspec.convert(text, AwareTime)
    except msgspec.ValidationError as error:
        raise Refusal(f"`until` is `{text}`: {error}; give a time like 2026-07-11T12:00Z") from None
