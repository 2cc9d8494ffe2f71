"""Instruments that lie, on the demo's own site: nothing false is stored, nothing true is lost."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.hazard import Outcome
from forewarn.domain.observation import Quality
from forewarn.runtime.services import core_services
from forewarn.runtime.simulation import add_simulation, scenario_clock
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

SITE = Path(__file__).parents[2] / "sites" / "yongjiang"
MINUTE = timedelta(minutes=1)
FAULTS = (
    "sanjiangkou:silence:+20m:+40m",
    "yuyao:clock=172800:+20m:+40m",
    "haishu-rain:late=600:+20m:+40m",
    "beidu:garbage:+20m:+40m",
    "youshan-buoy:duplicates=3:+20m:+60m",
    "xikou-rain:garbage:+20m:+40m",
)
LOGGERS = ("sanjiangkou/stage", "yuyao/stage", "haishu-rain/rain", "xikou-rain/rain", "meixu/stage")


def test_faults_are_told_apart_from_water(tmp_path: Path) -> None:
    clock = scenario_clock(SITE, 60.0)
    arguments = [part for fault in FAULTS for part in ("--fault", fault)]
    with Supervisor(tmp_path, SITE, clock=clock, services=core_services()) as running:
        add_simulation(running, "yongjiang", arguments)
        running.wait_ready(60)
        start = clock.epoch
        _wait(clock, start + 35 * MINUTE)
        with connect(running.urls.database_url) as connection:
            during = {a.datastream: a for a in reader.assessment_latest(connection)}
        assert during["sanjiangkou/stage"].outcome is not Outcome.OK
        _wait(clock, start + 65 * MINUTE)
        assert not any(running.restarts.values()), running.restarts
        with connect(running.urls.database_url) as connection:
            refused = {row.reason for row in reader.rejection_counts(connection)}
            rows = {
                key: reader.series(connection, key, start, start + 60 * MINUTE)
                for key in (*LOGGERS, "beidu/stage", "youshan-buoy/wind_speed")
            }
    assert refused == {"time out of bounds"}, "only the clock that jumped"
    for key in LOGGERS:
        times = [sample.phenomenon_time for sample in rows[key]]
        assert times == [start + n * MINUTE for n in range(60)], key
    radar = [s.result for s in rows["beidu/stage"] if s.quality < Quality.SUSPECT]
    assert len(radar) >= 30
    assert all(value is not None and -5 < value < 15 for value in radar)
    wind = [sample.phenomenon_time for sample in rows["youshan-buoy/wind_speed"]]
    assert len(wind) == len(set(wind)) >= 20


def _wait(clock: WorldClock, until: datetime) -> None:
    while clock.now() < until:
        time.sleep(0.2)
