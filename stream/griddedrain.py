"""Rain to come from files that others drop: radar frames and runs of a weather model.

What cannot be used, because it is old, torn, missing or of another place, is said, and the gauges'
outlook stands in for it: as wide as it is without any file.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.grids.folder import UNFINISHED, DropFolder, Skipped, evenly
from stream.grids.frame import Frame
from stream.models.flood.basin import Basin, Grids
from stream.models.flood.chain.inputs import inputs
from stream.models.flood.rain import merging, nowcast
from stream.models.flood.rain.ahead import rain_ahead
from stream.raingrid import RainGrid

Array = NDArray[np.float64]

OLDEST_MIN = 20
"""Age beyond which a radar frame says nothing of the present [min]."""
OLDEST_RUN = timedelta(hours=24)
"""Age beyond which a run of a weather model is not used."""
RADAR_MIN = 120
"""Lead up to which the radar is carried on; its skill ends there [min]."""
MEMBERS = 16
"""Nowcasts that are made, and dealt out to the chain's members in turn."""
MOTION_MIN, SUM_MIN = 30, 60
"""Minutes of frames for the rain's motion, and for the sums compared with the gauges."""
MOST_FRAMES = 24
"""Frames that are looked at; with short steps their sum is of less than `SUM_MIN`."""
HEARD = 0.8
"""Share of those minutes that a gauge must have been heard in."""
CONTRADICTION_MM = 2.0
"""Rain at the gauges, in all, of which a radar that works sees at least a tenth [mm]."""
MOST_SAID = 2
"""Files left aside that are named."""


class Coming(NamedTuple):
    """What files say of the rain to come."""

    rate_mm_h: Array | None
    """(members, n_catchments, leads) after the issue [mm/h]; None: the gauges' outlook alone."""
    degraded: list[str]


class _Seen(NamedTuple):
    """What the radar says, kept until there is a newer frame."""

    frames: list[Frame]
    observed: Array
    """(n_catchments, k) means of the frames, corrected by the gauges [mm/h]."""
    ahead: Array
    """(members, n_catchments, minutes after the newest frame) [mm/h]."""
    said: list[str]


class _Unusable(ValueError):
    """Why radar or prediction cannot be used now."""


class GriddedRain:
    """The folders of one site; remembers the newest nowcast.

    Parameters
    ----------
    basin : Basin
    grids : Grids
    state : Path
        Directory that relative folder names start from.

    Raises ValueError for a grid that makes no sense.
    """

    def __init__(self, basin: Basin, grids: Grids, state: Path) -> None:
        self._basin, self._grids = basin, grids
        self._inputs = inputs(basin)
        self._grid = RainGrid(basin.catchments, crs=grids.crs, cell_km=grids.cell_km)
        self._gauges_km = self._grid.places_km(
            [(gauge.latitude, gauge.longitude) for gauge in basin.rain_gauges]
        )
        self._radar = DropFolder(state / grids.radar) if grids.radar else None
        self._prediction = DropFolder(state / grids.prediction) if grids.prediction else None
        self._seen: _Seen | None = None

    def ahead(
        self, recent_mm_h: Array, history: Array, issue_s: float, random: np.random.Generator
    ) -> Coming:
        """Return the rain after `issue_s` [Unix s], by which the files' times are judged.

        Parameters
        ----------
        recent_mm_h : (n_catchments, t) array
            What the gauges said of the catchments in the last minutes.
        history : (n_inputs, t) array
            Values of the basin's inputs at the last minutes; rain in mm.
        """
        issue = datetime.fromtimestamp(issue_s, UTC)
        said: list[str] = []
        radar = prediction = None
        recent = recent_mm_h
        if self._radar is not None:
            try:
                seen, age_min = self._look(self._radar, history, issue, said)
                _agree(recent, seen.ahead[:, :, :age_min])
                radar = seen.ahead[:, :, age_min:]
                recent = _where_unheard(recent, seen.observed, self._grids.step_min, age_min)
                said += seen.said
            except Exception as wrong:  # no file, and no library that reads it, may cost the map
                said.append(f"radar: {_words(wrong)}: rain from gauges")
        if self._prediction is not None:
            try:
                prediction = self._predicted(self._prediction, issue, said)
            except Exception as wrong:  # as above
                said.append(f"prediction: {_words(wrong)}: not used")
        if radar is None and prediction is None:
            return Coming(None, said)
        found = rain_ahead(
            recent,
            leads_min=self._basin.horizon_min,
            members=self._basin.updating.members,
            climate=self._basin.climate,
            random=random,
            xy_km=self._inputs.xy_km,
            radar=_dealt(radar, self._basin.updating.members),
            prediction=prediction,
        )
        return Coming(found.rate_mm_h, [*said, *found.degraded])

    def _look(
        self, folder: DropFolder, history: Array, issue: datetime, said: list[str]
    ) -> tuple[_Seen, int]:
        """Return what the radar says, and the age of its newest frame [min]."""
        _need_pysteps()
        step = self._grids.step_min
        wanted = min(SUM_MIN // step, MOST_FRAMES)
        found = folder.newest(wanted + OLDEST_MIN // step)
        said += _left_aside("radar", found.skipped)
        past = [frame for frame in found.frames if frame.time <= issue]
        if not past:
            first = found.frames[0].time if found.frames else None
            raise _Unusable(f"no frame up to the issue, {_clock(first)} is the first")
        age = (issue - past[-1].time) / timedelta(minutes=1)
        if age > OLDEST_MIN:
            raise _Unusable(f"the newest frame, {_clock(past[-1].time)}, is {age:.0f} min old")
        frames = evenly(past, timedelta(minutes=step))[-wanted:]
        if len(frames) == 1 and len(past) > 1:
            said.append(f"radar: no frame {step} min before the newest, {_clock(past[-1].time)}")
        if self._seen is None or not _same(self._seen.frames, frames):
            self._seen = self._carried_on(frames, history, int(np.ceil(age)))
        return self._seen, int(np.ceil(age))

    def _carried_on(self, frames: list[Frame], history: Array, age_min: int) -> _Seen:
        """Return the nowcast of `frames`, the newest of which is `age_min` old."""
        step = self._grids.step_min
        fields = np.stack([self._grid.bring(frame) for frame in frames])
        if np.isnan(self._grid.means(fields[-1])).all():
            raise _Unusable(f"the frame of {_clock(frames[-1].time)} covers none of the catchments")
        factor, said = self._correction(fields, history, age_min)
        fields = fields * factor
        cast = nowcast.nowcast(
            fields[-max(3, MOTION_MIN // step + 1) :],
            step_min=step,
            leads=-(-(RADAR_MIN + OLDEST_MIN) // step),
            members=min(MEMBERS, self._basin.updating.members),
            random=np.random.default_rng(round(frames[-1].time.timestamp())),
            km_per_cell=self._grid.cell_km,
        )
        if cast.method is nowcast.Method.DRIFT:
            said.append(f"radar: {cast.method}")
        factors = self._inputs.rain_factors[:, None]
        means = np.swapaxes(self._grid.means(cast.rate_mm_h), 1, 2)
        observed = self._grid.means(fields).T * factors
        return _Seen(frames, observed, np.repeat(means * factors, step, axis=2), said)

    def _correction(
        self, fields: Array, history: Array, age_min: int
    ) -> tuple[Array | float, list[str]]:
        """Return the factor (y, x) that brings the radar to the gauges, by sums of an hour.

        With prior rain p (2 mm), F the mean-field bias, R the radar's sum and M the merged one,
        it is F·(M + p)/(F·R + p): where it hardly rained the field's factor is left alone.
        """
        hours = self._grids.step_min / 60.0
        total = fields.sum(axis=0) * hours
        rain = self._gauge_sums(history, age_min, len(fields) * self._grids.step_min)
        seen = merging.at_gauges(total, self._gauges_km, self._grid.x_km, self._grid.y_km)
        paired = np.isfinite(seen) & np.isfinite(rain)
        ours, theirs = float(rain[paired].sum()), float(seen[paired].sum())
        if ours >= CONTRADICTION_MM and theirs < 0.1 * ours:
            raise _Unusable(f"it sees {theirs:.1f} mm where gauges had {ours:.1f} mm")
        if not paired.any():
            return 1.0, ["radar: no gauge heard under it, its amounts are not corrected"]
        merged = merging.merge(total, rain, self._gauges_km, self._grid.x_km, self._grid.y_km)
        prior, bias = merging.PRIOR_MM, merged.factor
        ratio = bias * (merged.rain + prior) / (bias * total + prior)
        most = merging.FACTOR_MOST
        factor = np.clip(np.where(np.isfinite(total), ratio, bias), 1 / most, most)
        said = []
        if theirs >= CONTRADICTION_MM and ours < 0.1 * theirs:
            said.append(f"radar: it sees {theirs:.1f} mm where gauges had {ours:.1f} mm")
        return factor, said

    def _gauge_sums(self, history: Array, age_min: int, minutes: int) -> Array:
        """Return (g,) rain in the `minutes` up to `age_min` ago, of open country [mm]."""
        end = max(history.shape[1] - age_min, 0)
        rain = self._inputs.spread(history)[self._inputs.rain, max(end - minutes, 0) : end]
        fallen = np.where(rain >= 0, rain, np.nan) / self._inputs.factors[:, None]
        share = np.isfinite(fallen).sum(axis=1) / minutes
        total = np.nansum(fallen, axis=1)
        unheard = np.full(len(total), np.nan)
        return np.asarray(np.divide(total, share, out=unheard, where=share >= HEARD))

    def _predicted(self, folder: DropFolder, issue: datetime, said: list[str]) -> Array:
        """Return (n_catchments, leads) of the newest run [mm/h]."""
        found = folder.newest_run()
        said += _left_aside("prediction", found.skipped)
        if not found.frames:
            raise _Unusable("no run in the folder")
        begins, ends = _spans(found.frames, issue)
        made = found.frames[0].issued or issue + timedelta(minutes=float(begins[0]))
        if issue - made > OLDEST_RUN or (found.frames[0].issued or issue) > issue:
            raise _Unusable(f"the run of {_clock(made)} is not of the day before the issue")
        leads = np.arange(1.0, self._basin.horizon_min + 1)
        which = np.minimum(np.searchsorted(ends, leads), len(ends) - 1)
        told = (begins[which] < leads) & (leads <= ends[which])
        if not told.any():
            until = found.frames[-1].time
            raise _Unusable(f"the run from {_clock(made)} to {_clock(until)} says nothing of it")
        rain = np.full((len(self._basin.catchments), len(leads)), np.nan)
        for index in np.unique(which[told]):
            means = self._grid.means(self._grid.bring(found.frames[index]))
            rain[:, told & (which == index)] = (means * self._inputs.rain_factors)[:, None]
        if np.isnan(rain).all():
            raise _Unusable(f"the run of {_clock(made)} covers none of the catchments")
        return rain


class Refused(NamedTuple):
    """Stands in for folders whose table makes no sense: a mistyped table costs no map."""

    why: str

    def ahead(self, *_: object) -> Coming:
        """Return nothing but the reason."""
        return Coming(None, [f"{self.why}: rain from gauges"])


def gridded_rain(basin: Basin) -> GriddedRain | Refused | None:
    """Return the folders that `basin` names, below $FOREWARN_STATE; None where it names none."""
    if basin.grids is None:
        return None
    state = Path(os.environ.get("FOREWARN_STATE") or ".forewarn")
    try:
        return GriddedRain(basin, basin.grids, state)
    except ValueError as wrong:
        return Refused(str(wrong))


def _need_pysteps() -> None:
    for name in ("pysteps", "cv2"):
        if find_spec(name) is None:
            raise ImportError(
                f"{name} is not installed (pip install 'forewarn[radar]' brings it)", name=name
            )


def _spans(frames: Sequence[Frame], issue: datetime) -> tuple[Array, Array]:
    """Return from when to when each frame holds, in minutes after the issue.

    A frame holds from the one before it; the first as long as the second, a single one an hour.
    """
    ends = np.array([(frame.time - issue) / timedelta(minutes=1) for frame in frames])
    first = ends[1] - ends[0] if len(ends) > 1 else 60.0
    return np.concatenate([[ends[0] - first], ends[:-1]]), ends


def _agree(recent: Array, ahead: Array) -> None:
    """Raise _Unusable if it rained on the catchments since the newest frame, which saw it dry."""
    told = ahead.mean(axis=0)
    fell = recent[:, recent.shape[1] - told.shape[1] :]
    both = np.isfinite(told) & np.isfinite(fell)
    ours, theirs = float(fell[both].sum()) / 60.0, float(told[both].sum()) / 60.0
    if ours >= CONTRADICTION_MM and theirs < 0.1 * ours:
        raise _Unusable(
            f"{ours:.1f} mm fell since its newest frame, which leads to {theirs:.1f} mm"
        )


def _where_unheard(recent: Array, observed: Array, step_min: int, age_min: int) -> Array:
    """Return `recent` (n, t) with the radar's frames (n, k) where no gauge was heard."""
    minutes = np.repeat(observed, step_min, axis=1)
    end = recent.shape[1] - age_min
    minutes = minutes[:, max(minutes.shape[1] - end, 0) :]
    filled = recent.copy()
    part = filled[:, end - minutes.shape[1] : end]
    part[:] = np.where(np.isfinite(part), part, minutes)
    return filled


def _dealt(radar: Array | None, members: int) -> Array | None:
    return None if radar is None else radar[np.arange(members) % len(radar)]


def _same(one: Sequence[Frame], other: Sequence[Frame]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _left_aside(who: str, skipped: Sequence[Skipped]) -> list[str]:
    """Return words for files that could not be used; one that is being written is none."""
    bad = [file for file in skipped if not file.name.endswith(UNFINISHED)]
    return [
        f"{who}: {file.reason if file.name in file.reason else f'{file.name}: {file.reason}'}"
        for file in bad[:MOST_SAID]
    ]


def _words(wrong: Exception) -> str:
    known = isinstance(wrong, ValueError | OSError | ImportError)
    return str(wrong) if known else repr(wrong)


def _clock(when: datetime | None) -> str:
    return "none" if when is None else f"{when:%Y-%m-%d %H:%M}"
