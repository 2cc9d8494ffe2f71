"""Expressions as SQL: every property and type is checked, every constant is a parameter.

A comparison that goes over neighbours, `Datastreams/Sensor/name eq 'x'`, holds where there is at
least one such neighbour of which it is true.
"""

from datetime import datetime, timedelta

from forewarn.storage.things.errors import Unanswerable
from forewarn.storage.things.expressions import (
    Binary,
    Call,
    Expression,
    Geometry,
    Literal,
    Path,
    Unary,
)
from forewarn.storage.things.functions import BOOLEAN, call
from forewarn.storage.things.model import ENTITIES, Entity
from forewarn.storage.things.names import Names, Term, at
from forewarn.storage.things.places import place

COMPARISONS = {"eq": "=", "ne": "IS DISTINCT FROM", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}
_ENDS = {
    ("time", "duration"): "time",
    ("date", "duration"): "time",
    ("duration", "duration"): "duration",
}


def condition(expression: Expression, entity: Entity, alias: str, names: Names) -> str:
    """Return the SQL of a condition on `alias`; Unanswerable says what in it has no answer."""
    if isinstance(expression, Binary) and expression.operator in ("and", "or"):
        left, right = (
            condition(e, entity, alias, names) for e in (expression.left, expression.right)
        )
        return f"({left} {expression.operator.upper()} {right})"
    if isinstance(expression, Unary) and expression.operator == "not":
        return f"(NOT {condition(expression.operand, entity, alias, names)})"
    scope = Scope(entity, alias, names)
    found = scope.term(expression)
    if found.kind != "bool":
        raise Unanswerable(f"a condition is true or false, but this is of kind {found.kind}")
    return scope.closed(found.sql)


class Scope:
    """One comparison, and the neighbours that it looks at."""

    def __init__(self, entity: Entity, alias: str, names: Names) -> None:
        self._entity, self._alias, self._names = entity, alias, names
        self._joined: dict[tuple[str, ...], tuple[Entity, str]] = {}
        self._where: list[str] = []
        self._many = False

    def closed(self, sql: str) -> str:
        """Return `sql` where there are neighbours of which it is true."""
        if not self._joined:
            return sql
        return f"EXISTS (SELECT FROM {self._tables()} WHERE {' AND '.join([*self._where, sql])})"

    def single(self, sql: str) -> str:
        """Return the value `sql` of the one neighbour; Unanswerable where there may be many."""
        if self._many:
            raise Unanswerable("$orderby: the way leads to many entities, which have no order")
        if not self._joined:
            return sql
        return f"(SELECT {sql} FROM {self._tables()} WHERE {' AND '.join(self._where)})"

    def term(self, expression: Expression) -> Term:
        """Return the SQL of a value."""
        match expression:
            case Literal(value):
                return self._constant(value)
            case Geometry():
                return place(expression, self._names)
            case Path(steps):
                return self._path(steps)
            case Call(name, arguments):
                return call(name, [self.term(a) for a in arguments], self._names)
            case Binary(operator, left, right) if operator not in ("and", "or"):
                return _binary(operator, self.term(left), self.term(right))
            case Unary("-", operand):
                return _negative(self.term(operand))
        return Term(condition(expression, self._entity, self._alias, self._names), "bool")

    def _tables(self) -> str:
        return ", ".join(f"{entity.source} {alias}" for entity, alias in self._joined.values())

    def _constant(self, value: object) -> Term:
        if value is None:
            return Term("NULL", "null")
        if isinstance(value, bool):
            return Term(self._names.value(value, "bool"), "bool")
        if isinstance(value, float):
            whole = value.is_integer() and abs(value) < 2**53
            number = self._names.value(*((int(value), "bigint") if whole else (value, "float8")))
            return Term(number, "number")
        for kind, sql, known in (
            (datetime, "timestamptz", "time"),
            (timedelta, "interval", "duration"),
        ):
            if isinstance(value, kind):
                return Term(self._names.value(value, sql), known)
        return Term(self._names.value(value, "text"), "text")

    def _path(self, steps: tuple[str, ...]) -> Term:
        entity, alias = self._entity, self._alias
        for number, step in enumerate(steps):
            if step in entity.neighbours:
                entity, alias = self._joined_to(entity, alias, steps[: number + 1])
                continue
            found, inner = entity.property(step), list(steps[number + 1 :])
            if found.kind == "shown":
                raise Unanswerable(f"{entity.one}/{step} is shown but cannot be compared")
            if inner and found.kind != "json":
                raise Unanswerable(f"{entity.one}/{step} has nothing called `{inner[0][:40]}`")
            sql = at(found.sql, alias)
            if found.kind == "json":
                sql = f"nullif({sql} #> {self._names.value(inner, 'text[]')}, 'null'::jsonb)"
            return Term(sql, found.kind)
        raise Unanswerable(f"`{'/'.join(steps)[:80]}` is an entity; name one of its properties")

    def _joined_to(self, entity: Entity, alias: str, way: tuple[str, ...]) -> tuple[Entity, str]:
        if way not in self._joined:
            neighbour = entity.neighbours[way[-1]]
            joined = ENTITIES[neighbour.target], self._names.alias()
            self._where.append(at(neighbour.where, alias, joined[1]))
            self._many |= neighbour.many
            self._joined[way] = joined
        return self._joined[way]


def _binary(operator: str, left: Term, right: Term) -> Term:
    if operator in COMPARISONS:
        return Term(_compared(operator, left, right), "bool")
    kinds = (left.kind, right.kind)
    if kinds == ("number", "number"):
        return Term(_calculated(operator, left.sql, right.sql), "number")
    if operator in ("add", "sub") and kinds in _ENDS:
        return Term(f"({left.sql} {ARITHMETIC[operator]} {right.sql})", _ENDS[kinds])
    if operator == "sub" and kinds == ("time", "time"):
        return Term(f"({left.sql} - {right.sql})", "duration")
    raise Unanswerable(f"`{operator}` of {left.kind} and {right.kind} has no meaning")


def _calculated(operator: str, left: str, right: str) -> str:
    """Return arithmetic; what is divided by zero is null."""
    if operator == "div":
        return f"({left} / nullif({right}, 0))"
    if operator == "mod":
        return f"mod({left}::numeric, nullif({right}::numeric, 0))"
    return f"({left} {ARITHMETIC[operator]} {right})"


def _negative(operand: Term) -> Term:
    if operand.kind not in ("number", "duration"):
        raise Unanswerable(f"`-` of {operand.kind} has no meaning")
    return Term(f"(- {operand.sql})", operand.kind)


def _compared(operator: str, left: Term, right: Term) -> str:
    kinds = {left.kind, right.kind}
    if "null" in kinds:
        if operator not in ("eq", "ne"):
            raise Unanswerable(f"`{operator}` null has no meaning; only eq and ne have")
        found, other = (left, right) if right.kind == "null" else (right, left)
        if other.kind == found.kind:
            return "TRUE" if operator == "eq" else "FALSE"
        return f"({found.sql} IS {'NOT ' if operator == 'ne' else ''}NULL)"
    if "json" in kinds and kinds <= {"json", "text", "number", "bool"}:
        left, right = (
            side if side.kind == "json" else Term(f"to_jsonb({side.sql})", "json")
            for side in (left, right)
        )
    elif len(kinds) > 1:
        hint = "; write a time without quotes" if kinds == {"time", "text"} else ""
        raise Unanswerable(f"{left.kind} and {right.kind} cannot be compared{hint}")
    elif kinds & set(BOOLEAN):
        raise Unanswerable("places are compared with st_equals, st_within and their like")
    return f"({left.sql} {COMPARISONS[operator]} {right.sql})"
