"""Bodies of POST and PATCH as drafts: what must be there, what may be, and what comes along."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from console.sensorthings import values
from console.sensorthings.errors import BodyRefused
from console.sensorthings.observed import read_observation
from forewarn.storage.things import Draft

MAX_DEEP = 5
"""Entities inside each other."""
MAX_ENTITIES = 1_000
"""Of one body, observations included."""


class Link(NamedTuple):
    """A neighbour that a body may name."""

    kind: str
    many: bool = False
    needed: bool = False
    inside: bool = False
    """Created with its owner, and never taken from another one."""


Reader = Callable[[Any, str], Any]

_NAMED: dict[str, Reader] = {"name": values.text, "description": values.text}
FIELDS: Mapping[str, Mapping[str, Reader]] = {
    "Things": _NAMED,
    "Locations": {**_NAMED, "encodingType": values.text, "location": lambda v, _: v},
    "HistoricalLocations": {"time": values.moment},
    "Datastreams": {
        **_NAMED,
        "observationType": values.text,
        "unitOfMeasurement": values.unit,
    },
    "Sensors": {**_NAMED, "encodingType": values.text, "metadata": values.text},
    "ObservedProperties": {**_NAMED, "definition": values.text},
    "FeaturesOfInterest": {**_NAMED, "encodingType": values.text, "feature": lambda v, _: v},
}
"""What each entity must have; all but HistoricalLocations may have `properties` too."""

LINKS: Mapping[str, Mapping[str, Link]] = {
    "Things": {
        "Locations": Link("Locations", many=True),
        "Datastreams": Link("Datastreams", many=True, inside=True),
        "HistoricalLocations": Link("HistoricalLocations", many=True, inside=True),
    },
    "Locations": {"Things": Link("Things", many=True)},
    "HistoricalLocations": {
        "Thing": Link("Things", needed=True),
        "Locations": Link("Locations", many=True, needed=True),
    },
    "Datastreams": {
        "Thing": Link("Things", needed=True),
        "Sensor": Link("Sensors", needed=True),
        "ObservedProperty": Link("ObservedProperties", needed=True),
        "Observations": Link("Observations", many=True, inside=True),
    },
    "Sensors": {},
    "ObservedProperties": {},
    "FeaturesOfInterest": {},
}
OURS = {"Datastreams": ("phenomenonTime", "resultTime", "observedArea")}
"""What the server knows better: read, and passed over."""
PLACES = ("location", "feature")
"""Their encoding decides what shape they have."""


class Bodies:
    """Reads one body.

    Parameters
    ----------
    partly : bool
        Whether what is missing stays as it is: a change.
    """

    def __init__(self, *, partly: bool = False) -> None:
        self._partly, self._left = partly, MAX_ENTITIES

    def entity(
        self,
        raw: Any,
        kind: str,
        where: str = "",
        given: Collection[str] = (),
        deep: int = 1,
    ) -> Draft:
        """Return `raw` as a draft of `kind`; BodyRefused begins with what is wrong.

        `given` are the neighbours that the address, or the entity around it, already says.
        """
        self._count(where, deep)
        if not isinstance(raw, dict):
            raise BodyRefused(f"{where or 'body'}: an object is expected")
        links = LINKS[kind]
        body = dict(_named(raw, kind, where, known={*FIELDS[kind], *links, *_also(kind)}))
        read = self._values(body, kind, where)
        found = {
            name: self._linked(body[name], name, links[name], _path(where, name), deep)
            for name in links
            if name in body and name != "Observations"
        }
        for name, link in links.items():
            if link.needed and not self._partly and name not in found and name not in given:
                raise BodyRefused(f"{_path(where, name)}: is missing")
        if self._partly and (inside := [n for n in found if links[n].inside]):
            raise BodyRefused(f"{_path(where, inside[0])}: is created by POST to its own address")
        observations = self._observations(body, where, deep) if kind == "Datastreams" else ()
        return Draft(kind=kind, values=read, links=found, observations=observations, where=where)

    def _values(self, body: Mapping[str, Any], kind: str, where: str) -> dict[str, Any]:
        read = {}
        for name, reader in FIELDS[kind].items():
            if name in body:
                read[name] = reader(body[name], _path(where, name))
            elif not self._partly:
                raise BodyRefused(f"{_path(where, name)}: is missing")
        if body.get("properties") is not None and "properties" in _also(kind):
            read["properties"] = values.document(body["properties"], _path(where, "properties"))
        for name in PLACES:
            if name in read:
                encoding = read.get("encodingType", values.GEOJSON[0])
                read[name] = values.place(read[name], encoding, _path(where, name))
        return read

    def _linked(
        self, raw: Any, name: str, link: Link, where: str, deep: int
    ) -> tuple[int | Draft, ...]:
        if link.many and not isinstance(raw, list):
            raise BodyRefused(f"{where}: an array is expected")
        entries = raw if link.many else [raw]
        if name == "Locations" and len(entries) != 1 and where.count("HistoricalLocations"):
            raise BodyRefused(f"{where}: here a HistoricalLocation has one Location")
        found: list[int | Draft] = []
        for place, entry in enumerate(entries):
            path = f"{where}[{place}]" if link.many else where
            number = values.identified(entry, path)
            if number is not None and link.inside:
                raise BodyRefused(f"{path}: belongs to another entity, and cannot be taken from it")
            given = ("Thing",) if link.inside else ()
            found.append(
                self.entity(entry, link.kind, path, given, deep + 1) if number is None else number
            )
        return tuple(found)

    def _observations(self, body: Mapping[str, Any], where: str, deep: int) -> tuple[Any, ...]:
        raw, path = body.get("Observations", []), _path(where, "Observations")
        if not isinstance(raw, list):
            raise BodyRefused(f"{path}: an array is expected")
        for _ in raw:
            self._count(path, deep + 1)
        if raw and self._partly:
            raise BodyRefused(f"{path}: is created by POST to its own address")
        return tuple(
            read_observation(entry, f"{path}[{place}]", inside=True)
            for place, entry in enumerate(raw)
        )

    def _count(self, where: str, deep: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise BodyRefused(f"{where}: more than {MAX_ENTITIES} entities in one body")
        if deep > MAX_DEEP:
            raise BodyRefused(f"{where}: entities are nested deeper than {MAX_DEEP}")


def _named(
    raw: Mapping[str, Any], kind: str, where: str, known: Collection[str]
) -> Iterator[tuple[str, Any]]:
    """Yield what of `raw` counts; BodyRefused where it has what no such entity has."""
    for name, value in raw.items():
        if "@iot." in name or name in OURS.get(kind, ()):
            continue  # links and counts of an answer that is sent back
        if name not in known:
            has = ", ".join(sorted(known))
            raise BodyRefused(f"{_path(where, name[:40])}: {kind} have no such; they have {has}")
        yield name, value


def _also(kind: str) -> tuple[str, ...]:
    return () if kind == "HistoricalLocations" else ("properties",)


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
