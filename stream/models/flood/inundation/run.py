"""One run in progress: parcels of rain and windows of time steps, one after another."""

import numba
import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation import layout
from stream.models.flood.inundation.balance import MassBalance
from stream.models.flood.inundation.failure import Cell, Diverged
from stream.models.flood.inundation.forcing import MM_PER_H, Forcing
from stream.models.flood.inundation.ground import Float32, Ground
from stream.models.flood.inundation.kernel_fall import QUANTUM_M, fall, remember
from stream.models.flood.inundation.kernel_sweep import BAND, TILE, Window, advance

PARCEL_S = 20.0
"""Rain and losses come this often [s], or every step if that is longer."""
RECORD_S = 60.0
"""Peaks and arrivals are looked at this often [s]."""
SHALLOWEST_M = 0.01
"""Below 1 cm |q|/h is noise: no speed is given."""
FASTEST_M_S = 30.0
"""Water deeper than 0.5 m and faster than this is an instability, not a flood."""
SAFETY = 0.95
"""Share of the longest stable time step, Δx √(θ/2) / √(g h) in two dimensions."""
HIGHEST_M = 100.0
"""Water this much deeper than any at the start or prescribed, plus the relief, is one too."""


class Run:
    """Ground, water and forcing, and how far the run has come."""

    def __init__(
        self,
        ground: Ground,
        depth: Float32,
        forcing: Forcing,
        start_s: float,
        wet_m: float,
        cfl: float,
        theta: float,
        threshold_m: float,
        max_steps: int,
    ) -> None:
        self._ground, self._forcing, self._start_s = ground, forcing, float(start_s)
        self._wet_m, self._cfl, self._threshold_m = float(wet_m), float(cfl), float(threshold_m)
        self._max_steps, self._theta = max_steps, float(theta)
        self.steps, self.cell_updates, self._step_s = 0, 0, 0.0
        self._now, self._fell_s, self._recorded_s = 0.0, 0.0, 0.0
        self._free = layout.free_cells(ground)
        self._terrain = layout.terrain_of(ground)
        series = 0 if forcing.stage_m is None else forcing.stage_m.shape[1]
        self._held = layout.held_of(ground, self._terrain, series)
        self._taps = layout.taps_of(forcing)
        self._sky = layout.sky_of(ground, forcing)
        self._capacity = None if forcing.drain_mm_h is None else self._sky.drain.copy()
        self._opened = np.zeros(0, np.float32)
        zones = forcing.rain_mm_h.shape[1]
        self._sizes = layout.zone_sizes(self._sky, ground.shape, zones)
        self._owed = np.zeros(zones)
        self._rain_m = 0.0
        self.water = layout.water_of(ground, depth)
        self._hold(0.0)
        layout.deepest_of(self.water, self._free)
        self.record = layout.record_of(self.water, wet_m)
        self._order = layout.dealt(len(self.water.warm), numba.get_num_threads())
        self._initial = self._stored()
        self._limit_m = self._believable()

    def until(self, end_s: float) -> None:
        """Go on until `end_s` seconds after the start; raise `Diverged` if the water does."""
        while self._now < end_s:
            hard = float(min(end_s, self._next_knot()))
            self._prepare(hard)
            window = Window(
                begin_s=self._now,
                soft_s=min(self._fell_s + PARCEL_S, hard),
                hard_s=hard,
                dx_m=float(self._ground.dx_m),
                cfl=min(self._cfl, SAFETY * (self._theta / 2) ** 0.5),
                theta=self._theta,
                threshold_m=self._threshold_m,
                limit_m=self._limit_m,
                steps=int(self._max_steps - self.steps),
            )
            began = self._now
            self._now, self._step_s, steps, updates, well = advance(
                self.water, self._terrain, self._held, self._taps, window, self._order
            )
            self.steps += steps
            self.cell_updates += updates
            if not well:
                raise self._diverged(self.water.depth)
            if self.steps >= self._max_steps and self._now < end_s:
                raise self._too_slow()
            self._fall(self._now - began, self._now >= end_s)
            self._remember(self._now >= end_s)

    def balance(self) -> MassBalance:
        """Return where the water went until now."""
        area = self._ground.cell_m2
        inflow, outflow, _ = (float(volume) for volume in self.water.volumes)
        return MassBalance(
            rain=self._rain_m * area,
            inflow=inflow,
            outflow=outflow,
            lost=float(self._sky.lost.sum()) * area,
            drained=float(self._sky.drained.sum()) * area,
            stored=self._stored() - self._initial,
            initial=self._initial,
        )

    def _stored(self) -> float:
        return (
            float(self.water.depth.sum(where=self._free, dtype=np.float64)) * self._ground.cell_m2
        )

    def _next_knot(self) -> float:
        """Return the first time of the forcing, or beginning of a breach, after now."""
        now = self._start_s + self._now
        knots = self._forcing.times_s
        row = int(np.searchsorted(knots, now + 1e-6, "right"))
        ahead = [float(knots[row])] if row < len(knots) else []
        ahead += [float(b[1]) for b in self._forcing.breaches if b[1] > now + 1e-6]
        return min(ahead, default=np.inf) - self._start_s

    def _at(self, series: NDArray[np.float64], now: float) -> NDArray[np.float64]:
        times = self._forcing.times_s
        return np.array([np.interp(self._start_s + now, times, column) for column in series.T])

    def _prepare(self, hard_s: float) -> None:
        """Bring stages, sources and breaches to now, with their slopes."""
        for series, level, slope in (
            (self._forcing.stage_m, self._held.stage, self._held.slope),
            (self._forcing.sources_m3_s, self._taps.flow, self._taps.slope),
        ):
            if series is not None:
                level[:] = self._at(series, self._now)
                slope[:] = (self._at(series, hard_s) - level) / (hard_s - self._now)
        for breach in self._forcing.breaches:
            layout.fail(self._terrain, self._ground, breach, self._start_s + self._now)

    def _hold(self, now: float) -> None:
        if self._forcing.stage_m is None or self._ground.edge is None:
            return
        stage = self._at(self._forcing.stage_m, now)
        mask = (self._ground.edge >= 0) & np.isfinite(self._ground.bed)
        bed = self._ground.bed[mask]
        self.water.depth[mask] = np.maximum(stage[self._ground.edge[mask]] - bed, 0)

    def _fall(self, seconds: float, everywhere: bool) -> None:
        """Let the rain of the last `seconds` fall, and the losses and drains take theirs."""
        forcing, began = self._forcing, self._start_s + self._fell_s
        self._fell_s = self._now
        row = max(int(np.searchsorted(forcing.times_s, began + 1e-6, "right")) - 1, 0)
        self._owed += forcing.rain_mm_h[row] * MM_PER_H * seconds
        parcels = np.floor(self._owed / QUANTUM_M) * QUANTUM_M
        self._owed -= parcels
        amounts = np.concatenate([[0.0], parcels]).astype(np.float32)
        losses = forcing.loss_mm_h is not None or forcing.drain_mm_h is not None
        if not (losses or parcels.any() or self._sky.waiting.any()):
            return
        opened = self._drains_open(began + seconds / 2)
        dry_m = min(self._threshold_m, self._wet_m)
        fall(self.water, self._sky, amounts, seconds, seconds * opened, dry_m, everywhere)
        self._rain_m += float(amounts.astype(np.float64) @ self._sizes)

    def _drains_open(self, at_s: float) -> float:
        """Return the share of the drains that is open; by zone, it goes into their capacities."""
        shares = self._forcing.drain_open
        if shares is None:
            return 1.0
        if shares.ndim == 1:
            return float(np.interp(at_s, self._forcing.times_s, shares))
        now = [np.interp(at_s, self._forcing.times_s, column) for column in shares.T]
        by_zone = np.array([*now, 1.0], np.float32)  # the last is that of cells in no zone, -1
        if self._capacity is not None and not np.array_equal(by_zone, self._opened):
            zone = self._forcing.zone
            self._sky.drain[:] = self._capacity * (by_zone[0] if zone is None else by_zone[zone])
            self._opened = by_zone
        return 1.0

    def _remember(self, everywhere: bool) -> None:
        if self._now < self._recorded_s + RECORD_S and not everywhere:
            return
        self._recorded_s = self._now
        remember(
            self.water,
            self.record,
            self._held,
            self._wet_m,
            SHALLOWEST_M,
            self._now,
            self._step_s / float(self._ground.dx_m),
            everywhere,
        )
        if self.record.fastest.max() > np.float32(FASTEST_M_S).view(np.int32):
            raise self._diverged(np.where(self.water.depth > 0.5, self.record.speed, np.float32(0)))

    def _believable(self) -> float:
        bed = self._ground.bed[np.isfinite(self._ground.bed)]
        deepest = float(self.water.depth.max())
        if self._forcing.stage_m is not None:
            deepest = max(deepest, float(self._forcing.stage_m.max() - bed.min()))
        return HIGHEST_M + deepest + float(bed.max() - bed.min())

    def _diverged(self, suspect: Float32) -> Diverged:
        worst = np.where(np.isnan(suspect), np.float32(np.inf), suspect)
        row, column = (int(at) for at in np.unravel_index(int(worst.argmax()), worst.shape))
        why = (
            f"depth {self.water.depth[row, column]:.4g} m over a bed at"
            f" {self._ground.bed[row, column]:.4g} m: a hole or a spike in the bed, a stage that"
            f" jumps, or little roughness (cfl {self._cfl:g}, theta {self._theta:g}: lower both)"
        )
        return Diverged(Cell(row, column), self._now, why)

    def _too_slow(self) -> Diverged:
        tile = np.unravel_index(int(self.water.deepest.argmax()), self.water.deepest.shape)
        row, column = int(tile[0]) * BAND, int(tile[1]) * TILE
        deep = float(self.water.deepest.max().view(np.float32))
        why = (
            f"{self._max_steps} steps used up: water {deep:.3g} m deep near that cell forces the"
            " step; prescribe its stage, fill the hole, or allow more steps"
        )
        return Diverged(Cell(row, column), self._now, why)
