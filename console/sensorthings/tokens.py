"""The words of a `$filter`."""

import re
from typing import NamedTuple

from console.sensorthings.errors import QueryRefused

_WORD = re.compile(
    r"\s*(?:"
    r"(?P<geometry>geography'[^']*')"
    r"|(?P<duration>duration'[^']*')"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.:]))"
    r"|(?P<name>@iot\.id|geo\.[a-z]+|[A-Za-z_]\w*)"
    r"|(?P<mark>[(),/-])"
    r")"
)


class Token(NamedTuple):
    """One word, and where it stands, counted from 1."""

    kind: str
    """`geometry`, `duration`, `text`, `time`, `number`, `name`, `mark`, or `end`."""
    text: str
    column: int


def tokens(text: str) -> list[Token]:
    """Return the words of `text` and an `end`; QueryRefused where there is no word."""
    found: list[Token] = []
    text, at = text.rstrip(), 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None or match.lastgroup is None:
            rest = text[at : at + 20].strip()
            raise QueryRefused(f"$filter, column {at + 1}: `{rest}` cannot be read")
        kind, at = match.lastgroup, match.end()
        found.append(Token(kind, match[kind], match.start(kind) + 1))
    return [*found, Token("end", "the end", len(text) + 1)]
