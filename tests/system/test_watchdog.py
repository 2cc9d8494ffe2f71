"""The watchdog names whichever part stops, on the real system, and says when it is back."""

import os
import shlex
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from alerts.watchdog.service import FILE, Report
from forewarn.domain.clock import WorldClock
from forewarn.runtime import metrics
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

SITE = Path(__file__).parents[2] / "sites" / "han"
SETTINGS = "[watchdog]\ninterval_s = 3\npatience_s = 12\n"
VICTIMS = {
    "mqtt": "mqtt",
    "kafka": "kafka",
    "postgres": "postgres",
    "gateway": "gateway",
    "stream": "intake",
    "alerts": "alerts",
    "pager": "pager",
    "console": "console",
}
KEEP = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read() + b'\\0')"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    """Return a system whose watchdog appends what it says to the file `told`."""
    state = tmp_path_factory.mktemp("watched")
    (state / "forewarn.toml").write_text(SETTINGS)
    command = shlex.join([sys.executable, "-c", KEEP, str(state / "told")])
    told = {"FOREWARN_WATCHDOG_COMMAND": command}
    services = [
        msgspec.structs.replace(service, environment=told if service.name == "watchdog" else {})
        for service in core_services()
    ]
    clock = WorldClock(datetime(2020, 8, 5, 15, tzinfo=UTC), time.time() + 5, 60)
    before = Path.cwd()
    os.chdir(state)  # forewarn.toml is read there
    try:
        with Supervisor(state, SITE, clock=clock, services=services) as running:
            running.wait_ready(90)
            wait(lambda: through(running), 60)
            yield running
    finally:
        os.chdir(before)


def wait(done: Callable[[], bool], timeout_s: float) -> None:
    """Wait until `done`; fails after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < end, f"not within {timeout_s:g} s"
        time.sleep(0.2)


def through(running: Supervisor) -> bool:
    """Return whether a canary has passed every stage."""
    path = running.state / FILE
    if not path.is_file():
        return False
    report = msgspec.json.decode(path.read_bytes(), type=Report)
    return all(row.passed for row in report.stages)


def told(running: Supervisor) -> list[str]:
    """Return the notices so far."""
    path = running.state / "told"
    return path.read_text(encoding="utf-8").split("\0")[:-1] if path.is_file() else []


def signal_all(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process and all it started."""
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        one.send_signal(number)


def test_every_service_with_figures_serves_them(running: Supervisor) -> None:
    targets = msgspec.json.decode((running.state / metrics.FILE).read_bytes())
    shown: dict[str, dict[str, float]] = {}
    for target in targets:
        [place] = target["targets"]
        with urllib.request.urlopen(f"http://{place}/metrics", timeout=5) as reply:
            families = text_string_to_metric_families(reply.read().decode())
            samples = {s.name: s.value for family in families for s in family.samples}
        shown[target["labels"]["service"]] = samples
    assert set(shown) == {"gateway", "stream", "alerts", "pager", "console", "watchdog"}
    assert shown["gateway"]["forewarn_gateway_messages_total"] > 0
    assert shown["stream"]["forewarn_stream_rows_total"] > 0
    assert shown["alerts"]["forewarn_alerts_assessments_total"] > 0
    assert shown["pager"]["forewarn_pager_waiting"] == 0
    assert shown["console"]["forewarn_console_requests_total"] > 0
    assert shown["stream"]["forewarn_stream_round_seconds_count"] > 0
    assert 0 <= shown["watchdog"]["forewarn_watchdog_canary_age_seconds"] < 60


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_part_that_hangs_is_named_and_its_return_is_told(
    running: Supervisor, victim: str
) -> None:
    before, pid = len(told(running)), running.pids[victim]
    signal_all(pid, signal.SIGSTOP)
    try:
        wait(lambda: len(told(running)) > before, 45)
    finally:
        signal_all(pid, signal.SIGCONT)
    assert f"stage `{VICTIMS[victim]}`" in told(running)[before]
    wait(lambda: "all clear" in told(running)[-1], 90)
    said = [text for text in told(running)[before:] if "all clear" not in text]
    assert all(f"stage `{VICTIMS[victim]}`" in text for text in said), said


def test_nobody_else_ever_hears_of_a_canary(running: Supervisor) -> None:
    assert running.urls.database_url
    with connect(running.urls.database_url) as connection:
        assert reader.totals(connection).observations == 0
        assert reader.totals(connection).newest_phenomenon_time is None
        assert reader.alerts(connection) == []
        assert "canary" not in {row.area for row in reader.assessment_latest(connection)}
