"""The functions of `$filter` as SQL."""

from collections.abc import Mapping, Sequence

from forewarn.storage.things.errors import Unanswerable
from forewarn.storage.things.names import Names, Term
from forewarn.storage.things.places import related

BOOLEAN = ("point", "polygon")
"""Kinds that only the functions of places compare."""

_PARTS = "year month day hour minute second"

# name -> (kinds of the arguments, SQL, kind of the answer)
_SIMPLE: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "substringof": (("text", "text"), "(strpos({1}, {0}) > 0)", "bool"),
    "startswith": (("text", "text"), "starts_with({0}, {1})", "bool"),
    "endswith": (("text", "text"), "(right({0}, length({1})) = {1})", "bool"),
    "indexof": (("text", "text"), "(strpos({0}, {1}) - 1)", "number"),
    "concat": (("text", "text"), "({0} || {1})", "text"),
    "length": (("text",), "length({0})", "number"),
    "tolower": (("text",), "lower({0})", "text"),
    "toupper": (("text",), "upper({0})", "text"),
    "trim": (("text",), "btrim({0})", "text"),
    **{
        part: (("time",), f"floor(extract({part} FROM {{0}}))::float8", "number")
        for part in _PARTS.split()
    },
    "fractionalseconds": (("time",), "mod(extract(second FROM {0}), 1)::float8", "number"),
    "totaloffsetminutes": (("time",), "(extract(timezone FROM {0}) / 60)::float8", "number"),
    "date": (("time",), "({0})::date", "date"),
    "time": (("time",), "({0})::time", "clock"),
    "mindatetime": ((), "'-infinity'::timestamptz", "time"),
    "maxdatetime": ((), "'infinity'::timestamptz", "time"),
    "round": (("number",), "round({0}::numeric)::float8", "number"),
    "floor": (("number",), "floor({0}::float8)", "number"),
    "ceiling": (("number",), "ceil({0}::float8)", "number"),
    "geo.distance": (("point", "point"), "({0} <-> {1})", "number"),
}


def call(name: str, arguments: Sequence[Term], names: Names) -> Term:
    """Return the SQL of a function; Unanswerable says what is wrong with which argument.

    `geo.distance` is in degrees, as the places are. How many arguments there are is known to fit.
    """
    if name == "now":
        return Term(names.value(names.now, "timestamptz"), "time")
    if name == "substring":
        return _substring(arguments)
    if name in _SIMPLE:
        kinds, sql, kind = _SIMPLE[name]
        fitting = [_fitting(name, *pair) for pair in zip(arguments, kinds, strict=True)]
        for number, argument in enumerate(fitting):
            sql = sql.replace(f"{{{number}}}", argument)
        return Term(sql, kind)
    if len(arguments) == 2 and name.startswith(("st_", "geo.")):
        return Term(related(name, arguments[0], arguments[1]), "bool")
    raise Unanswerable(f"{name} is not answered by this server")


def _substring(arguments: Sequence[Term]) -> Term:
    kinds = ("text", "number", "number")[: len(arguments)]
    text, *numbers = (_fitting("substring", *p) for p in zip(arguments, kinds, strict=True))
    start = f"greatest({numbers[0]}, 0)::int + 1"
    count = f", greatest({numbers[1]}, 0)::int" if len(numbers) == 2 else ""
    return Term(f"substr({text}, {start}{count})", "text")


def _fitting(name: str, argument: Term, kind: str) -> str:
    if argument.kind == "json" and kind == "text":
        return f"({argument.sql} #>> '{{}}')"
    if argument.kind == "null":
        raise Unanswerable(f"{name} of null has no meaning")
    if argument.kind != kind:
        raise Unanswerable(f"{name} takes a {kind}, not a {argument.kind}")
    return argument.sql
