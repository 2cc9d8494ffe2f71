"""The agent's clock: the system's where that can be believed, seconds since boot where not."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from edge.timekeeping.correction import Correction
from edge.timekeeping.kernel import KernelClock, boot, kept_without_power, kernel_clock, steady_s
from edge.timekeeping.settings import ClockSettings

log = logging.getLogger("edge.clock")

EARLIEST_S = 1_767_225_600.0
"""2026-01-01, before this was written: no clock that shows less is right [s]."""

SLEWED_PPM = 500.0
"""The kernel's correction at its limit is a slew under way, not the crystal's drift."""

LONGEST_NAP_S = 1.0

TELL_STEP_S = 3600.0
"""A step is shown in the status for so long [s]."""

NTP, SYSTEM = "NTP", "the system's clock, as configured"


class Timekeeper:
    """A Clock of real time that knows how far it can be trusted.

    It runs on the machine's steady seconds since boot and is set by the system's clock whenever
    that is believed; nobody who steps the system's clock steps this one. While it was never
    set, `now` counts from 1970: seconds since boot, corrected later (`correction`).

    Parameters
    ----------
    wall, steady, kernel, kept : callable
        The system's clock, the seconds since boot, what the kernel and the hardware say of the
        clock; handed in by tests.
    """

    speed = 1.0

    def __init__(
        self,
        settings: ClockSettings,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = steady_s,
        kernel: Callable[[], KernelClock | None] = kernel_clock,
        kept: Callable[[], str] = kept_without_power,
        boot_id: str = "",
    ) -> None:
        self._settings, self._wall, self._steady, self._kernel = settings, wall, steady, kernel
        self._known_s = EARLIEST_S
        self.boot = boot_id or boot()
        """Names this boot of the machine."""
        self._kept = kept() if settings.trust == "auto" else ""
        self._anchor: Correction | None = None
        self._basis = ""
        self._error_s = 0.0
        self._doubt: tuple[float, float] | None = None
        self._step = ""
        self._step_at_s = 0.0
        self._first = wall(), steady()
        self._waiting_s: float | None = None
        self.error_s: float | None = None
        """How far the time was off when it was last set right [s]; None: not known."""

    @property
    def trusted(self) -> bool:
        """Whether what is stamped now needs no flag."""
        return self._anchor is not None and not self._anchor.flagged

    @property
    def condition(self) -> str:
        """`ok`, or what is wrong with the time, in words."""
        if self._anchor is None:
            behind = ", and the system's clock is behind" if self._wall() < self._known_s else ""
            return f"not set since boot: observations wait{behind}"
        if self._anchor.flagged and self._basis:
            return (
                f"no NTP for long: may be off by {self._bound_s():.0f} s, observations are flagged"
            )
        if self._anchor.flagged:
            return "not set since boot: observations go out by the system's time, flagged"
        recent = self._steady() - self._step_at_s < TELL_STEP_S
        return self._step if self._step and recent else "ok"

    def now(self) -> datetime:
        """Return the time, aware, in UTC; in 1970 while it is not known."""
        steady = self._steady()
        return datetime.fromtimestamp(self._anchor.time_s(steady) if self._anchor else steady, UTC)

    async def sleep_until(self, when: datetime) -> None:
        """Return when the time has reached `when`; at once if it is past."""
        while (ahead := (when - self.now()).total_seconds()) > 0:
            await asyncio.sleep(min(ahead, LONGEST_NAP_S))

    def shown(self) -> datetime:
        """Return the time for people: the system's, where nothing better is known."""
        return self.now() if self._anchor else datetime.fromtimestamp(self._wall(), UTC)

    def steady_s(self) -> float:
        """Return the seconds since boot [s]; no step of any clock shows in it."""
        return self._steady()

    def correction(self) -> Correction | None:
        """Return how this boot's stamps become times; None while nobody knows."""
        return self._anchor

    def restore(self, known: Correction | None, reached_s: float) -> None:
        """Take what earlier starts of the agent knew.

        `known` was learned in this boot of the machine; `reached_s` is a Unix time that is past:
        a clock that shows less is wrong [s].
        """
        self._known_s = max(self._known_s, reached_s)
        if known:
            self._anchor, self._basis = known, NTP

    def learned(self) -> Correction | None:
        """Return what NTP taught, to be kept for a later start; None where it did not."""
        return self._anchor if self._basis == NTP else None

    def look(self, *, broker: bool = False) -> None:
        """Look at the system's clock; call it about once a second.

        `broker` tells whether there is a connection: without NTP, but with a broker for longer
        than `flagged_after`, observations go out flagged.
        """
        wall, steady, kernel = self._wall(), self._steady(), self._kernel()
        source, error_s, rate = self._source(wall, kernel)
        if source:
            self._waiting_s = None
            self._follow(Correction(wall, steady, rate), source, error_s)
        elif self._anchor is not None and self._basis:
            self._hold(wall, steady)
        elif broker and self._anchor is None and wall > self._known_s:
            self._waiting_s = steady if self._waiting_s is None else self._waiting_s
            if steady - self._waiting_s >= self._settings.flagged_after.total_seconds():
                self._anchor = Correction(wall, steady, flagged=True)
                log.warning("clock: no NTP: %s", self.condition)

    def _source(self, wall: float, kernel: KernelClock | None) -> tuple[str, float, float]:
        """Return whom the system's clock can be believed for, its error [s] and its rate."""
        settings = self._settings
        if settings.trust == "system":
            return SYSTEM, 0.0, 1.0
        if kernel is None:
            return "the system's clock: this kernel cannot be asked", 0.0, 1.0
        if kernel.synchronised and kernel.max_error_s <= settings.max_error_s:
            slewing = abs(kernel.drift_ppm) >= SLEWED_PPM
            rate = 1.0 if slewing else 1 + kernel.drift_ppm * 1e-6
            return NTP, kernel.max_error_s, rate
        if self._kept and self._basis != NTP and wall > self._known_s:
            return self._kept, 0.0, 1.0
        return "", 0.0, 1.0

    def _follow(self, anchor: Correction, source: str, error_s: float) -> None:
        """Set our time by `anchor`; a step only once it has lasted."""
        held = self._anchor
        off_s = anchor.wall_s - held.time_s(anchor.steady_s) if held else self._since_start(anchor)
        guessed = held is None or (held.flagged and not self._basis)
        if guessed:
            log.info("clock: set by %s, %.1f s after boot", source, anchor.steady_s)
        elif abs(off_s) > self._settings.step_s:
            if not self._lasts(off_s, anchor.steady_s):
                return
            at = datetime.fromtimestamp(anchor.wall_s, UTC)
            self._note(
                f"stepped by {off_s:+.1f} s at {at:%Y-%m-%d %H:%M:%S} by {source}: what was "
                "observed before is dated by the time that was believed then"
            )
            self.error_s = off_s
        if source == NTP and (guessed or self._basis != NTP or self.error_s is None):
            self.error_s = off_s
        self._doubt = None
        self._anchor, self._basis, self._error_s = anchor, source, error_s

    def _since_start(self, anchor: Correction) -> float:
        """Return by how much the system's clock was set since we began to look [s]."""
        wall, steady = self._first
        return anchor.wall_s - wall - (anchor.steady_s - steady)

    def _note(self, step: str) -> None:
        self._step, self._step_at_s = step, self._steady()
        log.warning("clock: %s", step)

    def _lasts(self, off_s: float, steady: float) -> bool:
        settings = self._settings
        if self._doubt is None or abs(self._doubt[0] - off_s) > settings.step_s:
            self._doubt = off_s, steady
        return steady - self._doubt[1] >= settings.settle_s

    def _hold(self, wall: float, steady: float) -> None:
        """Go on by the crystal, as long as that can be believed."""
        assert self._anchor is not None
        off_s = wall - self._anchor.time_s(steady)
        if abs(off_s) > self._settings.step_s:
            if self._doubt is None:
                self._note(
                    f"the system's clock was set {off_s:+.1f} s off without NTP: not followed"
                )
            self._doubt = off_s, steady
        else:
            self._doubt = None
        if self._bound_s() > self._settings.max_error_s and not self._anchor.flagged:
            anchor = self._anchor
            self._anchor = Correction(anchor.wall_s, anchor.steady_s, anchor.rate, flagged=True)
            log.warning("clock: %s", self.condition)

    def _bound_s(self) -> float:
        """Return by how much our time may be wrong now [s]."""
        assert self._anchor is not None
        since_s = self._steady() - self._anchor.steady_s
        return self._error_s + since_s * self._settings.drift_ppm * 1e-6
