"""Why quality control doubts a newest value, as far as limits and the last hours tell.

The flag is stored, its reason is not: the tests whose answer does not hang on what the stream
remembers are made again (`stream/qc.py`). What none of them explains is `other`: the gateway or the
instrument said so itself.
"""

from collections.abc import Sequence

from msgspec import Struct

from forewarn.domain.observation import Quality
from forewarn.domain.station import Datastream
from forewarn.storage import Sample

TRUSTED = (Quality.GOOD, Quality.UNCHECKED)


class DoubtView(Struct, frozen=True, kw_only=True):
    """Which test a value did not pass."""

    test: str
    """`missing`, `range` (of the instrument), `nature` (range that nature keeps to), `rate`,
    `flat` or `other`."""
    low: float | None = None
    high: float | None = None
    """Bounds of a range; of `rate` the most it may change in a second; of `flat` seconds."""


def doubt(stream: Datastream, lately: Sequence[Sample]) -> DoubtView | None:
    """Return why the newest of `lately`, ascending, is doubted; None where it is not."""
    newest, limits = lately[-1], stream.limits
    if newest.quality in TRUSTED:
        return None
    if newest.result is None:
        return DoubtView(test="missing")
    for name, bounds in (("range", limits.fail), ("nature", limits.suspect)):
        if bounds and not bounds[0] <= newest.result <= bounds[1]:
            return DoubtView(test=name, low=bounds[0], high=bounds[1])
    if _jumped(newest, newest.result, limits.max_rate_per_s, lately[:-1]):
        return DoubtView(test="rate", high=limits.max_rate_per_s)
    still_s = _still_s(newest.result, limits.flat_tolerance, lately)
    if limits.flat_after is not None and still_s >= limits.flat_after.total_seconds() / 2:
        return DoubtView(test="flat", high=still_s)
    return DoubtView(test="other")


def _jumped(newest: Sample, value: float, most: float | None, before: Sequence[Sample]) -> bool:
    trusted = [s for s in before if s.quality in TRUSTED and s.result is not None]
    if most is None or not trusted or trusted[-1].result is None:
        return False
    passed_s = max(1.0, (newest.phenomenon_time - trusted[-1].phenomenon_time).total_seconds())
    return abs(value - trusted[-1].result) / passed_s > most


def _still_s(value: float, tolerance: float, lately: Sequence[Sample]) -> float:
    """Return for how long the values have not left the newest by more than `tolerance` [s]."""
    began = lately[-1].phenomenon_time
    for sample in reversed(lately):
        if sample.result is not None:
            if abs(sample.result - value) > tolerance:
                break
            began = sample.phenomenon_time
    return (lately[-1].phenomenon_time - began).total_seconds()
