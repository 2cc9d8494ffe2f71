"""Published tidal constants, in the JSON of the tide database, as a table for tide.toml.

A file holds one station or a list of them, each with `name`, `source` and `harmonic_constituents`
of name, amplitude [m] and `phase_UTC` (NOAA) or `phase` (TICON-4), Greenwich lags [degrees].
"""

import json
from pathlib import Path
from typing import Any

from forewarn.domain.errors import ForewarnError
from stream.models.tide.catalogue import catalogue
from stream.models.tide.errors import UnknownConstituent

NOAA = "US National Oceanic and Atmospheric Administration"
LEAST_M = 0.0005
"""Smaller constituents are left out."""


class TideTableError(ForewarnError):
    """A file of constants that cannot be used; says which and what would help."""


def as_toml(path: Path, station: str | None) -> str:
    """Return `[[gauge]]` lines for the constants of `station` in `path`.

    Names that the catalogue does not have are listed in a comment.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        stations: list[dict[str, Any]] = found if isinstance(found, list) else [found]
        names = [one["name"] for one in stations]
        chosen = [one for one in stations if station in (None, one["name"])]
        if len(chosen) != 1:
            raise TideTableError(f"{path}: give --station, one of {', '.join(names)}")
        [one] = chosen
        rows = [
            (row["name"], float(row["amplitude"]), float(row.get("phase_UTC", row.get("phase"))))
            for row in one["harmonic_constituents"]
        ]
        source = one["source"]["name"]
    except OSError as error:
        raise TideTableError(f"{path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TideTableError(f"{path}: no table of tidal constants: {error!r}") from error
    lines = [f'source = "{one["name"]}, {source}"']
    lines += ["schureman = true"] if source == NOAA else []
    lines += ["", "[gauge.constants]"]
    strange = []
    for name, amplitude, lag in rows:
        if amplitude < LEAST_M:
            continue
        try:
            catalogue().index(name)
            lines.append(f"{name} = [{amplitude:.4f}, {lag:.2f}]")
        except UnknownConstituent:
            strange.append(f"{name} {amplitude:.4f}")
    if strange:
        lines.append(f"# not in the catalogue, left out: {', '.join(strange)}")
    return "\n".join(lines)
