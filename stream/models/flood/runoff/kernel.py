"""The Xinanjiang model's inner loop: members × catchments in parallel, time inside, compiled."""

from math import ceil

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Array = NDArray[np.float64]

SLICE_MM = 5.0
"""Net rain is taken in slices of at most this (Zhao 1992), whatever the time step."""
SMALL = 0.005
"""Below this part of a capacity six terms of the binomial series do."""
THIRD, FIFTH, SIXTH = 1.0 / 3.0, 1.0 / 5.0, 1.0 / 6.0


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _lost(part: float, power: float) -> float:
    """Return 1 − (1 − part)^power, for a small part by its binomial series (to 1e-13): faster."""
    if part >= 1.0:
        return 1.0
    if part > SMALL:
        return float(1.0 - (1.0 - part) ** power)
    tail = 1.0 - part * (power - 4.0) * FIFTH * (1.0 - part * (power - 5.0) * SIXTH)
    tail = 1.0 - part * (power - 2.0) * THIRD * (1.0 - part * (power - 3.0) * 0.25 * tail)
    return part * power * (1.0 - part * (power - 1.0) * 0.5 * tail)


@njit(cache=True, parallel=True, error_model="numpy")  # type: ignore[untyped-decorator]
def advance(
    constants: Array,
    state: Array,
    rain_mm: Array,
    pet_mm: Array,
    runoff_mm: Array,
    evaporation_mm: Array,
) -> None:
    """Run all members and catchments over all steps; `state` and the outputs are written.

    One long function: split up it would pass some forty numbers back and forth.

    Parameters
    ----------
    constants
        (members or 1, n, 25) float64, `xinanjiang.constants`.
    state
        (members, n, 11) float64 [mm], columns as in `xinanjiang`; changed in place.
    rain_mm
        (members or 1, n, t) float64 [mm per step], finite and not negative.
    pet_mm
        (n or 1, t) float64 [mm per step], finite and not negative.
    runoff_mm
        (members, n, t) float64 [mm per step], written.
    evaporation_mm
        (members, n) float64 [mm in all], written.
    """
    members, n, _ = state.shape
    steps = rain_mm.shape[2]
    for cell in prange(members * n):
        m = cell // n
        i = cell - m * n
        rain = rain_mm[m if rain_mm.shape[0] > 1 else 0, i]
        pet = pet_mm[i if pet_mm.shape[0] > 1 else 0]
        c = constants[m if constants.shape[0] > 1 else 0, i]
        ratio, wum, wlm, wdm, deep_ratio = c[0], c[1], c[2], c[3], c[4]
        wm, per_wmm, power, root = c[5], c[6], c[7], c[8]
        sm, per_smm, free_power, free_root = c[9], c[10], c[11], c[12]
        keep_free, to_interflow = c[13], c[14]
        keep_i, in_i, keep_g, in_g = c[15], c[16], c[17], c[18]
        keep_c, in_c = c[19], c[20]
        keep_u, in_u = c[21], c[22]
        sealed, depression_mm = c[23], c[24]
        open_share = 1.0 - sealed
        upper, lower, deep = state[m, i, 0], state[m, i, 1], state[m, i, 2]
        free, interflow, ground = state[m, i, 3], state[m, i, 4], state[m, i, 5]
        first, second, third = state[m, i, 6], state[m, i, 7], state[m, i, 8]
        depression, urban = state[m, i, 9], state[m, i, 10]
        evaporated = 0.0
        rooted = 0.0
        dry = 0.0
        stale = True
        for t in range(steps):
            p = rain[t]
            demand = ratio * pet[t]

            depression += p
            wet = min(demand, depression)
            depression -= wet
            spilt = max(depression - depression_mm, 0.0)
            depression -= spilt

            surface = 0.0
            to_i = 0.0
            to_g = 0.0
            if p > demand:
                evaporated += open_share * demand + sealed * wet
                net = p - demand
                slices = 1
                keep = keep_free
                if net > SLICE_MM:
                    slices = ceil(net / SLICE_MM)
                    net /= slices
                    keep = keep_free ** (1.0 / slices)
                for _ in range(slices):
                    if stale:
                        dry = max(1.0 - (upper + lower + deep) / wm, 0.0)
                        rooted = dry**root
                        stale = False
                    taken = 0.0
                    if rooted > 0.0:
                        part = net * per_wmm
                        wetted = dry * _lost(part / rooted, power)
                        rooted = max(rooted - part, 0.0)
                        dry -= wetted
                        taken = min(wm * wetted, net)
                    runoff = net - taken
                    part = min(taken, wum - upper)
                    upper += part
                    taken -= part
                    part = min(taken, wlm - lower)
                    lower += part
                    taken -= part
                    part = min(taken, wdm - deep)
                    deep += part
                    runoff += taken - part
                    if runoff > 0.0:
                        area = runoff / net
                        most = area * sm
                        over = max(free - most, 0.0)
                        free -= over
                        to_i += over
                        empty = max(1.0 - free / most, 0.0)
                        if empty > 0.0:
                            part = net * per_smm / empty**free_root
                            kept = min(most * empty * _lost(part, free_power), runoff)
                            free += kept
                        else:
                            kept = 0.0
                        surface += runoff - kept
                    drained = free * (1.0 - keep)
                    free -= drained
                    to_i += drained * to_interflow
                    to_g += drained * (1.0 - to_interflow)
            else:
                stale = True
                upper += p
                taken = min(demand, upper)
                upper -= taken
                lacking = demand - taken
                if lacking > 0.0:
                    if lower >= deep_ratio * wlm:
                        part = min(lacking * lower / wlm, lower)
                        lower -= part
                        taken += part
                    else:
                        part = min(lacking * deep_ratio, lower)
                        lower -= part
                        rest = min(lacking * deep_ratio - part, deep)
                        deep -= rest
                        taken += part + rest
                evaporated += open_share * taken + sealed * wet
                drained = free * (1.0 - keep_free)
                free -= drained
                to_i = drained * to_interflow
                to_g = drained * (1.0 - to_interflow)

            flow = open_share * to_i
            after = keep_i * interflow + in_i * flow
            out_i = interflow + flow - after
            interflow = after
            flow = open_share * to_g
            after = keep_g * ground + in_g * flow
            out_g = ground + flow - after
            ground = after
            flow = open_share * surface + out_i + out_g
            after = keep_c * first + in_c * flow
            flow += first - after
            first = after
            after = keep_c * second + in_c * flow
            flow += second - after
            second = after
            after = keep_c * third + in_c * flow
            flow += third - after
            third = after
            spilt *= sealed
            after = keep_u * urban + in_u * spilt
            runoff_mm[m, i, t] = flow + urban + spilt - after
            urban = after
        state[m, i, 0], state[m, i, 1], state[m, i, 2] = upper, lower, deep
        state[m, i, 3], state[m, i, 4], state[m, i, 5] = free, interflow, ground
        state[m, i, 6], state[m, i, 7], state[m, i, 8] = first, second, third
        state[m, i, 9], state[m, i, 10] = depression, urban
        evaporation_mm[m, i] = evaporated
