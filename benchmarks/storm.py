"""A hundred gauges cross at once, with 10,000 messages waiting: until people's channels took it.

The whole live system, in real time: publish on MQTT → gateway → Kafka → quality control →
database → minute series → forecast cycle → assessment → alert service → incident → pager →
channel. One area per gauge. One yellow incident of another hazard has queued a message to each of
10,000 recipients, and the pager is at it. All gauges are in one MQTT message, the first of its
minute, as instruments that report each minute send it (a second value within a minute that was
judged waits for the next one). All alerts are of one hazard: what comes together is told together,
and the figure is for each alert, until the first message that names it was accepted (a file,
synced after each line). The site has no fitted model: see `alerting`.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from alerts.paging.plan import plan
from alerts.people.chain import Spans
from alerts.people.directory import load_people
from benchmarks import alerting
from benchmarks.alerting import River
from benchmarks.machine import describe, verdict
from benchmarks.paging import RECIPIENTS, incident, people
from forewarn.domain.clock import WorldClock
from forewarn.domain.hazard import Level
from forewarn.domain.station import load_site
from forewarn.runtime.services import Service, core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import Connection, connect
from forewarn.storage.incidents import save_incident

GAUGES, BUDGET_S, PATIENCE_S = 100, 5.0, 60.0
MINUTE_S, AHEAD_S = 60, 8


def fill(connection: Connection, folder: Path, clock: WorldClock) -> None:
    """Queue a message to each recipient, with the pager's own planning, while none is sent."""
    found, site, now = load_people(folder), load_site(folder), clock.now()
    assert found is not None
    yellow = incident("rainstorm", Level.YELLOW)
    save_incident(connection, msgspec.structs.replace(yellow, opened=now, changed=now))
    while plan(connection, now, people=found, site=site, spans=Spans()):
        pass
    assert _count(connection, "state = 'queued'") == RECIPIENTS


def measure(
    connection: Connection, river: River, clock: WorldClock, running: Supervisor, pager: Service
) -> tuple[list[float], int]:
    """Start the pager, let all gauges cross in a new minute; return what each alert took [s].

    Of those that came; and how many messages waited.
    """
    _until(clock, MINUTE_S - AHEAD_S)
    running.add(pager)
    while _count(connection, "accepted_at IS NOT NULL") == 0:
        time.sleep(0.05)
    _until(clock, 0.4)
    waiting, began = _count(connection, "state = 'queued'"), clock.now()
    river.rise(range(GAUGES))
    end = time.monotonic() + PATIENCE_S
    rows: list[tuple[datetime]] = []
    while len(rows) < GAUGES and time.monotonic() < end:
        time.sleep(0.2)
        rows = connection.execute(
            "SELECT min(m.accepted_at) FROM notification m JOIN notified n ON n.notification = m.id"
            " WHERE m.person = 'officer' AND m.accepted_at IS NOT NULL GROUP BY n.incident"
        ).fetchall()
    return sorted((at - began).total_seconds() for (at,) in rows), waiting


def main() -> int:
    """Print the figures; 1 if the budget is broken or an alert did not come."""
    print(describe())
    clock = WorldClock(datetime(2026, 7, 1, tzinfo=UTC), time.time(), 1)
    with tempfile.TemporaryDirectory(prefix="forewarn-bench-") as scratch:
        folder = alerting.site(Path(scratch) / "bench", GAUGES)
        (folder / "people.toml").write_text(people(), encoding="utf-8")
        services = {service.name: service for service in core_services()}
        pager = services.pop("pager")
        del services["console"]
        state = Path(scratch) / "state"
        with Supervisor(state, folder, clock=clock, services=list(services.values())) as running:
            running.wait_ready(90)
            river = River(running.urls.mqtt_url, clock, GAUGES)
            with connect(running.urls.database_url) as connection:
                river.minute()
                fill(connection, folder, clock)
                river.minute()
                took, waiting = measure(connection, river, clock, running, pager)
            river.close()
    if len(took) < GAUGES:
        print(f"{GAUGES - len(took)} of {GAUGES} alerts did not come within {PATIENCE_S:g} s")
        return 1
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99) - 1]
    print(f"{GAUGES} gauges at once with {waiting} messages waiting")
    print(f"observed → accepted: p50 {p50:.2f} s, p99 {p99:.2f} s, longest {took[-1]:.2f} s")
    return 0 if verdict("observed to accepted, p99", p99, "s", most=BUDGET_S) else 1


def _until(clock: WorldClock, second: float) -> None:
    """Wait until the world's minute has come to this second."""
    now = clock.now()
    time.sleep((second - now.second - now.microsecond / 1e6) % MINUTE_S)


def _count(connection: Connection, where: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM notification WHERE {where}".encode()).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main())
