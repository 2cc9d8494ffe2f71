"""The functions that formulas know. Each makes a piece of its arguments, or says what is wrong."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from math import exp, isnan, nan, sqrt

import msgspec

from stream.models.vitals.names import Names, nearest
from stream.models.vitals.scene import Missing, Piece, Scene, of_each, safely

COVERED = 0.8
"""Share of the values expected in a window that must be there."""

MAX_WINDOW_MIN = 60 * 24 * 3
"""The longest window [min]."""

Argument = Piece | str | float
"""What stands between the brackets: a piece, the text of a string or name, or a number."""

REDUCERS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "mean": lambda values: sum(values) / len(values),
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
    "last": lambda values: values[-1],
}
"""How a window, or the numbers of several datastreams, become one."""

MATHS: dict[str, Callable[[float], float]] = {"abs": abs, "sqrt": sqrt, "exp": exp}

NAMES = (*REDUCERS, *MATHS, "share", "latest", "over", "rate", "ahead", "threshold")
"""All functions; `last` only as what `over` does with a window."""


def call(name: str, arguments: Sequence[Argument], names: Names) -> Piece:
    """Return the piece that `name(arguments)` is; ValueError says what is wrong with it."""
    if name in REDUCERS and name != "last":
        return _reduce(name, arguments, names)
    if name in MATHS:
        _count(name, arguments, 1)
        return _each_number(MATHS[name], _piece(arguments[0], names))
    known = {"share": _share, "latest": _latest, "over": _over, "rate": _rate}
    known |= {"ahead": _ahead, "threshold": _threshold}
    if name not in known:
        raise ValueError(f"no function `{name}`{nearest(name, NAMES)}")
    return known[name](arguments, names)


def latest_of(pattern: str, names: Names) -> Piece:
    """Return the newest value of each datastream of a pattern."""
    return of_each(names.matching(pattern), lambda scene, key: scene.latest(key))


def _piece(argument: Argument, names: Names) -> Piece:
    if isinstance(argument, Piece):
        return argument
    if isinstance(argument, str):
        return latest_of(argument, names)
    raise ValueError("a datastream or a calculation is wanted here")


def _reduce(name: str, arguments: Sequence[Argument], names: Names) -> Piece:
    """`max("*/stage @ city")`, `max(a, b)`; what is missing is left out, and told of."""
    if not arguments:
        raise ValueError(f'`{name}` of nothing; give e.g. `{name}("*/rain")`')
    pieces = [_piece(argument, names) for argument in arguments]
    truth = all(piece.truth for piece in pieces)

    def values(scene: Scene, missing: Missing) -> list[float]:
        found = [v for piece in pieces for v in piece.values(scene, missing) if not isnan(v)]
        if name == "count":
            return [float(sum(found) if truth else len(found))]
        return [safely(lambda: REDUCERS[name](found)) if found else nan]

    rests_on = frozenset[str]().union(*(piece.rests_on for piece in pieces))
    borrows = frozenset[str]().union(*(piece.borrows for piece in pieces))
    minutes = max(piece.minutes for piece in pieces)
    return Piece(None, rests_on, values, minutes=minutes, borrows=borrows)


def _share(arguments: Sequence[Argument], names: Names) -> Piece:
    """`share("*/stage" > 4)`: of those that are known, the share [0-1] for which it is true."""
    _count("share", arguments, 1)
    piece = _piece(arguments[0], names)
    if not piece.truth:
        raise ValueError('`share` wants a comparison, e.g. `share("*/stage" > 4)`')
    return _reduce("mean", [piece._replace(truth=False)], names)


def _latest(arguments: Sequence[Argument], names: Names) -> Piece:
    """`latest("fenghua/stage")`: one number; of a pattern, one of each datastream."""
    _count("latest", arguments, 1)
    piece = latest_of(_text("latest", arguments[0]), names)
    return _single(piece)


def _over(arguments: Sequence[Argument], names: Names) -> Piece:
    """`over("x/rain", "PT1H", sum)`: one number out of the window that ends now."""
    _count("over", arguments, 3)
    keys = names.matching(_text("over", arguments[0]))
    minutes = _minutes(arguments[1])
    reducer = _text("over", arguments[2])
    if reducer not in REDUCERS:
        raise ValueError(f"`over` knows no `{reducer}`{nearest(reducer, REDUCERS)}")

    def ask(scene: Scene, key: str) -> float:
        found = [value for value in scene.window(key, minutes) if not isnan(value)]
        expected = max(1.0, minutes / scene.interval_min(key))
        if len(found) < COVERED * expected:
            return nan
        return safely(lambda: REDUCERS[reducer](found))

    return _single(of_each(keys, ask, minutes))


def _rate(arguments: Sequence[Argument], names: Names) -> Piece:
    """`rate("x/stage", "PT30M")`: slope of the best straight line [unit per hour]."""
    _count("rate", arguments, 2)
    keys = names.matching(_text("rate", arguments[0]))
    minutes = _minutes(arguments[1])

    def ask(scene: Scene, key: str) -> float:
        found = [(t, v) for t, v in enumerate(scene.window(key, minutes)) if not isnan(v)]
        if len(found) < max(2.0, COVERED * minutes / scene.interval_min(key)):
            return nan
        middle = sum(t for t, _ in found) / len(found)
        spread = sum((t - middle) ** 2 for t, _ in found)
        return safely(lambda: 60 * sum((t - middle) * v for t, v in found) / spread)

    return _single(of_each(keys, ask, minutes))


def _ahead(arguments: Sequence[Argument], names: Names) -> Piece:
    """`ahead("fenghua/stage", "PT3H", 0.9)`: the forecast's quantile at that lead."""
    _count("ahead", arguments, 3)
    key = _text("ahead", arguments[0])
    if key not in names.forecast:
        raise ValueError(f"nothing is forecast as `{key}`{nearest(key, names.forecast)}")
    lead_s = 60.0 * _minutes(arguments[1])
    probability = arguments[2]
    if not isinstance(probability, float) or not 0 < probability < 1:
        raise ValueError("`ahead` wants a probability between 0 and 1, e.g. 0.9")
    piece = of_each((key,), lambda scene, k: scene.ahead(k, lead_s, probability))
    return _single(piece._replace(borrows=frozenset({key})))


def _threshold(arguments: Sequence[Argument], names: Names) -> Piece:
    """`threshold("*/stage", "yellow")`: of each datastream that has one of that level."""
    _count("threshold", arguments, 2)
    keys = names.matching(_text("threshold", arguments[0]))
    level = _text("threshold", arguments[1]).lower()
    found = {key: names.thresholds[key, level] for key in keys if (key, level) in names.thresholds}
    if not found:
        raise ValueError(f"none of {', '.join(keys[:5])} has a threshold of level `{level}`")
    numbers = list(found.values())
    return _single(Piece(tuple(found), frozenset(), lambda scene, missing: numbers))


def _single(piece: Piece) -> Piece:
    """Return a piece of one datastream as a number."""
    return piece._replace(keys=None) if piece.keys is not None and len(piece.keys) == 1 else piece


def _each_number(act: Callable[[float], float], piece: Piece) -> Piece:
    def values(scene: Scene, missing: Missing) -> list[float]:
        return [safely(act, value) for value in piece.values(scene, missing)]

    return piece._replace(values=values, truth=False)


def _count(name: str, arguments: Sequence[Argument], wanted: int) -> None:
    if len(arguments) != wanted:
        raise ValueError(f"`{name}` takes {wanted} arguments, not {len(arguments)}")


def _text(name: str, argument: Argument) -> str:
    if not isinstance(argument, str):
        raise ValueError(f'`{name}` wants a name in quotes, e.g. "fenghua/stage"')
    return argument


def _minutes(argument: Argument) -> int:
    try:
        width = msgspec.convert(argument, timedelta)
    except msgspec.ValidationError:
        raise ValueError(f'`{argument}` is no duration; give e.g. "PT1H"') from None
    minutes = round(width.total_seconds() / 60)
    if not 1 <= minutes <= MAX_WINDOW_MIN:
        raise ValueError(f"`{argument}` is not between a minute and three days")
    return minutes
