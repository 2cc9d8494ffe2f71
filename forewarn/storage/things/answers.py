"""Questions about things as one statement each, and their answers as plain rows."""

from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.json import decode
from psycopg import Cursor

from forewarn.storage.connection import Connection
from forewarn.storage.things.conditions import Scope, condition
from forewarn.storage.things.errors import Unanswerable
from forewarn.storage.things.model import ENTITIES, Entity, Neighbour
from forewarn.storage.things.names import Names, at
from forewarn.storage.things.question import Expand, Options, Order, Step

MAX_EXPANDED_ROWS = 20_000
"""Neighbours that one entity may bring along at most, by the `$top` of what is nested."""
MAX_CHARACTERS = 8_000_000
"""Of an answer: a page that would be larger ends earlier, and there is a next one."""


class Page(Struct, frozen=True, kw_only=True):
    """Some entities of a set; each is a dict of its properties, with its neighbours inside.

    A set of neighbours inside holds one row more than was asked for if there are more.
    """

    rows: list[dict[str, Any]]
    more: bool
    """Whether entities follow after these."""
    count: int | None
    """How many there are without `$top` and `$skip`; None if that was not asked."""


def ask(connection: Connection, way: Sequence[Step], options: Options, now: datetime) -> Page:
    """Return the entities at the end of `way`, which begins at a set of ENTITIES.

    `now` is what `now()` means. Raises Unanswerable for what has no answer, and psycopg.Error:
    `QueryCanceled` where it takes longer than the connection allows, `DataError` where a value
    cannot be what it is taken for.
    """
    names, entity = Names(now), target(way)
    alias = names.alias()
    where = [_led(way, alias, names), *_filtered(options, entity, alias, names)]
    clauses = f"FROM {entity.source} {alias} WHERE {' AND '.join(where)}"
    shape = _shape(entity, alias, options, names)
    sql = (
        f"SELECT ({shape})::text {clauses} {_ordered(options.order, entity, alias, names)}"
        f" LIMIT {names.value(options.top + 1, 'bigint')}"
        f" OFFSET {names.value(options.skip, 'bigint')}"
    )
    rows, more = _read(connection, sql, names, options.top)
    return Page(rows=rows, more=more, count=_count(connection, way, options, now))


def target(way: Sequence[Step]) -> Entity:
    """Return the kind of entity to which `way` leads; Unanswerable if there is no such way."""
    if way[0].name not in ENTITIES:
        known = ", ".join(ENTITIES)
        raise Unanswerable(f"no set of entities `{way[0].name[:40]}`; there are {known}")
    entity = ENTITIES[way[0].name]
    for step in way[1:]:
        neighbour = entity.neighbour(step.name)
        if step.id is not None and not neighbour.many:
            raise Unanswerable(f"{entity.one} has one {step.name}: ask for it without an id")
        entity = ENTITIES[neighbour.target]
    return entity


def leads_to_one(way: Sequence[Step]) -> bool:
    """Return whether `way` ends at one entity, or at none, and not at a set."""
    if way[-1].id is not None or len(way) == 1:
        return way[-1].id is not None
    return not target(way[:-1]).neighbours[way[-1].name].many


def _count(
    connection: Connection, way: Sequence[Step], options: Options, now: datetime
) -> int | None:
    if not options.count:
        return None
    names, entity = Names(now), target(way)
    where = [_led(way, "t0", names), *_filtered(options, entity, "t0", names)]
    sql = f"SELECT count(*) FROM {entity.source} t0 WHERE {' AND '.join(where)}"
    found = connection.execute(sql.encode(), names.parameters).fetchone()
    return int(found[0]) if found else 0


def _read(
    connection: Connection, sql: str, names: Names, top: int
) -> tuple[list[dict[str, Any]], bool]:
    """Return up to `top` rows, fewer where they become too many characters, and if more follow.

    A page that ends at its `top` reads the one row that follows and then the end: left unread,
    the driver would ask the server over a second connection to cancel, for every page. (On
    TimescaleDB as WebAssembly, which takes one connection, that waits 5 s in vain.)
    """
    rows: list[dict[str, Any]] = []
    characters, more = 0, False
    with connection.cursor() as cursor, closing(_stream(cursor, sql, names)) as found:
        for (text,) in found:
            if len(rows) == top:
                more = True
                continue
            if rows and characters + len(text) > MAX_CHARACTERS:
                return rows, True
            characters += len(text)
            rows.append(decode(text))
    return rows, more


def _stream(
    cursor: Cursor[tuple[Any, ...]], sql: str, names: Names
) -> Generator[tuple[Any, ...], None, None]:
    """Yield row by row: a page that ends early must not be in memory whole."""
    yield from cursor.stream(sql.encode(), names.parameters)


def _led(way: Sequence[Step], alias: str, names: Names) -> str:
    """Return the condition that `alias` is at the end of `way`."""
    *before, last = way
    where = [] if last.id is None else [names.identified(target(way), alias, last.id)]
    if before:
        origin, parent = target(before), names.alias()
        link = at(origin.neighbour(last.name).where, parent, alias)
        led = _led(before, parent, names)
        where.append(f"EXISTS (SELECT FROM {origin.source} {parent} WHERE {link} AND {led})")
    return " AND ".join(where) or "TRUE"


def _filtered(options: Options, entity: Entity, alias: str, names: Names) -> list[str]:
    return [condition(options.filter, entity, alias, names)] if options.filter else []


def _ordered(order: Sequence[Order], entity: Entity, alias: str, names: Names) -> str:
    keys = []
    for key in order:
        steps = ("@iot.id",) if key.path.steps == ("id",) else key.path.steps
        if steps == ("@iot.id",):  # by its columns, which have an index
            keys += [at(sql, alias) + (" DESC" if key.descending else "") for sql in entity.order]
            continue
        scope = Scope(entity, alias, names)
        found = scope.term(key.path)
        if found.kind == "point":
            raise Unanswerable(f"$orderby: {'/'.join(steps)} is a place, and places have no order")
        # no time is missing, and an index of times read backwards begins with what is missing
        last = "" if found.kind == "time" else " NULLS LAST"
        keys.append(scope.single(found.sql) + (f" DESC{last}" if key.descending else ""))
    keys += [at(sql, alias) for sql in entity.order]
    return "ORDER BY " + ", ".join(keys)


def _shape(entity: Entity, alias: str, options: Options, names: Names, above: int = 1) -> str:
    """Return the SQL of the JSON of one entity, with what comes along."""
    pairs = [("@iot.id", at(entity.id, alias))]
    for name in options.select:
        if name not in ("id", "@iot.id", *entity.properties, *entity.neighbours):
            entity.property(name)  # which says what there is
    pairs += [
        (name, at(found.shown or found.sql, alias))
        for name, found in entity.properties.items()
        if not options.select or name in options.select
    ]
    for expand in options.expand:
        pairs += _expanded(entity, alias, expand, names, above)
    return "json_build_object(" + ", ".join(f"'{name}', {sql}" for name, sql in pairs) + ")"


def _expanded(
    entity: Entity, alias: str, expand: Expand, names: Names, above: int
) -> list[tuple[str, str]]:
    neighbour, options = entity.neighbour(expand.name), expand.options
    other, inner = ENTITIES[neighbour.target], names.alias()
    each = above * (options.top if neighbour.many else 1)
    if each > MAX_EXPANDED_ROWS:
        raise Unanswerable(
            f"$expand={expand.name}: up to {each} neighbours of one entity, more than "
            f"{MAX_EXPANDED_ROWS}; give a smaller $top inside its brackets"
        )
    shape = _shape(other, inner, options, names, max(each, 1))
    clauses = _neighbours(neighbour, other, options, alias, inner, names)
    if not neighbour.many:
        return [(expand.name, f"(SELECT {shape} {clauses})")]
    rows = (
        f"SELECT {shape} AS entity {clauses} {_ordered(options.order, other, inner, names)}"
        f" LIMIT {names.value(options.top + 1, 'bigint')}"
        f" OFFSET {names.value(options.skip, 'bigint')}"
    )
    found = [(expand.name, f"(SELECT coalesce(json_agg(entity), '[]') FROM ({rows}) AS page)")]
    if options.count:
        # a second set of aliases: the first is inside the page
        again = names.alias()
        counted = _neighbours(neighbour, other, options, alias, again, names)
        found.append((f"{expand.name}@iot.count", f"(SELECT count(*) {counted})"))
    return found


def _neighbours(
    neighbour: Neighbour, other: Entity, options: Options, alias: str, inner: str, names: Names
) -> str:
    where = [at(neighbour.where, alias, inner), *_filtered(options, other, inner, names)]
    return f"FROM {other.source} {inner} WHERE {' AND '.join(where)}"
