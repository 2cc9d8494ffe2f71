"""The state directory: one run at a time, writable, with room on its disk."""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from forewarn.runtime.errors import StateError
from forewarn.runtime.run import Run, end_orphans, read_run, remove_run

VARIABLE = "FOREWARN_STATE"
DEFAULT = Path(".forewarn")

INNER = ("demo", "replay")
"""Subfolders in which commands keep a state of their own."""

NEEDED_BYTES = 300_000_000
"""An empty PostgreSQL takes 60 MB, its journal up to 512 MB later."""

LOW_BYTES = 150_000_000
"""Below this a running system warns."""


def state_folder(given: str | None = None) -> Path:
    """Return the state directory: `given`, or FOREWARN_STATE, or `.forewarn` here; absolute."""
    return Path(given or os.environ.get(VARIABLE) or DEFAULT).absolute()


def running_folder(given: str | None = None) -> Path:
    """Return the state directory to ask about: `state_folder`, or the demo or replay in it.

    They keep theirs in subfolders, so that they never touch what `forewarn up` stored.
    """
    state = state_folder(given)
    for folder in (state, *(state / name for name in INNER)):
        if is_held(folder):
            return folder
    return state


class Claim:
    """Holds a state directory for this process until `release`; a crash releases it too."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.orphans: list[str] = []
        """What an earlier run that died had left running, and is ended now."""
        _make(state)
        self._descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise StateError(_taken(state, read_run(state))) from error
        earlier = read_run(state)
        if earlier is not None:
            self.orphans = end_orphans(earlier)
            remove_run(state)
        self.earlier = earlier
        """The run that did not end in order, if there was one."""

    def release(self) -> None:
        """Let another run have the directory."""
        with suppress(OSError):
            os.close(self._descriptor)


def check_space(state: Path, needed: int = NEEDED_BYTES) -> None:
    """Raise StateError if the disk of `state` has less than `needed` [bytes] left."""
    free = shutil.disk_usage(state).free
    if free < needed:
        raise StateError(
            f"{state}: {free / 1e6:.0f} MB left on its disk, {needed / 1e6:.0f} MB are needed; "
            "free some space, or give a directory on another disk with --state"
        )


def low_space(state: Path, low: int = LOW_BYTES) -> str | None:
    """Return what to tell the operator if less than `low` [bytes] are left, else None."""
    free = shutil.disk_usage(state).free
    if free >= low:
        return None
    return (
        f"{state}: {free / 1e6:.0f} MB left on its disk; free some space: "
        "when it is full, nothing more is stored until there is room again"
    )


def clear(state: Path) -> list[str]:
    """Forget what an earlier run left in `state`, after ending what it left running.

    Returns `name (pid n)` of each process that was ended. Raises StateError if a run holds
    the directory, or if it is none of ours: then nothing in it is touched.
    """
    if not state.exists():
        return []
    if not (state / "lock").is_file() and (not state.is_dir() or any(state.iterdir())):
        raise StateError(
            f"{state}: is not empty, and no state directory of Forewarn: it is left as it is; "
            "give another directory with --state"
        )
    claim = Claim(state)
    claim.release()
    shutil.rmtree(state)
    return claim.orphans


def is_held(state: Path) -> bool:
    """Return whether a run holds `state` now."""
    try:
        descriptor = os.open(state / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _make(state: Path) -> None:
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        (state / "log").mkdir(exist_ok=True)
        probe = state / "probe"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise StateError(
            f"{state}: cannot be used as state directory: {error.strerror or error}; "
            "give another one with --state or FOREWARN_STATE"
        ) from error


def _taken(state: Path, run: Run | None) -> str:
    if run is None:
        return f"{state}: another run is starting or stopping there; wait, or give another --state"
    return (
        f"{state}: `forewarn {run.command}` of {run.site} runs there already "
        f"(pid {run.pid}, since {run.started:%Y-%m-%d %H:%M} UTC). See `forewarn status`, "
        "stop it with `forewarn down`, or give another directory with --state"
    )
