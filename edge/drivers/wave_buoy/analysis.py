"""From the slots of one record to what is reported of it. Pure."""

from collections.abc import Sequence
from math import log2

from msgspec import Struct

from edge.drivers.wave_buoy.crossing import waves
from edge.drivers.wave_buoy.parameters import UNITS, bulk
from edge.drivers.wave_buoy.record import Sample, clean, usable_segments
from edge.drivers.wave_buoy.spectrum import welch

AGREEMENT = (0.75, 1.15)
"""H1/3 over 4√m0 of a sound record; JONSWAP and real seas lie near 0.95."""
LEAST_WAVES = 50
"""Fewer say nothing about the record."""


class Plan(Struct, frozen=True, kw_only=True):
    """How a record is analysed."""

    rate_hz: float
    segment_s: float
    f_min: float
    f_max: float
    max_bad: float
    directional: bool

    @property
    def size(self) -> int:
        """Return the samples in a segment: the power of two nearest to `segment_s`."""
        return int(2 ** max(4, round(log2(self.segment_s * self.rate_hz))))


class Analysis(Struct, frozen=True):
    """What one record says."""

    values: dict[str, float | None]
    suspect: bool
    """True where spectrum and single waves disagree."""
    remark: str
    """Empty where all is well."""


def analyse(slots: Sequence[Sample | None], plan: Plan) -> Analysis:
    """Return what the record in `slots` says; every value is None where too much of it is bad."""
    nothing: dict[str, float | None] = dict.fromkeys(UNITS)
    nothing["bad"] = 1.0
    record = clean(slots, plan.rate_hz)
    if record is None:
        return Analysis(nothing, suspect=False, remark="the whole record is bad or missing")
    percent = f"{100 * record.bad_fraction:.0f} % of the record is bad"
    why = f"{percent} ({record.spikes} spikes, {record.frozen} frozen)"
    nothing["bad"] = record.bad_fraction
    starts = usable_segments(record.bad, plan.size, plan.rate_hz)
    if record.bad_fraction > plan.max_bad or not starts:
        return Analysis(nothing, suspect=False, remark=f"{why}: no waves from it")
    spectra = welch(
        record.heave,
        record.north,
        record.east,
        starts=starts,
        size=plan.size,
        rate_hz=plan.rate_hz,
    )
    values = bulk(spectra, f_min=plan.f_min, f_max=plan.f_max, directional=plan.directional)
    values["bad"] = record.bad_fraction
    single = waves(record.heave, record.bad, plan.rate_hz)
    values |= {
        "h13": single.h13 if single else None,
        "hmax": single.hmax if single else None,
        "tz": single.tz if single else None,
    }
    height = values["hs"] or 0.0
    remark = why if record.bad_fraction > plan.max_bad / 2 else ""
    if single is None or single.count < LEAST_WAVES or not height or values["tp"] is None:
        return Analysis(values, suspect=False, remark=remark)
    ratio = single.h13 / height
    if AGREEMENT[0] <= ratio <= AGREEMENT[1]:
        return Analysis(values, suspect=False, remark=remark)
    return Analysis(
        values,
        suspect=True,
        remark=f"H1/3 of single waves {single.h13:.2f} m, of the spectrum {height:.2f} m: suspect",
    )
