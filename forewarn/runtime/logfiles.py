"""Logs of child processes: bounded in size, and searched for the word `ready`."""

import re
import shutil
from pathlib import Path

MAX_BYTES = 4_000_000
"""A log may grow to this; then it becomes `name.log.1` and starts anew: 8 MB each at most."""

_READY = re.compile(rb"\bready\b")


def bound(log: Path, limit: int = MAX_BYTES) -> bool:
    """Move a log that is over `limit` [bytes] aside; return whether it was.

    The process keeps writing to the same open file, which is emptied in place: lines
    written within the millisecond of the copy are lost.
    """
    try:
        if log.stat().st_size <= limit:
            return False
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        with log.open("r+b") as file:
            file.truncate(0)
    except FileNotFoundError:
        return False
    return True


def size(log: Path) -> int:
    """Return the size of a log [bytes]; 0 if it is not there yet."""
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def says_ready(log: Path, since: int) -> bool:
    """Return whether the log says `ready` after byte `since`, or anywhere if it was cut."""
    try:
        with log.open("rb") as file:
            file.seek(since if since <= size(log) else 0)
            return _READY.search(file.read()) is not None
    except FileNotFoundError:
        return False


def tail(log: Path, lines: int = 8) -> str:
    """Return the last `lines` of a log, indented, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, size(log) - 4096))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return "    (nothing)"
    return "\n".join("    " + line for line in text.splitlines()[-lines:]) or "    (nothing)"
