"""Depths, speeds and arrival times of a flood on a grid, by the local-inertial equations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.balance import MassBalance
from stream.models.flood.inundation.failure import ForcingError
from stream.models.flood.inundation.forcing import Forcing
from stream.models.flood.inundation.ground import Float32, Ground
from stream.models.flood.inundation.run import Run

MOMENT_S = 1e-6
"""Times closer than this are one."""


@dataclass(frozen=True, eq=False)
class Flooded:
    """What `simulate` found."""

    depth: Float32
    """(ny, nx) depth at the end [m]; 0 where there is no ground."""
    peak_depth: Float32
    """(ny, nx) greatest depth [m], looked at every `run.RECORD_S` seconds."""
    peak_speed: Float32
    """(ny, nx) greatest |q|/h [m/s] of the flow leaving the cell while its depth was at least
    1 cm, likewise; 0 in cells whose stage is prescribed."""
    arrival_s: Float32
    """(ny, nx) seconds after the start when the depth had first reached `wet_m`; NaN = never."""
    saved: Float32
    """(k, ny, nx) depth at the times asked for, in increasing order [m]."""
    balance: MassBalance
    """Where the water went."""
    steps: int
    """Time steps taken."""
    cell_updates: int
    """Cells swept, summed over the steps; dry tiles are not swept and do not count."""


def simulate(
    ground: Ground,
    depth: Float32,
    forcing: Forcing,
    *,
    start_s: float,
    duration_s: float,
    save_s: Sequence[float] = (),
    wet_m: float = 0.15,
    cfl: float = 0.7,
    theta: float = 0.95,
    threshold_m: float = 0.001,
    max_steps: int = 1_000_000,
) -> Flooded:
    """Run the water over `ground` from `depth` (ny, nx) [m], at rest, for `duration_s` seconds.

    q⁺ (1 + g Δt n² |q⁺| / h^(7/3)) = q̄ − g h Δt ∂η/∂x, h = max η − crest − `threshold_m` (Bates et
    al. 2010), q̄ = θ q + (1 − θ) (mean of the two neighbours; de Almeida et al. 2012), then
    ∂h/∂t = −∇·q + rain − losses + sources; Δt = min(`cfl`, 0.95 √(θ/2)) Δx / √(g h).

    `start_s` is the Unix second of the start (the clock of `forcing`), `save_s` are seconds after
    it, `wet_m` is the depth that counts as arrival [m], `threshold_m` the depth that does not
    flow [m]. `depth` is not changed.

    Raises `ForcingError` if times, `cfl` or `theta` make no sense or the forcing does not fit,
    `GroundError` if the depth does not, and `Diverged` if the water is not believable or not
    there after `max_steps`.
    """
    forcing.check(ground)
    saves = sorted(float(at) for at in save_s)
    if duration_s < 0 or (saves and not 0 <= saves[0] <= saves[-1] <= duration_s + MOMENT_S):
        raise ForcingError(f"save_s: {saves} s do not lie within the run of {duration_s} s")
    if not (0 < cfl <= 1 and 0.5 <= theta <= 1):
        raise ForcingError(f"cfl {cfl} lies in 0…1 (0.7), theta {theta} in 0.5…1 (0.95)")
    run = Run(ground, depth, forcing, start_s, wet_m, cfl, theta, threshold_m, max_steps)
    saved = np.empty((len(saves), *ground.shape), np.float32)
    for number, at in enumerate(saves):
        run.until(min(at, duration_s))
        saved[number] = run.water.depth
    run.until(duration_s)
    return _flooded(run, saved)


def _flooded(run: Run, saved: NDArray[np.float32]) -> Flooded:
    record = run.record
    return Flooded(
        depth=run.water.depth,
        peak_depth=record.peak,
        peak_speed=record.speed,
        arrival_s=record.arrival,
        saved=saved,
        balance=run.balance(),
        steps=run.steps,
        cell_updates=run.cell_updates,
    )


def warm_up() -> None:
    """Compile every kernel, or load it from the cache on disk; a few seconds the first time.

    Call it before a deadline counts.
    """
    bed = np.zeros((3, 3), np.float32)
    walls = np.full((3, 2), 0.5, np.float32)
    edge = np.full((3, 3), -1, np.int16)
    edge[0, 0] = 0
    loss = np.ones((3, 3), np.float32)
    forcing = Forcing(
        times_s=np.array([0.0]),
        rain_mm_h=np.ones((1, 1)),
        loss_mm_h=loss,
        drain_mm_h=loss,
        stage_m=np.ones((1, 1)),
        sources_m3_s=np.ones((1, 1)),
        source_cells=np.array([[1, 1]]),
    )
    ground = Ground(bed, 10.0, 0.04, crest_east=walls, edge=edge)
    simulate(ground, bed, forcing, start_s=0.0, duration_s=1.0)
