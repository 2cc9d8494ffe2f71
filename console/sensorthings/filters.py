"""`$filter` as a tree: recursive descent, with a bound on everything that costs.

Order of binding, loosest first (OData 4.0, part 2, 5.1.1.9): or; and; eq ne gt ge lt le; add sub;
mul div mod; not and minus.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite

from console.sensorthings.errors import QueryRefused
from console.sensorthings.tokens import Token, tokens
from forewarn.storage.things.expressions import (
    Binary,
    Call,
    Expression,
    Geometry,
    Literal,
    Path,
    Unary,
)

MAX_CHARACTERS = 2_000
MAX_DEPTH = 12
"""Brackets, calls and signs inside each other."""
MAX_CALLS = 10
MAX_STEPS = 4
"""Parts of one path: `Datastream/Thing/Locations/name`."""

LEVELS = (
    ("or",),
    ("and",),
    ("eq", "ne", "gt", "ge", "lt", "le"),
    ("add", "sub"),
    ("mul", "div", "mod"),
)

ARGUMENTS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(("substringof", "endswith", "startswith", "indexof", "concat"), (2,)),
    **dict.fromkeys(("length", "tolower", "toupper", "trim"), (1,)),
    "substring": (2, 3),
    **dict.fromkeys(("year", "month", "day", "hour", "minute", "second"), (1,)),
    **dict.fromkeys(("fractionalseconds", "date", "time", "totaloffsetminutes"), (1,)),
    **dict.fromkeys(("now", "mindatetime", "maxdatetime"), (0,)),
    **dict.fromkeys(("round", "floor", "ceiling"), (1,)),
    "geo.distance": (2,),
    "geo.length": (1,),
    "geo.intersects": (2,),
    **dict.fromkeys(("st_equals", "st_disjoint", "st_touches", "st_within"), (2,)),
    **dict.fromkeys(("st_overlaps", "st_crosses", "st_intersects", "st_contains"), (2,)),
    "st_relate": (3,),
}
"""How many arguments each function takes: all of SensorThings 1.1, table 23."""

_CONSTANTS = {"true": True, "false": False, "null": None}
_DURATION = re.compile(
    r"(-?)P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5}(?:\.\d+)?)S)?)?"
)


def parse(text: str) -> Expression:
    """Return the tree of `text`; QueryRefused says in which column it cannot go on, and why."""
    if len(text) > MAX_CHARACTERS:
        raise QueryRefused(f"$filter has {len(text)} characters; at most {MAX_CHARACTERS} are read")
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words, self._at, self._calls, self._depth = words, 0, 0, 0

    def whole(self) -> Expression:
        found = self._level(0)
        if self._next.kind != "end":
            raise _refused(self._next, "an operator or the end is expected")
        return found

    @property
    def _next(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._words[self._at - 1]

    def _level(self, level: int) -> Expression:
        if level == len(LEVELS):
            return self._deeper()
        left = self._level(level + 1)
        while self._next.kind == "name" and self._next.text in LEVELS[level]:
            operator = self._take().text
            left = Binary(operator, left, self._level(level + 1))
        return left

    def _deeper(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _refused(self._next, f"nested deeper than {MAX_DEPTH}")
        found = self._unary()
        self._depth -= 1
        return found

    def _unary(self) -> Expression:
        word = self._take()
        if word.text in ("not", "-") and word.kind in ("name", "mark"):
            return Unary(word.text, self._deeper())
        if word.text == "(" and word.kind == "mark":
            found = self._level(0)
            self._expect(")")
            return found
        if word.kind == "name":
            return self._named(word)
        return _constant(word)

    def _named(self, word: Token) -> Expression:
        if word.text in _CONSTANTS:
            return Literal(_CONSTANTS[word.text])
        if self._next.text == "(":
            return self._call(word)
        steps = [word.text]
        while self._next.text == "/":
            self._take()
            step = self._take()
            if step.kind != "name" or len(steps) == MAX_STEPS:
                raise _refused(step, f"a path is at most {MAX_STEPS} names with `/` between them")
            steps.append(step.text)
        return Path(tuple(steps))

    def _call(self, word: Token) -> Expression:
        if word.text not in ARGUMENTS:
            raise _refused(word, f"no such function; there are {', '.join(sorted(ARGUMENTS))}")
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise _refused(word, f"more than {MAX_CALLS} functions in one $filter")
        self._take()
        arguments: list[Expression] = []
        while self._next.text != ")":
            if arguments:
                self._expect(",")
            arguments.append(self._level(0))
        self._take()
        if len(arguments) not in ARGUMENTS[word.text]:
            takes = " or ".join(map(str, ARGUMENTS[word.text]))
            raise _refused(word, f"takes {takes} arguments, not {len(arguments)}")
        return Call(word.text, tuple(arguments))

    def _expect(self, mark: str) -> None:
        word = self._take()
        if word.kind != "mark" or word.text != mark:
            raise _refused(word, f"`{mark}` is expected")


def _constant(word: Token) -> Expression:
    if word.kind == "text":
        return Literal(word.text[1:-1].replace("''", "'"))
    if word.kind == "geometry":
        return Geometry(word.text.partition("'")[2][:-1].strip())
    if word.kind == "number" and isfinite(float(word.text)):
        return Literal(float(word.text))
    if word.kind == "time":
        try:
            return Literal(datetime.fromisoformat(word.text))
        except ValueError as error:
            raise _refused(word, str(error)) from error
    if word.kind == "duration":
        return Literal(_duration(word))
    raise _refused(word, "a property, a constant or `(` is expected")


def _duration(word: Token) -> timedelta:
    found = _DURATION.fullmatch(word.text.partition("'")[2][:-1])
    if found is None or not any(found.groups()[1:]):
        raise _refused(word, "a duration is written as `duration'PT1H30M'`")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] else length


def _refused(word: Token, why: str) -> QueryRefused:
    return QueryRefused(f"$filter, column {word.column}, at `{word.text[:40]}`: {why}")
