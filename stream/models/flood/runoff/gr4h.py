"""GR4H, the hourly four-parameter model of INRAE: a second opinion beside Xinanjiang.

Production store with a parabolic gain and loss, two unit hydrographs, a routing store and an
exchange with the neighbours.

References: Perrin, Michel & Andréassian (2003), Improvement of a parsimonious model for
streamflow simulation, J. Hydrol. 279, 275–289; Mathevet (2005), Quels modèles pluie-débit globaux
pour le pas de temps horaire?, thesis, ENGREF Paris: at the hourly step percolation has the
constant 21/4 instead of 9/4 and the unit hydrographs the exponent 5/4 instead of 5/2.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from stream.models.flood.runoff.parameters import RunoffError

Array = NDArray[np.float64]

PERCOLATION = 21.0 / 4.0
"""Percolation of a full production store is X1 (1 − (1 + PERCOLATION⁻⁴)^(−1/4)) [mm/h]."""
SPREAD = 1.25
"""Exponent of the S-curves of the unit hydrographs."""
ROUTED = 0.9
"""Share of the effective rain that takes the routing store."""
X_NAMES = ("x1", "x2", "x3", "x4")
X_LIMITS = ((0.1, 10_000.0), (-50.0, 50.0), (0.1, 10_000.0), (0.5, 240.0))
"""X1 production capacity [mm], X2 exchange [mm/h], X3 routing capacity [mm], X4 lag [h]."""


class Simulated(NamedTuple):
    """Flow of each parameter set, and what is needed to close the balance."""

    flow_mm: Array
    """(k, t) [mm/h]."""
    evaporation_mm: Array
    """(k,) [mm in all]."""
    exchange_mm: Array
    """(k,) gained from the neighbours, negative where lost [mm in all]."""
    stored_mm: Array
    """(k,) change of both stores and of what is on its way in the unit hydrographs [mm]."""


def simulate(
    rain_mm: Array,
    pet_mm: Array,
    x: Array,
    *,
    production: ArrayLike = 0.3,
    routing: ArrayLike = 0.5,
) -> Simulated:
    """Run GR4H for k parameter sets over the same hours.

    Parameters
    ----------
    rain_mm
        (t,) float64, or (k, t) where each set has its own [mm/h].
    pet_mm
        (t,) float64 [mm/h].
    x
        (k, 4) X1 [mm], X2 [mm/h], X3 [mm], X4 [h].
    production, routing
        Initial filling of the stores, as shares of X1 and X3; numbers or (k,).

    Raises
    ------
    RunoffError
        Missing or negative rain or evapotranspiration, parameters out of `X_LIMITS`.
    """
    rain, pet = np.ascontiguousarray(rain_mm, float), np.ascontiguousarray(pet_mm, float)
    sets = np.ascontiguousarray(np.atleast_2d(x), float)
    rain = np.atleast_2d(rain)
    if rain.ndim != 2 or pet.shape != rain.shape[1:] or sets.shape[1:] != (4,):
        raise RunoffError(f"GR4H wants (t,), (t,) and (k, 4), not {np.shape(rain_mm)}, {pet.shape}")
    if len(rain) not in (1, len(sets)):
        raise RunoffError(f"GR4H got rain for {len(rain)} of {len(sets)} parameter sets")
    for name, values in (("rain", rain), ("evapotranspiration", pet)):
        if values.size and not (values.min() >= 0 and values.max() < np.inf):
            raise RunoffError(f"{name} has missing or negative hours: fill them before GR4H")
    for name, column, (low, high) in zip(X_NAMES, sets.T, X_LIMITS, strict=True):
        if not (column.min() >= low and column.max() <= high):
            raise RunoffError(f"GR4H's {name} must lie in [{low:g}, {high:g}]")
    flow = np.empty((len(sets), pet.size))
    totals = np.zeros((len(sets), 3))
    filled = [np.full(len(sets), part, float) for part in (production, routing)]
    _run(rain, pet, sets, *filled, flow, totals)
    return Simulated(flow, *np.ascontiguousarray(totals.T))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _ordinates(x4: float) -> tuple[Array, Array]:
    """Return the ordinates of both unit hydrographs: differences of their S-curves.

    SH1(t) = (t/X4)^1.25 up to X4; SH2(t) = ½ (t/X4)^1.25, then 1 − ½ (2 − t/X4)^1.25 up to 2 X4.
    """
    one = np.zeros(int(np.ceil(x4)))
    two = np.zeros(int(np.ceil(2.0 * x4)))
    before = 0.0
    for hour in range(one.size):
        now = min((hour + 1.0) / x4, 1.0) ** SPREAD
        one[hour] = now - before
        before = now
    before = 0.0
    for hour in range(two.size):
        part = (hour + 1.0) / x4
        half = 0.5 * max(min(part, 2.0 - part), 0.0) ** SPREAD
        now = half if part <= 1.0 else 1.0 - half
        two[hour] = now - before
        before = now
    return one, two


@njit(cache=True)  # type: ignore[untyped-decorator]
def _shift(waiting: Array, ordinates: Array, amount: float) -> float:
    """Move a unit hydrograph on by an hour, add `amount`; return what leaves in this hour."""
    last = ordinates.size - 1
    leaving = float(waiting[0] + ordinates[0] * amount)
    for hour in range(last):
        waiting[hour] = waiting[hour + 1] + ordinates[hour + 1] * amount
    waiting[last] = 0.0
    return leaving


@njit(cache=True, parallel=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _run(
    rain: Array,
    pet: Array,
    sets: Array,
    production: Array,
    routing: Array,
    flow: Array,
    totals: Array,
) -> None:
    """Fill `flow` (k, t) and `totals` (k, 3) with evaporation, exchange and change of storage."""
    for k in prange(sets.shape[0]):
        x1, x2, x3, x4 = sets[k, 0], sets[k, 1], sets[k, 2], sets[k, 3]
        one, two = _ordinates(x4)
        waiting_one, waiting_two = np.zeros(one.size), np.zeros(two.size)
        store, routed = production[k] * x1, routing[k] * x3
        before = store + routed
        falling = rain[np.int64(k) if rain.shape[0] > 1 else 0]
        evaporated, exchanged = 0.0, 0.0
        for t in range(pet.size):
            net = falling[t] - pet[t]
            filled = store / x1
            effective = 0.0
            if net > 0.0:
                pull = np.tanh(min(net / x1, 13.0))
                gained = x1 * (1.0 - filled * filled) * pull / (1.0 + filled * pull)
                gained = min(gained, net)
                store += gained
                effective = net - gained
                evaporated += pet[t]
            else:
                pull = np.tanh(min(-net / x1, 13.0))
                lost = store * (2.0 - filled) * pull / (1.0 + (1.0 - filled) * pull)
                lost = min(lost, store)
                store -= lost
                evaporated += lost + falling[t]
            percolation = store * (1.0 - (1.0 + (store / (PERCOLATION * x1)) ** 4) ** -0.25)
            store -= percolation
            effective += percolation

            slow = _shift(waiting_one, one, ROUTED * effective)
            direct = _shift(waiting_two, two, (1.0 - ROUTED) * effective)
            potential = x2 * (routed / x3) ** 3.5
            exchange = max(potential, -routed - slow)
            routed = max(routed + slow + exchange, 0.0)
            exchanged += exchange
            out = routed * (1.0 - (1.0 + (routed / x3) ** 4) ** -0.25)
            routed -= out
            exchange = max(potential, -direct)
            exchanged += exchange
            flow[k, t] = out + direct + exchange
        totals[k, 0] = evaporated
        totals[k, 1] = exchanged
        totals[k, 2] = store + routed - before + waiting_one.sum() + waiting_two.sum()
