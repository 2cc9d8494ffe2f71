"""Bake-offs behind areal rain: hours of radar are the truth, cells of them the gauges.

`python -m benchmarks.rain_gauges` prints both tables.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.rain_skill import data_folder
from stream.grids.folder import DropFolder
from stream.models.flood.rain.areal import Array, weights
from stream.models.flood.rain.merging import merge

WINDOW_KM = 60
COUNTS = (1, 2, 3, 4, 6, 10, 20)
DRAWS = 10
CASES = {
    "knmi_201008_h5": (slice(240, 420), slice(290, 470)),
    "fmi_20160928_pgm": (slice(880, 1060), slice(230, 410)),
}
"""Folders of frames, and the part of each that the radars cover well."""


def hours(folder: Path) -> list[Array]:
    """Return (180, 180) sums [mm] of each hour of both recordings of radar."""
    found = []
    for name, (rows, columns) in CASES.items():
        frames = DropFolder(folder / "radar" / name).newest(48).frames
        rates = np.stack([frame.rate_mm_h[rows, columns] for frame in frames])
        for first in range(0, len(rates) - 11, 12):
            found.append(np.asarray(rates[first : first + 12].mean(axis=0), dtype=float))
    return found


def windows(fields: list[Array], random: np.random.Generator) -> list[Array]:
    """Return wet windows of 60 km without gaps, `DRAWS` of each field."""
    found = []
    for field in fields:
        for _ in range(DRAWS):
            row, column = random.integers(0, 180 - WINDOW_KM, 2)
            window = field[row : row + WINDOW_KM, column : column + WINDOW_KM]
            if np.isfinite(window).all() and window.mean() > 0.05:
                found.append(window)
    return found


def interpolation(truths: list[Array], random: np.random.Generator) -> dict[str, list[float]]:
    """Return for each method the mean absolute error over the mean rain, by number of gauges."""
    across, down = np.meshgrid(np.arange(60.0), np.arange(60.0))
    targets = np.stack([across.ravel(), down.ravel()], axis=1)
    scores: dict[str, list[float]] = {}
    for count in COUNTS:
        errors: dict[str, list[float]] = {}
        total = 0.0
        for truth in truths:
            places = random.integers(0, WINDOW_KM, (count, 2)).astype(float)
            seen = truth[places[:, 1].astype(int), places[:, 0].astype(int)]
            total += truth.mean()
            for name, share in _methods(places, targets).items():
                error = np.abs(share @ seen - truth.ravel()).mean()
                errors.setdefault(name, []).append(float(error))
        for name, values in errors.items():
            scores.setdefault(name, []).append(sum(values) / total)
    return scores


def _methods(places: Array, targets: Array) -> dict[str, Array]:
    """Return (targets, gauges) weights of each method."""
    inverse = {
        f"inverse distance, power {power:g}": weights(places, targets, power=power)
        for power in (1.0, 1.5, 2.0, 3.0)
    }
    return {
        "Thiessen": weights(places, targets, power=60.0, core_km=0.0),
        **inverse,
        "ordinary kriging, range 15 km": _kriging(places, targets, 15.0),
        "ordinary kriging, range 30 km": _kriging(places, targets, 30.0),
    }


def _kriging(places: Array, targets: Array, reach_km: float) -> Array:
    """Return the weights of ordinary kriging with an exponential variogram of a given range."""
    count = len(places)
    between = np.linalg.norm(places[:, None] - places[None], axis=2)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = np.exp(-between / reach_km) + 0.02 * np.eye(count)
    system[count, count] = 0.0
    away = np.linalg.norm(targets[:, None] - places[None], axis=2)
    right = np.ones((count + 1, len(targets)))
    right[:count] = np.exp(-away / reach_km).T
    return np.asarray(np.linalg.solve(system, right)[:count].T)


def merging(truths: list[Array], random: np.random.Generator) -> dict[str, list[float]]:
    """Return the error of radar, gauges and merged fields over the mean rain, by gauges.

    The radar is the truth times an error that is invented: 0.6 overall, and a smooth random
    factor with a standard deviation of 0.4 in the logarithm over 20 km.
    """
    axis = np.arange(float(WINDOW_KM))
    scores: dict[str, list[float]] = {}
    for count in COUNTS:
        errors: dict[str, list[float]] = {}
        total = 0.0
        for truth in truths:
            noise = gaussian_filter(random.standard_normal(truth.shape), 20.0 / 2)
            radar = 0.6 * truth * np.exp(0.4 * noise / noise.std())
            places = random.integers(0, WINDOW_KM, (count, 2)).astype(float)
            seen = truth[places[:, 1].astype(int), places[:, 0].astype(int)]
            total += truth.mean()
            made = {
                "radar alone": radar,
                "gauges alone": merge(None, seen, places, axis, axis).rain,
                "mean-field bias": merge(radar, seen, places, axis, axis, fewest=99).rain,
                "conditional merging": merge(radar, seen, places, axis, axis, fewest=1).rain,
            }
            for name, rain in made.items():
                errors.setdefault(name, []).append(float(np.abs(rain - truth).mean()))
        for name, values in errors.items():
            scores.setdefault(name, []).append(sum(values) / total)
    return scores


def report(folder: Path) -> None:
    """Print both tables."""
    random = np.random.default_rng(0)
    truths = windows(hours(folder), random)
    print(f"{len(truths)} hours of 60 × 60 km, mean rain {np.mean(truths):.2f} mm")
    tables = {"gauges → field": interpolation(truths, random)}
    tables["radar and gauges"] = merging(truths, random)
    for title, table in tables.items():
        print(f"{title}: mean absolute error / mean rain, by number of gauges")
        print(f"{'':32}" + "".join(f"{count:>7}" for count in COUNTS))
        for name, values in table.items():
            print(f"{name:32}" + "".join(f"{value:7.2f}" for value in values))


if __name__ == "__main__":
    where = data_folder()
    sys.exit("no recorded data: set FOREWARN_DATA" if where is None else report(where))
