"""Predicted rain in GRIB2 (and GRIB1), by GDAL: rates, and amounts over a period.

Read: PRATE, RPRATE, TPRATE in kg m⁻² s⁻¹ (all rain; convective rain alone is left aside);
APCP, TP … in kg m⁻² or m over the period of product definition template 4.8 or 4.11. Of several
messages for the same time, as in a file of an ensemble, the first is taken.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream.grids.amounts import AMOUNTS, RATES, Amount, to_rates
from stream.grids.frame import Frame, GridError
from stream.grids.raster import band, northward, opened, place

_RATE = re.compile(r"^(T|R)?PRATE$")
_AMOUNT = re.compile(r"^(APCP|TP|TPRATE|RAIN|ARAIN)(\d*)$")
_ENDS = b"7777"
_RANGES = (8, 11)
"""Product definition templates of amounts over a period, the second one of ensembles."""
_UNITS = {0: 60, 1: 3600, 2: 86_400, 10: 10_800, 11: 21_600, 12: 43_200, 13: 1}
"""Seconds in each unit of GRIB2's table 4.4."""


def frames(path: Path) -> list[Frame]:
    """Return the predicted rain of a GRIB file, by valid time; raises GridError."""
    _whole(path)
    rates: dict[datetime, NDArray[np.float64]] = {}
    amounts: dict[tuple[datetime, datetime], Amount] = {}
    issued = None
    with opened(path, "GRIB") as file:
        crs, transform = place(path, file)
        for index in range(1, file.count + 1):
            tags = file.tags(index)
            unit = tags.get("GRIB_UNIT", "").strip("[]")
            element = tags.get("GRIB_ELEMENT", "")
            if _RATE.match(element) and unit in RATES:
                issued = _seconds(tags["GRIB_REF_TIME"])
                when = _seconds(tags["GRIB_VALID_TIME"])
                if when not in rates:
                    rates[when] = RATES[unit] * band(file, index)
            elif _AMOUNT.match(element) and unit in AMOUNTS:
                issued = _seconds(tags["GRIB_REF_TIME"])
                period = _period(path, tags)
                if period not in amounts:
                    amounts[period] = Amount(*period, AMOUNTS[unit] * band(file, index))
    found = (
        sorted(rates.items(), key=lambda entry: entry[0])
        if rates
        else to_rates(list(amounts.values()))
    )
    if not found:
        raise GridError(path, "no message of rain", "PRATE, APCP or TP is read")
    made = [(when, *northward(rate, transform)) for when, rate in found]
    return [Frame(when, rate.astype(np.float32), crs, at, issued) for when, rate, at in made]


def _whole(path: Path) -> None:
    """Raise GridError unless the file begins and ends as GRIB messages do."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(-4, 2)
            tail = file.read(4)
    except OSError as wrong:
        raise GridError(path, f"cannot be read: {wrong}", "copy it again, whole") from wrong
    if head != b"GRIB" or tail != _ENDS:
        raise GridError(path, "not a whole GRIB file: GRIB … 7777", "copy it again, whole")


def _period(path: Path, tags: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return from when to when an amount fell."""
    values = [int(part) for part in tags.get("GRIB_PDS_TEMPLATE_ASSEMBLED_VALUES", "").split()]
    template = int(tags.get("GRIB_PDS_PDTN", -1))
    ahead = 3 if template == 11 else 0
    if template in _RANGES and len(values) >= 27 + ahead:
        end = datetime(*values[15 + ahead : 21 + ahead], tzinfo=UTC)  # type: ignore[misc, arg-type]
        unit, length = values[25 + ahead], values[26 + ahead]
        return end - timedelta(seconds=_UNITS.get(unit, 3600) * length), end
    hours = _AMOUNT.match(tags["GRIB_ELEMENT"])
    if hours is None or not hours[2]:
        raise GridError(path, "an amount of rain without a period", "template 4.8 or 4.11 is read")
    end = _seconds(tags["GRIB_VALID_TIME"])
    return end - timedelta(hours=int(hours[2])), end


def _seconds(tag: str) -> datetime:
    return datetime.fromtimestamp(int(tag.split()[0]), UTC)
