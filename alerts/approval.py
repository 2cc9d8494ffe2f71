"""Which levels wait for people, until when, and who has approved them; pure.

Every level that is called for above the one that stands is a claim of its own, with its own
due time: a forecast that calls for red calls for orange too, and what the rule says of orange
is kept whatever becomes of red. The draft that people see is the highest open claim.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from alerts.hazards import texts
from forewarn.domain.desk import ApprovalRule
from forewarn.domain.hazard import Exceedance, Level

Called = Mapping[Level, Exceedance | None]
"""Levels that an assessment calls for, with the threshold that does; None: it was only kept."""


class Claim(Struct, frozen=True, kw_only=True):
    """One level that was called for and that the public is not told before people approve."""

    level: Level
    number: int
    """Of the draft; never used again for the same datastream."""
    drafted: datetime
    due: datetime
    """World time at which the rule decides."""
    otherwise: str
    needs: int
    approvals: tuple[str, ...] = ()
    decisive: Exceedance | None = None
    """The threshold that calls for it, as the newest assessment that did so saw it."""
    uncalled_since: datetime | None = None
    """Since when reliable assessments have been below it; None if they are not."""
    refused_until: datetime | None = None
    """It was rejected, or the rule withdrew it: not drafted again before."""


class Gate(Struct, frozen=True, kw_only=True):
    """What holds rises of one hazard back at one moment."""

    now: datetime
    rules: tuple[ApprovalRule, ...] = ()
    least: timedelta
    """World time that people have at least."""
    patience: timedelta
    """A claim is dropped when reliable assessments were below it for this long."""

    def rule(self, level: Level) -> ApprovalRule | None:
        """Return the first rule that holds `level` back; None: it goes out at once."""
        name = level.name.lower()
        return next((r for r in self.rules if name in map(str.lower, r.levels)), None)


def rules_of(hazard: str, rules: Iterable[ApprovalRule]) -> tuple[ApprovalRule, ...]:
    """Return the rules that concern `hazard`; what staff are told needs no approval."""
    if texts(hazard).for_staff:
        return ()
    return tuple(rule for rule in rules if not rule.hazards or hazard in rule.hazards)


def is_open(claim: Claim) -> bool:
    """Return whether the claim waits for people, and was not refused."""
    return claim.refused_until is None


def top(claims: Iterable[Claim]) -> Claim | None:
    """Return the claim that people see: the highest open one."""
    return max(filter(is_open, claims), key=lambda c: c.level, default=None)


def heard(
    claims: Iterable[Claim], level: Level, called: Called, *, reliable: bool, gate: Gate
) -> tuple[Claim, ...]:
    """Return what is left of `claims` after an assessment of `level`.

    One that reliable assessments have been below for the gate's patience is dropped, and a
    refusal whose time is over is forgotten.
    """
    kept = []
    for claim in claims:
        if claim.refused_until is not None and claim.refused_until <= gate.now:
            continue
        if claim.level <= level:
            own = called.get(claim.level) or claim.decisive
            kept.append(replace(claim, uncalled_since=None, decisive=own))
        elif not reliable:
            kept.append(claim)
        else:
            since = claim.uncalled_since or gate.now
            if gate.now - since < gate.patience or not is_open(claim):
                kept.append(replace(claim, uncalled_since=since))
    return tuple(kept)


def claimed(
    claims: tuple[Claim, ...], called: Called, *, number: int, gate: Gate
) -> tuple[Claim, ...]:
    """Return `claims` and one for each level called that a rule holds back and nobody claims yet.

    `number` is that of the last claim ever made.
    """
    there = {claim.level for claim in claims}
    made = list(claims)
    for level in sorted(called):
        rule = gate.rule(level)
        if rule is None or level in there:
            continue
        number += 1
        due = gate.now + max(rule.within, gate.least)
        claim = Claim(
            level=level,
            number=number,
            drafted=gate.now,
            due=due,
            otherwise=rule.otherwise,
            needs=rule.people,
            decisive=called[level],
        )
        made.append(claim)
    return tuple(made)
