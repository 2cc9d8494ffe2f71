"""The watchdog where its clock does what clocks should not; nothing it watches is there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from alerts.watchdog.service import FILE, Report, Watchdog
from alerts.watchdog.stages import STAGES
from forewarn.domain.clock import ManualClock
from forewarn.domain.config import Services, WatchdogSettings
from forewarn.runtime.ports import free_port

NAMES = [stage.name for stage in STAGES]
START = datetime(2026, 7, 11, 1, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Run:
    """A watchdog whose real time and world time are set by hand."""

    def __init__(self, state: Path) -> None:
        port = free_port()
        services = Services(
            mqtt_url=f"mqtt://127.0.0.1:{port}",
            kafka_url=f"kafka://127.0.0.1:{port}",
            database_url=f"postgresql://nobody@127.0.0.1:{port}/none",
        )
        settings = WatchdogSettings(interval_s=60.0, patience_s=90.0)
        clock = ManualClock(START)
        self._file, self.real_s = state / FILE, 1_000.0
        self.dog = Watchdog("han", services, clock=clock, settings=settings, state=state)

    def monotonic(self) -> float:
        return self.real_s

    def tick(self, after_s: float, world: datetime) -> set[str]:
        """Let time pass until it is `world`, tick, and return which stages are late."""
        self.real_s += after_s
        self.dog._clock = ManualClock(world)
        self.dog.tick()
        report = msgspec.json.decode(self._file.read_bytes(), type=Report)
        return {row.stage for row in report.stages if row.late}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    made = Run(tmp_path)
    monkeypatch.setattr("alerts.watchdog.service.time", made)
    yield made
    made.dog._mqtt.close()


def test_a_clock_that_is_put_back_gets_canaries_at_once(run: Run) -> None:
    dog, back = run.dog, START - timedelta(hours=8)
    assert run.tick(0, START) == set()
    for stage in NAMES:
        dog.stored(stage, 1)
    assert run.tick(100, back) == set()
    old, boot_id = START.replace(second=0), dog._boot_id
    for stage in NAMES[1:]:
        dog.seen(stage, old)  # from before: says nothing
    dog.seen(NAMES[0], back.replace(second=0))
    assert run.tick(91, back + MINUTE) == set(NAMES[1:])
    for stage in NAMES:
        dog.stored(stage, 2)
    assert run.tick(1, back + MINUTE) == set()
    assert boot_id == dog._boot_id == dog._mqtt.boot_id == dog._database.boot_id


def test_what_was_late_before_the_clock_was_put_back_stays_late(run: Run) -> None:
    run.tick(0, START)
    boot_id = run.dog._boot_id
    assert run.tick(91, START - timedelta(hours=8)) == set(NAMES)
    assert run.dog._boot_id != boot_id


def test_a_clock_that_is_corrected_a_little_stays_the_same(run: Run) -> None:
    run.tick(0, START)
    boot_id = run.dog._boot_id
    run.tick(60, START - MINUTE)
    assert (run.dog._boot_id, len(run.dog._minutes)) == (boot_id, 1)
