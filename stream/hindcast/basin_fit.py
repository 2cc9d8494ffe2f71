"""`forewarn hindcast fit` for a site with a basin.toml: runoff parameters from recorded flow."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from forewarn.domain.config import load
from forewarn.domain.station import Site, load_site
from stream.hindcast.record import HindcastError, load_mapping, load_record
from stream.models.flood.basin import Basin
from stream.models.flood.chain.layout import local_km
from stream.models.flood.rain.areal import catchment_means, weights
from stream.models.flood.runoff.calibration import Progress
from stream.models.flood.runoff.efficiency import Objective
from stream.models.flood.runoff.fitting import CatchmentFit, fit_basin, fitted
from stream.models.flood.runoff.parameters import RunoffError

Array = NDArray[np.float64]

BASIN_FILE = "basin.toml"
FORGET_H = 24.0
"""Flow is not counted for so long after rain that nobody measured."""
MOST_UNKNOWN = 0.2
"""No fit where more of the record than this has no rain."""


class Series(NamedTuple):
    """A record on even steps, as `fit_basin` wants it."""

    rain_mm: Array
    """(n_catchments, t), 0 where unknown."""
    pet_mm: Array
    """(t,)."""
    observed_m3_s: dict[str, Array]
    """Catchment → (t,), NaN where missing or not to be counted."""
    dt_s: float


class SiteFit(NamedTuple):
    """What was found, and the file it belongs into."""

    basin: Basin
    fits: list[CatchmentFit]
    text: str
    """basin.toml with what was found, its comments kept."""


def fit_site(
    folder: Path,
    recording: Path,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    warm_up_h: float = 0.0,
    hold_back: float = 0.4,
    objective: Objective = "kge",
    seed: int = 1,
    generations: int = 200,
    progress: Progress = lambda what, part: None,
) -> SiteFit:
    """Fit the catchments of `folder`/basin.toml that have a flow gauge at their outlet.

    Raises HindcastError on a record or a plan that nothing can be fitted to.
    """
    site = load_site(folder)
    path = folder / BASIN_FILE
    basin = load_basin(folder)
    series = load_series(folder, site, basin, recording, start=start, end=end)
    try:
        fits = fit_basin(
            basin,
            series.rain_mm,
            series.pet_mm,
            series.observed_m3_s,
            series.dt_s,
            warm_up=round(3600.0 * warm_up_h / series.dt_s),
            hold_back=hold_back,
            objective=objective,
            seed=seed,
            generations=generations,
            progress=progress,
        )
    except RunoffError as error:
        raise HindcastError(f"{path} and {recording}: {error}") from error
    found = fitted(basin, fits)
    return SiteFit(found, fits, edited(path, path.read_text(encoding="utf-8"), found, fits))


def command(
    folder: Path,
    recordings: Sequence[Path],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    out: Path | None = None,
    as_json: bool = False,
    progress: Progress = lambda what, part: None,
) -> int:
    """Fit, write `out` (by default the site's basin.toml) and print what was found; return 0.

    Raises HindcastError on what cannot be fitted or written.
    """
    if len(recordings) != 1:
        raise HindcastError(
            f"{folder}: runoff is fitted to one recording without a break, not {len(recordings)}; "
            "give the longest one"
        )
    found = fit_site(folder, recordings[0], start=start, end=end, progress=progress)
    path = out or folder / BASIN_FILE
    try:
        path.write_text(found.text, encoding="utf-8")
    except OSError as error:
        raise HindcastError(f"{path}: {error.strerror or error}") from error
    print(
        json.dumps({"basin_file": str(path), "catchments": report(found.fits)})
        if as_json
        else fit_text(found.fits, path)
    )
    return 0


def load_basin(folder: Path) -> Basin:
    """Read `folder`/basin.toml."""
    path = folder / BASIN_FILE
    if not path.is_file():
        raise HindcastError(f"{folder}: no {BASIN_FILE} there: it says what drains where")
    return load(path, Basin)


def load_series(
    folder: Path,
    site: Site,
    basin: Basin,
    recording: Path,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Series:
    """Return the trusted values of `recording` on the step of its slowest datastream."""
    gauged = {g.discharge: g.catchment for g in basin.gauges if g.discharge and g.catchment}
    rains = [gauge.datastream for gauge in basin.rain_gauges]
    if not rains:
        raise HindcastError(f"{folder / BASIN_FILE}: no rain_gauge; runoff is fitted to rain")
    keys = [*rains, *gauged]
    record = load_record(recording, load_mapping(folder), site, keys, start=start, end=end)
    usual = {
        key: max(stream.interval.total_seconds(), 60.0) for key, _, stream in site.datastreams()
    }
    dt_s = max(usual[key] for key in keys)
    width = round(dt_s / 60.0)
    # A value at t stands for the time before t, so a step ends with its own minute.
    count = (record.minutes.shape[1] - 1) // width
    steps = record.minutes[:, 1 : 1 + count * width].reshape(len(keys), count, width)
    rain = np.stack(
        [_amounts(steps[row], dt_s / usual[key]) for row, key in enumerate(rains)]
    ) / np.array([[gauge.factor] for gauge in basin.rain_gauges])
    flows = {key: _means(steps[len(rains) + row]) for row, key in enumerate(gauged)}
    means = catchment_means(rain, _weights(basin))
    unknown = np.isnan(means).any(axis=0)
    if unknown.mean() > MOST_UNKNOWN:
        raise HindcastError(
            f"{recording}: no rain is known for {unknown.mean():.0%} of the time; give a part of "
            "the record with --from and --until"
        )
    forgotten = np.convolve(unknown, np.ones(round(3600.0 * FORGET_H / dt_s) + 1))[:count] > 0
    observed = {gauged[key]: np.where(forgotten, np.nan, flow) for key, flow in flows.items()}
    times = record.first_s + dt_s * np.arange(count)
    return Series(np.nan_to_num(means), evaporation(basin, times, dt_s), observed, dt_s)


def evaporation(basin: Basin, times_s: Array, dt_s: float) -> Array:
    """Return (t,) potential evaporation [mm per step] of the months that `times_s` lie in."""
    months = [datetime.fromtimestamp(time, UTC).month - 1 for time in times_s]
    return np.asarray(np.array(basin.evaporation_mm_day)[months] * (dt_s / 86_400.0))


def edited(path: Path, text: str, basin: Basin, fits: Sequence[CatchmentFit]) -> str:
    """Return basin.toml's `text` with what was found, comments and order kept.

    Raises HindcastError where the file is written in a way that this cannot follow.
    """
    lines = text.splitlines()
    for fit in fits:
        [catchment] = [c for c in basin.catchments if c.id == fit.catchment]
        lines = _with(lines, catchment.id, catchment.rain_factor, catchment.runoff)
    found = "\n".join(lines) + "\n"
    try:
        same = msgspec.toml.decode(found.encode(), type=Basin) == basin
    except msgspec.MsgspecError:
        same = False
    if not same:
        wanted = {
            c.id: {"rain_factor": c.rain_factor, "runoff": c.runoff} for c in basin.catchments
        }
        raise HindcastError(
            f"{path}: cannot be edited; write each `[[catchment]]` with its own lines for `id`, "
            f"`rain_factor` and `[catchment.runoff]`, or put these in by hand: {wanted}"
        )
    return found


def report(fits: Sequence[CatchmentFit]) -> list[dict[str, Any]]:
    """Return what was found, ready for JSON; NaN as null."""
    rows = [fit._asdict() for fit in fits]
    return [{k: None if v != v else v for k, v in row.items()} for row in rows]


def fit_text(fits: Sequence[CatchmentFit], out: Path) -> str:
    """Return what was found, for people."""
    lines = [f"{'catchment':16} {'fitted':>7} {'held back':>9} {'rain':>6} {'wet':>5}  at a bound"]
    for fit in fits:
        held = "–" if np.isnan(fit.held_back) else f"{fit.held_back:.3f}"
        lines.append(
            f"{fit.catchment:16} {fit.score:7.3f} {held:>9} {fit.rain_factor:6.2f} "
            f"{fit.wetness:5.2f}  {', '.join(fit.at_bound) or '–'}"
        )
    return "\n".join([*lines, f"written: {out}"])


def _amounts(values: Array, expected: float) -> Array:
    """Return (t,) sums of (t, width), scaled up where up to half of the values are missing."""
    there = np.isfinite(values).sum(axis=1)
    sums = np.nansum(values, axis=1) * expected / np.maximum(there, 1)
    return np.where(there >= 0.5 * expected, sums, np.nan)


def _means(values: Array) -> Array:
    there = np.isfinite(values).sum(axis=1)
    return np.where(there > 0, np.nansum(values, axis=1) / np.maximum(there, 1), np.nan)


def _weights(basin: Basin) -> Array:
    gauges = [(gauge.latitude, gauge.longitude) for gauge in basin.rain_gauges]
    centres = [(catchment.latitude, catchment.longitude) for catchment in basin.catchments]
    return weights(local_km(gauges, centres[0]), local_km(centres, centres[0]))


def _with(
    lines: list[str], catchment: str, rain_factor: float, runoff: dict[str, float]
) -> list[str]:
    """Return `lines` with new values in the table of one catchment."""
    starts = [i for i, line in enumerate(lines) if line.strip() == "[[catchment]]"]
    for start in starts:
        stop = next(
            (
                i
                for i, line in enumerate(lines[start + 1 :], start + 1)
                if line.startswith("[") and not line.startswith("[catchment.")
            ),
            len(lines),
        )
        while stop > start + 1 and (not lines[stop - 1].strip() or lines[stop - 1][0] == "#"):
            stop -= 1
        own = lines[start:stop]
        if f'id = "{catchment}"' not in [line.split("#")[0].strip() for line in own]:
            continue
        kept, in_runoff = [], False
        for line in own:
            in_runoff = line.startswith("[catchment.runoff]") or (
                in_runoff and not line.startswith("[")
            )
            name = line.split("=")[0].strip()
            if not in_runoff and name not in ("rain_factor", "runoff"):
                kept.append(line)
        while kept and not kept[-1].strip():
            kept.pop()
        values = [f"{name} = {value!r}" for name, value in runoff.items()]
        table = ["", "[catchment.runoff]", *values]
        return [
            *lines[:start], *kept, f"rain_factor = {rain_factor!r}", *table, *lines[stop:]
        ]  # fmt: skip
    return lines
