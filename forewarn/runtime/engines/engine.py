"""What all engines have in common: a kept port, a child process, a question that it answers."""

import os
import signal
from abc import ABC, abstractmethod
from pathlib import Path

from forewarn.runtime.child import Child, wait_until
from forewarn.runtime.errors import EngineError, StateError
from forewarn.runtime.ports import HOST, check_free, kept_port


class Engine(ABC):
    """A server on 127.0.0.1 whose files are in the state directory.

    Parameters
    ----------
    state : Path
        The state directory; made if it is not there.
    """

    name: str
    """`mqtt`, `kafka` or `postgres`: names its folder, log and port."""
    key: str
    """The key under `[services]` that its URL belongs to."""
    memory_limit: int | None = None
    """Resident bytes beyond which a supervisor starts it anew; None: no limit."""
    stop_signal: int = signal.SIGTERM
    start_timeout: float = 20.0
    """Seconds from start to the first answer, on a busy small machine."""
    stop_timeout: float = 5.0
    refuses_root: bool = False

    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        self._child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it; the same for every start on this state directory."""

    @abstractmethod
    def command(self) -> list[str]:
        """Write what it needs into `folder` and return program and arguments."""

    @abstractmethod
    def answers(self) -> bool:
        """Return whether it serves clients now."""

    @property
    def folder(self) -> Path:
        """Its own folder in the state directory."""
        return self.state / self.name

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.state / "log" / f"{self.name}.log"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return kept_port(self.state, self.name)

    @property
    def pid(self) -> int:
        """Process id; 0 before the first start."""
        return self._child.pid if self._child else 0

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._child is not None and self._child.alive

    def environment(self) -> dict[str, str]:
        """Return the environment of its process."""
        return dict(os.environ)

    def ports(self) -> dict[str, int]:
        """Return every port it listens on, by the name under which it is kept."""
        return {self.name: self.port}

    @property
    def exit_code(self) -> int | None:
        """How its process ended, negative for a signal; None while it runs."""
        return self._child.exit_code if self._child else None

    def start(self) -> str:
        """Start it, wait until it answers, and return its URL.

        Raises EngineError if it does not answer (with the end of its log), or if its port is
        taken; StateError if the state directory cannot be written.
        """
        if self.alive:
            return self.url
        self.launch()
        assert self._child is not None
        try:
            wait_until(self.answers, self._child, self.start_timeout, where=f"{HOST}:{self.port}")
        except EngineError:
            self._child.stop(self.stop_timeout)
            raise
        return self.url

    def launch(self) -> None:
        """Start it and return before it answers; errors as for `start`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.log.parent.mkdir(parents=True, exist_ok=True)
            command = self.command()
            for name, port in self.ports().items():
                check_free(self.state, name, port)
            self._child = Child(
                self.name,
                command,
                self.log,
                environment=self.environment(),
                stop_signal=self.stop_signal,
                unprivileged_in=self.folder if self.refuses_root else None,
            )
            self._child.start()
        except OSError as error:
            raise StateError(
                f"{self.state}: {error.strerror or error}; free some space, "
                "or give another directory with --state"
            ) from error

    def stop(self) -> None:
        """Stop it in order, or kill it if that takes too long; harmless if it does not run."""
        if self._child is not None:
            self._child.stop(self.stop_timeout)

    def kill(self) -> None:
        """Kill it as a crash or the kernel would, with SIGKILL."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
