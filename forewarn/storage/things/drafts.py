"""Entities as somebody wants them: checked for their shape, not yet written."""

from datetime import datetime
from typing import Any, Union

from msgspec import Struct


class Said(Struct, frozen=True, kw_only=True):
    """One observation as somebody wants it."""

    time_ms: int
    """Phenomenon time, or the end of the interval, milliseconds since 1970."""
    result: float | None
    began: datetime | None = None
    """Of an interval."""
    valid_time: str | None = None
    parameters: dict[str, Any] | None = None
    feature: Union[int, "Draft", None] = None
    """Id of its feature of interest, or what is to be created; None: its datastream's."""
    datastream: int = 0
    """0 where it comes along with a datastream that is still to be created."""

    @property
    def remarkable(self) -> bool:
        """Whether anything was said for which an observation itself has no place."""
        return bool(self.began or self.valid_time or self.parameters)


class Draft(Struct, frozen=True, kw_only=True):
    """One entity with what comes along with it."""

    kind: str
    """The set it belongs to: `Things`."""
    values: dict[str, Any]
    """Property → value, named and written as in SensorThings; a time is a datetime."""
    links: dict[str, tuple[Union[int, "Draft"], ...]] = {}
    """Neighbour → ids, or drafts that are to be created before or after it."""
    observations: tuple[Said, ...] = ()
    """Of a datastream."""
    where: str = ""
    """Path in the body, for messages: `Datastreams[0].Sensor`."""


class Stream(Struct, frozen=True):
    """A datastream that observations are to go to."""

    id: int
    key: str
    feature: int | None
    """What its observations are of; None: not known before the first of them."""
