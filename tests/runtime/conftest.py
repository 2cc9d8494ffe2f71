import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

RUN = """
import sys, time
from pathlib import Path
from forewarn.runtime.engines import EmbeddedKafka, EmbeddedPostgres
from forewarn.runtime.services import Service
from forewarn.runtime.signals import orderly_end
from forewarn.runtime.supervisor import Supervisor

state = Path(sys.argv[1])
parent = '''
import signal, subprocess, sys
child = "import time; time.sleep(600)"
subprocess.Popen([sys.executable, "-S", "-c", child])
print("ready", flush=True)
signal.pause()
'''
services = [Service(name="parent", arguments=[parent], program=(sys.executable, "-S", "-c"))]
engines = [EmbeddedPostgres(state, durable=False), EmbeddedKafka(state)]
with orderly_end():
    try:
        with Supervisor(state, Path("sites/han"), services=services, engines=engines) as running:
            running.wait_ready(20)
            print("running", flush=True)
            time.sleep(600)
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""
"""Has grandchildren: PostgreSQL's own processes, and one that nobody tells of our death."""


@pytest.fixture
def using() -> Callable[[Path], list[str]]:
    """Tells every living process whose command line or environment names a state directory."""
    return _using


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """Return a state directory that is not there yet; what still uses it later is killed."""
    folder = tmp_path / "state"
    yield folder
    for line in _using(folder):
        with suppress(ProcessLookupError):
            os.kill(int(line.split()[0]), signal.SIGKILL)


@pytest.fixture
def start_run() -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """Start a supervisor in a process of its own, and wait until everything is ready."""
    runs: list[subprocess.Popen[str]] = []

    def start(state: Path) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", RUN, str(state)]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        runs.append(run)
        assert run.stdout is not None
        assert run.stdout.readline() == "running\n"
        return run

    yield start
    for run in runs:
        run.kill()
        run.wait()
        assert run.stdout is not None
        run.stdout.close()


def _using(state: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [*process.cmdline(), process.environ().get("FOREWARN_STATE", "")]
            if any(str(state) in word for word in words):
                found.append(f"{process.pid} {process.cmdline()}")
    return found
