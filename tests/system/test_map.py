"""The demonstration city floods on the map before the water comes, whatever dies meanwhile."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.hazard import Inundation
from forewarn.runtime.services import core_services
from forewarn.runtime.simulation import add_simulation, scenario_clock
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader

T = TypeVar("T")
pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

SITE = Path(__file__).parents[2] / "sites" / "yongjiang"
SPEED = 100.0
STREET = "old-quay-street/depth"
WATER_COMES = timedelta(hours=7.8)
"""When the street is 0.3 m under water in a run of the model on the true rain and stages,
after the demo's start (docs/models/flood/city.md)."""


def test_the_city_floods_on_the_map_before_the_water_comes(tmp_path: Path) -> None:
    clock = scenario_clock(SITE, SPEED)
    with Supervisor(tmp_path, SITE, clock=clock, services=core_services()) as running:
        add_simulation(running, "yongjiang")
        running.wait_ready(60)
        start = clock.epoch
        url = running.urls.database_url

        def maps() -> list[Inundation]:
            with connect(url) as connection:
                return reader.inundation_latest(connection)

        first = _until(clock, start + timedelta(hours=4), lambda: maps() or None)
        assert not first[0].failed
        assert first[0].members == 12
        _kill_models(running.pids["stream"])
        dead = clock.now()
        again = _until(
            clock,
            start + timedelta(hours=6),
            lambda: [m for m in maps() if not m.failed and m.issue_time > dead] or None,
        )
        assert again[0].issue_time > first[0].issue_time
        alert = _until(clock, start + WATER_COMES, lambda: _warned(url))
        assert alert.lead_s is not None
        assert alert.onset is not None
        assert alert.sent < start + WATER_COMES
        with connect(url) as connection:
            behind = [
                reader.forecast_at(connection, STREET, alert.sent - timedelta(minutes=5 * late))
                for late in range(7)  # a map that came while it was judged is newer than its cause
            ]
            [shown] = [m for m in reader.inundation_latest(connection) if not m.failed][:1]
        medians = [
            max(row[found.probabilities.index(0.5)] for row in found.values)
            for found in behind
            if found is not None
        ]
        assert max(medians) >= alert.threshold - 1e-6
        assert any(zone.polygons and zone.lead_s > 0 for zone in shown.zones)
        assert "stream" not in {name for name, count in running.restarts.items() if count}


def _warned(url: str) -> Any:
    with connect(url) as connection:
        rows = reader.alerts(connection)
    return next((r for r in rows if r.datastream == STREET and r.hazard == "inundation"), None)


def _kill_models(worker: int) -> None:
    """Kill both models' processes of the stream worker, the gauges' and the map's."""
    children = psutil.Process(worker).children(recursive=True)
    assert children
    for child in children:
        child.kill()


def _until(clock: WorldClock, end: datetime, look: Callable[[], T | None]) -> T:
    while clock.now() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.5)
    pytest.fail(f"nothing by {end}")
