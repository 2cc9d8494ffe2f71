"""What the public was told, and when it must be told something else.

No clock, no I/O: `(standing, verdict, at) -> (standing, change)`. The rules:

* A level rises at once, or waits for people where the site wants it (`approval`). It falls only
  after reliable assessments were lower for the hold time without a long gap, and then to the
  highest level assessed meanwhile.
* Missing, failed, degraded and outdated assessments never lower anything.
* An assessment older than the newest one changes nothing.
* An officer may cancel; what was called for then does not rise again for a while, more does.
* While a level stands the public hears again when the expected time moves, when forecasts
  stop or come back, and before the last message expires.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from alerts.approval import Called, Claim, Gate, claimed
from alerts.approval import heard as still_claimed
from alerts.rules import Verdict
from forewarn.domain.hazard import AlertRule, Exceedance, Level

ONSET_SHIFT = timedelta(minutes=30)
"""An Update goes out when the expected time moves by more than this."""
ONSET_PATIENCE = timedelta(minutes=10)
"""... but one that moves it *later* waits until the last message is this old."""


class Cause(StrEnum):
    """Why a message goes out; the texts say it in words."""

    RAISED = "raised"
    LOWERED = "lowered"
    ENDED = "ended"
    ONSET_MOVED = "onset moved"
    SILENT = "no new forecast"
    RESUMED = "forecasts resumed"
    RENEWED = "renewed before expiry"
    CANCELLED = "cancelled by the duty officer"
    DRILL_OVER = "the drill is over"


class Timing(Struct, frozen=True, kw_only=True):
    """Spans of world time; `timing` makes them long enough for a clock that runs fast."""

    hold: timedelta
    """Reliable assessments must have been lower for this long."""
    validity: timedelta = timedelta(hours=2)
    """A message expires this long after it was sent, or an hour after the onset if later."""
    renew_before: timedelta = timedelta(minutes=30)
    """A standing warning is sent anew when its message expires within this."""
    silence: timedelta = timedelta(minutes=10)
    """The public is told when no forecast has come for longer than this."""
    continuity: timedelta = timedelta(minutes=15)
    """A longer gap between reliable assessments starts the hold anew."""
    freshness: timedelta = timedelta(minutes=30)
    """An assessment that is older than this when it arrives may raise but not lower."""
    dismissal: timedelta = timedelta(hours=1)
    """What an officer cancelled is not raised again for this long, unless the act says; what
    was rejected is not drafted again."""
    decision: timedelta = timedelta(seconds=30)
    """People have at least this long to approve a draft."""


def timing(rule: AlertRule, speed: float = 1.0) -> Timing:
    """Return the spans for `rule` on a clock that runs `speed` times as fast as real time.

    The service needs real seconds to notice and to send, so each span is at least: silence,
    freshness and dismissal 30 s, continuity 10 s, renewal 3 s before expiry; validity four
    renewals.
    """
    usual = Timing(hold=rule.hold)
    renew_before = max(usual.renew_before, timedelta(seconds=3 * speed))
    return Timing(
        hold=rule.hold,
        validity=max(usual.validity, 4 * renew_before),
        renew_before=renew_before,
        silence=max(usual.silence, timedelta(seconds=30 * speed)),
        continuity=max(usual.continuity, timedelta(seconds=10 * speed)),
        freshness=max(usual.freshness, timedelta(seconds=30 * speed)),
        dismissal=max(usual.dismissal, timedelta(seconds=30 * speed)),
        decision=usual.decision * max(1.0, speed),
    )


class Sent(Struct, frozen=True):
    """A message of the incident that later ones refer to."""

    identifier: str
    sent: datetime
    expires: datetime


class Standing(Struct, frozen=True, kw_only=True):
    """What the public was told of one hazard at one datastream, and what was heard since."""

    level: Level = Level.NONE
    """What the public was told."""
    since: datetime | None = None
    """Issue time of the assessment that set `level`."""
    assessed: Level = Level.NONE
    """What was assessed last; above `level` only while that is dismissed or waits."""
    issue_time: datetime | None = None
    """Of the newest assessment taken in; older ones change nothing."""
    below_since: datetime | None = None
    """Since when reliable assessments have been below `level`; None if they are not."""
    below_seen: datetime | None = None
    """Issue time of the newest of those."""
    highest_below: Level = Level.NONE
    """Highest level assessed since `below_since`, by unreliable assessments too."""
    told: Exceedance | None = None
    """The threshold that the newest message names, with the onset it promised."""
    current: Exceedance | None = None
    """The same threshold as the newest assessment that called for `level` sees it."""
    heard: datetime | None = None
    """World time at which the last assessment that was not `failed` arrived."""
    forecast_time: datetime | None = None
    """Issue time of the newest assessment that was not `failed`."""
    dismissed: Level = Level.NONE
    """An officer cancelled: up to this level nothing is raised until `dismissed_until`."""
    dismissed_until: datetime | None = None
    claims: tuple[Claim, ...] = ()
    """Levels above `level` that wait for people, or that they refused."""
    drafts: int = 0
    """Claims made so far: the number at the end of the newest draft's id."""
    drafting: str = ""
    """Id of the incident whose first message is still a draft."""
    silent: bool = False
    """The public was told that forecasts are missing, and not yet that they are back."""
    incident: str = ""
    issued: int = 0
    """Messages of the incident so far: the number at the end of their identifiers."""
    sent: tuple[Sent, ...] = ()
    """Messages of the incident that had not expired when the newest was sent."""


class Change(Struct, frozen=True):
    """What is to be announced."""

    before: Level
    after: Level
    at: datetime
    cause: Cause
    remark: str = ""
    """An officer's words, as they were written."""


def is_late(standing: Standing, issue_time: datetime) -> bool:
    """Return whether a newer assessment than one of `issue_time` was taken in already."""
    return standing.issue_time is not None and issue_time < standing.issue_time


def advance(
    standing: Standing,
    verdict: Verdict,
    at: datetime,
    *,
    timing: Timing,
    gate: Gate | None = None,
) -> tuple[Standing, Change | None]:
    """Take in the verdict on the assessment issued at `at`; return what to announce, if anything.

    Announcing is the caller's: the standing returned has the new level already. `gate` holds
    rises back for people; without one all go out at once.
    """
    if is_late(standing, at):
        return standing, None
    heard = replace(standing, assessed=verdict.level, issue_time=at)
    if verdict.reliable and verdict.level < heard.dismissed:
        heard = _dismiss(heard, verdict.level, heard.dismissed_until)
    if gate is not None and heard.claims:
        called, reliable = verdict.called(), verdict.reliable
        left = still_claimed(heard.claims, verdict.level, called, reliable=reliable, gate=gate)
        heard = replace(heard, claims=left)
    if verdict.level > standing.level:
        if is_dismissed(heard, verdict.level, at):
            return heard, None
        return _rise(heard, verdict.called(), at, gate)
    if verdict.level == standing.level:
        return _confirm(heard, verdict, at)
    return _below(heard, verdict, at, timing)


def _rise(
    standing: Standing, called: Called, at: datetime, gate: Gate | None
) -> tuple[Standing, Change | None]:
    """Raise to the highest level called, or as high as goes without people, and claim the rest."""
    if gate is None or not gate.rules:
        return settle(standing, max(called), at, Cause.RAISED, called[max(called)])
    kept_down = is_dismissed(standing, standing.dismissed, gate.now)
    floor = max(standing.level, standing.dismissed if kept_down else Level.NONE)
    called = {level: decisive for level, decisive in called.items() if level > floor}
    free = max((level for level in called if gate.rule(level) is None), default=Level.NONE)
    claims = claimed(standing.claims, called, number=standing.drafts, gate=gate)
    drafts = max([standing.drafts, *(claim.number for claim in claims)])
    waiting = replace(
        standing,
        claims=claims,
        drafts=drafts,
        below_since=None,
        below_seen=None,
        highest_below=Level.NONE,
    )
    if not kept_down:
        waiting = _dismiss(waiting, Level.NONE, None)
    if free > standing.level:
        return settle(waiting, free, at, Cause.RAISED, called[free])
    return waiting, None


def settle(
    standing: Standing, level: Level, at: datetime, cause: Cause, decisive: Exceedance | None
) -> tuple[Standing, Change]:
    """Return the standing once the public is told `level`, and that as a change.

    What was claimed up to it is done; at the end of an incident all that was claimed is.
    """
    change = Change(standing.level, level, at, cause)
    settled = replace(
        standing,
        level=level,
        since=at,
        below_since=None,
        below_seen=None,
        highest_below=Level.NONE,
        current=decisive if decisive and decisive.level == level else None,
        dismissed=Level.NONE,
        dismissed_until=None,
        claims=tuple(c for c in standing.claims if level and c.level > level),
    )
    return settled, change


def cancel(
    standing: Standing, until: datetime, now: datetime, remark: str
) -> tuple[Standing, Change]:
    """End the warning at an officer's word; its level is not raised again before `until`.

    A reliable assessment below it ends the dismissal of what is above that assessment; a
    higher level rises at once. Assessments that only kept the level do so no longer.
    """
    ended, change = settle(standing, Level.NONE, now, Cause.CANCELLED, None)
    dismissed = _dismiss(replace(ended, assessed=Level.NONE), standing.level, until)
    return dismissed, replace(change, remark=remark)


def conclude(standing: Standing, now: datetime) -> tuple[Standing, Change | None]:
    """End a drill's warning at the drill's end; what only waited for people is dropped."""
    ended, change = settle(standing, Level.NONE, now, Cause.DRILL_OVER, None)
    return ended, change if standing.level else None


def is_dismissed(standing: Standing, level: Level, at: datetime) -> bool:
    """Return whether an officer's cancel keeps `level` from being raised at `at`."""
    until = standing.dismissed_until
    return until is not None and at < until and level <= standing.dismissed


def _dismiss(standing: Standing, level: Level, until: datetime | None) -> Standing:
    return replace(standing, dismissed=level, dismissed_until=until if level else None)


def _confirm(standing: Standing, verdict: Verdict, at: datetime) -> tuple[Standing, Change | None]:
    level = standing.level
    confirmed = replace(
        standing,
        below_since=None,
        below_seen=None,
        highest_below=Level.NONE,
        current=verdict.decisive or standing.current,
    )
    if level is Level.NONE or not onset_moved(standing, verdict, at):
        return confirmed, None
    return confirmed, Change(level, level, at, Cause.ONSET_MOVED)


def _below(
    standing: Standing, verdict: Verdict, at: datetime, timing: Timing
) -> tuple[Standing, Change | None]:
    if not verdict.reliable:
        highest = max(verdict.level, standing.highest_below)
        return replace(standing, highest_below=highest), None
    seen, since = standing.below_seen, standing.below_since
    if since is None or seen is None or at - seen > timing.continuity:
        since, highest = at, verdict.level
    else:
        highest = max(verdict.level, standing.highest_below)
    below = replace(standing, below_since=since, below_seen=at, highest_below=highest)
    if at - since < timing.hold:
        return below, None
    cause = Cause.LOWERED if highest > Level.NONE else Cause.ENDED
    settled, change = settle(below, highest, at, cause, verdict.decisive)
    if verdict.level < highest:
        settled = replace(settled, below_since=at, below_seen=at, highest_below=verdict.level)
    return settled, change


def onset_moved(standing: Standing, verdict: Verdict, at: datetime) -> bool:
    """Return whether the expected time differs enough from the promised one to be announced.

    Sooner is announced at once; later only by a reliable assessment, and not more often
    than every ten minutes. What was promised for within half an hour and is now observed
    came as announced.
    """
    decisive = verdict.decisive
    if decisive is None or standing.told is None or standing.told.observed:
        return False
    promised = standing.told.onset
    expected = at if decisive.observed else decisive.onset
    if expected is None:
        return False
    if promised is None or promised - expected > ONSET_SHIFT:
        return True
    patient = not standing.sent or at - standing.sent[-1].sent >= ONSET_PATIENCE
    return verdict.reliable and patient and expected - promised > ONSET_SHIFT


def listen(
    standing: Standing, issue_time: datetime, now: datetime
) -> tuple[Standing, Change | None]:
    """Note that a forecast of `issue_time` arrived at `now`, after a silence or not."""
    if is_late(standing, issue_time):
        return standing, None
    heard = replace(standing, heard=now, forecast_time=issue_time, silent=False)
    level = standing.level
    if not standing.silent or level is Level.NONE:
        return heard, None
    return heard, Change(level, level, now, Cause.RESUMED)


def watch(
    standing: Standing,
    now: datetime,
    *,
    timing: Timing,
    start: datetime,
    gate: Gate | None = None,
) -> tuple[Standing, Change | None]:
    """Return what time alone makes necessary: the word that forecasts stopped, or a renewal.

    Or that what was dismissed, and is still assessed, rises when the time of that is over.
    `start` is when this service began to listen: it may not call silent what it did not hear.
    """
    level, assessed = standing.level, standing.assessed
    if standing.dismissed_until is not None and assessed > level:
        if is_dismissed(standing, assessed, now):
            return standing, None
        return _rise(standing, {assessed: None}, now, gate)
    if level is Level.NONE:
        return standing, None
    heard = max(standing.heard or start, start)
    if not standing.silent and now - heard > timing.silence:
        silent = replace(standing, silent=True)
        return silent, Change(level, level, now, Cause.SILENT)
    if not standing.sent or standing.sent[-1].expires - now <= timing.renew_before:
        return standing, Change(level, level, now, Cause.RENEWED)
    return standing, None


def references(standing: Standing, now: datetime) -> tuple[Sent, ...]:
    """Return the messages that the next one refers to: the unexpired, or else the last."""
    live = tuple(message for message in standing.sent if message.expires > now)
    return live or standing.sent[-1:]


def announced(
    standing: Standing, told: Exceedance | None, message: Sent, incident: str
) -> Standing:
    """Return the standing after `message` went out, naming `told`; the incident may be new."""
    same = incident == standing.incident
    earlier = references(standing, message.sent) if same else ()
    return replace(
        standing,
        told=told,
        current=told,
        incident=incident,
        issued=standing.issued + 1 if same else 1,
        sent=(*earlier, message),
        drafting="",
    )
