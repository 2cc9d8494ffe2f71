"""Gates, weirs and pumps between two cells of a network, or between a cell and the sea.

Gate and weir share one formula, continuous from free to drowned flow and from weir to orifice.
With the heads H₁ ≥ H₂ above the sill and the opening a (∞ for a weir)::

    y = min(a, max(H₂, ⅔ H₁))                 depth of the jet
    Q = μ b y √(2 g (H₁ − max(H₂, y)))

Free over the sill this is the broad-crested weir, Q = (2/3)^(3/2) √g μ b H₁^(3/2), with 1.705 for
the constants; drowned, μ b H₂ √(2 g (H₁ − H₂)); under a gate's edge the orifice μ b a √(2 g ΔH).

A gate shuts as soon as the outside stands as high as the inside, and opens again when the inside
stands `reopen_m` higher: nothing ever comes back through it. A pump starts at `start_m`, stops at
`stop_m`, carries its capacity whatever the outside does, and never draws below `stop_m`.

References: Chow (1959), Open-Channel Hydraulics, sec. 14-13 and 17-4; Bos (1989), Discharge
Measurement Structures, sec. 1.9; USACE (2016), HEC-RAS Reference Manual, ch. 8.
"""

from collections.abc import Iterable
from math import inf, isfinite
from typing import NamedTuple

import numpy as np

from stream.models.flood.rivers.channels import Array, BadNetworkError, Integers, Network

WEIR, GATE, PUMP = 0, 1, 2


class Weir(NamedTuple):
    """A broad-crested weir: water passes either way once it stands above the sill."""

    inside: int
    """Cell of the network."""
    outside: int
    """Cell, or `network.mouth(k)`."""
    sill_m: float
    """Level of the crest [m above datum]."""
    width_m: float
    coefficient: float = 1.0
    """μ [-]; 0.85 to 1 for broad crests."""


class Gate(NamedTuple):
    """A sluice or flap that lets water out and nothing in."""

    inside: int
    outside: int
    sill_m: float
    """Level of its sill [m above datum]."""
    width_m: float
    opening_m: float
    """Height that is open under its edge [m]."""
    coefficient: float = 0.8
    """μ [-]; 0.6 for a sharp edge, 0.8 for a rounded culvert."""
    reopen_m: float = 0.05
    """How much higher the inside has to stand before it opens again [m]."""


class Pump(NamedTuple):
    """A pumping station with one start and one stop level."""

    inside: int
    outside: int
    start_m: float
    """Level inside at which it starts [m above datum]."""
    stop_m: float
    """Level inside at which it stops [m above datum], below `start_m`."""
    capacity_m3_s: float


class Structures(NamedTuple):
    """Structures as the kernel takes them; build it with `build`. Arrays are (n_structures,)."""

    kind: Integers
    inside: Integers
    outside: Integers
    sill: Array
    """Sill of weir and gate, stop level of a pump [m above datum]."""
    start: Array
    """Start level of a pump [m above datum]; reopening difference of a gate [m]."""
    width: Array
    opening: Array
    coefficient: Array
    capacity: Array


def build(network: Network, structures: Iterable[Weir | Gate | Pump] = ()) -> Structures:
    """Return structures checked against their network.

    Raises
    ------
    BadNetworkError
        If an end is not in the network, or a size or level makes no sense.
    """
    rows = []
    for index, structure in enumerate(structures):
        rows.append(_row(structure))
        wrong = _fault(network, structure)
        if wrong:
            raise BadNetworkError(f"structure {index} ({type(structure).__name__}): {wrong}")
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(Structures._fields)
    kind, inside, outside = (np.array(column, dtype=np.int64) for column in columns[:3])
    levels = (np.array(column, dtype=np.float64) for column in columns[3:])
    return Structures(kind, inside, outside, *levels)


def _row(structure: Weir | Gate | Pump) -> tuple[float, ...]:
    if isinstance(structure, Weir):
        weir = structure
        return (WEIR, *weir[:2], weir.sill_m, 0.0, weir.width_m, inf, weir.coefficient, inf)
    if isinstance(structure, Gate):
        gate = structure
        size = (gate.width_m, gate.opening_m, gate.coefficient, inf)
        return (GATE, *gate[:2], gate.sill_m, gate.reopen_m, *size)
    pump = structure
    return (PUMP, *pump[:2], pump.stop_m, pump.start_m, 0.0, 0.0, 0.0, pump.capacity_m3_s)


def _fault(network: Network, structure: Weir | Gate | Pump) -> str | None:
    cells = len(network.bed)
    if not 0 <= structure.inside < cells:
        return f"inside is {structure.inside}, the network has cells 0 to {cells - 1}"
    if not 0 <= structure.outside < cells + network.n_seas:
        return f"outside is {structure.outside}, neither a cell nor `network.mouth(k)`"
    if structure.inside == structure.outside:
        return f"inside and outside are the same cell, {structure.inside}"
    if not all(isfinite(number) for number in structure[2:]):
        return f"a number is not finite in {structure}"
    if any(number <= 0 for number in structure[3:6]) and not isinstance(structure, Pump):
        return f"a size or coefficient is not positive in {structure}"
    if isinstance(structure, Gate) and structure.reopen_m < 0:
        return f"reopen_m is {structure.reopen_m:g}, it has to be 0 or more"
    if isinstance(structure, Pump) and structure.stop_m >= structure.start_m:
        return f"stop_m is {structure.stop_m:g}, it has to be below start_m ({structure.start_m:g})"
    if isinstance(structure, Pump) and structure.capacity_m3_s < 0:
        return f"its capacity is {structure.capacity_m3_s:g} m3/s"
    return None
