"""Skill of the rain to come on recorded rain: gauges' outlook and radar nowcast."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.grids.folder import DropFolder
from stream.models.flood.rain.areal import Array
from stream.models.flood.rain.calibration import fit
from stream.models.flood.rain.climate import RainClimate
from stream.models.flood.rain.nowcast import nowcast
from stream.models.flood.rain.outlook import gauge_ensemble
from stream.models.flood.rain.skill import crps, csi, exceedance, fss_of_shares

HISTORY_MIN, AHEAD_MIN, MEMBERS = 540, 180, 40
INSIDE = "at or below the 90 % quantile"


def data_folder() -> Path | None:
    """Return the recorded data: $FOREWARN_DATA or beside the project; None if it is absent."""
    folder = Path(os.environ.get("FOREWARN_DATA", Path(__file__).parents[2] / "shared" / "data"))
    return folder if (folder / "radar").is_dir() else None


class Record(NamedTuple):
    """Rain of gauges, to fit on and to score on."""

    name: str
    step_min: int
    past: Array
    unseen: Array
    """(g, steps) mm/h."""
    past_step_min: int | None = None
    """Step of the past if it is another one: then its memory is kept and the step changed."""


class Outlook(NamedTuple):
    """Mean CRPS [mm/h] by lead; that of a single value is its absolute error."""

    leads_min: list[int]
    scores: dict[str, list[float]]
    inside: list[float]
    """Share of rain at or below the ensemble's 90 % quantile."""
    issues: int


def records(folder: Path) -> list[Record]:
    """Return the recorded gauges; each is scored on a time that it was not fitted on."""
    han = [_han(folder / f"river_rain/han_river_seoul_10min_{year}.csv") for year in (2020, 2021)]
    paramo = _column(folder / "river_rain/huagrahuma_ecuador_15min.csv", "rain_mm_15min", 4.0)
    dale = _column(
        folder / "river_rain/swindale_cumbria_15min_nov2009.csv", "precip_m_15min", 4000.0
    )
    boeing = _seattle(folder / "landslide/usgs_seattle_rain_KBFI_hourly.txt")
    year = 365 * 24
    return [
        Record("Han, 3 gauges (2020 → 2021)", 10, *han),
        Record("Huagrahuma (first → second half)", 15, paramo[:, :5000], paramo[:, 5000:]),
        Record(
            "Seattle (all but the last year → last year)", 60, boeing[:, :-year], boeing[:, -year:]
        ),
        Record("Swindale 2009 (climate of Seattle)", 15, boeing, dale, past_step_min=60),
    ]


def outlook(record: Record, climate: RainClimate, *, every_min: int = 120) -> list[Outlook]:
    """Score the gauges' outlook at all issue times, and at those that see or meet rain.

    "Sees or meets": it rained in the last two hours or rains in the next three.
    """
    step = record.step_min
    past, ahead = max(HISTORY_MIN // step, 6), AHEAD_MIN // step
    random = np.random.default_rng(0)
    free = _climatology(climate, len(record.unseen), ahead, random)
    rows: list[dict[str, Array]] = []
    rainy = []
    for now in range(past, record.unseen.shape[1] - ahead, max(1, every_min // step)):
        recent = record.unseen[:, now - past : now]
        truth = record.unseen[:, now : now + ahead]
        if not np.isfinite(truth).any():
            continue
        near = recent[:, -max(1, 120 // step) :]
        rainy.append(bool(np.nansum(near) + np.nansum(truth) > 0))
        rows.append(_issue(recent, truth, climate, free, random))
    lasting = [lead for lead in (15, 30, 60, 120, 180) if lead >= step]
    at = sorted({lead // step - 1 for lead in lasting})
    every, wet = np.ones(len(rows), bool), np.array(rainy)
    return [_mean_of(rows, chosen, at, step) for chosen in (every, wet)]


def _issue(
    recent: Array, truth: Array, climate: RainClimate, free: Array, random: np.random.Generator
) -> dict[str, Array]:
    """Return by lead the mean score over gauges of each method, and `inside`."""
    step = climate.step_min
    ensemble = gauge_ensemble(
        np.repeat(recent, step, axis=1),
        leads_min=AHEAD_MIN,
        members=MEMBERS,
        climate=climate,
        random=random,
    )[:, :, ::step]
    hour = recent[:, -max(1, 60 // step) :].mean(axis=1, keepdims=True)
    scores = {
        "outlook": crps(ensemble, truth),
        "climatology": crps(free, truth),
        "persistence, last step": np.abs(recent[:, -1:] - truth),
        "persistence, last hour": np.abs(hour - truth),
        "zero rain": np.abs(truth),
        INSIDE: (truth <= np.quantile(ensemble, 0.9, axis=0)).astype(float),
    }
    return {name: score.mean(axis=0) for name, score in scores.items()}


def _mean_of(
    rows: list[dict[str, Array]], chosen: NDArray[np.bool_], at: list[int], step: int
) -> Outlook:
    kept = [row for row, keep in zip(rows, chosen, strict=True) if keep]
    means = {name: np.nanmean([row[name] for row in kept], axis=0) for name in kept[0]}
    share = means.pop(INSIDE)
    inside = [float(share[index]) for index in at]
    scores = {name: [float(mean[index]) for index in at] for name, mean in means.items()}
    return Outlook([(index + 1) * step for index in at], scores, inside, len(kept))


def _climatology(
    climate: RainClimate, count: int, ahead: int, random: np.random.Generator
) -> Array:
    unknown = np.full((count, climate.step_min), np.nan)
    drawn = gauge_ensemble(
        unknown,
        leads_min=ahead * climate.step_min,
        members=400,
        climate=climate,
        random=random,
    )
    return np.asarray(drawn[:, :, :: climate.step_min])


class Case(NamedTuple):
    """A recording of radar and the part of it on which the nowcast is scored."""

    name: str
    folder: str
    rows: slice
    columns: slice
    issues: tuple[int, ...]
    """Frames after which a nowcast is made."""
    leads: int


CELL_KM = 2
"""Frames are averaged to this before the nowcast: four times less work, the same skill."""
CASES = (
    Case(
        "KNMI 26 Aug 2010",
        "knmi_201008_h5",
        slice(220, 636),
        slice(162, 578),
        (5, 11, 17, 23),
        24,
    ),
    Case("FMI 28 Sep 2016", "fmi_20160928_pgm", slice(714, 1226), slice(60, 572), (3, 7, 11), 12),
)
THRESHOLDS = (0.5, 1.0, 5.0)
SQUARE = 5
"""Cells (10 km) over which the fractions skill score is taken."""
LIKELY = 1 / 3
"""Probability from which an ensemble says "yes" in the CSI."""
LEADS_MIN = (15, 30, 60, 90, 120)


class Radar(NamedTuple):
    """Scores by lead: `crps` [mm/h], `csi` and `fss` by threshold, of each method."""

    leads_min: list[int]
    scores: dict[str, dict[str, list[float]]]
    """{score: {method: by lead}}."""
    covered: list[float]
    """Share of known cells whose rain comes from within the coverage."""


def radar(folder: Path, case: Case, *, members: int = 12) -> Radar:
    """Score STEPS against Eulerian persistence and zero rain, where all three know the rain."""
    found = DropFolder(folder / "radar" / case.folder).newest(60).frames
    frames = coarser(np.stack([frame.rate_mm_h[case.rows, case.columns] for frame in found]))
    leads = [lead for lead in LEADS_MIN if lead <= 5 * case.leads]
    rows: dict[str, dict[str, list[list[float]]]] = {}
    covered = []
    for issue in case.issues:
        made = nowcast(
            frames[max(0, issue - 5) : issue + 1],
            step_min=5,
            leads=case.leads,
            members=members,
            random=np.random.default_rng(issue),
            km_per_cell=float(CELL_KM),
        ).rate_mm_h
        share = []
        for number, lead in enumerate(leads):
            ensemble, truth = made[:, lead // 5 - 1], frames[issue + lead // 5]
            known = (
                np.isfinite(ensemble).all(axis=0) & np.isfinite(truth) & np.isfinite(frames[issue])
            )
            share.append(float(known.sum() / np.isfinite(truth).sum()))
            truth = np.where(known, truth, np.nan)
            methods = {
                "STEPS": ensemble,
                "Eulerian persistence": frames[issue][None],
                "zero rain": np.zeros_like(truth)[None],
            }
            for method, forecast in methods.items():
                for score, value in _scores(np.where(known, forecast, np.nan), truth):
                    at = rows.setdefault(score, {}).setdefault(method, [[] for _ in leads])
                    at[number].append(value)
        covered.append(share)
    return Radar(
        leads,
        {
            score: {
                name: [_mean(values) for values in by_lead] for name, by_lead in methods.items()
            }
            for score, methods in rows.items()
        },
        [_mean(values) for values in zip(*covered, strict=True)],
    )


def coarser(frames: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (k, y / 2, x / 2) means of squares of `CELL_KM` cells; NaN if one of them is."""
    count, rows, columns = frames.shape
    squares = frames.reshape(count, rows // CELL_KM, CELL_KM, columns // CELL_KM, CELL_KM)
    return np.asarray(squares.mean(axis=(2, 4)), dtype=float)


def _scores(forecast: Array, truth: Array) -> Iterable[tuple[str, float]]:
    yield "CRPS", _mean(crps(forecast, truth).ravel())
    for threshold in THRESHOLDS:
        share = exceedance(forecast, threshold)
        share = np.where(np.isfinite(truth), share, np.nan)
        came = np.where(np.isfinite(truth), truth >= threshold, np.nan)
        yield f"CSI {threshold:g} mm/h", csi(np.where(share >= LIKELY, 1.0, 0.0), came, 0.5)
        yield f"FSS {threshold:g} mm/h", fss_of_shares(share, came, SQUARE)


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def fitted(record: Record) -> RainClimate:
    """Return the climate of the record's past."""
    climate = fit(record.past, step_min=record.past_step_min or record.step_min)
    return msgspec.structs.replace(climate, step_min=record.step_min)


def _han(path: Path) -> Array:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name.startswith("rf_")]
    return np.array([[6.0 * float(row[name] or "nan") for row in rows] for name in names])


def _column(path: Path, name: str, factor: float) -> Array:
    with path.open(encoding="utf-8") as file:
        return np.array([[factor * float(row[name] or "nan") for row in csv.DictReader(file)]])


def _seattle(path: Path) -> Array:
    """Return hourly mm/h of a fixed-width file: station, year … hour, 1/100 inch."""
    lines = path.read_text(encoding="ascii").split()
    hundredths = np.array([[float(line[12:]) for line in lines]])
    return np.where(hundredths >= 0, 0.254 * hundredths, np.nan)
