"""A replay of the Han that a test can break while it runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from forewarn.commands.ledger import Ledger
from forewarn.domain import recording
from forewarn.domain.clock import WorldClock
from forewarn.domain.config import Services, load
from forewarn.domain.recording import RecordingMapping
from forewarn.domain.station import load_site
from forewarn.runtime.engines import Engine
from forewarn.runtime.services import core_services, edge_services
from forewarn.runtime.simulation import add_simulation
from forewarn.runtime.supervisor import Supervisor, embedded

ROOT = Path(__file__).parents[2]
SITE = ROOT / "sites" / "han"
BEGIN = datetime(2020, 8, 5, 15, tzinfo=UTC)


class Replay:
    """A running replay: what runs, its world clock, and the ledger that will account for it."""

    def __init__(self, running: Supervisor, clock: WorldClock, ledger: Ledger) -> None:
        self.running, self.clock, self.ledger = running, clock, ledger

    def wait_until(self, hour: float) -> None:
        """Wait until `hour` hours of the recording have been played."""
        world = BEGIN + timedelta(hours=hour)
        while (ahead := (world - self.clock.now()).total_seconds()) > 0:
            time.sleep(min(0.2, ahead / self.clock.speed))

    def account(self) -> str:
        """Return the account, for the message of an assertion."""
        return msgspec.json.format(self.ledger.account()).decode()

    def finish(self) -> None:
        """Wait until all is stored, or nothing moves, and account for it."""
        url = self.running.urls.database_url
        self.ledger.watch(url, self.clock, Console(stderr=True, highlight=False))


@contextmanager
def _replay(
    state: Path,
    records: Path,
    *,
    hours: float,
    speed: float,
    engines: list[Engine] | None = None,
    given: Services | None = None,
    edge_mqtt_url: str = "",
) -> Iterator[Replay]:
    """Replay `hours` of the Han's flood of August 2020 at `speed`."""
    end = BEGIN + timedelta(hours=hours)
    mapping = load(SITE / "recording.toml", RecordingMapping)
    path = records / "river_rain" / "han_river_seoul_10min_2020.csv"
    site = load_site(SITE)
    ledger = Ledger(site, recording.read(path, mapping, start=BEGIN, end=end))
    clock = WorldClock(BEGIN, time.time() + 15, speed)
    with Supervisor(
        state,
        SITE,
        clock=clock,
        services=core_services(),
        given=given,
        engines=engines if engines is not None else embedded(state, given or Services()),
    ) as running:
        arguments = ["--recording", str(path), "--from", BEGIN.isoformat(), "--to", end.isoformat()]
        agents = add_simulation(running, site.id, arguments)
        if edge_mqtt_url:
            _lead_over(running, agents, edge_mqtt_url)
        running.wait_ready(60)
        yield Replay(running, clock, ledger)


def _lead_over(running: Supervisor, agents: list[str], mqtt_url: str) -> None:
    """Let the edge agents reach the broker by another way than all others."""
    for agent in edge_services("han", ROOT / "firmware_configs", running.state / "devices.json"):
        assert agent.name in agents
        running.remove(agent.name)
        running.add(msgspec.structs.replace(agent, environment={"FOREWARN_MQTT_URL": mqtt_url}))


@pytest.fixture
def replay(tmp_path: Path, recorded_data: Path) -> Callable[..., AbstractContextManager[Replay]]:
    """Return `replay(hours=…, speed=…)`, a context in which the Han is replayed."""
    return partial(_replay, tmp_path, recorded_data)
