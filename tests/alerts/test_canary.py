"""What the stream says of a canary becomes a heartbeat of the alert service, and nothing else."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from alerts.desk import Desk
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from forewarn.domain import canary
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import encode
from forewarn.domain.hazard import Assessment
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import Connection, connect, migrate, reader
from forewarn.storage.heartbeats import heartbeats
from stream.minute import Area, routes
from stream.series import minute_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def area(site: Site, start: datetime) -> Area:
    """Return the canary's area as a stream worker has it, warm."""
    known = canary.with_canary(site)
    area = Area(canary.NAME, known, None, "no model fitted")
    assert routes(known, {area.identifier: area})[canary.DATASTREAM] == (canary.NAME,)
    area.warmed(start - MINUTE)
    return area


def judged(area: Area, start: datetime) -> Assessment:
    """Return the assessment of the canary of `start`."""
    sent = canary.canary(start, boot_id="b", seq=1)
    area.add(sent.columns, not_after_ms=to_milliseconds(start), real_s=0.0)
    minute = area.due(start + MINUTE / 2, 0.1, 1.0)
    assert minute == minute_of(start)
    forecasts, [assessment] = area.conclude(minute, "no model")
    assert not forecasts
    return assessment


def test_its_assessment_says_which_canary_it_saw_even_when_judged_much_later(
    area: Area, start: datetime
) -> None:
    assessment = judged(area, start)
    assert canary.is_canary(assessment)
    assert assessment.hazard == "canary"
    assert canary.seen_by(assessment) == start
    _, [later] = area.conclude(minute_of(start) + 600, "no model")
    assert canary.seen_by(later) == start


def test_without_any_canary_none_was_seen(area: Area, start: datetime) -> None:
    _, [assessment] = area.conclude(minute_of(start), "no model")
    assert canary.seen_by(assessment) is None


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with closing(connect(database)) as connection:
        migrate(connection)
        yield connection


def test_the_alert_service_notes_it_and_tells_nobody(
    area: Area, site: Site, start: datetime, database: str, connection: Connection
) -> None:
    told: list[str] = []
    desk = Desk(site, timing=timing(site.alert_rule, 1.0), status="Test", start=start)
    keeper = Keeper(desk, database, ManualClock(start), lambda: told.append("message"))
    payload = encode(judged(area, start))
    keeper.take([payload, payload])
    keeper.close()
    assert heartbeats(connection) == {"alerts": start}
    assert (told, desk.standings, reader.alerts(connection)) == ([], {}, [])
