"""What a supervisor keeps running: engines and services behind the same few methods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from forewarn.domain.errors import ForewarnError
from forewarn.runtime.child import Child
from forewarn.runtime.logfiles import says_ready, size
from forewarn.runtime.services import Service

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 5.0
SETTLED_AFTER_S = 20.0
"""Who has run for this long starts again at the first back-off after its next death."""

HOPELESS_AFTER = 4
"""Restarts of a part that has never been ready, after which waiting for it is given up."""
WRONG_CONFIGURATION = 2


class Part(Protocol):
    """A process that can be started over and over; `Engine` is one, `ServiceProcess` is one."""

    memory_limit: int | None
    """Resident bytes beyond which it is started anew; None: no limit."""

    @property
    def log(self) -> Path:
        """Where its output goes."""
        ...

    @property
    def name(self) -> str:
        """Its unique name."""
        ...

    @property
    def pid(self) -> int:
        """Its process id; 0 before the first start."""
        ...

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        ...

    @property
    def exit_code(self) -> int | None:
        """How its process ended."""
        ...

    def launch(self) -> None:
        """Start its process and return at once."""
        ...

    def answers(self) -> bool:
        """Return whether it does its work."""
        ...

    def stop(self) -> None:
        """Stop it in order, or kill it if that takes too long."""
        ...

    def kill(self) -> None:
        """Kill it and its group."""
        ...


class ServiceProcess:
    """A service as a child process; it answers once its log says `ready`."""

    memory_limit: int | None = None

    def __init__(self, service: Service, environment: Mapping[str, str], log: Path) -> None:
        self.service, self.log = service, log
        self.name = service.name
        self._since = 0
        everything = {**environment, **service.environment}
        self._child = Child(service.name, service.command(), log, environment=everything)

    @property
    def pid(self) -> int:
        """Its process id; 0 before the first start."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._child.alive

    @property
    def exit_code(self) -> int | None:
        """How its process ended."""
        return self._child.exit_code

    def launch(self) -> None:
        """Start it and return at once."""
        self._since = size(self.log)
        self._child.start()

    def answers(self) -> bool:
        """Return whether its log has said `ready` since its newest start."""
        return says_ready(self.log, self._since)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after 5 s."""
        self._child.stop(5.0)

    def kill(self) -> None:
        """Kill it and its group."""
        self._child.kill()


class Kept:
    """A part, how often it was restarted, and when it is due to be started again."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.restarts = 0
        self.ready = False
        """It has done its work since its newest start."""
        self.was_ready = False
        """It has been ready at any time."""
        self.last_exit: int | None = None
        """How it ended last time; None while it has never ended."""
        self._back_off = FIRST_BACK_OFF_S
        self._launched = 0.0
        self._due: float | None = None

    def launch(self, now: float) -> None:
        """Start it for the first time, at `now` (monotonic) [s]."""
        self._launched, self.ready = now, False
        self.part.launch()

    def tick(self, now: float) -> str | None:
        """Look after it at `now` (monotonic) [s]; return what is worth telling, if anything."""
        if self.part.alive:
            self.ready = self.ready or self.part.answers()
            self.was_ready = self.was_ready or self.ready
            if now - self._launched > SETTLED_AFTER_S:
                self._back_off = FIRST_BACK_OFF_S
            return None
        if self._due is None:
            self.ready = False
            self.part.kill()
            self.last_exit = self.part.exit_code
            how, then = _how(self.last_exit), self._schedule(now)
            return f"{self.part.name} {how}; {then}; see {self.part.log}"
        if now < self._due:
            return None
        self._due = None
        self.restarts += 1
        try:
            self.launch(now)
        except ForewarnError as error:
            return f"{error}; {self._schedule(now)}"
        return None

    @property
    def hopeless(self) -> bool:
        """Whether it has never been ready and dies again and again, or of what it was told.

        Commands end with 2 where their configuration or their installation is wrong.
        """
        if self.was_ready:
            return False
        return self.last_exit == WRONG_CONFIGURATION or self.restarts >= HOPELESS_AFTER

    def _schedule(self, now: float) -> str:
        pause = self._back_off
        self._due = now + pause
        self._back_off = min(LONGEST_BACK_OFF_S, 2 * pause)
        return f"it starts again in {pause:g} s"


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"was killed by signal {-exit_code}"
    return f"ended with exit code {exit_code}"
