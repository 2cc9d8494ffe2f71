"""The words under the fields of a struct, which Python itself does not keep."""

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

import msgspec


def with_words(components: dict[str, Any], kinds: list[Any]) -> dict[str, Any]:
    """Return `components` with what is written under the fields of their structs."""
    structs = structs_in(kinds)
    found = {}
    for name, schema in components.items():
        words = _words(structs[name]) if name in structs else {}
        properties = {
            field: _described(of, words.get(field, ""))
            for field, of in schema.get("properties", {}).items()
        }
        found[name] = schema | ({"properties": properties} if properties else {})
    return found


def structs_in(kinds: list[Any]) -> dict[str, type[msgspec.Struct]]:
    """Return every struct inside `kinds`, by its name and by its name with its module."""
    found: dict[str, type[msgspec.Struct]] = {}
    seen: set[type[msgspec.Struct]] = set()
    waiting: list[Any] = list(msgspec.inspect.multi_type_info(kinds))
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            found[info.cls.__name__] = info.cls
            found[f"{info.cls.__module__}.{info.cls.__qualname__}"] = info.cls
            waiting += [field.type for field in info.fields]
        for part in ("item_type", "key_type", "value_type", "type"):
            if isinstance(inner := getattr(info, part, None), msgspec.inspect.Type):
                waiting.append(inner)
        for part in ("types", "item_types"):
            waiting += getattr(info, part, ())
    return found


def _described(schema: dict[str, Any], words: str) -> dict[str, Any]:
    return schema | {"description": words} if words else schema


@cache
def _words(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return field → text, of the struct and those that it is made from."""
    found: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        if not issubclass(cls, msgspec.Struct) or cls is msgspec.Struct:
            continue
        [defined] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        assert isinstance(defined, ast.ClassDef)
        for field, after in zip(defined.body, defined.body[1:], strict=False):
            if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
                continue
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[field.target.id] = inspect.cleandoc(str(after.value.value))
    return found
