"""Welch's estimate of a buoy's spectra and the first five Fourier coefficients. Pure.

Welch (1967), IEEE Trans. Audio 15, 70–73. Kuik, van Vledder and Holthuijsen (1988),
J. Phys. Oceanogr. 18, 1020–1034.
"""

from collections.abc import Sequence
from math import sqrt

from msgspec import Struct

from edge.drivers.wave_buoy.fourier import half_spectrum, one_sided


class Spectra(Struct, frozen=True):
    """One-sided densities at `frequency`; of a buoy without displacements all but `heave` are 0."""

    frequency: list[float]
    """Hz."""
    heave: list[float]
    """C_zz [m²/Hz]."""
    north: list[float]
    """C_nn [m²/Hz]."""
    east: list[float]
    """C_ee [m²/Hz]."""
    north_east: list[float]
    """Co-spectrum C_ne [m²/Hz]."""
    heave_north: list[float]
    """Quadrature spectrum Q_zn [m²/Hz]: above 0 where waves run to the north."""
    heave_east: list[float]
    """Quadrature spectrum Q_ze [m²/Hz]: above 0 where waves run to the east."""

    def coefficients(self, place: int) -> tuple[float, float, float, float]:
        """Return a1, b1, a2, b2 of where waves of one frequency run to, from north clockwise.

        a1 = Q_zn / √(C_zz (C_nn + C_ee)), b1 likewise with east;
        a2 = (C_nn − C_ee) / (C_nn + C_ee), b2 = 2 C_ne / (C_nn + C_ee).
        """
        across = self.north[place] + self.east[place]
        norm = sqrt(self.heave[place] * across)
        if not norm:
            return 0.0, 0.0, 0.0, 0.0
        return (
            self.heave_north[place] / norm,
            self.heave_east[place] / norm,
            (self.north[place] - self.east[place]) / across,
            2 * self.north_east[place] / across,
        )


def welch(
    heave: Sequence[float],
    north: Sequence[float],
    east: Sequence[float],
    *,
    starts: Sequence[int],
    size: int,
    rate_hz: float,
) -> Spectra:
    """Return the mean spectra of the segments of `size` samples that begin at `starts`.

    Segments are detrended by a line and weighted by a Hann window. A horizontal displacement
    lags the heave by 90° in the direction in which a wave runs, so with S = ⟨Z* X⟩ the quadrature
    spectrum is Q = −Im S.
    """
    bins = size // 2 + 1
    sums = [[0.0] * bins for _ in range(6)]
    directional = any(north) or any(east)
    for start in starts:
        z = half_spectrum(heave[start : start + size])
        if not directional:
            _add(sums[0], [abs(a) ** 2 for a in z])
            continue
        n = half_spectrum(north[start : start + size])
        e = half_spectrum(east[start : start + size])
        terms = [
            (
                a.real**2 + a.imag**2,
                b.real**2 + b.imag**2,
                c.real**2 + c.imag**2,
                b.real * c.real + b.imag * c.imag,
                a.imag * b.real - a.real * b.imag,
                a.imag * c.real - a.real * c.imag,
            )
            for a, b, c in zip(z, n, e, strict=True)
        ]
        for total, column in zip(sums, zip(*terms, strict=True), strict=True):
            _add(total, column)
    factors = [factor / len(starts) for factor in one_sided(size, rate_hz)]
    scaled = [[f * v for f, v in zip(factors, total, strict=True)] for total in sums]
    frequency = [place * rate_hz / size for place in range(bins)]
    return Spectra(frequency, *scaled)


def _add(total: list[float], column: Sequence[float]) -> None:
    for place, value in enumerate(column):
        total[place] += value
