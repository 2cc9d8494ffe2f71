import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from forewarn.runtime.services import Service

SITE = Path(__file__).resolve().parents[2] / "sites" / "han"


def script(name: str, text: str) -> Service:
    """A service that is a Python program instead of a `forewarn` command."""
    return Service(name=name, arguments=[text], program=(sys.executable, "-S", "-c"))


def patient(name: str = "patient") -> Service:
    return script(name, "import time\nprint('ready', flush=True)\ntime.sleep(600)")


def until(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {condition}"
        time.sleep(0.02)


def using(state: Path) -> list[str]:
    """Every living process whose command line or environment names the state directory."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [*process.cmdline(), process.environ().get("FOREWARN_STATE", "")]
            if any(str(state) in word for word in words):
                found.append(f"{process.pid} {process.cmdline()}")
    return found


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    for line in using(folder):
        with suppress(ProcessLookupError):
            os.kill(int(line.split()[0]), signal.SIGKILL)
