"""What is asked of the log: times, the place to go on from, and texts; pure functions."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from console.desk.details import UNPRINTABLE
from forewarn.domain.logbook import Item, Kind
from forewarn.domain.observation import AwareTime
from forewarn.storage.log import Cursor

LONGEST_TEXT = 4000
"""Characters of an entry or of open points."""

SPAN = timedelta(hours=24)
LONGEST_SPAN = timedelta(days=7)

KEY = re.compile(r"[A-Za-z0-9-]{8,64}")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def time_in(request: Request, name: str) -> datetime | None:
    """Return the time of the query's `name`; None where it has none; 400 where it is no time."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return msgspec.convert(text.replace(" ", "+"), AwareTime)
    except (msgspec.ValidationError, OverflowError):
        error = f"{name}=`{text}` is no time with a zone; give one like 2026-07-11T12:00:00Z"
        raise HTTPException(400, error) from None


def span_in(request: Request, now: datetime) -> tuple[datetime, datetime]:
    """Return `?from` and `?to`, the last 24 hours by default; nothing after `now`."""
    end = min(time_in(request, "to") or now + MICROSECOND, now + MICROSECOND)
    try:
        start = time_in(request, "from") or end - SPAN
    except OverflowError:
        start = end
    if end - start > LONGEST_SPAN:
        raise HTTPException(400, f"`from` is more than {LONGEST_SPAN.days} days before `to`")
    return start, end


def kinds_in(request: Request) -> list[Kind]:
    """Return the kinds of `?kind=entry,act`; none: every one."""
    names = [name for name in request.query_params.get("kind", "").split(",") if name]
    known = [kind.value for kind in Kind]
    for name in names:
        if name not in known:
            raise HTTPException(400, f"no kind `{name}`; there are: {', '.join(known)}")
    return [Kind(name) for name in names]


def cursor_of(item: Item) -> str:
    """Return what `before` says to go on after `item`."""
    return f"{(item.at - EPOCH) // MICROSECOND}_{item.rank}_{item.id}"


def cursor_in(request: Request) -> Cursor | None:
    """Return where `?before=` goes on; 400 where it is none of ours."""
    text = request.query_params.get("before", "")
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,17})_(\d{1,3})_(-?\d{1,19})", text, re.ASCII)
    if not found or not -(2**63) <= int(found[3]) < 2**63:
        raise HTTPException(400, f"before=`{text}` is no place in the log")
    return EPOCH + int(found[1]) * MICROSECOND, int(found[2]), int(found[3])


def at_clock(text: str, now: datetime, zone: str) -> datetime:
    """Return the last time at which clocks in `zone` showed `text`, `02:40`; empty: `now`.

    In the hour that comes twice in autumn it is the later one that is not after `now`.
    """
    if not text:
        return now
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text, re.ASCII)
    if not found:
        raise HTTPException(400, f"clock=`{text}` is no time of day; give one like 02:40")
    local = now.astimezone(ZoneInfo(zone))
    shown = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    same = [shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    if past := [time for time in same if time <= now]:
        return max(past)
    return (shown - timedelta(days=1)).astimezone(UTC)


def text_of(name: str, text: str, *, needed: bool = True) -> str:
    """Return `text` trimmed; 400 where it is empty though `needed`, too long or no text."""
    if found := UNPRINTABLE.search(text):
        raise HTTPException(
            400, f"`{name}` has the character U+{ord(found[0]):04X}, which is no text"
        )
    if len(text) > LONGEST_TEXT:
        raise HTTPException(400, f"`{name}` has {len(text)} characters; at most {LONGEST_TEXT}")
    if needed and not text.strip():
        raise HTTPException(400, f"`{name}` is empty")
    return text.strip()


def key_of(key: str) -> str:
    """Return `key`; 400 where it cannot tell one entry from another."""
    if not KEY.fullmatch(key):
        raise HTTPException(400, "`key` needs 8 to 64 letters, digits or `-`, new for each entry")
    return key
