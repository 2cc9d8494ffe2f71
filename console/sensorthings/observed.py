"""Bodies that hold observations: one, or arrays of many. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from console.sensorthings import values
from console.sensorthings.errors import BodyRefused
from forewarn.domain.observation import to_milliseconds
from forewarn.storage.things import ID_SPAN, Draft, Said

KNOWN = frozenset(
    ("phenomenonTime", "resultTime", "result", "resultQuality", "validTime", "parameters")
)
"""Of these `resultTime` and `resultQuality` are read and not kept: here the gateway says when it
had the observation, and quality control how good it is."""
MAX_ROWS = 20_000
"""Observations of one request."""


class Row(NamedTuple):
    """One observation of an array: read, or why it cannot be."""

    said: Said | None
    reason: str


def read_observation(
    raw: Any, where: str = "", *, stream: int = 0, inside: bool = False, now: datetime | None = None
) -> Said:
    """Return `raw` as an observation; BodyRefused begins with what is wrong.

    Parameters
    ----------
    raw : object
        As in the body.
    where : str
        Its path there.
    stream : int
        The datastream that the address says; 0 where the body has to.
    inside : bool
        Whether it comes along with a datastream that is created with it.
    now : datetime, optional
        What `phenomenonTime` is where it is missing; None: it must be there.
    """
    if not isinstance(raw, dict):
        raise BodyRefused(f"{where or 'body'}: an object is expected")
    path = f"{where}." if where else ""
    for name in raw:
        if name not in KNOWN and name not in ("Datastream", "FeatureOfInterest"):
            if "@iot." in name:
                continue
            raise BodyRefused(f"{path}{name[:40]}: Observations have no such")
    if "result" not in raw:
        raise BodyRefused(f"{path}result: is missing")
    if not inside:
        stream = stream or _stream(raw.get("Datastream"), f"{path}Datastream")
    if raw.get("resultTime") is not None:
        values.moment(raw["resultTime"], f"{path}resultTime")
    began, ended = _time(raw.get("phenomenonTime"), now, f"{path}phenomenonTime")
    return Said(
        datastream=stream,
        time_ms=ended,
        result=values.number(raw["result"], f"{path}result"),
        began=began,
        valid_time=_valid(raw.get("validTime"), f"{path}validTime"),
        parameters=_parameters(raw.get("parameters"), f"{path}parameters"),
        feature=_feature(raw.get("FeatureOfInterest"), f"{path}FeatureOfInterest"),
    )


def read_arrays(raw: Any, now: datetime) -> list[Row]:
    """Return the rows of a body of CreateObservations in its order; BodyRefused where it is none.

    A row that cannot be read is there with its reason: the others are not to suffer from it.
    """
    if not isinstance(raw, list):
        raise BodyRefused("body: an array of {Datastream, components, dataArray} is expected")
    found: list[Row] = []
    for place, group in enumerate(raw):
        where = f"[{place}]"
        if not isinstance(group, dict):
            raise BodyRefused(f"{where}: an object is expected")
        stream = _stream(group.get("Datastream"), f"{where}.Datastream")
        names, rows = group.get("components"), group.get("dataArray")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BodyRefused(f"{where}.components: an array of names is expected")
        if unknown := [n for n in names if n not in KNOWN and n not in _FEATURE]:
            raise BodyRefused(f"{where}.components: `{unknown[0][:40]}` is no such")
        if not isinstance(rows, list):
            raise BodyRefused(f"{where}.dataArray: an array of arrays is expected")
        if len(found) + len(rows) > MAX_ROWS:
            raise BodyRefused(f"body: more than {MAX_ROWS} observations in one request")
        found += _rows(names, rows, stream, where, now)
    return found


_FEATURE = ("FeatureOfInterest/id", "FeatureOfInterest/@iot.id")


def _rows(
    names: list[str], rows: list[Any], stream: int, where: str, now: datetime
) -> Iterator[Row]:
    for place, row in enumerate(rows):
        path = f"{where}.dataArray[{place}]"
        try:
            if not isinstance(row, list) or len(row) != len(names):
                raise BodyRefused(f"{path}: {len(names)} values are expected, as in `components`")
            raw = dict(zip(names, row, strict=True))
            for name in _FEATURE:
                if name in raw:
                    raw["FeatureOfInterest"] = {"@iot.id": raw.pop(name)}
            yield Row(read_observation(raw, path, stream=stream, now=now), "")
        except BodyRefused as error:
            yield Row(None, str(error))


def _stream(raw: Any, where: str) -> int:
    number = values.identified(raw, where)
    if number is None:
        raise BodyRefused(f'{where}: is missing; write {{"@iot.id": 1}}')
    return number


def _time(raw: Any, now: datetime | None, where: str) -> tuple[datetime | None, int]:
    """Return the beginning of an interval, if it is one, and the time or its end [ms]."""
    began: datetime | None = None
    if isinstance(raw, str) and "/" in raw:
        began, ended = values.interval(raw, where)
    elif raw is None and now is not None:
        ended = now
    else:
        ended = values.moment(raw, where)
    milliseconds = to_milliseconds(ended)
    if not -ID_SPAN // 2 <= milliseconds < ID_SPAN // 2:
        raise BodyRefused(f"{where}: is not between 1830 and 2109")
    return began, milliseconds


def _valid(raw: Any, where: str) -> str | None:
    if raw is None:
        return None
    values.interval(raw, where)
    return str(raw)


def _parameters(raw: Any, where: str) -> dict[str, Any] | None:
    return None if raw is None else values.document(raw, where)


def _feature(raw: Any, where: str) -> int | Draft | None:
    from console.sensorthings.bodies import Bodies  # which reads observations too

    if raw is None:
        return None
    number = values.identified(raw, where)
    return Bodies().entity(raw, "FeaturesOfInterest", where) if number is None else number
