"""The recorded tides and surges beside the project, as (Unix times [s], levels [m])."""

import csv
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Station(NamedTuple):
    """One file of tide_surge."""

    file: str
    latitude: float
    scale: float = 1.0
    shift_s: float = 0.0
    """Added to its times, to make them UTC."""


STATIONS = {
    "thevenard": Station("australia_thevenard_hourly_2012_2014.csv", -32.15),
    "hillarys": Station("australia_hillarys_hourly_2012_2014.csv", -31.83),
    "vlissingen": Station("rws_vlissingen_hourly_1985_1994.csv", 51.44, 0.01, -3600.0),
    "vlissingen_2018": Station("rws_vlissingen_10min_2018Q1.csv", 51.44),
    "new_london": Station("noaa_8461490_new_london_6min_2013.csv", 41.36),
}
MISSING = {"", "NA", "nan", "-"}


def folder() -> Path:
    """Return where the recorded data lies: `$FOREWARN_DATA`, else beside the project."""
    beside = Path(__file__).resolve().parents[2] / "shared/data"
    return Path(os.environ.get("FOREWARN_DATA", beside))


def read(name: str) -> tuple[Array, Array]:
    """Return times and levels of one of `STATIONS`; NaN where there is none."""
    station = STATIONS[name]
    with (folder() / "tide_surge" / station.file).open() as file:
        rows = list(csv.reader(file))[1:]
    times = np.array([_seconds(row[0]) for row in rows]) + station.shift_s
    levels = np.array([np.nan if row[1] in MISSING else float(row[1]) for row in rows])
    return times, station.scale * levels


def hugo() -> tuple[Array, Array, Array]:
    """Return times, NOAA's predicted and verified level [m] at Charleston, September 1989."""
    path = folder() / "tide_surge" / "noaa_8665530_hugo_1989_hourly.csv"
    with path.open() as file:
        rows = list(csv.reader(file))[1:]
    times = np.array([_seconds(f"{row[0].replace('/', '-')} {row[1]}") for row in rows])
    columns = [[np.nan if row[k] in MISSING else float(row[k]) for row in rows] for k in (2, 3)]
    return times, np.array(columns[0]), np.array(columns[1])


def honolulu() -> tuple[Array, Array]:
    """Return times and levels [m] of Honolulu 2010 (HNL2010.asc: days since 1700, mm)."""
    rows = np.loadtxt(folder() / "tide_surge" / "HNL2010.asc")
    since = (date(1970, 1, 1) - date(1700, 1, 1)).days
    return np.round((rows[:, 0] - since) * 24) * 3600.0, rows[:, 1] / 1000.0


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
