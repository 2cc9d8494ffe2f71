"""What people and the rule decide about a draft; pure.

`(standing, …, now) -> (standing, change)`, as in `lifecycle`. A change is what then goes out.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from alerts.approval import Claim, is_open, top
from alerts.lifecycle import Cause, Change, Standing, settle


def fall_due(
    standing: Standing, now: datetime, *, refusal: timedelta
) -> tuple[Standing, Change | None]:
    """Let the rule decide what is due at `now`: issue the highest, or withdraw for `refusal`."""
    due = [claim for claim in standing.claims if is_open(claim) and claim.due <= now]
    issue = [claim for claim in due if claim.otherwise == "issue"]
    if issue:
        highest = max(issue, key=lambda claim: claim.level)
        return settle(standing, highest.level, now, Cause.RAISED, highest.decisive)
    return (_refused(standing, due, now + refusal) if due else standing), None


def approve(standing: Standing, author: str, now: datetime) -> tuple[Standing, Change | None]:
    """Count the approval of `author` for the draft; the last one needed issues it."""
    draft = top(standing.claims)
    assert draft is not None
    approved = replace(draft, approvals=(*draft.approvals, author))
    claims = tuple(approved if claim is draft else claim for claim in standing.claims)
    counted = replace(standing, claims=claims)
    if len(set(approved.approvals)) < approved.needs:
        return counted, None
    return settle(counted, approved.level, now, Cause.RAISED, approved.decisive)


def reject(standing: Standing, until: datetime) -> Standing:
    """Refuse the draft and what it claims below itself until `until`; a higher level may come."""
    return _refused(standing, [c for c in standing.claims if is_open(c)], until)


def _refused(standing: Standing, claims: list[Claim], until: datetime) -> Standing:
    after = (replace(c, refused_until=until) if c in claims else c for c in standing.claims)
    return replace(standing, claims=tuple(after))
