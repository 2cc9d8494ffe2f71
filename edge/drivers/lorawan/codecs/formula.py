"""Formulas of calibration tables: numbers, names, arithmetic and a few functions. Pure."""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import log

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"power": pow, "log": log, "max": max, "min": min}


@lru_cache(maxsize=2000)
def _parsed(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def evaluate(formula: str, names: Mapping[str, float]) -> float | None:
    """Return the value of `formula`; None where it has none (a division by zero, a logarithm of 0).

    Raises ValueError where the formula holds anything but arithmetic over `names`.
    """
    try:
        found = _value(_parsed(formula), names)
    except (ZeroDivisionError, OverflowError):
        return None
    except SyntaxError as error:
        raise ValueError(f"formula `{formula}`: {error.msg}") from error
    return None if isinstance(found, complex) else found


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=args) if name in _FUNCTIONS:
            arguments = [_value(argument, names) for argument in args]
            if name == "log" and arguments[0] <= 0:
                raise ZeroDivisionError
            return _FUNCTIONS[name](*arguments)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _holds(test, names) else orelse, names)
    raise ValueError(f"`{ast.unparse(node)}` is no arithmetic over {', '.join(names)}")


def _holds(node: ast.expr, names: Mapping[str, float]) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_holds(part, names) for part in parts)
        case ast.Compare(left=left, ops=[ast.Gt()], comparators=[right]):
            return _value(left, names) > _value(right, names)
    raise ValueError(f"`{ast.unparse(node)}` is no comparison")
