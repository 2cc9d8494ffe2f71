"""The path behind `/v1.1/`: `Things(1)/Datastreams(2)/Observations/$ref`."""

import re

from msgspec import Struct

from console.sensorthings.errors import NoSuchPath
from forewarn.storage.things import ENTITIES, Unanswerable, leads_to_one, target
from forewarn.storage.things.question import Step

MAX_STEPS = 6
_STEP = re.compile(r"([A-Za-z]{1,40})(?:\((\d{1,18})\))?")


class Resource(Struct, frozen=True, kw_only=True):
    """What a path is the address of."""

    way: tuple[Step, ...]
    one: bool
    """Whether it is one entity, or one property of it, and not a set."""
    named: str = ""
    """The property that is asked for; empty: the entities themselves."""
    raw: bool = False
    """`$value`: the property alone, without JSON around it."""
    links: bool = False
    """`$ref`: addresses of the entities alone."""

    @property
    def kind(self) -> str:
        """Return the set of entities to which what is answered belongs."""
        entity = target(self.way)
        return next(name for name, known in ENTITIES.items() if known is entity)


def read_path(text: str) -> Resource:
    """Return what `text` is the address of; NoSuchPath says which part leads nowhere."""
    parts = text.strip("/").split("/")
    ending = parts.pop() if parts[-1] in ("$ref", "$value") else ""
    if not 0 < len(parts) <= MAX_STEPS:
        raise NoSuchPath(f"a path has 1 to {MAX_STEPS} parts, not {len(parts)}")
    try:
        return _resource(parts, ending)
    except Unanswerable as error:
        raise NoSuchPath(str(error)) from error


def _resource(parts: list[str], ending: str) -> Resource:
    way = [_step(parts[0])]
    target(way)
    for number, part in enumerate(parts[1:], start=2):
        if not leads_to_one(way):
            raise NoSuchPath(
                f"`{part[:40]}` of which? Before it an id is needed: {way[-1].name}(1)"
            )
        entity = target(way)
        if part in entity.properties and number == len(parts) and ending != "$ref":
            return Resource(way=tuple(way), one=True, named=part, raw=ending == "$value")
        way.append(_step(part))
        target(way)
    if ending == "$value":
        raise NoSuchPath("$value is of a property: Things(1)/name/$value")
    return Resource(way=tuple(way), one=leads_to_one(way), links=ending == "$ref")


def _step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    if found is None:
        raise NoSuchPath(f"`{text[:40]}` is no name, nor a name with an id: Things, Things(1)")
    return Step(found[1], int(found[2]) if found[2] else None)
