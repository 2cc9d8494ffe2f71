"""The desk that turns assessments and passing time into messages; pure but for its memory.

Nothing is remembered before the caller has stored it: `take` and `tick` answer with steps,
and `settle` keeps one. A step that could not be stored comes up again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from alerts import AlertError, cap, maintenance, rules
from alerts.approval import Claim, Gate, rules_of, top
from alerts.drafts import approve, fall_due, reject
from alerts.lifecycle import (
    Cause,
    Change,
    Sent,
    Standing,
    Timing,
    advance,
    announced,
    cancel,
    conclude,
    is_late,
    listen,
    settle,
    watch,
)
from alerts.notice import Notice, compose, incident_id, sent_time
from forewarn.domain.desk import Act, Action, Draft, Silence
from forewarn.domain.drill import Drill
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
    incident: str = ""
    """The incident whose draft changed; empty: none did."""
    draft: Draft | None = None
    """What waits for people after this step."""


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
    drill : Drill, optional
        What it practises; one desk is about one drill, or about the world.
    """

    def __init__(
        self,
        site: Site,
        *,
        timing: Timing,
        status: str,
        start: datetime,
        drill: Drill | None = None,
    ) -> None:
        self.site, self.timing, self.start = site, timing, start
        self.status, self.drill = status if drill is None else "Exercise", drill
        self.standings: dict[Key, Standing] = {}
        self.silences: Sequence[Silence] = ()
        """Those that run, will, or ended lately: maintenances count here, silences for people."""
        self._assessments: dict[Key, Assessment] = {}

    def restore(self, standings: Mapping[Key, Standing]) -> None:
        """Take over the standings that the database holds."""
        self.standings = dict(standings)
        self._assessments = {}

    def concerns(self, incident: str) -> bool:
        """Return whether one of the standings here is that of `incident`."""
        return any(incident_of(standing) == incident for standing in self.standings.values())

    def conclude(self, now: datetime) -> Step | None:
        """Return the step that ends the drill; None where nothing of it stands or waits."""
        for key, before in self.standings.items():
            if before.level is not Level.NONE or top(before.claims) is not None:
                standing, change = conclude(before, now)
                return self._step(key, before, standing, change, now, "the drill is over")
        return None

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
        if maintenance.is_held(key[2], self.silences, at, now):
            return self._hold(key, before, now)
        assessment = maintenance.weighed(assessment, self.silences, at, now)
        standing, resumed = before, None
        if assessment.outcome is not Outcome.FAILED:
            self._assessments[key] = assessment
            standing, resumed = listen(before, at, now)
        fresh = now - at <= self.timing.freshness
        verdict = rules.judge(assessment, before.assessed, self.site.alert_rule, fresh=fresh)
        gate = self._gate(key, now)
        standing, change = advance(standing, verdict, at, timing=self.timing, gate=gate)
        return self._step(key, before, standing, change or resumed, now, verdict.reason)

    def tick(self, now: datetime) -> list[Step]:
        """Return the steps that time alone makes necessary at world time `now`."""
        return [step for key in self.standings if (step := self.elapse(key, now)) is not None]

    def elapse(self, key: Key, now: datetime) -> Step | None:
        """Return the step that time alone makes necessary for one standing; None: none."""
        before = self.standings[key]
        if maintenance.is_held(key[2], self.silences, now):
            step = self._hold(key, before, now)
            if step is not None:
                return step
        standing, change = fall_due(before, now, refusal=self.timing.dismissal)
        reason = "not approved in time: the rule decides"
        if standing is before:
            standing, change = self._watch(key, before, now)
            reason = change.cause if change else "it waits for people"
        if change is None and standing.claims == before.claims:
            return None
        return self._step(key, before, standing, change, now, reason)

    def _watch(self, key: Key, before: Standing, now: datetime) -> tuple[Standing, Change | None]:
        gate = self._gate(key, now)
        start = maintenance.listened_since(key[2], self.silences, now, self.start)
        return watch(before, now, timing=self.timing, start=start, gate=gate)

    def _hold(self, key: Key, before: Standing, now: datetime) -> Step | None:
        """Return the step by which a standing is held for a maintenance, if it is not yet."""
        standing = maintenance.held(before)
        if standing == before:
            return None
        return self._step(key, before, standing, None, now, "its instrument is in maintenance")

    def do(self, action: Action, now: datetime) -> Step:
        """Return the step that carries out an officer's `action`; Refusal says why none does."""
        found = (k for k, s in self.standings.items() if incident_of(s) == action.incident)
        key = next(found, None)
        if action.act is not Act.CANCEL:
            return self._decide(key, action, now)
        if key is None or self.standings[key].level is Level.NONE:
            raise Refusal("no warning of this incident stands; a draft can be rejected")
        before, reason = self.standings[key], _reason(action)
        until = _until(action) or now + self.timing.dismissal
        if until <= now:
            raise Refusal(f"`until` was over when it came: {until.isoformat(timespec='seconds')}")
        standing, change = cancel(before, until, now, reason)
        return self._step(key, before, standing, change, now, f"{action.author}: {reason}")

    def _decide(self, key: Key | None, action: Action, now: datetime) -> Step:
        before = self.standings[key] if key else Standing()
        draft = top(before.claims)
        if key is None or draft is None:
            raise Refusal("no draft waits: it was issued, withdrawn or rejected already")
        name = draft_id(before, draft)
        if action.detail.get("draft") != name:
            raise Refusal(f"the draft is `{name}` now ({draft.level.name.lower()}): look at that")
        if action.act is Act.REJECT:
            why = f"rejected by {action.author}: {_reason(action)}"
            standing, change = reject(before, now + self.timing.dismissal), None
        elif action.author in draft.approvals:
            raise Refusal(f"{action.author} has approved it already; it needs another person")
        else:
            why = f"approved by {action.author}"
            standing, change = approve(before, action.author, now)
        return self._step(key, before, standing, change, now, why)

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
        message, durable = None, _tells(before) or _tells(standing)
        if change is not None:
            notice = self._notice(key, standing, change, now)
            sent = Sent(notice.identifier, notice.sent, notice.expires)
            standing = announced(standing, notice.exceedance, sent, notice.incident)
            message, durable, reason = cap.message(notice), True, f"{change.cause}: {reason}"
        claim = top(standing.claims)
        standing = self._named(key, standing, claim, now)
        concerned = incident_of(standing if claim else before)
        touched = claim is not None or top(before.claims) is not None
        draft = self._draft(key, standing, claim, now) if claim else None
        return Step(key, standing, message, reason, durable, concerned if touched else "", draft)

    def _notice(self, key: Key, standing: Standing, change: Change, now: datetime) -> Notice:
        return compose(
            change,
            standing,
            key,
            assessment=self._assessments.get(key),
            site=self.site,
            status=self.status,
            now=now,
            timing=self.timing,
            drill=self.drill,
        )

    def _named(self, key: Key, standing: Standing, claim: Claim | None, now: datetime) -> Standing:
        """Return the standing with an incident for its draft, where no message made one."""
        if claim is None or standing.level is not Level.NONE:
            return replace(standing, drafting="")
        sent = sent_time(standing, now)
        name = standing.drafting or incident_id(self.site, key, standing, sent, self.drill)
        return replace(standing, drafting=name)

    def _draft(self, key: Key, standing: Standing, claim: Claim, now: datetime) -> Draft:
        risen, change = settle(standing, claim.level, now, Cause.RAISED, claim.decisive)
        message = cap.message(self._notice(key, risen, change, now))
        return Draft(
            id=draft_id(standing, claim),
            level=claim.level,
            previous_level=standing.level,
            drafted=claim.drafted,
            due=claim.due,
            otherwise=claim.otherwise,
            needs=claim.needs,
            approvals=list(claim.approvals),
            headline=message.headline,
            headlines=message.headlines,
            cap=message.cap,
        )

    def _gate(self, key: Key, now: datetime) -> Gate:
        return Gate(
            now=now,
            rules=rules_of(key[1], self.site.approvals),
            least=self.timing.decision,
            patience=self.timing.continuity,
        )


def incident_of(standing: Standing) -> str:
    """Return the incident that messages and drafts of the standing belong to now."""
    return standing.drafting or standing.incident


def draft_id(standing: Standing, claim: Claim) -> str:
    """Return what an approval names: `<incident>.d<n>`."""
    return f"{incident_of(standing)}.d{claim.number}"


def _tells(standing: Standing) -> bool:
    """Return whether the standing differs in effect from one that never heard anything."""
    heard = standing.level is not Level.NONE or standing.assessed is not Level.NONE
    return heard or standing.dismissed_until is not None or bool(standing.claims)


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
