"""Slope units from a file: CSV with a header, or GeoJSON with polygons."""

import csv
import json
from pathlib import Path
from typing import Any

import msgspec

from forewarn.domain.errors import ConfigError
from stream.hazards.landslide.plan import SlopeUnit


def read_units(path: Path) -> list[SlopeUnit]:
    """Return the units in `path`; ConfigError names the file, the row and what is wrong.

    A CSV has a column for each key of `SlopeUnit`; columns left empty take the default. A
    GeoJSON feature has these keys as properties and a Polygon, whose centre is the unit's place.
    """
    try:
        text = path.read_text(encoding="utf-8")
        geo = path.suffix == ".geojson"
        rows = _features(json.loads(text)) if geo else list(csv.DictReader(text.splitlines()))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: cannot read slope units: {error}") from error
    units = []
    for number, row in enumerate(rows, start=1 if geo else 2):
        filled = {key: value for key, value in row.items() if value not in ("", None)}
        try:
            units.append(msgspec.convert(filled, SlopeUnit, strict=False))
        except (msgspec.ValidationError, TypeError) as error:
            where = "feature" if geo else "line"
            raise ConfigError(f"{path}: {where} {number}: {error}") from error
    if not units:
        raise ConfigError(f"{path}: no slope unit there; give a header and a row for each")
    return units


def _features(collection: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for feature in collection["features"]:
        ring = [(point[1], point[0]) for point in feature["geometry"]["coordinates"][0]]
        corners = ring[:-1] or ring
        centre = {
            "latitude": sum(corner[0] for corner in corners) / len(corners),
            "longitude": sum(corner[1] for corner in corners) / len(corners),
        }
        rows.append(centre | feature["properties"] | {"outline": ring})
    return rows
