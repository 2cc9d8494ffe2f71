"""Which datastreams are being worked on, and which judgements rest on them."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from forewarn.domain.desk import Silence, SilenceKind
from forewarn.domain.drill import Unfit, fit_span
from forewarn.domain.hazard import Assessment, Level

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*/[a-z0-9][a-z0-9_-]*")

LONGEST_PATTERN = 130


def works(silences: Iterable[Silence], *times: datetime) -> list[Silence]:
    """Return the maintenances among `silences` that run at one of `times`."""
    return [
        s
        for s in silences
        if s.kind is SilenceKind.MAINTENANCE and any(s.start <= t < s.end for t in times)
    ]


def concerns(key: str, maintenances: Iterable[Silence]) -> bool:
    """Return whether one of `maintenances` is about the datastream `key`."""
    return any(fnmatchcase(key, each.datastream) for each in maintenances)


def inputs(assessment: Assessment) -> list[str]:
    """Return the datastreams that the evidence and the reason of `assessment` name."""
    said = (*assessment.evidence, assessment.reason)
    return sorted({key for text in said for key in _KEY.findall(text)})


def inputs_at_work(assessment: Assessment, maintenances: Sequence[Silence]) -> list[str]:
    """Return the other datastreams in maintenance that `assessment` says it rests on."""
    return [
        key
        for key in inputs(assessment)
        if key != assessment.datastream and concerns(key, maintenances)
    ]


def touched(maintenance: Silence, newest: Iterable[Assessment]) -> tuple[list[str], list[str]]:
    """Return the judged datastreams that it holds, and those that it makes degraded."""
    known, only = list(newest), [maintenance]
    held = {a.datastream for a in known if concerns(a.datastream, only)}
    degraded = {a.datastream for a in known if inputs_at_work(a, only)}
    return sorted(held), sorted(degraded - held)


def fit_silence(silence: Silence, now: datetime) -> None:
    """Raise Unfit where a silence or maintenance has no author, reason, or fitting end."""
    fit_span(silence.author, silence.reason, silence.start, silence.end, now)
    if silence.kind is SilenceKind.MAINTENANCE:
        fit_pattern(silence.datastream)
    elif silence.up_to is Level.NONE:
        raise Unfit("`up_to` is a level: blue, yellow, orange or red")
    if len(silence.datastream) > LONGEST_PATTERN or not silence.datastream:
        raise Unfit(f"the pattern needs 1 to {LONGEST_PATTERN} characters")


def fit_pattern(pattern: str) -> None:
    """Raise Unfit where `pattern` would take every station out at once."""
    station, _, observed = pattern.partition("/")
    if not station.strip("*?[]!") or not observed:
        raise Unfit(
            f"`{pattern}` names no station; a maintenance is of instruments, e.g. `zhenhai/*` "
            "or `zhenhai/stage`"
        )
