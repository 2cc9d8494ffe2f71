"""What an act says beyond its name, checked before anything is written: pure functions."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from difflib import get_close_matches

import msgspec

from forewarn.domain.desk import Act
from forewarn.domain.observation import AwareTime

LONGEST_TEXT = 2000
"""Characters."""

LONGEST_SPAN = timedelta(hours=24)
"""World time for which an incident is shelved, or kept from rising again, at most."""

UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What neither XML nor PostgreSQL takes."""

SAYS: dict[Act, tuple[frozenset[str], frozenset[str]]] = {
    Act.ACK: (frozenset(), frozenset({"text"})),
    Act.UNACK: (frozenset(), frozenset()),
    Act.ASSIGN: (frozenset({"to"}), frozenset()),
    Act.SHELVE: (frozenset({"until", "reason"}), frozenset()),
    Act.UNSHELVE: (frozenset(), frozenset()),
    Act.ESCALATE: (frozenset(), frozenset()),
    Act.COMMENT: (frozenset({"text"}), frozenset()),
    Act.APPROVE: (frozenset({"draft"}), frozenset()),
    Act.REJECT: (frozenset({"draft", "reason"}), frozenset()),
    Act.CANCEL: (frozenset({"reason"}), frozenset({"until"})),
}
"""Act → what its detail must have, and what it may have besides."""


class BadDetail(ValueError):
    """The detail of an act cannot be taken; the message names the key and what would help."""


def checked(
    act: Act, detail: dict[str, str], *, now: datetime, people: Collection[str]
) -> dict[str, str]:
    """Return `detail` of `act` with its texts trimmed; BadDetail says what is wrong.

    `now` is world time, `people` the ids to whom an incident can be given.
    """
    needed, besides = SAYS[act]
    if extra := sorted(detail.keys() - needed - besides):
        known = ", ".join(f"`{key}`" for key in sorted(needed | besides)) or "nothing"
        raise BadDetail(f"`{extra[0]}` says nothing of `{act.value}`: its detail has {known}")
    said = {key: _text(key, text) for key, text in detail.items()}
    if missing := sorted(key for key in needed if not said.get(key)):
        raise BadDetail(f"`{act.value}` needs `{missing[0]}`, and not empty")
    if "until" in said:
        said["until"] = _until(said["until"], now)
    if "to" in said and said["to"] not in people:
        close = get_close_matches(said["to"], list(people), n=1)
        hint = f"did you mean `{close[0]}`?" if close else "GET /api/desk/people lists them"
        raise BadDetail(f"`to`: nobody is called `{said['to']}`; {hint}")
    return {key: text for key, text in said.items() if text}


def _text(key: str, text: str) -> str:
    if found := UNPRINTABLE.search(text):
        raise BadDetail(f"`{key}` has the character U+{ord(found[0]):04X}, which is no text")
    if len(text) > LONGEST_TEXT:
        raise BadDetail(f"`{key}` has {len(text)} characters; at most {LONGEST_TEXT}")
    return text.strip()


def _until(text: str, now: datetime) -> str:
    try:
        until = msgspec.convert(text, AwareTime)
    except msgspec.ValidationError as error:
        raise BadDetail(f"`until` is `{text}`: {error}; give 2026-07-11T12:00:00Z") from error
    if not now < until <= now + LONGEST_SPAN:
        latest = (now + LONGEST_SPAN).isoformat(timespec="seconds")
        raise BadDetail(f"`until` is `{text}`: it must be after now and not after {latest}")
    said: str = msgspec.to_builtins(until)
    return said
