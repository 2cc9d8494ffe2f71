"""What the desk's queue costs the console's database thread, each second.

1,500 incidents are live in a week of storms, 20,000 more ended long ago. Once anything changed
the queue is read, encoded and compressed; else only the database is asked whether it did.
The fastest call is what it costs; the median also has what others do on this machine.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.machine import describe, verdict
from console.desk.queue import Queue
from console.readings import Readings
from forewarn.domain.clock import ManualClock
from forewarn.domain.desk import Act, Action, Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.domain.station import load_site
from forewarn.runtime.engines import EmbeddedPostgres
from forewarn.storage import Connection, connect, incidents, migrate

LIVE, ENDED, TIMES = 1_500, 20_000, 30
BUDGET_MS = 2.0
NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
SITE = Path(__file__).parents[1] / "sites/yongjiang"


def incident(number: int) -> Incident:
    """Return one of the live incidents, or one that ended a month ago."""
    live = number < LIVE
    return Incident(
        incident=f"i{number}",
        area="city",
        hazard="flood",
        datastream="sanjiangkou/stage",
        status="Actual",
        state=IncidentState.ISSUED if live else IncidentState.CLOSED,
        level=Level.YELLOW if live else Level.NONE,
        highest=Level.YELLOW,
        headline="Yellow flood warning: Sanjiangkou stage expected to exceed 2.80 m at 05:30",
        opened=NOW - timedelta(minutes=number),
        changed=NOW,
        expires=NOW + timedelta(hours=2),
        ended=None if live else NOW - timedelta(days=30),
    )


def milliseconds(ask: Callable[[], object]) -> list[float]:
    """Return how long each of `TIMES` calls took, sorted."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - began))
    return sorted(taken)


def measure(connection: Connection, url: str) -> tuple[list[float], list[float]]:
    """Return what it takes when something changed, and when nothing did."""
    migrate(connection)
    with connection.transaction():
        for number in range(LIVE + ENDED):
            incidents.save_incident(connection, incident(number))
    connection.execute("ANALYZE incident")
    queue = Queue(load_site(SITE), Readings(url), ManualClock(NOW))

    def ask() -> None:
        queue._newest = queue._read(connection)

    def changed() -> None:
        act = Action(at=NOW, author="kim", act=Act.COMMENT, incident="i0", detail={"text": "x"})
        incidents.act(connection, act)
        ask()

    return milliseconds(changed), milliseconds(ask)


def main() -> int:
    """Print the figures; 1 if the budget is broken."""
    print(describe())
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "state") as url:
        with connect(url) as connection:
            changed, same = measure(connection, url)
    print(f"{LIVE} live incidents, {ENDED} that ended: something changed", end=" ")
    print(f"{changed[0]:.1f} ms (fastest), median {statistics.median(changed):.1f} ms")
    print(f"nothing changed {same[0]:.2f} ms (fastest), median {statistics.median(same):.2f} ms")
    kept = verdict("nothing changed, fastest", same[0], "ms", most=BUDGET_MS)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
