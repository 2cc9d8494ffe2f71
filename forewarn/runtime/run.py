"""`state/run.json`: who runs on a state directory, readable by `status` and `down`."""

import os
import signal
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
import psutil

from forewarn.domain.config import Services
from forewarn.runtime.guard import signal_group

SAME_START_S = 2.0
"""Start times of one process, read at different times, may differ by clock adjustments."""


class ProcessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One child process."""

    name: str
    pid: int
    create_time: float
    """Unix time of its start [s]: a pid alone may belong to somebody else by now."""
    restarts: int = 0
    ready: bool = False
    """It has answered or said so since its newest start."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a supervisor."""

    pid: int
    create_time: float
    command: str
    """`up`, `demo` or `replay`: who holds the state directory."""
    site: str
    started: datetime
    clock: str
    """FOREWARN_CLOCK of its processes; empty: real time."""
    urls: Services
    processes: list[ProcessRecord] = []

    @property
    def alive(self) -> bool:
        """Whether its supervisor runs."""
        return is_process(self.pid, self.create_time)


def path_of(state: Path) -> Path:
    """Return where the run of a state directory is recorded."""
    return state / "run.json"


def read_run(state: Path) -> Run | None:
    """Return the run recorded in `state`, alive or not; None if there is none to read."""
    try:
        return msgspec.json.decode(path_of(state).read_bytes(), type=Run)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def write_run(state: Path, run: Run) -> None:
    """Replace the record at once: readers see the old one or the new one."""
    part = path_of(state).with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(run), indent=1))
    part.replace(path_of(state))


def remove_run(state: Path) -> None:
    """Forget the run recorded in `state`."""
    path_of(state).unlink(missing_ok=True)


def create_time(pid: int) -> float:
    """Return when the process `pid` was started, Unix time [s]; 0 if it is gone."""
    with suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0


def is_process(pid: int, started: float) -> bool:
    """Return whether `pid` is still the process that was started then, and not a zombie."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) <= SAME_START_S
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def end_orphans(run: Run, grace: float = 5.0) -> list[str]:
    """End what a dead supervisor left running; return `name (pid n)` of each.

    Each has `grace` [s] to end by itself; then it, and what it has started, is killed.
    """
    orphans = [record for record in run.processes if is_process(record.pid, record.create_time)]
    signal_group({record.pid for record in orphans}, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(is_process(record.pid, record.create_time) for record in orphans):
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    signal_group({record.pid for record in orphans}, signal.SIGKILL)
    return [f"{record.name} (pid {record.pid})" for record in orphans]
