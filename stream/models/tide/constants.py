"""Harmonic constants of one place, and conversions from how others publish them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stream.models.tide import astronomy
from stream.models.tide.catalogue import catalogue
from stream.models.tide.errors import TideError

Array = NDArray[np.float64]

YEAR_S = 365.2425 * 86_400.0
SCHUREMAN = ("SA", "S1")
"""NOAA and the tables after Schureman (1958) count them without the solar perigee."""


@dataclass(frozen=True, eq=False)
class Constants:
    """Amplitude and Greenwich phase lag of each constituent, and the mean level."""

    names: tuple[str, ...]
    amplitude: Array
    """(k,) in the unit of the record."""
    lag_deg: Array
    """(k,) Greenwich phase lag g [degrees]: the level is Σ A f cos(V + u − g)."""
    latitude: float
    """Of the place [degrees north]: diurnal and semidiurnal satellites depend on it."""
    mean: float = 0.0
    """Mean level at `reference_s`."""
    trend_per_year: float = 0.0
    reference_s: float = 0.0
    """Unix time [s] at which the trend is zero."""
    amplitude_error: Array = field(default_factory=lambda: np.zeros(0))
    lag_error_deg: Array = field(default_factory=lambda: np.zeros(0))
    """(k,) half the 95 % confidence interval, or empty where it is not known."""

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.amplitude) == len(self.lag_deg):
            raise TideError(
                f"{len(self.names)} constituents, but {len(self.amplitude)} amplitudes and "
                f"{len(self.lag_deg)} phase lags"
            )
        if not -90.0 <= self.latitude <= 90.0:
            raise TideError(f"latitude {self.latitude} is not within −90 … 90 degrees north")
        rows = [catalogue().index(name) for name in self.names]
        if len(set(rows)) < len(rows):
            raise TideError(f"a constituent is there twice: {', '.join(self.names)}")

    @property
    def complex(self) -> NDArray[np.complex128]:
        """(k,) A exp(−ig)."""
        return np.asarray(self.amplitude * np.exp(-1j * np.radians(self.lag_deg)))

    def of(self, name: str) -> tuple[float, float]:
        """Return amplitude and phase lag [degrees] of one constituent."""
        wanted = catalogue().index(name)
        for at, own in enumerate(self.names):
            if catalogue().index(own) == wanted:
                return float(self.amplitude[at]), float(self.lag_deg[at])
        raise TideError(f"no constituent `{name}` here; there are: {', '.join(self.names)}")


def from_table(
    table: Mapping[str, tuple[float, float]],
    *,
    latitude: float,
    mean: float = 0.0,
    schureman: bool = False,
    at_s: float = 0.0,
) -> Constants:
    """Return the constants of a table of name → (amplitude, Greenwich phase lag [degrees]).

    Parameters
    ----------
    schureman : bool
        The table counts S1 and SA as NOAA does: SA from h alone, S1 from the sun's hour angle.
        Their lags are turned into ours at `at_s` [Unix s]; the perigee moves 1.7° a century.

    Raises
    ------
    UnknownConstituent
        A name that the catalogue does not have.
    """
    perigee = 360.0 * float(astronomy.arguments(np.array([at_s]))[5, 0])
    turn = {"SA": -perigee, "S1": perigee - 90.0} if schureman else {}
    names = tuple(table)
    lags = [lag + turn.get(name.upper(), 0.0) for name, (_, lag) in table.items()]
    return Constants(
        names=names,
        amplitude=np.array([size for size, _ in table.values()], dtype=float),
        lag_deg=np.mod(np.array(lags, dtype=float), 360.0),
        latitude=latitude,
        mean=mean,
    )
