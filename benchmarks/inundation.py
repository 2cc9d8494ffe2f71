"""The inundation kernel on the V valley: 100 m cells, a 10 m deep sea strip with a tide, rain.

A valley open to the sea in the south: its floor falls 0.5 m per km, its flanks 1 m per km more;
the last twentieth of the rows is a sea strip 10 m deep whose southernmost row follows a tide.
n 0.04, 50 mm/h for three hours, water below 5 cm does not flow, CFL 0.7. On: rain, tidal edge,
friction, threshold, time step from the deepest water, peak depth, peak speed, arrival, balance.

Bytes per cell update, what has to be moved at least: the sweep reads and writes depth and both
discharges (24) and reads the bed (4), all float32, every step; a parcel of rain reads and writes
the depth (8) every 20 s; the record reads depth and discharges (12) and reads and writes peak
depth, peak speed and arrival (24) every 60 s: 35 in all at steps of 6 s, and the share is printed
for the 28 of the sweep alone as well. The bound is the triad's bandwidth ÷ these bytes; the triad
a = b + 2 c over arrays of 128 MB moves 12 bytes per element (its write-allocate is not counted).
A cell update is a cell that was swept in a step; dry tiles are neither swept nor counted.
"""

import os
import sys
import time

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # a thread that waits soon leaves its core

import numba
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from benchmarks.machine import describe, verdict
from stream.models.flood.inundation import forcing as driving
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.run import PARCEL_S, RECORD_S
from stream.models.flood.inundation.solver import Flooded, simulate, warm_up

CELL_M, MANNING, THRESHOLD_M, HOURS = 100.0, 0.04, 0.05, 3
SEA_M, TIDE_M, RAIN_MM_H = 10.0, 1.0, 50.0
SWEEP_BYTES, PARCEL_BYTES, RECORD_BYTES = 28, 8, 36
REPEATS = 3


def valley(cells: int) -> tuple[Ground, NDArray[np.float32]]:
    """Return the V valley of `cells` × `cells` and its water at the start."""
    sea = max(cells // 20, 2)
    row, column = np.mgrid[0:cells, 0:cells].astype(np.float32)
    floor = (cells - sea - 1 - row) * np.float32(5e-4 * CELL_M)
    bed = floor + np.abs(column - np.float32((cells - 1) / 2)) * np.float32(1e-3 * CELL_M)
    bed[-sea:] = -SEA_M
    edge = np.full(bed.shape, -1, np.int16)
    edge[-1] = 0
    depth = np.zeros_like(bed)
    depth[-sea:] = SEA_M
    return Ground(bed, CELL_M, MANNING, edge=edge), depth


def weather(rain_mm_h: float = RAIN_MM_H) -> driving.Forcing:
    """Return three hours of rain and half a tide, ten minutes apart."""
    times = np.arange(0.0, HOURS * 3600 + 1, 600.0)
    tide = TIDE_M * np.sin(2 * np.pi * times / 44_714)
    rain = np.full((len(times), 1), rain_mm_h)
    return driving.Forcing(times_s=times, rain_mm_h=rain, stage_m=tide[:, None])


@njit(cache=True, parallel=True)
def triad(a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]) -> None:
    """a = b + 2 c."""
    for i in prange(a.shape[0]):
        a[i] = b[i] + np.float32(2) * c[i]


def bandwidth(repeats: int = 8) -> float:
    """Return the best bandwidth of the triad [GB/s]."""
    a, b, c = (np.ones(32_000_000, np.float32) for _ in range(3))
    triad(a, b, c)
    best = np.inf
    for _ in range(repeats):
        began = time.perf_counter()
        triad(a, b, c)
        best = min(best, time.perf_counter() - began)
    return 12 * len(a) / best / 1e9


def timed(ground: Ground, depth: NDArray[np.float32], rain: float) -> tuple[Flooded, float]:
    """Run three hours; return the flood and the wall time [s]."""
    began = time.perf_counter()
    flooded = simulate(
        ground,
        depth,
        weather(rain),
        start_s=0.0,
        duration_s=HOURS * 3600.0,
        threshold_m=THRESHOLD_M,
    )
    return flooded, time.perf_counter() - began


def _memory_kb(key: str) -> int:
    with open("/proc/self/status") as status:  # noqa: PTH123
        return next(int(line.split()[1]) for line in status if line.startswith(key))


def growth(cells: int) -> float:
    """Return how much the case adds to the peak memory [MB per million cells]."""
    with open("/proc/self/clear_refs", "w") as peak:  # noqa: PTH123
        peak.write("5")
    before = _memory_kb("VmRSS")
    ground, depth = valley(cells)
    simulate(ground, depth, weather(), start_s=0.0, duration_s=600.0, threshold_m=THRESHOLD_M)
    return (_memory_kb("VmHWM") - before) * 1024 / 1e6 / (cells**2 / 1e6)


def moved(flooded: Flooded) -> float:
    """Return the bytes that a cell update has to move."""
    seconds = HOURS * 3600.0 / flooded.steps
    parcel, record = min(seconds / PARCEL_S, 1.0), min(seconds / RECORD_S, 1.0)
    return SWEEP_BYTES + PARCEL_BYTES * parcel + RECORD_BYTES * record


def measure(cells: int, threads: int) -> tuple[float, float, float]:
    """Print the case; return the best Mcell-updates/s, share of the bound and wall time [s]."""
    numba.set_num_threads(threads)
    ground, depth = valley(cells)
    rate = share = 0.0
    wall = np.inf
    for _ in range(REPEATS):
        before = bandwidth(3)
        flooded, took = timed(ground, depth, RAIN_MM_H)
        bound = max(before, bandwidth(3)) * 1e9 / moved(flooded)
        rate = max(rate, flooded.cell_updates / took / 1e6)
        share = max(share, flooded.cell_updates / took / bound)
        wall = min(wall, took)
    swept = flooded.cell_updates / flooded.steps / cells**2
    print(
        f"{cells}², {threads} threads: {rate:,.0f} Mcell-updates/s, {share:.2f} of the bound"
        f" ({bound / 1e6:,.0f} M/s by the last triad; {share * SWEEP_BYTES / moved(flooded):.2f}"
        f" counting the sweep alone), {wall:.2f} s, {flooded.steps} steps,"
        f" {swept:.0%} of the cells swept, mass error {flooded.balance.error_share:.1e}",
        flush=True,
    )
    return rate, share, wall


def dry(cells: int) -> None:
    """Print what the same grid costs where less of it is wet."""
    ground, depth = valley(cells)
    for rain in (RAIN_MM_H, 10.0, 0.0):
        flooded, took = timed(ground, depth, rain)
        swept = flooded.cell_updates / flooded.steps / cells**2
        print(f"{cells}², rain {rain:g} mm/h: {swept:.0%} of the cells swept, {took:.2f} s")


def main(names: list[str] | None = None) -> int:
    """Measure, print, and return 0 if the budgets are kept."""
    print(describe())
    began = time.perf_counter()
    warm_up()
    first = time.perf_counter() - began
    kept = verdict("compiling, or loading from the cache", first, "s", most=30.0)
    kept &= verdict("memory", growth(1342), "MB per million cells", most=100.0)
    threads = numba.config.NUMBA_NUM_THREADS
    for cells in (1000, 1342):
        measure(cells, 1)
        rate, share, wall = measure(cells, threads)
        kept &= verdict(f"{cells}²", rate, "Mcell-updates/s", least=600.0)
        kept &= verdict(f"{cells}²", share, "of the bandwidth bound", least=0.45)
    kept &= verdict("1.8 million cells, three hours", wall, "s", most=6.0)
    dry(1000)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
