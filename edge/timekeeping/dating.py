"""Dates the backlog once the time is known, and remembers in the outbox what was learned."""

import logging
from typing import Protocol

from edge.timekeeping.correction import Correction, latest_possible
from edge.timekeeping.keeper import Timekeeper

log = logging.getLogger("edge.clock")

AT_ONCE = 100
"""Batches dated in one transaction: the outbox is not held up for longer than a moment."""

REMEMBER_EVERY_S = 600.0
"""Steady seconds between two notes of the time on disk: a write wears the card [s]."""

REACHED = "reached_ms"


class Store(Protocol):
    """What is needed of the outbox."""

    def correct(self, corrections: dict[str, Correction], limit: int) -> int:
        """Date batches; return how many."""
        ...

    def last_stamps(self) -> list[tuple[str, int]]:
        """Return (boot id, last stamp [ms]) of what is not dated, in order."""
        ...

    def figures(self) -> dict[str, int]:
        """Return kept figures."""
        ...

    def note(self, figures: dict[str, int | None]) -> None:
        """Keep figures."""
        ...

    def say(self, finding: str) -> None:
        """Show a finding in the status."""
        ...


class Dating:
    """The link between a timekeeper and an outbox. Use it from the outbox's thread."""

    def __init__(self, keeper: Timekeeper) -> None:
        self._keeper = keeper
        self._earlier: dict[str, Correction] = {}
        self._noted: tuple[bool, float] | None = None

    def begin(self, store: Store) -> None:
        """Take from `store` what earlier starts of the agent learned of the time."""
        known = _known(store.figures())
        reached_s = store.figures().get(REACHED, 0) / 1000
        self._keeper.restore(known.get(self._keeper.boot), reached_s)

    def step(self, store: Store) -> int:
        """Date a few batches where the time is known; return how many."""
        present = self._keeper.correction()
        if present is None:
            return 0
        self._remember(store)
        undated = {boot_id.partition("-")[0] for boot_id, _ in store.last_stamps()}
        if not undated:
            return 0
        if not undated <= {*self._earlier, self._keeper.boot}:
            self._date_earlier(store, present)
        return store.correct({**self._earlier, self._keeper.boot: present}, AT_ONCE)

    def _date_earlier(self, store: Store, present: Correction) -> None:
        last: dict[str, int] = {}
        for boot_id, stamp_ms in store.last_stamps():
            boot = boot_id.partition("-")[0]
            if boot != self._keeper.boot:
                last[boot] = max(last.get(boot, 0), stamp_ms)
        found = latest_possible(list(last.items()), _known(store.figures()), present)
        guessed = [boot for boot in found if found[boot].flagged]
        if guessed:
            store.say(
                f"the time of {len(guessed)} earlier boots ({', '.join(guessed)}) was never known: "
                "what they observed is dated as late as possible and SUSPECT; it may be earlier "
                "by the time without power"
            )
        self._earlier = found

    def _remember(self, store: Store) -> None:
        learned, steady = self._keeper.learned(), self._keeper.steady_s()
        fresh = self._noted is None or (learned is not None and not self._noted[0])
        due = fresh or (self._noted is not None and steady - self._noted[1] >= REMEMBER_EVERY_S)
        if not due or not self._keeper.trusted:
            return
        self._noted = learned is not None, steady
        figures: dict[str, int | None] = {REACHED: round(self._keeper.now().timestamp() * 1000)}
        if learned:
            kept = {boot_id.partition("-")[0] for boot_id, _ in store.last_stamps()}
            for name in store.figures():
                of = name.partition(":")[2]
                if of and of not in kept:
                    figures[name] = None
            figures[f"wall_ms:{self._keeper.boot}"] = round(learned.wall_s * 1000)
            figures[f"steady_ms:{self._keeper.boot}"] = round(learned.steady_s * 1000)
            figures[f"drift_ppb:{self._keeper.boot}"] = round((learned.rate - 1) * 1e9)
        store.note(figures)


def _known(figures: dict[str, int]) -> dict[str, Correction]:
    """Return what NTP taught in each boot that is remembered."""
    found = {}
    for name, wall_ms in figures.items():
        kind, _, boot = name.partition(":")
        if kind == "wall_ms" and f"steady_ms:{boot}" in figures:
            rate = 1 + figures.get(f"drift_ppb:{boot}", 0) * 1e-9
            found[boot] = Correction(wall_ms / 1000, figures[f"steady_ms:{boot}"] / 1000, rate)
    return found
