"""From a stream of bytes to NMEA 0183 sentences whose checksum is right. Pure."""

import re
from collections.abc import Iterator

from msgspec import Struct

MAX_LINE_BYTES = 255
"""The standard allows 82; some devices send more. Longer lines are garbage."""

_BODY = re.compile(r"([A-Z]{2})([A-Z]{3})", re.ASCII)
_CHECKSUM = re.compile(rb"[0-9A-Fa-f]{2}")


class Sentence(Struct, frozen=True):
    """A sentence whose checksum is right."""

    talker: str
    kind: str
    """Three letters, or the whole address of a proprietary sentence, e.g. `PTNTHTM`."""
    fields: tuple[str, ...]
    nested: bool = False
    """True where the talker wrote a `$` within it: the checksum is right, the fields are not."""


class LineBuffer:
    """Cuts a stream of bytes into lines; of one without end only the newest bytes are kept."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that `chunk` completes, without their ends."""
        *whole, rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        self._rest = rest[-MAX_LINE_BYTES:]
        for line in whole:
            if line:
                yield line[-MAX_LINE_BYTES:]


def parse(line: bytes) -> Sentence | None:
    """Return the sentence at the end of `line`, or None where there is none with a right checksum.

    What stands before the last `$` or `!` is the rest of a sentence that was cut off. Where the
    checksum is right only from the first one on, the talker itself wrote a `$` into its fields.
    """
    places = [place for place, byte in enumerate(line) if byte in b"$!"]
    for place in dict.fromkeys((places[-1], places[0])) if places else ():
        body = _checked(line[place:])
        if body is not None:
            return _sentence(body, nested=place != places[-1])
    return None


def refusal(line: bytes) -> str:
    """Return why `parse` finds no sentence in `line`."""
    start = max(line.rfind(b"$"), line.rfind(b"!"))
    if start < 0:
        return "comment" if line.startswith(b"#") else "no sentence"
    if len(line) - start > MAX_LINE_BYTES:
        return "too long"
    _, star, checksum = line[start:].rstrip(b" \t").rpartition(b"*")
    if not star or not _CHECKSUM.fullmatch(checksum):
        return "no checksum"
    return "wrong checksum"


def _checked(line: bytes) -> bytes | None:
    """Return what stands between the `$` and the `*` of `line` where the checksum is right."""
    if len(line) > MAX_LINE_BYTES:
        return None
    body, star, checksum = line[1:].rstrip(b" \t").rpartition(b"*")
    if not star or not _CHECKSUM.fullmatch(checksum) or not body.isascii():
        return None
    total = 0
    for byte in body:
        total ^= byte
    return body if int(checksum, 16) == total else None


def _sentence(body: bytes, *, nested: bool) -> Sentence:
    address, *fields = body.decode("ascii").split(",")
    named = _BODY.fullmatch(address)
    if not named:
        return Sentence("", address, tuple(fields), nested)
    return Sentence(named[1], named[2], tuple(fields), nested)
