"""Rows of things as SensorThings 1.1 writes them: with links, and next pages."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from forewarn.storage.things import ENTITIES, ID_SPAN, Page
from forewarn.storage.things.question import Expand, Options

COMPONENTS = ("id", "phenomenonTime", "resultTime", "result", "resultQuality")

CONFORMANCE = [
    f"http://www.opengis.net/spec/iot_sensing/1.1/req/{name}"
    for name in (
        "datamodel",
        "resource-path/resource-path-to-entities",
        "request-data/expand",
        "request-data/select",
        "request-data/orderby",
        "request-data/top",
        "request-data/skip",
        "request-data/count",
        "request-data/filter",
        "request-data/pagination",
        "create-update-delete/create-entity",
        "create-update-delete/link-to-existing-entities",
        "create-update-delete/deep-insert",
        "create-update-delete/deep-insert-status-code",
        "create-update-delete/update-entity",
        "create-update-delete/update-entity-jsonpatch",
        "create-update-delete/delete-entity",
        "create-update-delete/historical-location-auto-creation",
        "data-array/data-array",
    )
]


def base(request: Request) -> str:
    """Return the address of `/v1.1` as the client knows it."""
    return f"{request.url.scheme}://{request.url.netloc}/v1.1"


def answered(
    answer: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return `answer` as JSON that nobody keeps."""
    said = {"Cache-Control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(answer), status, said, media_type="application/json")


def root(base: str) -> dict[str, Any]:
    """Return what `/v1.1` itself answers: the sets of entities, and what is conformed to."""
    return {
        "value": [{"name": name, "url": f"{base}/{name}"} for name in ENTITIES],
        "serverSettings": {"conformance": CONFORMANCE},
    }


def entity(row: Mapping[str, Any], kind: str, options: Options, base: str) -> dict[str, Any]:
    """Return one entity of the set `kind`, its neighbours expanded or as links."""
    address, select = f"{base}/{kind}({row['@iot.id']})", options.select
    shaped: dict[str, Any] = {}
    if not select or {"id", "@iot.id"} & set(select):
        shaped["@iot.id"] = row["@iot.id"]
    if not select:
        shaped["@iot.selfLink"] = address
    known = ENTITIES[kind]
    shaped |= {name: row[name] for name in known.properties if name in row}
    expanded = {expand.name: expand for expand in options.expand}
    for name, neighbour in known.neighbours.items():
        if name in expanded:
            found = expanded[name]
            shaped |= _expanded(row, found, neighbour.target, f"{address}/{name}", base)
        elif not select or name in select:
            shaped[f"{name}@iot.navigationLink"] = f"{address}/{name}"
    return shaped


def page(found: Page, kind: str, options: Options, base: str) -> dict[str, Any]:
    """Return a set of entities, as objects or as arrays."""
    if options.data_array:
        shaped: dict[str, Any] = {"value": _arrays(found.rows, base)}
    else:
        shaped = {"value": [entity(row, kind, options, base) for row in found.rows]}
    if found.count is not None:
        shaped = {"@iot.count": found.count} | shaped
    return shaped


def references(found: Page, kind: str, base: str) -> dict[str, Any]:
    """Return the addresses of a set of entities."""
    return {"value": [{"@iot.selfLink": f"{base}/{kind}({row['@iot.id']})"} for row in found.rows]}


def next_link(this: str, pairs: Sequence[tuple[str, str]], skip: int) -> str:
    """Return the address of the page that begins after `skip` entities."""
    kept = [(name, value) for name, value in pairs if name != "$skip"]
    return f"{this}?{urlencode([*kept, ('$skip', str(skip))], quote_via=quote, safe='$')}"


def _expanded(
    row: Mapping[str, Any], expand: Expand, kind: str, address: str, base: str
) -> dict[str, Any]:
    name, options = expand.name, expand.options
    rows = row[name]
    if not isinstance(rows, list):
        return {name: None if rows is None else entity(rows, kind, options, base)}
    shaped: dict[str, Any] = {}
    if options.count:
        shaped[f"{name}@iot.count"] = row[f"{name}@iot.count"]
    shaped[name] = [entity(found, kind, options, base) for found in rows[: options.top]]
    if len(rows) > options.top:
        # the same options as a query of its own; they have their text with them
        pairs = [pair for pair in expand.written if pair[0] != "$top"]
        pairs.append(("$top", str(options.top)))
        shaped[f"{name}@iot.nextLink"] = next_link(address, pairs, options.skip + options.top)
    return shaped


def _arrays(rows: Sequence[Mapping[str, Any]], base: str) -> list[dict[str, Any]]:
    """Return observations as one array for each datastream, in the order they come in."""
    groups: dict[int, list[list[Any]]] = {}
    for row in rows:
        values = [row["@iot.id"], *(row.get(name) for name in COMPONENTS[1:])]
        groups.setdefault(row["@iot.id"] // ID_SPAN, []).append(values)
    return [
        {
            "Datastream@iot.navigationLink": f"{base}/Datastreams({datastream})",
            "components": list(COMPONENTS),
            "dataArray@iot.count": len(values),
            "dataArray": values,
        }
        for datastream, values in groups.items()
    ]
