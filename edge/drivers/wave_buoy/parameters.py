"""Heights, periods and directions from spectra. Pure.

m_n = ∫ fⁿ S(f) df over [f_min, f_max]; Hs = 4√m0, Tm01 = m0/m1, Tm02 = √(m0/m2), Te = m₋₁/m0
(WMO-702, Guide to Wave Analysis, chapter 1). Tp by the fourth power of the spectrum (Young 1995,
Ocean Eng. 22, 669–686). Directions are where waves come from, from true north clockwise; spread
is √(2(1 − m1)) with m1 = √(a1² + b1²) (Kuik et al. 1988).
"""

from math import atan2, degrees, sqrt

from edge.drivers.wave_buoy.spectrum import Spectra

UNITS = {
    "hs": "m",
    "tp": "s",
    "tm01": "s",
    "tm02": "s",
    "te": "s",
    "hs_swell": "m",
    "hs_sea": "m",
    "direction": "deg",
    "spread": "deg",
    "direction_peak": "deg",
    "spread_peak": "deg",
    "h13": "m",
    "hmax": "m",
    "tz": "s",
    "bad": "1",
}
"""Quantities that `values` of gateway.toml may use, and their units."""

DIRECTIONAL = ("direction", "spread", "direction_peak", "spread_peak")
SWELL_BELOW_HZ = 0.1
"""Waves longer than 10 s count as swell."""
CALM_HS_M = 0.02
"""Below it there are no waves to speak of: periods and directions are missing."""


def bulk(
    spectra: Spectra, *, f_min: float, f_max: float, directional: bool
) -> dict[str, float | None]:
    """Return quantity → value; None where there are no waves that would have it."""
    band = [place for place, f in enumerate(spectra.frequency) if f_min <= f <= f_max]
    step = spectra.frequency[1]
    moment = {
        power: step * sum(spectra.frequency[i] ** power * spectra.heave[i] for i in band)
        for power in (-1, 0, 1, 2)
    }
    low = [i for i in band if spectra.frequency[i] < SWELL_BELOW_HZ]
    swell = step * sum(spectra.heave[i] for i in low)
    found: dict[str, float | None] = {
        "hs": 4 * sqrt(moment[0]),
        "hs_swell": 4 * sqrt(swell),
        "hs_sea": 4 * sqrt(max(0.0, moment[0] - swell)),
    }
    calm = 4 * sqrt(moment[0]) < CALM_HS_M
    found |= dict.fromkeys(("tp", "tm01", "tm02", "te"))
    if not calm:
        found |= {
            "tp": 1 / _peak(spectra, band),
            "tm01": moment[0] / moment[1],
            "tm02": sqrt(moment[0] / moment[2]),
            "te": moment[-1] / moment[0],
        }
    if directional:
        found |= dict.fromkeys(DIRECTIONAL)
        if not calm:
            found["direction"], found["spread"] = _direction(spectra, band)
            found["direction_peak"], found["spread_peak"] = _direction(
                spectra, _around_peak(spectra, band)
            )
    return found


def _peak(spectra: Spectra, band: list[int]) -> float:
    """Return ∫ f S⁴ df / ∫ S⁴ df [Hz]."""
    highest = max(spectra.heave[i] for i in band)
    weights = [(spectra.heave[i] / highest) ** 4 for i in band]
    return sum(w * spectra.frequency[i] for w, i in zip(weights, band, strict=True)) / sum(weights)


def _around_peak(spectra: Spectra, band: list[int]) -> list[int]:
    """Return the frequencies next to the highest that hold at least half its density."""
    top = max(band, key=lambda i: spectra.heave[i])
    low = high = top
    while low - 1 in band and spectra.heave[low - 1] >= 0.5 * spectra.heave[top]:
        low -= 1
    while high + 1 in band and spectra.heave[high + 1] >= 0.5 * spectra.heave[top]:
        high += 1
    return list(range(low, high + 1))


def _direction(spectra: Spectra, band: list[int]) -> tuple[float | None, float | None]:
    """Return where the energy of `band` comes from, and its spread [deg]."""
    energy = sum(spectra.heave[i] for i in band)
    north = sum(spectra.heave[i] * spectra.coefficients(i)[0] for i in band)
    east = sum(spectra.heave[i] * spectra.coefficients(i)[1] for i in band)
    together = sqrt(north * north + east * east) / energy if energy else 0.0
    if not together:
        return None, None
    spread = degrees(sqrt(2 * max(0.0, 1 - together)))
    return degrees(atan2(-east, -north)) % 360, spread
