"""Maps of where water will stand: the newest good one is always at hand."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from forewarn.domain.hazard import FloodedZone, Inundation
from forewarn.storage import Connection, store_inundation
from forewarn.storage.reader import inundation_latest

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)
SQUARE = [(29.8, 121.5), (29.8, 121.6), (29.9, 121.6), (29.8, 121.5)]
ZONE = FloodedZone(lead_s=1800, depth_m=0.3, probability=0.5, polygons=[[SQUARE]])
GOOD = Inundation(
    area="city",
    issue_time=NOON,
    model="test",
    members=12,
    leads_s=[0, 1800],
    depths_m=[0.3],
    probabilities=[0.5],
    zones=[ZONE],
)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def failed(at: datetime) -> Inundation:
    return replace(GOOD, issue_time=at, members=0, zones=[], failed="it diverged")


def test_the_newest_of_each_area_comes_back_whole(connection: Connection) -> None:
    later = replace(GOOD, issue_time=NOON + minutes(1), degraded=["1 of 12 members diverged"])
    other = replace(GOOD, area="zhenhai")
    for inundation in (later, GOOD, other):
        store_inundation(connection, inundation)
    assert inundation_latest(connection) == [later, other]


def test_a_failure_does_not_hide_the_last_good_map(connection: Connection) -> None:
    store_inundation(connection, GOOD)
    store_inundation(connection, failed(NOON + minutes(1)))
    store_inundation(connection, failed(NOON + minutes(2)))
    assert inundation_latest(connection) == [failed(NOON + minutes(2)), GOOD]


def test_a_failure_before_the_newest_good_map_is_past(connection: Connection) -> None:
    store_inundation(connection, failed(NOON))
    assert inundation_latest(connection) == [failed(NOON)]
    store_inundation(connection, replace(GOOD, issue_time=NOON + minutes(1)))
    assert [found.failed for found in inundation_latest(connection)] == [""]


def test_a_repeat_changes_nothing_but_a_failure(connection: Connection) -> None:
    store_inundation(connection, failed(NOON))
    store_inundation(connection, GOOD)
    store_inundation(connection, replace(GOOD, members=3))
    assert inundation_latest(connection) == [GOOD]


def test_a_day_is_kept(connection: Connection) -> None:
    for hours in (0, 1, 30):
        store_inundation(connection, replace(GOOD, issue_time=NOON + timedelta(hours=hours)))
    held = connection.execute("SELECT count(*) FROM inundation").fetchone()
    assert held == (1,)
