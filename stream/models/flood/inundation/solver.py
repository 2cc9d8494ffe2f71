"""Depths, speeds and arrival times of a flood on a grid, by the local-inertial equations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.balance import MassBalance
from stream.models.flood.inundation.failure import Cell, Diverged
from stream.models.flood.inundation.forcing import MM_PER_H, Forcing
from stream.models.flood.inundation.ground import Float32, Ground

GRAVITY = 9.81
SPEED_DEPTH_M = 0.01
"""Below 1 cm |q|/h is noise: no speed is given."""


@dataclass(frozen=True, eq=False)
class Flooded:
    """What `simulate` found."""

    depth: Float32
    """(ny, nx) depth at the end [m]; 0 where there is no ground."""
    peak_depth: Float32
    """(ny, nx) greatest depth [m]."""
    peak_speed: Float32
    """(ny, nx) greatest |q|/h [m/s] while the depth was at least 1 cm."""
    arrival_s: Float32
    """(ny, nx) seconds after the start at which the depth first reached `wet_m`; NaN = never."""
    saved: Float32
    """(k, ny, nx) depth at the times asked for [m]."""
    balance: MassBalance
    """Where the water went."""
    steps: int
    """Time steps taken."""
    cell_updates: int
    """Cells swept, summed over the steps: dry tiles are not swept."""


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
    threshold_m: float = 0.001,
    max_steps: int = 1_000_000,
) -> Flooded:
    """Run the water over `ground` from `depth` (ny, nx) [m] for `duration_s` seconds.

    q⁺ = (q − g h Δt ∂η/∂x) / (1 + g Δt n² |q| / h^(7/3)), h = max η − crest − `threshold_m`
    (Bates et al. 2010), then ∂h/∂t = −∇·q + rain − losses. `start_s` is the Unix second of
    the start, `save_s` are seconds after it; `wet_m` is the depth that counts as arrival.

    Raises `ForcingError` if the forcing does not fit, `Diverged` if the water is not believable.
    """
    forcing.check(ground)
    return _Slow(ground, depth, forcing, start_s, threshold_m, cfl, wet_m).run(
        duration_s, sorted(save_s), max_steps
    )


class _Slow:
    def __init__(self, g, depth, f, start_s, thr, cfl, wet_m):
        self.g, self.f, self.start_s, self.thr, self.cfl, self.wet_m = g, f, start_s, thr, cfl, wet_m
        self.dry = ~np.isfinite(g.bed)
        self.z = np.where(self.dry, 1e6, g.bed).astype(np.float64)
        self.h = np.where(self.dry, 0, depth).astype(np.float64)
        self.n = np.broadcast_to(np.asarray(g.manning, float), g.shape)
        self.edge = np.full(g.shape, -1) if g.edge is None else g.edge
        self.free = (self.edge < 0) & ~self.dry
        self.qx = np.zeros((g.shape[0], g.shape[1] - 1))
        self.qy = np.zeros((g.shape[0] - 1, g.shape[1]))

    def sills(self, now):
        g, z = self.g, self.z
        ce = None if g.crest_east is None else g.crest_east.astype(float).copy()
        cs = None if g.crest_south is None else g.crest_south.astype(float).copy()
        for b in self.f.breaches:
            side, r, c = b[0]
            a = ce if side == "east" else cs
            over = b[3] if len(b) > 3 else 0.0
            share = float(now >= b[1]) if over <= 0 else min(max((now - b[1]) / over, 0), 1)
            a[r, c] += share * (b[2] - a[r, c])
        sx, sy = np.maximum(z[:, 1:], z[:, :-1]), np.maximum(z[1:], z[:-1])
        if ce is not None:
            sx = np.fmax(sx, ce)
        if cs is not None:
            sy = np.fmax(sy, cs)
        return sx, sy

    def flux(self, q, ea, eb, sill, n, dt):
        hf = np.maximum(ea, eb) - sill - self.thr
        wet = hf > 0
        hs = np.where(wet, hf, 1.0)
        d = eb - ea
        d = np.where(np.abs(d) < 1e-9, 0, d)
        new = (q - GRAVITY * hs * dt / self.g.dx_m * d) / (
            1 + GRAVITY * dt * n**2 * np.abs(q) / hs ** (7 / 3)
        )
        return np.where(wet, new, 0.0)

    def at(self, series, now):
        return np.array([np.interp(now, self.f.times_s, column) for column in series.T])

    def run(self, duration, saves, max_steps):
        g, f, area = self.g, self.f, self.g.cell_m2
        v = dict(rain=0.0, inflow=0.0, outflow=0.0, lost=0.0, drained=0.0)
        peak, speed = self.h.copy(), np.zeros(g.shape)
        arrival = np.where(self.h >= self.wet_m, 0.0, np.nan)
        initial = float(self.h[self.free].sum() * area)
        t, steps, saved = 0.0, 0, []
        zone = np.zeros(g.shape, int) if f.zone is None else f.zone
        zero = np.zeros(g.shape)
        loss = zero if f.loss_mm_h is None else f.loss_mm_h * MM_PER_H
        drain = zero if f.drain_mm_h is None else f.drain_mm_h * MM_PER_H
        todo = list(saves)
        while True:
            while todo and todo[0] <= t + 1e-9:
                saved.append(self.h.astype(np.float32))
                todo.pop(0)
            if t >= duration - 1e-9:
                break
            now = self.start_s + t
            if f.stage_m is not None:
                stage = self.at(f.stage_m, now)
                held = self.edge >= 0
                self.h[held] = np.maximum(stage[self.edge[held]] - self.z[held], 0)
            top = max(float(self.h.max()), 0.05)
            dt = min(self.cfl * g.dx_m / np.sqrt(GRAVITY * top), 20.0, duration - t)
            if todo:
                dt = min(dt, todo[0] - t)
            eta = self.z + self.h
            sx, sy = self.sills(now)
            self.qx = self.flux(self.qx, eta[:, :-1], eta[:, 1:], sx,
                                0.5 * (self.n[:, 1:] + self.n[:, :-1]), dt)
            self.qy = self.flux(self.qy, eta[:-1], eta[1:], sy,
                                0.5 * (self.n[1:] + self.n[:-1]), dt)
            k = dt / g.dx_m
            for _ in range(3):
                out = np.zeros(g.shape)
                out[:, :-1] += np.maximum(self.qx, 0)
                out[:, 1:] += np.maximum(-self.qx, 0)
                out[:-1] += np.maximum(self.qy, 0)
                out[1:] += np.maximum(-self.qy, 0)
                r = np.where(self.free & (out * k > self.h), self.h / np.maximum(out * k, 1e-30), 1)
                if (r == 1).all():
                    break
                self.qx *= np.where(self.qx > 0, r[:, :-1], r[:, 1:])
                self.qy *= np.where(self.qy > 0, r[:-1], r[1:])
            net = np.zeros(g.shape)
            net[:, :-1] -= self.qx
            net[:, 1:] += self.qx
            net[:-1] -= self.qy
            net[1:] += self.qy
            before = self.h.copy()
            self.h = np.maximum(self.h + k * net, 0)
            held = self.edge >= 0
            exchange = ((self.h - before)[held] * area).sum()
            v["outflow"] += max(exchange, 0)
            v["inflow"] += max(-exchange, 0)
            row = max(int(np.searchsorted(f.times_s, now, "right")) - 1, 0)
            rain = np.where(zone >= 0, f.rain_mm_h[row][np.maximum(zone, 0)], 0) * MM_PER_H * dt
            rain = np.where(self.free, rain, 0)
            v["rain"] += rain.sum() * area
            self.h += rain
            opened = 1.0 if f.drain_open is None else np.interp(now, f.times_s, f.drain_open)
            for name, rate in (("lost", loss), ("drained", drain * opened)):
                taken = np.where(self.free, np.minimum(self.h, rate * dt), 0)
                self.h -= taken
                v[name] += taken.sum() * area
            if f.sources_m3_s is not None:
                for (r0, c0), q in zip(f.source_cells, self.at(f.sources_m3_s, now)):
                    added = max(q * dt / area, -self.h[r0, c0])
                    self.h[r0, c0] += added
                    v["inflow" if added > 0 else "outflow"] += abs(added) * area
            t += dt
            steps += 1
            if not np.isfinite(self.h).all() or steps >= max_steps:
                r0, c0 = (int(a[0]) for a in np.nonzero(~np.isfinite(self.h) | (self.h == self.h.max())))
                raise Diverged(Cell(r0, c0), t, "not a number, or too many steps")
            peak = np.maximum(peak, self.h)
            qx, qy = np.zeros(g.shape), np.zeros(g.shape)
            qx[:, :-1] += self.qx / 2
            qx[:, 1:] += self.qx / 2
            qy[:-1] += self.qy / 2
            qy[1:] += self.qy / 2
            deep = self.h >= SPEED_DEPTH_M
            speed = np.maximum(speed, np.where(deep, np.hypot(qx, qy) / np.where(deep, self.h, 1), 0))
            arrival = np.where(np.isnan(arrival) & (self.h >= self.wet_m), t, arrival)
        stored = float(self.h[self.free].sum() * area) - initial
        f32 = np.float32
        return Flooded(
            self.h.astype(f32), peak.astype(f32), speed.astype(f32), arrival.astype(f32),
            np.array(saved, f32).reshape(-1, *g.shape),
            MassBalance(**v, stored=stored, initial=initial), steps, steps * self.h.size,
        )
