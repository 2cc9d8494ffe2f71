"""One child process: tied to our life, in a process group of its own, its output in a file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from forewarn.runtime.errors import EngineError
from forewarn.runtime.guard import end
from forewarn.runtime.logfiles import tail

GROUP_GRACE_S = 0.5

LAUNCHER = Path(__file__).with_name("launch.py")

_spawner = ThreadPoolExecutor(1, thread_name_prefix="spawn")
"""For Linux the parent of a process is the *thread* that started it: children of a thread
that ends would be told that their parent died. So one thread that lasts starts them all."""


class Child:
    """A process that dies with us, even if we die by SIGKILL (on Linux).

    Parameters
    ----------
    name : str
        For messages.
    command : sequence of str
        Program and arguments.
    log : Path
        Its standard output and error are appended here.
    environment : mapping, optional
        Its whole environment; ours if absent.
    stop_signal : int
        What asks it to end in order; the kernel sends it too when we die.
    unprivileged_in : Path, optional
        If we are root, run it as another user, who may write in this folder.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        stop_signal: int = signal.SIGTERM,
        unprivileged_in: Path | None = None,
    ) -> None:
        self.name, self.log = name, log
        self._command, self._environment = list(command), environment
        self._stop_signal, self._unprivileged_in = stop_signal, unprivileged_in
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the newest start; 0 before the first."""
        return self._popen.pid if self._popen else 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the newest start ended, negative for a signal; None while it runs."""
        return self._popen.poll() if self._popen else None

    def start(self) -> None:
        """Start it; it must not be running."""
        if self.alive:
            raise EngineError(f"{self.name}: runs already (pid {self.pid})")
        self._popen = _spawner.submit(self._spawn).result()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        folder = str(self._unprivileged_in or "-")
        tie = [str(os.getpid()), str(int(self._stop_signal)), folder, "--"]
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCHER), *tie, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if self._environment is None else dict(self._environment),
                start_new_session=True,
            )

    def wait(self, timeout: float) -> int | None:
        """Return the exit code, or None if it still runs after `timeout` [s]."""
        if self._popen is None:
            return None
        with suppress(subprocess.TimeoutExpired):
            return self._popen.wait(timeout)
        return None

    def stop(self, timeout: float = 5.0) -> bool:
        """Ask it to end; kill it after `timeout` [s]. Return whether it ended by itself."""
        if self._popen is None:
            return True
        in_order = True
        if self.alive:
            with suppress(ProcessLookupError):
                self._popen.send_signal(self._stop_signal)
            try:
                self._popen.wait(timeout)
            except subprocess.TimeoutExpired:
                in_order = False
        self.kill()
        return in_order

    def kill(self) -> None:
        """Kill it at once, and end what it has started in its group; harmless if it is gone.

        Its children get a moment to end by themselves: Python's resource tracker is one, and
        it removes what a killed process pool leaves in /dev/shm.
        """
        if self._popen is None:
            return
        with suppress(ProcessLookupError):
            self._popen.kill()
        self._popen.wait(10)
        end({self._popen.pid}, GROUP_GRACE_S)


def wait_until(condition: Callable[[], bool], child: Child, timeout: float, *, where: str) -> None:
    """Wait until `condition()` holds; EngineError if `child` ends or `timeout` [s] passes."""
    deadline = time.monotonic() + timeout
    pause = 0.01
    while not condition():
        if not child.alive:
            raise EngineError(
                f"{child.name}: ended with {child.exit_code} before it listened on {where}; "
                f"the end of {child.log}:\n{tail(child.log)}"
            )
        if time.monotonic() > deadline:
            raise EngineError(
                f"{child.name}: does not answer on {where} after {timeout:g} s; "
                f"the end of {child.log}:\n{tail(child.log)}"
            )
        time.sleep(pause)
        pause = min(0.1, pause * 1.5)
