"""From an issued warning to the first channel's acceptance, with 10,000 recipients queued.

One yellow warning has put 10,000 messages into the queue; then 100 orange incidents, each of a
hazard of its own so that nothing is grouped, are written at once. The pager is the real process
on a real database; the channel is a file that is synced after each line. Measured by the
database's rows: from `save_incident` to `accepted`. What comes before it, from the crossing to
the incident, is measured by `alerting`.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from alerts.paging.plan import plan
from alerts.people.chain import Spans
from alerts.people.directory import load_people
from benchmarks.machine import describe, verdict
from forewarn.domain.desk import Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.domain.station import load_site
from forewarn.runtime.engines import EmbeddedPostgres
from forewarn.storage import Connection, connect, migrate
from forewarn.storage.incidents import save_incident

RECIPIENTS, ALERTS, BUDGET_S = 10_000, 100, 5.0
SITE = (
    'id = "bench"\nname = "Benchmark"\ntimezone = "UTC"\ninvented = "all"\ngateways = ["b"]\n'
    '[[area]]\nid = "a"\nname = "A"\npolygon = [[0, 0], [0, 1], [1, 1], [0, 0]]\n'
    '[[station]]\nid = "s"\nname = "S"\narea = "a"\nlatitude = 0\nlongitude = 0\n'
    'datastream = [{ property = "stage", unit = "m", interval = "PT1M" }]\n'
)


def people() -> str:
    """Return a people.toml: everybody hears of yellow, one duty officer of orange."""
    contact = '[[contact]]\nid = "{0}"\nname = "{0}"\n[[contact.channel]]\nkind = "file"\n'
    names = [f"p{n}" for n in range(RECIPIENTS)]
    text = "".join(contact.format(n) + f'to = "{n[:2]}.jsonl"\n' for n in [*names, "officer"])
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f'[grouping]\nwait = "PT0S"\n{text}'
        f'[[chain]]\nid = "all"\n[[chain.step]]\nwho = [{listed}]\n'
        '[[chain]]\nid = "duty"\n[[chain.step]]\nwho = ["officer"]\n'
        '[[responsibility]]\nchain = "all"\nlevels = ["yellow"]\n'
        '[[responsibility]]\nchain = "duty"\nlevels = ["orange", "red"]\n'
    )


def incident(name: str, level: Level) -> Incident:
    """Return an issued incident of a hazard of its own."""
    now = datetime.now(UTC)
    return Incident(
        incident=name,
        area="a",
        hazard=name,
        datastream="s/stage",
        status="Exercise",
        state=IncidentState.ISSUED,
        level=level,
        highest=level,
        headline=name,
        opened=now,
        changed=now,
    )


def fill(connection: Connection, folder: Path) -> None:
    """Queue a message to each recipient, with the pager's own planning, while none is sent."""
    found = load_people(folder)
    assert found is not None
    save_incident(connection, incident("flood", Level.YELLOW))
    while plan(connection, datetime.now(UTC), people=found, site=load_site(folder), spans=Spans()):
        pass
    assert _count(connection, "state = 'queued'") == RECIPIENTS


def measure(connection: Connection) -> tuple[list[float], int]:
    """Return the seconds each orange incident took, and how many messages were waiting."""
    while _count(connection, "accepted_at IS NOT NULL") == 0:
        time.sleep(0.05)
    for number in range(ALERTS):
        save_incident(connection, incident(f"storm-{number}", Level.ORANGE))
    waiting = _count(connection, "state = 'queued'")
    while _count(connection, "person = 'officer' AND accepted_at IS NOT NULL") < ALERTS:
        time.sleep(0.1)
    rows = connection.execute(
        "SELECT extract(epoch FROM m.accepted_at - i.changed)::float8 FROM notification m"
        " JOIN notified n ON n.notification = m.id JOIN incident i USING (incident)"
        " WHERE m.person = 'officer'"
    ).fetchall()
    return sorted(value for (value,) in rows), waiting


def main() -> int:
    """Print the figures; 1 if the budget is broken."""
    print(describe())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "site.toml").write_text(SITE, encoding="utf-8")
        (folder / "people.toml").write_text(people(), encoding="utf-8")
        with EmbeddedPostgres(folder / "state") as url, connect(url) as connection:
            migrate(connection)
            fill(connection, folder)
            environment = os.environ | {
                "FOREWARN_SITE": name,
                "FOREWARN_STATE": name,
                "FOREWARN_DATABASE_URL": url,
            }
            command = [sys.executable, "-m", "forewarn.cli", "alerts", "page"]
            with (folder / "log").open("wb") as log:
                pager = subprocess.Popen(command, env=environment, stderr=log)
                try:
                    taken, waiting = measure(connection)
                finally:
                    pager.terminate()
                    pager.wait(20)
    p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99) - 1]
    print(f"{ALERTS} incidents at once with {waiting} messages waiting")
    print(f"incident → accepted: p50 {p50:.2f} s, p99 {p99:.2f} s, longest {taken[-1]:.2f} s")
    return 0 if verdict("incident to accepted, p99", p99, "s", most=BUDGET_S) else 1


def _count(connection: Connection, where: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM notification WHERE {where}".encode()).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main())
