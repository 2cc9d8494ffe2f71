"""Our side of guard.py: it ends our children's process groups if we are killed."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")


class Lifeline:
    """A guard process at the other end of a pipe; the kernel closes the pipe when we die."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._guard: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Process id of the guard; 0 before the first `watch`."""
        return self._guard.pid if self._guard else 0

    def watch(self, groups: set[int]) -> None:
        """Let the guard know exactly these process groups; start it again if it died."""
        if self._guard is None or self._guard.poll() is not None:
            self._close()
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
            self._groups = set()
        lines = [f"- {group}\n" for group in self._groups - groups]
        lines += [f"+ {group}\n" for group in groups - self._groups]
        self._tell("".join(lines))
        self._groups = set(groups)

    def end(self) -> None:
        """Send the guard home: everything has been stopped in order."""
        if self._guard is not None:
            self._tell("bye\n")
            self._close()

    def _tell(self, text: str) -> None:
        if text and self._guard and self._guard.stdin:
            with suppress(BrokenPipeError):
                self._guard.stdin.write(text)
                self._guard.stdin.flush()

    def _close(self) -> None:
        if self._guard is None:
            return
        if self._guard.stdin:
            with suppress(BrokenPipeError):
                self._guard.stdin.close()
        self._guard.wait(10)
        self._guard = None
