"""What a formula is evaluated over, and the pieces that a formula is made of."""

from collections.abc import Callable, Sequence
from math import nan
from typing import NamedTuple, Protocol

NUMBER = None
"""Keys of a piece that is one number."""


class Scene(Protocol):
    """What is known at one minute. NaN stands for what is not known."""

    def latest(self, key: str) -> float:
        """Return the newest trusted observation that is not stale, in the datastream's unit."""
        ...

    def window(self, key: str, minutes: int) -> Sequence[float]:
        """Return the last `minutes` values on the minute grid, the newest last."""
        ...

    def interval_min(self, key: str) -> float:
        """Return how often a value is expected [min]."""
        ...

    def ahead(self, key: str, lead_s: float, probability: float) -> float:
        """Return the forecast's quantile `probability` at a lead of `lead_s`."""
        ...


Missing = set[str]
"""Keys that gave no value while a formula was evaluated."""


class Piece(NamedTuple):
    """A part of a formula: a number, or one number for each of several datastreams."""

    keys: tuple[str, ...] | None
    """Datastreams of its numbers; None: one number."""
    rests_on: frozenset[str]
    """Datastreams that it looks at."""
    values: Callable[[Scene, Missing], list[float]]
    """Evaluates it: one number for each key, or one; NaN where it is not known."""
    truth: bool = False
    """Whether its numbers are 1 for true and 0 for false."""
    minutes: int = 1
    """How far it looks back [min]."""
    borrows: frozenset[str] = frozenset()
    """Keys whose forecasts it looks at."""


def number(value: float) -> Piece:
    """Return a constant."""
    return Piece(NUMBER, frozenset(), lambda scene, missing: [value])


def of_each(keys: tuple[str, ...], ask: Callable[[Scene, str], float], minutes: int = 1) -> Piece:
    """Return a piece that asks for each of `keys`, and notes those that give nothing."""

    def values(scene: Scene, missing: Missing) -> list[float]:
        found = [ask(scene, key) for key in keys]
        missing.update(key for key, value in zip(keys, found, strict=True) if value != value)
        return found

    return Piece(keys, frozenset(keys), values, minutes=minutes)


def elementwise(first: Piece, second: Piece, act: Callable[[float, float], float]) -> Piece:
    """Return `act` of both, number by number; two with keys meet where their keys are the same."""
    keys = first.keys if second.keys is None else second.keys
    left_out: set[str] = set()
    if first.keys is not None and second.keys is not None:
        keys = tuple(key for key in first.keys if key in second.keys)
        left_out = {*first.keys, *second.keys}.difference(keys)

    def pick(piece: Piece, found: list[float]) -> list[float]:
        if keys is None or piece.keys is None:
            return found * (len(keys) if keys else 1)
        at = dict(zip(piece.keys, found, strict=True))
        return [at[key] for key in keys]

    def values(scene: Scene, missing: Missing) -> list[float]:
        left = pick(first, first.values(scene, missing))
        right = pick(second, second.values(scene, missing))
        return [safely(act, a, b) for a, b in zip(left, right, strict=True)]

    rests_on = (first.rests_on | second.rests_on) - left_out
    minutes = max(first.minutes, second.minutes)
    borrows = first.borrows | second.borrows
    return Piece(keys, rests_on, values, minutes=minutes, borrows=borrows)


def safely(act: Callable[..., float], *numbers: float) -> float:
    """Return `act(*numbers)`; NaN where one is NaN, or where it has no result: 1/0."""
    if any(number != number for number in numbers):
        return nan
    try:
        found = act(*numbers)
    except (ArithmeticError, ValueError):
        return nan
    return found if isinstance(found, (int, float)) and abs(found) < 1e300 else nan
