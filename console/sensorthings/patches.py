"""JSON Patch (RFC 6902) of an entity: `add`, `replace`, `remove` and `test`. Pure."""

import re
from copy import deepcopy
from typing import Any

from console.sensorthings.errors import BodyRefused

MAX_PATCHES = 100

_PLACE = re.compile(r"0|[1-9][0-9]{0,5}")
"""A place in an array (RFC 6901); a body has no longer ones."""


def patched(entity: dict[str, Any], patches: Any) -> dict[str, Any]:
    """Return the properties of `entity` that `patches` change; BodyRefused says which cannot."""
    if not isinstance(patches, list) or len(patches) > MAX_PATCHES:
        raise BodyRefused(f"body: an array of at most {MAX_PATCHES} patches is expected")
    new: Any = deepcopy(entity)
    for place, patch in enumerate(patches):
        where = f"[{place}]"
        if not isinstance(patch, dict) or not isinstance(patch.get("path"), str):
            raise BodyRefused(f"{where}: an object with `op` and `path` is expected")
        _apply(new, patch, where)
    if gone := entity.keys() - new.keys():
        raise BodyRefused(f"body: `{min(gone)}` may be replaced, not removed")
    return {name: value for name, value in new.items() if value != entity.get(name)}


def _apply(entity: Any, patch: dict[str, Any], where: str) -> None:
    operation, path = patch.get("op"), patch["path"]
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]] or [
        ""
    ]
    owner = entity
    for step in way:
        owner = _inner(owner, step, where, path)
    if operation in ("replace", "remove", "test"):
        found = _inner(owner, last, where, path)
        if operation == "test" and found != patch.get("value"):
            raise BodyRefused(f"{where}: `{path}` is another than `value`")
    elif operation != "add":
        raise BodyRefused(f"{where}.op: one of add, replace, remove, test is expected")
    if operation == "remove":
        del owner[int(last) if isinstance(owner, list) else last]
    elif operation != "test":
        if "value" not in patch:
            raise BodyRefused(f"{where}.value: is missing")
        _put(owner, last, patch["value"], new=operation == "add", where=where)


def _put(owner: Any, name: str, value: Any, *, new: bool, where: str) -> None:
    if isinstance(owner, dict):
        owner[name] = value
        return
    at = len(owner) if name == "-" and isinstance(owner, list) else -1
    if at < 0 and _PLACE.fullmatch(name):
        at = int(name)
    if not isinstance(owner, list) or not 0 <= at <= len(owner):
        raise BodyRefused(f"{where}.path: leads to nothing that holds others")
    owner[at : at if new else at + 1] = [value]


def _inner(owner: Any, step: str, where: str, path: str) -> Any:
    if isinstance(owner, dict) and step in owner:
        return owner[step]
    if isinstance(owner, list) and _PLACE.fullmatch(step) and int(step) < len(owner):
        return owner[int(step)]
    raise BodyRefused(f"{where}.path: there is no `{path[:80]}`")
