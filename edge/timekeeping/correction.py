"""From seconds since boot to the time they were: what is stamped before the time is known. Pure.

Before the time is known the agent stamps observations with the milliseconds since boot. Such a
stamp lies near 1970 and cannot be taken for a time of the world, so nothing else has to be kept
beside it: a batch is provisional exactly if it was `created` before 2001.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from forewarn.domain.observation import Batch, Observation, Quality

ABSOLUTE_MS = 1_000_000_000_000
"""2001-09-09 [ms]: a smaller number counts from boot, and no machine runs for 31 years."""

SUSPECT = int(Quality.SUSPECT)
DOUBTED = (int(Quality.GOOD), int(Quality.UNCHECKED))


class Correction(Struct, frozen=True):
    """How stamps of one boot become times: `wall_s − (steady_s − stamp) · rate`.

    Worked example: the time arrives, 1,790,000,000 s, 600 s after boot. What was stamped 540 s
    after boot was observed at 1,789,999,940 s; with a crystal that is 100 ppm slow, 6 ms earlier.
    """

    wall_s: float
    """Unix time [s] …"""
    steady_s: float
    """… at so many seconds after boot [s]."""
    rate: float = 1.0
    """True seconds in one second of the crystal."""
    flagged: bool = False
    """The time is a guess: what it dates is SUSPECT."""

    def time_s(self, steady_s: float) -> float:
        """Return the Unix time of `steady_s` seconds after boot [s]."""
        return self.wall_s - (self.steady_s - steady_s) * self.rate

    def time_ms(self, stamp_ms: int) -> int:
        """Return the Unix time of a stamp [ms]; what is a time already stays."""
        if stamp_ms >= ABSOLUTE_MS:
            return stamp_ms
        return round(1000 * self.time_s(stamp_ms / 1000))


def is_stamp(at: datetime) -> bool:
    """Tell whether `at` counts from boot and is no time of the world."""
    return at.timestamp() * 1000 < ABSOLUTE_MS


def suspect(observation: Observation) -> Observation:
    """Return `observation` flagged, unless it is missing or worse."""
    doubted = observation.quality in DOUBTED
    return replace(observation, quality=Quality.SUSPECT) if doubted else observation


def is_provisional(batch: Batch) -> bool:
    """Tell whether the time of `batch` is not known yet."""
    return batch.created < ABSOLUTE_MS


def restamp(batch: Batch, correction: Correction) -> Batch:
    """Return `batch` with the times that its stamps were; values dated by a guess are SUSPECT.

    Values that the instrument dated itself keep their time and their quality.
    """
    columns = batch.columns
    quality = columns.quality
    if correction.flagged:
        quality = [
            SUSPECT if at < ABSOLUTE_MS and of in DOUBTED else of
            for at, of in zip(columns.time, quality, strict=True)
        ]
    return replace(
        batch,
        created=correction.time_ms(batch.created),
        columns=replace(
            columns, time=[correction.time_ms(at) for at in columns.time], quality=quality
        ),
    )


def kernel_boot(batch: Batch) -> str:
    """Return the boot of the machine under which `batch` was written."""
    return batch.boot_id.partition("-")[0]


def latest_possible(
    boots: Sequence[tuple[str, int]], known: dict[str, Correction], now: Correction
) -> dict[str, Correction]:
    """Return how to date what earlier boots stamped.

    Parameters
    ----------
    boots : sequence of (boot, ms)
        Each earlier boot with its last stamp, oldest boot first.
    known : dict
        Boots whose time was learned while they lasted: these are exact.
    now : Correction
        That of the present boot.

    A boot whose time was never learned ended before the next one began. It is put directly
    before it: the stamps are too late by the time without power, hence flagged.
    """
    found: dict[str, Correction] = {}
    began_s = now.time_s(0.0)
    for boot, last_ms in reversed(boots):
        exact = known.get(boot)
        found[boot] = exact or Correction(began_s, last_ms / 1000, flagged=True)
        began_s = found[boot].time_s(0.0)
    return found
