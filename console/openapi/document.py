"""OpenAPI 3.1 out of routes, the table, and the schemas that msgspec makes of structs."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct
from starlette.routing import BaseRoute, Mount, Route

from console.access.guard import CSRF, is_public
from console.openapi.fields import with_words
from console.openapi.says import Error, Query, Says
from console.openapi.table import TABLE, TEXTS
from forewarn import __version__

PREFIXES = ("/api", "/feeds", "/cap", "/healthz")
"""What is under these must be described; anything else may be."""

REF = "#/components/schemas/{name}"
JSON = "application/json"


class Described(Struct, frozen=True):
    """One route and method with what is said of it."""

    method: str
    path: str
    """As OpenAPI writes it: `/feeds/{area}.atom`."""
    route: Route
    says: Says

    @property
    def permit(self) -> str:
        """Return what it takes; empty: anybody may."""
        return "" if is_public(self.path) else getattr(self.route.endpoint, "permit", "")


def operations(routes: Sequence[BaseRoute], base: str = "") -> Iterator[tuple[str, str, Route]]:
    """Yield (method, path, route) of all `routes`, those inside mounts included."""
    for route in routes:
        if isinstance(route, Mount):
            yield from operations(route.routes, base + route.path)
        elif isinstance(route, Route):
            path = re.sub(r":\w+\}", "}", base + route.path)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, path, route


def described(
    routes: Sequence[BaseRoute], table: Mapping[str, Says] = TABLE
) -> tuple[list[Described], list[str]]:
    """Return what is described, and what should be and is not, as `GET /path`."""
    found, missing = [], []
    for method, path, route in operations(routes):
        name = f"{method} {path}"
        if name in table:
            found.append(Described(method, path, route, table[name]))
        elif path.startswith(PREFIXES):
            missing.append(name)
    return found, missing


def document(routes: Sequence[BaseRoute], title: str, cookie: str) -> dict[str, Any]:
    """Return the OpenAPI document of `routes`; `cookie` is the name of the session's."""
    found, _ = described(routes)
    kinds = [Error, *(kind for one in found for kind in _kinds(one.says))]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    known = dict(zip(map(repr, kinds), schemas, strict=True))
    paths: dict[str, Any] = {}
    for one in found:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Forewarn: {title}",
            "version": __version__,
            "description": "Times of world are Unix milliseconds, or RFC 3339 where they are "
            "texts; levels are 0 (none) to 4 (red).",
        },
        "paths": paths,
        "components": {
            "schemas": with_words(components, kinds),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _kinds(says: Says) -> list[Any]:
    kinds = [*_answers(says), says.body, *says.refusals.values(), *(q.kind for q in says.query)]
    return [kind for kind in kinds if kind is not None]


def _answers(says: Says) -> tuple[Any, ...]:
    if isinstance(says.answer, str):
        return ()
    return says.answer if isinstance(says.answer, tuple) else (says.answer,)


def _operation(one: Described, known: Mapping[str, Any]) -> dict[str, Any]:
    text = inspect.cleandoc(one.route.endpoint.__doc__ or "")
    summary, _, more = text.partition("\n")
    takes = f"Takes the permit `{one.permit}`." if one.permit else "For anybody."
    said: dict[str, Any] = {
        "summary": summary.rstrip("."),
        "description": "\n\n".join(part for part in (more.strip(), takes) if part),
        "operationId": re.sub(r"\W+", "-", f"{one.method.lower()} {one.path}").strip("-"),
        "tags": [_tag(one.path)],
        "parameters": list(_parameters(one, known)),
        "responses": _responses(one, known),
        "security": [{"session": []}, {"token": []}] if one.permit else [],
    }
    if one.says.body is not None:
        schema = known[repr(one.says.body)]
        said["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": schema}},
        }
    return said


def _tag(path: str) -> str:
    parts = [part for part in path.removeprefix("/api").split("/") if part]
    return parts[0].partition(".")[0] if parts else "api"


def _parameters(one: Described, known: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, convertor in one.route.param_convertors.items():
        whole = type(convertor).__name__ == "IntegerConvertor"
        schema = {"type": "integer", "minimum": 0} if whole else {"type": "string", "minLength": 1}
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": TEXTS[name],
            "schema": schema,
        }
    for query in one.says.query:
        yield _query(query, known)
    if one.permit and one.method != "GET":
        yield {
            "name": CSRF,
            "in": "header",
            "required": False,
            "description": "`csrf` of `/api/me`; a token of a machine needs none.",
            "schema": {"type": "string"},
        }


def _query(query: Query, known: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": query.name,
        "in": "query",
        "required": query.required,
        "description": query.text,
        "schema": known[repr(query.kind)],
    }
    return said | ({"example": query.example} if query.example else {})


def _responses(one: Described, known: Mapping[str, Any]) -> dict[str, Any]:
    says, schemas = one.says, [known[repr(kind)] for kind in _answers(one.says)]
    kind = JSON if schemas else says.answer
    schema: Any = {"anyOf": schemas} if len(schemas) > 1 else {"type": "string"}
    schema = schemas[0] if len(schemas) == 1 else schema
    found: dict[str, Any] = {"200": _response(200, kind, schema)}
    if says.tagged:
        found["304"] = {"description": "It is as the ETag in `If-None-Match` says."}
    errors = {*says.errors, 405}
    errors |= {401, 403} if one.permit else set()
    errors |= {400, 408, 413} if says.body is not None else set()
    errors |= {403} if one.method != "GET" else set()
    for status in sorted({*errors, *says.refusals, 503}):
        struct = says.refusals.get(status, Error)
        found[str(status)] = _response(status, JSON, known[repr(struct)])
    return found


def _response(status: int, kind: str, schema: Any) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {kind: {"schema": schema}}}
