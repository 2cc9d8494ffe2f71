"""Rain to come: how fast it is made, and how good it is on recorded rain.

Skill needs the recorded data (FOREWARN_DATA, or `shared/data` beside the project); without it only
the speed is measured.
"""

import time
from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.machine import describe, verdict
from benchmarks.rain_skill import (
    CASES,
    Outlook,
    Radar,
    data_folder,
    fitted,
    outlook,
    radar,
    records,
)
from stream.models.flood.rain.climate import RainClimate
from stream.models.flood.rain.nowcast import nowcast
from stream.models.flood.rain.outlook import gauge_ensemble

CLIMATE = RainClimate(10, 0.05, 6.0, 0.8, 0.6, 400.0, 60.0, 0.35, 40.0, 15.0)
SIZE, LEADS, MEMBERS = 256, 12, 6


def main() -> int:
    """Measure, print, and return 0 if every budget is kept."""
    print(describe())
    kept = speed()
    folder = data_folder()
    if folder is None:
        print("no recorded data: skill is not measured (set FOREWARN_DATA)")
        return 0 if kept else 1
    for record in records(folder):
        every, rainy = outlook(record, fitted(record))
        print_outlook(f"{record.name}, all times", every)
        print_outlook(f"{record.name}, rain in the last 2 or next 3 h", rainy)
        kept &= _beats(record.name, every)
    for case in CASES:
        scored = radar(folder, case)
        print_radar(case.name, scored)
        ratio = max(a / min(b, c) for a, b, c in zip(*scored.scores["CRPS"].values(), strict=True))
        kept &= verdict(f"{case.name}: CRPS of STEPS / the better reference", ratio, "", most=0.85)
    return 0 if kept else 1


def speed() -> bool:
    """Measure the outlook and the nowcast."""
    random = np.random.default_rng(0)
    recent = np.where(random.random((20, 540)) < 0.3, 4.0, 0.0)

    def gauges() -> None:
        gauge_ensemble(recent, leads_min=180, members=50, climate=CLIMATE, random=random)

    took = _fastest(gauges)
    kept = verdict("outlook, 50 members × 20 catchments × 180 min", took, "s", most=0.5)
    rain = np.maximum(gaussian_filter(random.standard_normal((SIZE, 2 * SIZE)), 8.0), 0.0) * 400
    frames = np.stack([rain[:, 30 - 3 * n : 30 - 3 * n + SIZE] for n in range(4)])

    def steps() -> None:
        nowcast(frames, step_min=5, leads=LEADS, members=MEMBERS, random=random)

    one = _fastest(steps) / (MEMBERS * LEADS)
    field = random.standard_normal((SIZE, SIZE))
    unit = _fastest(lambda: np.fft.irfft2(np.fft.rfft2(field)), times=20)
    print(f"STEPS, {SIZE}² cells: {1000 * one:.1f} ms for a member's frame")
    return kept & verdict("the same / Fourier transform and back", one / unit, "", most=200.0)


def _fastest(run: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of `times` runs after a first one, which compiles [s]."""
    run()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return min(took)


def _beats(name: str, scored: Outlook) -> bool:
    """Return whether the outlook's CRPS is below that of every reference at every lead."""
    worst = 0.0
    for method, scores in scored.scores.items():
        if method != "outlook":
            ratios = [a / b for a, b in zip(scored.scores["outlook"], scores, strict=True)]
            worst = max(worst, *ratios)
    return verdict(f"{name}: CRPS of the outlook / the best reference", worst, "", most=1.0)


def print_outlook(title: str, scored: Outlook) -> None:
    """Print a table of CRPS by lead."""
    print(f"{title}: CRPS [mm/h] of {scored.issues} issues")
    print(f"  {'lead [min]':26}" + "".join(f"{lead:8}" for lead in scored.leads_min))
    for method, scores in scored.scores.items():
        print(f"  {method:26}" + "".join(f"{score:8.3f}" for score in scores))
    print(f"  {'rain ≤ 90 % quantile':26}" + "".join(f"{part:8.3f}" for part in scored.inside))


def print_radar(title: str, scored: Radar) -> None:
    """Print a table of every score by lead."""
    print(f"{title}: lead [min] {scored.leads_min}, cells compared", end=" ")
    print(", ".join(f"{share:.0%}" for share in scored.covered))
    for score, methods in scored.scores.items():
        for method, values in methods.items():
            if method != "zero rain" or score == "CRPS":
                print(f"  {score:14}{method:22}" + "".join(f"{value:8.3f}" for value in values))
