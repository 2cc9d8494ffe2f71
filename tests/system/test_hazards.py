"""The demonstration judges every hazard it has, live, and its models may die meanwhile."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.hazard import Assessment, Outcome
from forewarn.domain.station import load_site
from forewarn.domain.venue import Advice
from forewarn.domain.vital import State
from forewarn.runtime.services import core_services
from forewarn.runtime.simulation import add_simulation, scenario_clock
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader
from stream.hazards.registry import find_hazards

T = TypeVar("T")
pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

SITE = Path(__file__).parents[2] / "sites" / "yongjiang"
SPEED = 60.0
HOUR = timedelta(hours=1)


def test_every_hazard_of_the_demonstration_is_judged_live(tmp_path: Path) -> None:
    site, clock = load_site(SITE), scenario_clock(SITE, SPEED)
    hazards, mistakes = find_hazards(SITE, site)
    assert not mistakes
    targets = {key for hazard in hazards for key in hazard.targets}
    with Supervisor(tmp_path, SITE, clock=clock, services=core_services()) as running:
        gateways = add_simulation(running, site.id)
        running.wait_ready(90)
        start, url = clock.epoch, running.urls.database_url

        def judged(since: datetime) -> dict[str, Assessment] | None:
            with connect(url) as connection:
                rows = reader.assessment_latest(connection)
            found = {a.datastream: a for a in rows if a.issue_time > since}
            return found if _all_usable(found, targets) else None

        first = _until(clock, start + 2 * HOUR, lambda: judged(start))
        kinds = {assessment.hazard for assessment in first.values()}
        assert kinds >= {"flood", "landslide", "debris_flow", "storm_tide", "wave", "gale"}
        assert kinds >= {"crowd", "parking", "security", "venue", "underground"}
        for child in psutil.Process(running.pids["stream"]).children(recursive=True):
            child.kill()
        dead = clock.now()
        again = _until(clock, dead + 2 * HOUR, lambda: judged(dead))
        assert set(again) >= targets
        assert running.restarts["stream"] == 0
        with connect(url) as connection:
            signs = reader.vitals_latest(connection)
            programmes = reader.programmes_latest(connection)
            listed = reader.gateways(connection)
        known = [row.sign for row in signs if row.sign.state is not State.UNKNOWN]
        assert len(known) > len(signs) / 2, [row.sign for row in signs]
        assert {programme.venue for programme in programmes} == {"beach-venue", "sailing-centre"}
        assert any(e.advice is not Advice.UNKNOWN for p in programmes for e in p.events)
        assert {row.status.gateway for row in listed} == set(site.gateways)
        assert len(gateways) == len(site.gateways)
        assert all(row.status.online for row in listed)


def _all_usable(found: dict[str, Assessment], targets: set[str]) -> bool:
    """Tell whether all are assessed, and none as failed; in the end say which is not."""
    failed = {
        k: found[k].reason for k in targets & set(found) if found[k].outcome is Outcome.FAILED
    }
    print("not judged:", targets - set(found), "failed:", failed)
    return not failed and targets <= set(found)


def _until(clock: WorldClock, end: datetime, look: Callable[[], T | None]) -> T:
    while clock.now() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.5)
    pytest.fail(f"nothing by {end}")
