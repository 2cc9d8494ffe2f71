"""Between which values a formula must lie: interval arithmetic (Moore 1966, *Interval Analysis*).

The interval is never too narrow, and may be too wide: what is not worked out here, rates,
forecasts and shares of several datastreams, is unbounded. So a bound outside it is surely out of
reach.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from math import inf, isnan

from stream.models.vitals.formula import Formula
from stream.models.vitals.names import Names

Interval = tuple[float, float]

ANY: Interval = (-inf, inf)
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
WITHIN = ("max", "min", "mean", "last")
"""These give a value between the least and the largest of what they are given."""


def reach(formula: Formula, names: Names, limits: Mapping[str, Interval]) -> Interval:
    """Return the least and the largest value that a formula can have.

    Worked example: `latest("park/occupied") / 40` with `limits = {"park/occupied": (0, 19)}` lies
    in (0, 0.475).

    Parameters
    ----------
    limits :
        Between which values the trusted observations of a datastream lie; without, anything.
    """
    return _of(ast.parse(formula.text, mode="eval").body, names, limits)


def _of(node: ast.expr, names: Names, limits: Mapping[str, Interval]) -> Interval:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return _hull(limits.get(key, ANY) for key in names.matching(node.value))
        return (
            (float(node.value), float(node.value)) if isinstance(node.value, int | float) else ANY
        )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        low, high = _of(node.operand, names, limits)
        return -high, -low
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = (_of(side, names, limits) for side in (node.left, node.right))
        return _joined(type(node.op), left, right)
    if isinstance(node, ast.Compare):
        return 0.0, 1.0
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node.func.id, node.args, names, limits)
    return ANY


def _called(
    name: str, arguments: list[ast.expr], names: Names, limits: Mapping[str, Interval]
) -> Interval:
    if name == "latest" or name in WITHIN:
        return _hull(_of(argument, names, limits) for argument in arguments)
    if name == "share":
        return 0.0, 1.0
    if name == "count":
        return 0.0, inf
    if name == "over":
        reducer = arguments[2]
        if isinstance(reducer, ast.Name) and reducer.id in WITHIN:
            return _of(arguments[0], names, limits)
    if name == "threshold":
        pattern, level = (ast.literal_eval(argument) for argument in arguments)
        at = ((key, level.lower()) for key in names.matching(pattern))
        values = [names.thresholds[key] for key in at if key in names.thresholds]
        return min(values), max(values)
    return ANY


def _joined(act: type[ast.operator], left: Interval, right: Interval) -> Interval:
    if act is ast.Div and right[0] <= 0 <= right[1]:
        return ANY
    corners = [OPERATORS[act](a, b) for a in left for b in right]
    return ANY if any(isnan(corner) for corner in corners) else (min(corners), max(corners))


def _hull(intervals: Iterable[Interval]) -> Interval:
    lows, highs = zip(*intervals, strict=True)
    return min(lows), max(highs)
