"""Formulas of indicators: arithmetic, comparisons and a table of functions. Nothing else.

Grammar, a part of Python's (read with `ast`, never run)::

    max("*/stage @ city")                      largest newest value of an area's stages
    100 * share("*/rain" > 0.1)                share of gauges with rain
    over("haishu-rain/rain", "PT1H", sum)      rain of the last hour
    max(latest("*/stage") / threshold("*/stage", "yellow"))
    ahead("fenghua/stage", "PT3H", 0.9)        90 % quantile in three hours
"""

import ast
import operator
import warnings
from collections.abc import Callable
from math import isnan, nan

from msgspec import Struct

from stream.models.vitals.functions import NAMES, REDUCERS, Argument, call, latest_of
from stream.models.vitals.names import Names, nearest
from stream.models.vitals.scene import Missing, Piece, Scene, elementwise, number

LONGEST = 2000
"""Characters of a formula, at most."""

DEEPEST = 50
"""Brackets within brackets, at most."""

OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class FormulaError(Exception):
    """A formula that cannot be used: where, what, and what would help."""

    def __init__(self, why: str, position: int) -> None:
        super().__init__(f"at character {position}: {why}")
        self.position = position
        """Place of the mistake, the first character is 1."""


class Formula(Struct, frozen=True):
    """A formula that can be evaluated."""

    text: str
    piece: Piece

    @property
    def rests_on(self) -> frozenset[str]:
        """Return the datastreams that it looks at."""
        return self.piece.rests_on

    @property
    def borrows(self) -> frozenset[str]:
        """Return the keys whose forecasts it looks at."""
        return self.piece.borrows

    @property
    def minutes(self) -> int:
        """Return how far it looks back [min]."""
        return self.piece.minutes

    def evaluate(self, scene: Scene) -> tuple[float, frozenset[str]]:
        """Return its value, NaN where there is none, and the datastreams that gave nothing."""
        missing: Missing = set()
        [value] = self.piece.values(scene, missing)
        return (nan if isnan(value) else float(value)), frozenset(missing) & self.rests_on


def parse(text: str, names: Names) -> Formula:
    """Return the formula in `text`; FormulaError says where it is wrong and what would help."""
    flat = " ".join(text.split())
    if len(flat) > LONGEST:
        raise FormulaError(f"longer than {LONGEST} characters", LONGEST)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in strings
            tree = ast.parse(flat, mode="eval").body
    except SyntaxError as error:
        raise FormulaError(f"it is no formula: {error.msg}", error.offset or 1) from None
    except (ValueError, RecursionError, MemoryError):
        raise FormulaError("it is no formula", 1) from None
    piece = _values(_read(tree, names, 0), tree, names)
    if piece.keys is not None:
        several = f"{len(piece.keys)} numbers, one of each of {', '.join(piece.keys[:3])} …"
        raise FormulaError(f"it gives {several}; put `max(…)` or `mean(…)` around it", 1)
    if not piece.rests_on:
        raise FormulaError('it names no datastream; give e.g. `max("*/stage")`', 1)
    return Formula(flat, piece)


def _at(node: ast.AST) -> int:
    return int(getattr(node, "col_offset", 0)) + 1


def _read(node: ast.expr, names: Names, depth: int) -> Piece | str:
    """Return the piece that `node` is, or the text of a string."""
    if depth > DEEPEST:
        raise FormulaError(f"more than {DEEPEST} brackets within brackets", _at(node))
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return number(float(node.value))
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return _joined(node.left, node.right, OPERATORS[type(node.op)], names, depth)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return elementwise(number(0.0), _numbers(node.operand, names, depth), operator.sub)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        act = COMPARISONS[type(node.ops[0])]
        piece = _joined(
            node.left, node.comparators[0], lambda a, b: 1.0 if act(a, b) else 0.0, names, depth
        )
        return piece._replace(truth=True)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _called(node, node.func.id, names, depth)
    raise FormulaError(_not_known(node), _at(node))


def _called(node: ast.Call, name: str, names: Names, depth: int) -> Piece:
    arguments: list[Argument] = []
    for place, argument in enumerate(node.args):
        if isinstance(argument, ast.Name) and name == "over" and place == 2:
            arguments.append(argument.id)
        elif isinstance(argument, ast.Constant) and name == "ahead" and place == 2:
            value = argument.value
            arguments.append(float(value) if isinstance(value, (int, float)) else "")
        else:
            arguments.append(_read(argument, names, depth + 1))
    try:
        return call(name, arguments, names)
    except ValueError as error:
        raise FormulaError(str(error), _blamed(node, str(error))) from None


def _blamed(node: ast.Call, why: str) -> int:
    """Return the place of the argument that a message names, else that of the call."""
    for argument in node.args:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            words = argument.value.replace("@", " ").split() or [""]
            if any(f"`{word}`" in why for word in (argument.value, *words)):
                return _at(argument)
    return _at(node)


def _joined(
    left: ast.expr,
    right: ast.expr,
    act: Callable[[float, float], float],
    names: Names,
    depth: int,
) -> Piece:
    first, second = _numbers(left, names, depth), _numbers(right, names, depth)
    piece = elementwise(first, second, act)
    if piece.keys == ():
        raise FormulaError("both sides have values of different datastreams", _at(right))
    return piece


def _numbers(node: ast.expr, names: Names, depth: int) -> Piece:
    return _values(_read(node, names, depth + 1), node, names)


def _values(found: Piece | str, node: ast.expr, names: Names) -> Piece:
    """Return a piece; a string that stands where numbers are wanted means its newest values."""
    if isinstance(found, Piece):
        return found
    try:
        piece = latest_of(found, names)
    except ValueError as error:
        raise FormulaError(str(error), _at(node)) from None
    return piece if piece.keys is None or len(piece.keys) > 1 else piece._replace(keys=None)


def _not_known(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        hint = f'; write "{node.id}/…" in quotes' if node.id not in NAMES else "; it wants brackets"
        return f"`{node.id}` stands alone{hint}{nearest(node.id, REDUCERS)}"
    if isinstance(node, ast.Call):
        return "only functions of the table can be called, and without `name=`"
    if isinstance(node, ast.Compare):
        return "only <, <=, > and >= compare, two numbers at a time"
    return f"`{ast.unparse(node)[:40]}` has no meaning here; there are + - * / comparisons and " + (
        ", ".join(NAMES)
    )
