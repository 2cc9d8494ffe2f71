"""The inner loops of the tidal network: one member at a time, as many small steps as it needs.

What is computed is said in `network`; here it is only made fast. The functions are longer
than elsewhere because numba makes most of what it compiles in one piece.
"""

from math import sqrt

import numpy as np
from numba import njit, prange

from stream.models.flood.rivers.channels import Array, Integers, Network
from stream.models.flood.rivers.structures import GATE, PUMP, Structures

GRAVITY = 9.81
THINNEST_M = 1e-4
"""Below this depth a link carries nothing [m]."""


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def passage(inside: float, outside: float, sill: float, opening: float) -> float:
    """Return flow [m2/s] through weir or gate per width, for μ = 1, from the higher side."""
    high, low = max(inside, outside) - sill, max(min(inside, outside) - sill, 0.0)
    if high <= 0.0:
        return 0.0
    jet = min(opening, max(low, 2.0 / 3.0 * high))
    head = high - max(low, jet)
    flow = jet * sqrt(2.0 * GRAVITY * max(head, 0.0))
    return flow if inside > outside else -flow


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _surface(network: Network, cell: int, stage: float) -> float:
    """Return the wet surface [m2] of a cell; of a sea it is without bound."""
    if cell >= len(network.bed):
        return np.inf
    width: float = network.width[cell]
    if stage > network.bank[cell]:
        width += network.plain[cell]
    return width * float(network.length[cell])


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _sections(network: Network, stage: Array, area: Array, conveyance: Array) -> float:
    """Fill wetted area [m2] and conveyance [m3/s] of each link; return the longest safe step [s].

    Leapfrog is stable for Δt < 2/√λ, λ ≤ 2 max over cells of Σ g A / (Δx L B) over its links.
    """
    cells = len(network.bed)
    stiffness = np.zeros(cells)
    for k in range(len(area)):
        a, b = network.up[k], network.down[k]
        surface = max(stage[a], stage[b])
        h = surface - network.link_bed[k]
        if h <= THINNEST_M:
            area[k] = 0.0
            conveyance[k] = 0.0
            continue
        width = network.link_width[k]
        area[k] = width * h
        wet = width + 2.0 * min(h, network.link_bank[k] - network.link_bed[k])
        conveyance[k] = area[k] / network.manning[k] * np.cbrt(area[k] / wet) ** 2
        over = surface - network.link_bank[k]
        if over > 0.0 and network.link_plain[k] > 0.0:
            plain = network.link_plain[k] * over
            area[k] += plain
            conveyance[k] += plain / network.plain_manning[k] * np.cbrt(over) ** 2
        pull = GRAVITY * area[k] / network.distance[k]
        stiffness[a] += pull / _surface(network, a, stage[a])
        if b < cells:
            stiffness[b] += pull / _surface(network, b, stage[b])
    stiffest = stiffness.max()
    return sqrt(2.0 / stiffest) if stiffest > 0.0 else np.inf


@njit(cache=True)  # type: ignore[untyped-decorator]
def _bed(network: Network, cell: int) -> float:
    """Return how far a bed is from zero [m]; 0 for a sea."""
    return abs(network.bed[cell]) if cell < len(network.bed) else 0.0


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _push(
    network: Network, stage: Array, area: Array, conveyance: Array, flow: Array, before: Array,
    theta: float, dt: float,
) -> None:  # fmt: skip
    """Advance the flow [m3/s] of each link by dt: gravity, friction, and θ-smoothed inertia."""
    for k in range(len(flow)):
        before[k] = flow[k]
    for k in range(len(flow)):
        if area[k] == 0.0:
            flow[k] = 0.0
            continue
        a, b = network.up[k], network.down[k]
        fall = stage[a] - stage[b]
        # A stage is a bed plus a depth: it cannot be told more exactly than either.
        rounding = 4e-16 * (abs(stage[a]) + abs(stage[b]) + _bed(network, a) + _bed(network, b))
        if abs(fall) <= rounding:
            fall = 0.0
        inertia = before[k]
        if network.before[k] >= 0 and network.after[k] >= 0:
            beside = before[network.before[k]] + before[network.after[k]]
            inertia = theta * inertia + (1.0 - theta) * 0.5 * beside
        force = GRAVITY * area[k] * dt * fall / network.distance[k]
        drag = GRAVITY * area[k] * dt * abs(before[k]) / conveyance[k] ** 2
        flow[k] = (inertia + force) / (1.0 + drag)


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _operate(
    network: Network, structures: Structures, stage: Array, depth: Array, working: Array,
    through: Array, dt: float,
) -> None:  # fmt: skip
    """Set gates and pumps by the levels, and the flow [m3/s] through each structure."""
    for s in range(len(through)):
        a, b = structures.inside[s], structures.outside[s]
        inside, outside, sill = stage[a], stage[b], structures.sill[s]
        if structures.kind[s] == PUMP:
            if inside >= structures.start[s]:
                working[s] = 1.0
            elif inside <= sill:
                working[s] = 0.0
            above = max(min(inside - sill, depth[a]), 0.0)
            spare = above * network.length[a] * network.width[a] / dt
            through[s] = working[s] * min(structures.capacity[s], spare)
            if spare < structures.capacity[s]:
                working[s] = 0.0  # it has drawn the level down to its stop
            continue
        if structures.kind[s] == GATE:
            if inside <= outside:
                working[s] = 0.0
            elif inside - outside >= structures.start[s]:
                working[s] = 1.0
        through[s] = 0.0
        if working[s] == 0.0:
            continue
        free = structures.coefficient[s] * structures.width[s]
        free *= passage(inside, outside, sill, structures.opening[s])
        ease = 1.0 / _surface(network, a, inside) + 1.0 / _surface(network, b, outside)
        level = max(min(inside, outside), sill)
        most = (max(inside, outside) - level) / (ease * dt) if ease > 0.0 else np.inf
        through[s] = min(max(free, -most), most)


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _move(
    network: Network, structures: Structures, lateral: Array, depth: Array, flow: Array,
    through: Array, had: Array, gained: Array, leaving: Array, to_sea: Array, dt: float,
) -> None:  # fmt: skip
    """Move water for dt; where a cell would give more than it holds, all it gives shrinks."""
    cells = len(depth)
    for c in range(cells):
        leaving[c] = 0.0
        over = max(depth[c] - (network.bank[c] - network.bed[c]), 0.0)
        held = network.width[c] * depth[c] + network.plain[c] * over
        had[c] = held * network.length[c]
        gained[c] = had[c] + lateral[c] * dt
    for k in range(len(flow) + len(through)):
        if k < len(flow):
            a, b, q = network.up[k], network.down[k], flow[k]
        else:
            s = k - len(flow)
            a, b, q = structures.inside[s], structures.outside[s], through[s]
        giver = a if q > 0.0 else b
        if giver < cells:
            leaving[giver] += abs(q) * dt
    for c in range(cells):
        leaving[c] = gained[c] / leaving[c] if leaving[c] > gained[c] else 1.0
    for k in range(len(flow) + len(through)):
        if k < len(flow):
            a, b, q = network.up[k], network.down[k], flow[k]
        else:
            s = k - len(flow)
            a, b, q = structures.inside[s], structures.outside[s], through[s]
        giver = a if q > 0.0 else b
        if giver < cells:
            q *= leaving[giver]
        gained[a] -= q * dt
        if b < cells:
            gained[b] += q * dt
        else:
            to_sea[b - cells] += q * dt
        if k < len(flow):
            flow[k] = q
        else:
            through[k - len(flow)] = q
    for c in range(cells):
        if gained[c] == had[c]:
            continue  # not even rounding touches water at rest
        held = max(gained[c], 0.0) / network.length[c]
        height = network.bank[c] - network.bed[c]
        brim = network.width[c] * height
        if held <= brim:
            depth[c] = held / network.width[c]
        else:
            depth[c] = height + (held - brim) / (network.width[c] + network.plain[c])


@njit(cache=True, parallel=True, error_model="numpy")  # type: ignore[untyped-decorator]
def march(
    network: Network, structures: Structures, depth: Array, flow: Array, working: Array,
    lateral: Array, sources: Integers, sea: Array, watched: Integers, dt_s: float,
    theta: float, cfl: float, stage_out: Array, flow_out: Array, sea_out: Array,
    pumped: Array, steps_out: Integers,
) -> None:  # fmt: skip
    """Run all members through all steps; depth, flow and working are changed in place."""
    members, cells = depth.shape
    links, n_structures = flow.shape[1], working.shape[1]
    for m in prange(members):
        stage = np.empty(cells + sea.shape[1])
        area, conveyance, before = np.empty(links), np.empty(links), np.empty(links)
        through, had = np.empty(n_structures), np.empty(cells)
        gained, leaving = np.empty(cells), np.empty(cells)
        inflow, passed = np.empty(cells), np.empty(links)
        for t in range(sea.shape[2]):
            inflow[:] = 0.0
            passed[:] = 0.0
            for i in range(len(sources)):
                inflow[sources[i]] += lateral[m, i, t]
            for i in range(sea.shape[1]):
                stage[cells + i] = sea[m, i, t]
            left = dt_s
            while left > 0.0:
                for c in range(cells):
                    stage[c] = network.bed[c] + depth[m, c]
                safe = cfl * _sections(network, stage, area, conveyance)
                dt = left if left <= safe else left / np.ceil(left / safe)
                _push(network, stage, area, conveyance, flow[m], before, theta, dt)
                _operate(network, structures, stage, depth[m], working[m], through, dt)
                _move(
                    network, structures, inflow, depth[m], flow[m], through, had, gained, leaving,
                    sea_out[m, :, t], dt,
                )  # fmt: skip
                for k in range(links):
                    passed[k] += flow[m, k] * dt
                for s in range(n_structures):
                    pumped[m, s, t] += through[s] * dt / dt_s
                steps_out[m] += 1
                left = left - dt if dt < left else 0.0
            for i in range(sea.shape[1]):
                sea_out[m, i, t] /= dt_s
            for i in range(len(watched)):
                c = watched[i]
                stage_out[m, i, t] = network.bed[c] + depth[m, c]
                flow_out[m, i, t] = passed[c] / dt_s
