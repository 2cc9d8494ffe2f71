"""A recorded CSV as the minute series that a model would have seen: same quality control."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError, ForewarnError
from forewarn.domain.observation import Columns
from forewarn.domain.recording import RecordingMapping, read
from forewarn.domain.station import Site
from stream.models.flood.gauges.fit import Record
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.plan import FloodPlan
from stream.qc import QualityControl
from stream.series import MINUTE_MS, TRUSTED

CHUNK = 20_000
"""Observations judged at a time."""


class HindcastError(ForewarnError):
    """A recording, a plan or a model that cannot be used; says which and what would help."""


def load_plan(folder: Path, site: Site) -> FloodPlan:
    """Read `folder`/flood.toml; its datastreams must be the site's."""
    path = folder / "flood.toml"
    if not path.is_file():
        raise HindcastError(f"{folder}: no flood.toml there: it says what the model looks at")
    plan = load(path, FloodPlan)
    known = {key for key, _, _ in site.datastreams()}
    strange = [key for key in plan.keys if key not in known]
    if strange:
        raise ConfigError(f"{path}: `{strange[0]}` is no datastream of {folder / 'site.toml'}")
    return plan


def load_mapping(folder: Path) -> RecordingMapping:
    """Read `folder`/recording.toml, what the columns of the recordings are."""
    path = folder / "recording.toml"
    if not path.is_file():
        raise HindcastError(f"{folder}: no recording.toml there: it says what the columns are")
    return load(path, RecordingMapping)


def intervals(plan: FloodPlan, site: Site) -> Array:
    """Return (n_inputs,) usual time between two values [min], from site.toml."""
    usual = {key: stream.interval for key, _, stream in site.datastreams()}
    return np.array([max(1.0, usual[key] / timedelta(minutes=1)) for key in plan.keys])


def load_record(
    path: Path,
    mapping: RecordingMapping,
    site: Site,
    keys: Sequence[str],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Record:
    """Return what was trusted of `keys` in `path` with start <= time < end.

    Judged by the quality control of the live system, late verdicts (spikes) included.
    """
    wanted = {column.datastream for column in mapping.columns.values()}
    absent = [key for key in keys if key not in wanted]
    if absent:
        raise HindcastError(f"{path}: no column of recording.toml gives `{absent[0]}`")
    needed = {
        name: column for name, column in mapping.columns.items() if column.datastream in set(keys)
    }
    mapping = msgspec.structs.replace(mapping, columns=needed)
    observations = list(read(path, mapping, start=start, end=end))
    if not observations:
        raise HindcastError(f"{path}: no observation in the time that was asked for")
    times = [observation.phenomenon_time for observation in observations]
    first = -(-int(min(times).timestamp() * 1000) // MINUTE_MS)
    last = -(-int(max(times).timestamp() * 1000) // MINUTE_MS)
    minutes = np.full((len(keys), last - first + 1), np.nan)
    row = {key: i for i, key in enumerate(keys)}
    control = QualityControl({key: stream for key, _, stream in site.datastreams()})
    for at in range(0, len(observations), CHUNK):
        columns = Columns.from_observations(observations[at : at + CHUNK])
        judged = control.judge(columns)
        for (key, time, result, _), quality in zip(columns.rows(), judged.quality, strict=True):
            if result is not None and quality in TRUSTED:
                minutes[row[key], -(-time // MINUTE_MS) - first] = result
        for late in judged.revisions:
            if late.quality not in TRUSTED:
                minutes[row[late.datastream], -(-late.time // MINUTE_MS) - first] = np.nan
    return Record(first * 60.0, minutes)
