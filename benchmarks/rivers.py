"""Rivers: Muskingum–Cunge on 1,000 reaches × 50 members × 180 minutes, and a tidal delta.

The tree is random (brooks of 1 to 4 km, 5 to 40 m wide), cut as `tree` cuts by default; half the
members are stormy every minute, so that both Newton steps are taken. Nanoseconds per cell and
step are printed besides: they travel between machines of a kind.
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.machine import describe, verdict
from stream.models.flood.rivers import muskingum_cunge, network
from stream.models.flood.rivers.reaches import tree

REACHES, MEMBERS, MINUTES = 1000, 50, 180
MOST_S = 0.7


def best(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the shortest of `repeats` times [s]."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def routing() -> tuple[float, int]:
    """Return seconds and number of cells of the random tree."""
    random = np.random.default_rng(3)
    below = [-1, *(random.integers(max(0, i - 30), i) for i in range(1, REACHES))]
    reaches = tree(
        length_m=random.uniform(1000, 4000, REACHES),
        slope=random.uniform(5e-4, 5e-3, REACHES),
        width_m=random.uniform(5, 40, REACHES),
        manning=0.035,
        side_slope=1.0,
        downstream=np.array(below),
        typical_m3_s=20.0,
    )
    base = random.uniform(0.2, 1.0, (MEMBERS, REACHES))
    start = muskingum_cunge.steady(reaches, np.zeros_like(base), base)
    storm = random.gamma(0.5, 8.0, (MEMBERS, REACHES, MINUTES))
    storm[::2] = 0.0
    lateral = base[..., None] + storm
    took = best(lambda: muskingum_cunge.route(reaches, start, dt_s=60.0, lateral=lateral))
    return took, reaches.n_cells


def delta() -> tuple[float, int]:
    """Return seconds and link updates of 65 km of tidal river, 30 members, three hours."""
    channels = network.join(
        length_m=[20e3, 15e3, 30e3],
        cell_m=500.0,
        width_m=[60.0, 40.0, 120.0],
        bed_top_m=[3.0, 2.0, -1.0],
        bed_end_m=[-1.0, -1.0, -6.0],
        bank_height_m=8.0,
        plain_m=200.0,
        manning=0.03,
        downstream=[2, 2, -1],
    )
    cells = len(channels.bed)
    random = np.random.default_rng(0)
    sea = 1.5 + 2 * np.sin(np.arange(MINUTES) / 119)[None, None] + random.normal(0, 0.3, (30, 1, 1))
    lateral = random.gamma(0.5, 10.0, (30, cells, MINUTES))
    water = network.still(channels, 1.5, 30)

    def work() -> network.Ran:
        return network.run(channels, water, lateral=lateral, sea_m=sea, dt_s=60.0)

    return best(work), int(work().steps.sum()) * cells


def main() -> int:
    """Print the figures; exit 1 if the budget is broken."""
    print(describe())
    start = time.perf_counter()
    muskingum_cunge.warm_up()
    network.warm_up()
    compiled = verdict("compiling or loading", time.perf_counter() - start, "s", most=30)
    took, cells = routing()
    steps = cells * MEMBERS * MINUTES
    print(f"{REACHES} reaches in {cells} cells: {1e9 * took / steps:.2f} ns per cell and step")
    kept = verdict(f"Muskingum–Cunge, {MEMBERS} members, {MINUTES} min", took, "s", most=MOST_S)
    took, updates = delta()
    print(f"tidal network: {took:.3f} s, {updates / took / 1e6:.0f} million link updates/s")
    return 0 if kept and compiled else 1


if __name__ == "__main__":
    sys.exit(main())
