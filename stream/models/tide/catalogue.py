"""Tidal constituents by name: multiples of the astronomical arguments, satellites, speeds.

A main constituent turns with V = n · (τ, s, h, p, N′, p₁) + phase; a compound with the sum of
others. Satellites, too close to their constituent to be told apart within a year, change its
amplitude by f and its phase by u (nodal corrections).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stream.models.tide import astronomy
from stream.models.tide.errors import UnknownConstituent
from stream.models.tide.tables import COMPOUNDS, MAIN, SATELLITES

Array = NDArray[np.float64]

ALIASES = {
    "M1": "NO1",
    "RHO": "RHO1",
    "LAM2": "LDA2",
    "LAMBDA2": "LDA2",
    "SGM": "SIG1",
    "EP2": "EPS2",
    "MA2": "H1",
    "MB2": "H2",
    "2MK2": "MKS2",
}
"""Other publishers' names of the same line."""
YEAR_2000_S = 946_684_800.0


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All constituents, the main ones first."""

    names: tuple[str, ...]
    compare: tuple[str, ...]
    """From which each must be told apart (Rayleigh); empty: it is taken only on request."""
    doodson: Array
    """(n_main, 6) multiples of τ s h p N′ p₁."""
    phase: Array
    """(n_main,) [cycles]"""
    satellite_of: NDArray[np.intp]
    """(n_satellites,) index of the constituent that each belongs to."""
    satellite: Array
    """(n_satellites, 5) multiples of p, N′, p₁; phase [cycles]; share of the amplitude."""
    satellite_kind: NDArray[np.intp]
    """(n_satellites,) 0: the share holds everywhere, 1: diurnal, 2: semidiurnal with latitude."""
    compound: Array
    """(n, n_main) how often each main constituent is in each constituent."""

    @property
    def speeds(self) -> Array:
        """(n,) speeds [cycles/s] in the year 2000; they change by less than 1e-9 in a century."""
        return np.asarray(self.compound @ self.doodson @ astronomy.rates(YEAR_2000_S))

    def index(self, name: str) -> int:
        """Return where `name`, or what it is an alias of, stands."""
        known = ALIASES.get(name.upper(), name.upper())
        if known not in self.names:
            raise UnknownConstituent(
                f"no constituent `{name}`; there are: {', '.join(sorted(self.names))}"
            )
        return self.names.index(known)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of the published tables."""
    main = [line.split() for line in MAIN.split("\n") if line]
    sums = [line.split() for line in COMPOUNDS.split("\n") if line]
    names = [row[0] for row in main]
    owner, satellite, kind = [], [], []
    for line in SATELLITES.replace("\n ", " ").split("\n"):
        name, *parts = line.split() or [""]
        for part in parts:
            owner.append(names.index(name))
            kind.append({"d": 1, "s": 2}.get(part[-1], 0))
            satellite.append([float(number) for number in part.rstrip("ds").split(",")])
    compound = np.zeros((len(main) + len(sums), len(main)))
    compound[: len(main)] = np.eye(len(main))
    for row, (_, _, *terms) in enumerate(sums, len(main)):
        for times, _, name in (term.partition("*") for term in terms):
            compound[row, names.index(name)] += float(times)
    return Catalogue(
        names=(*names, *(row[0] for row in sums)),
        compare=tuple(row[-1].strip("-") for row in main) + tuple(r[1].strip("-") for r in sums),
        doodson=np.array([[float(n) for n in row[1:7]] for row in main]),
        phase=np.array([float(row[7]) for row in main]),
        satellite_of=np.array(owner),
        satellite=np.array(satellite),
        satellite_kind=np.array(kind),
        compound=compound,
    )


def speeds(names: tuple[str, ...]) -> Array:
    """Return (n,) speeds of `names` [cycles per second]."""
    table = catalogue()
    return np.asarray(table.speeds[[table.index(name) for name in names]])
