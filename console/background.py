"""What the map is drawn on: `map.geojson` of a site, checked before it goes out."""

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from console.errors import MapError
from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.logs import fields

log = logging.getLogger("console.background")

FILE = "map.geojson"

MAX_BYTES = 2_000_000
"""A larger file would make a phone wait: simplify its lines instead."""

Position = Annotated[list[float], Meta(min_length=2, max_length=3)]
"""(longitude, latitude[, height]), as GeoJSON has it; a ring or line is a list of them."""


class Geometry(Struct, frozen=True, tag_field="type"):
    """A GeoJSON geometry (RFC 7946); its kind is the class's name."""


class Point(Geometry, frozen=True, tag="Point"):
    """One position."""

    coordinates: Position


class LineString(Geometry, frozen=True, tag="LineString"):
    """One line."""

    coordinates: list[Position]


class MultiLineString(Geometry, frozen=True, tag="MultiLineString"):
    """Several lines."""

    coordinates: list[list[Position]]


class Polygon(Geometry, frozen=True, tag="Polygon"):
    """An outer ring and its holes."""

    coordinates: list[list[Position]]


class MultiPolygon(Geometry, frozen=True, tag="MultiPolygon"):
    """Several polygons."""

    coordinates: list[list[list[Position]]]


class Properties(Struct, frozen=True):
    """What is known of a feature; anything else in the file stays here."""

    kind: str
    """`river`, `water`, `sea`, `coast`, `district` or `street`; others are thin lines."""
    name: str | None = None


class Feature(Struct, frozen=True, tag_field="type", tag="Feature"):
    """One thing on the map."""

    properties: Properties
    geometry: Point | LineString | MultiLineString | Polygon | MultiPolygon


class Background(Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    """The whole file."""

    features: list[Feature]


def load_background(folder: Path) -> tuple[Background | None, str]:
    """Return the background in `folder` and why there is none.

    Without a file there is neither. A bad file costs the map its background, not the console
    its start: the reason is logged and shown on the map.
    """
    path = folder / FILE
    if not path.is_file():
        return None, ""
    try:
        return read_background(path), ""
    except MapError as error:
        log.error("the map has no background", extra=fields(error=error))
        return None, str(error)


def read_background(path: Path) -> Background:
    """Return the file at `path`; MapError says what is wrong with it."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise MapError(
                f"{path}: {size:,} bytes, at most {MAX_BYTES:,} are drawn; simplify its lines"
            )
        background = decode(path.read_bytes(), Background)
    except OSError as error:
        raise MapError(f"{path}: cannot be read: {error.strerror}") from error
    except CodecError as error:
        raise MapError(
            f"{path}: {error}; needs a FeatureCollection with `properties.kind`"
        ) from error
    for number, feature in enumerate(background.features):
        for longitude, latitude, *_ in _positions(feature.geometry.coordinates):
            if not (math.fabs(longitude) <= 180 and math.fabs(latitude) <= 90):
                raise MapError(
                    f"{path}: feature {number} is at ({longitude}, {latitude}), which is no "
                    "longitude and latitude; reproject the file to EPSG:4326"
                )
    return background


def _positions(coordinates: object) -> Iterator[list[float]]:
    """Yield each position of a geometry's nested coordinates."""
    if isinstance(coordinates, list):
        if coordinates and not isinstance(coordinates[0], list):
            yield coordinates
        else:
            for part in coordinates:
                yield from _positions(part)
