"""Ended incidents are judged and closed from what the database holds."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.closing import Closing, close_ended
from forewarn.domain.clock import WorldClock
from forewarn.domain.desk import Act, Action, Incident, IncidentState
from forewarn.domain.hazard import AlertMessage, Level
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.recording import RecordingMapping, read
from forewarn.domain.station import Site, load_site
from forewarn.domain.verdict import EventOutcome, EventVerdict, Remark, Why
from forewarn.storage import Connection, StorageError, connect, store, store_alert
from forewarn.storage import incidents as desk
from forewarn.storage import outcomes as kept

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BLUE_M = 8.5


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    made = connect(database, application="forewarn-test")
    yield made
    made.close()


def observe(connection: Connection, key: str, rows: list[tuple[datetime, float | None]]) -> None:
    store(
        connection,
        [
            (key, to_milliseconds(t), v, 9 if v is None else 1, to_milliseconds(t), False)
            for t, v in rows
        ],
        [],
        [],
    )


def tell(
    connection: Connection,
    name: str,
    sent: datetime,
    level: Level,
    *,
    datastream: str = "town/stage",
    threshold: float | None = BLUE_M,
    onset: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Store a message as the alert service does."""
    message = AlertMessage(
        identifier=f"{name}.{sent:%d%H%M}",
        incident=name,
        msg_type="Alert" if level else "Cancel",
        status="Actual",
        sent=sent,
        expires=until or sent + 2 * HOUR,
        area="west",
        hazard="flood",
        datastream=datastream,
        level=level,
        previous_level=Level.NONE,
        headline="",
        probability=None,
        onset=onset,
        lead_s=None,
        threshold=threshold,
        references=[],
        cap="",
    )
    store_alert(connection, message, b"{}")


def level_of(
    start: datetime, above: tuple[float, float], dead: tuple[float, float] = (0, 0)
) -> list[tuple[datetime, float | None]]:
    """Return ten hours of minutes: 9 m within `above` [min], else 5 m; nothing in `dead`."""
    return [
        (start + m * MINUTE, 9.0 if above[0] <= m < above[1] else 5.0)
        for m in range(-300, 300)
        if not dead[0] <= m < dead[1]
    ]


def test_an_ended_incident_is_closed_with_its_outcome_three_hours_later(
    connection: Connection, site: Site, start: datetime
) -> None:
    tell(connection, "town.1", start, Level.BLUE, onset=start + HOUR)
    tell(connection, "town.1", start + 100 * MINUTE, Level.NONE)
    observe(connection, "town/stage", level_of(start, (50, 70)))
    ended = start + 100 * MINUTE
    desk.act(
        connection,
        Action(at=ended, author="li", act=Act.CANCEL, incident="town.1", detail={"reason": "x"}),
    )
    desk.settle_action(connection, 1, taken=ended)
    assert close_ended(connection, site, ended + 3 * HOUR - MINUTE, "Actual") == (0, 0)
    assert close_ended(connection, site, ended + 3 * HOUR, "Actual") == (1, 0)
    [found] = kept.outcomes_of(connection, "town.1")
    assert (found.verdict, found.lead_s, found.early_s) == (EventVerdict.HIT, 3000, 600)
    assert found.cancelled_by == "li"
    closed = desk.incident(connection, "town.1")
    assert closed is not None
    assert closed.state is IncidentState.CLOSED
    assert close_ended(connection, site, ended + 4 * HOUR, "Actual") == (0, 0)
    month = kept.outcomes_between(connection, start, start + MINUTE)
    assert month == [found]


def test_the_thread_closes_what_ended_and_stops_at_once(
    database: str, connection: Connection, site: Site, start: datetime
) -> None:
    tell(connection, "town.1", start, Level.BLUE, until=start + HOUR)
    desk.expire_incidents(connection, start + HOUR)
    clock = WorldClock(start + 5 * HOUR, time.time(), 1.0)
    with connect(database, application="forewarn-listen") as listening:
        listening.execute("LISTEN desk")
        thread = Closing(site, database, clock, "Actual")
        thread.start()
        told = list(listening.notifies(timeout=10, stop_after=1))
    thread.stop()
    thread.join(2)
    assert [notice.channel for notice in told] == ["desk"]
    assert not thread.is_alive()
    found = desk.incident(connection, "town.1")
    assert found is not None
    assert found.state is IncidentState.CLOSED
    [outcome] = kept.outcomes_of(connection, "town.1")
    assert outcome.why is Why.NO_OBSERVATIONS


def test_what_is_in_force_is_never_closed(
    connection: Connection, site: Site, start: datetime
) -> None:
    tell(connection, "town.1", start, Level.BLUE)
    assert not kept.close_incident(connection, "town.1", [], start)
    assert close_ended(connection, site, start + 9 * HOUR, "Actual") == (0, 0)
    assert kept.outcomes_of(connection, "town.1") == []


def test_a_crossing_without_an_incident_is_one_miss_however_often_it_is_looked_for(
    connection: Connection, site: Site, start: datetime
) -> None:
    observe(connection, "mill/stage", level_of(start, (50, 70)))
    at = start + 50 * MINUTE
    assert close_ended(connection, site, at + 3 * HOUR - MINUTE, "Actual") == (0, 0)
    assert close_ended(connection, site, at + 3 * HOUR + MINUTE, "Actual") == (0, 1)
    assert close_ended(connection, site, at + 4 * HOUR, "Actual") == (0, 0)
    [miss] = kept.outcomes_between(connection, start, start + HOUR)
    assert (miss.verdict, miss.why, miss.crossed) == (EventVerdict.MISS, Why.NEVER, at)
    assert (miss.event, miss.uncertain_s) == ("miss.flood.mill-stage.20260711T0150", 60)


def test_an_incident_that_came_too_late_has_its_own_miss_and_no_second_one(
    connection: Connection, site: Site, start: datetime
) -> None:
    observe(connection, "town/stage", level_of(start, (-20, 70)))
    tell(connection, "town.1", start, Level.BLUE)
    tell(connection, "town.1", start + 80 * MINUTE, Level.NONE)
    assert close_ended(connection, site, start + 5 * HOUR, "Actual") == (1, 0)
    [found] = kept.outcomes_of(connection, "town.1")
    assert (found.why, found.lead_s) == (Why.LATE, -1200)


def test_late_observations_settle_what_was_unknown(
    connection: Connection, site: Site, start: datetime
) -> None:
    tell(connection, "town.1", start, Level.BLUE)
    tell(connection, "town.1", start + 100 * MINUTE, Level.NONE)
    whole = level_of(start, (50, 70))
    observe(connection, "town/stage", level_of(start, (50, 70), dead=(40, 90)))
    close_ended(connection, site, start + 5 * HOUR, "Actual")
    assert kept.outcomes_of(connection, "town.1")[0].verdict is EventVerdict.UNKNOWN
    observe(connection, "town/stage", whole)
    close_ended(connection, site, start + 6 * HOUR, "Actual")
    assert kept.outcomes_of(connection, "town.1")[0].verdict is EventVerdict.HIT


def test_an_officers_word_settles_what_no_gauge_can_before_or_after_the_closing(
    connection: Connection, site: Site, start: datetime
) -> None:
    for name, confirmed in (("slope.1", True), ("slope.2", False)):
        tell(connection, name, start, Level.BLUE, datastream="slope/index", threshold=0.5)
        tell(connection, name, start + HOUR, Level.NONE, datastream="slope/index")
        said = Remark(event=name, at=start, author="wu", text="seen", confirmed=confirmed)
        if confirmed:
            assert kept.add_remark(connection, said)[1] == 0
        close_ended(connection, site, start + 5 * HOUR, "Actual")
        if not confirmed:
            assert kept.outcomes_of(connection, name)[0].verdict is EventVerdict.UNKNOWN
            assert kept.add_remark(connection, said)[1] == 1
        close_ended(connection, site, start + 6 * HOUR, "Actual")
        [found] = kept.outcomes_of(connection, name)
        verdict = EventVerdict.HIT if confirmed else EventVerdict.FALSE_ALARM
        assert (found.verdict, found.decided_by) == (verdict, "wu")
        assert [r.text for r in kept.remarks(connection, name)] == ["seen"]
    with pytest.raises(StorageError, match="no event `slope\\.3`"):
        kept.add_remark(connection, Remark(event="slope.3", at=start, author="wu", text="?"))


def test_a_drill_is_closed_and_says_nothing_about_the_world(
    connection: Connection, site: Site, start: datetime
) -> None:
    drill = Incident(
        incident="drill.1",
        area="west",
        hazard="flood",
        datastream="town/stage",
        status="Exercise",
        drill="d1",
        state=IncidentState.CANCELLED,
        level=Level.NONE,
        highest=Level.BLUE,
        headline="",
        opened=start,
        changed=start,
        ended=start + HOUR,
    )
    desk.save_incident(connection, drill)
    assert close_ended(connection, site, start + 5 * HOUR, "Actual") == (1, 0)
    assert kept.outcomes_of(connection, "drill.1") == []


@pytest.mark.recorded
def test_the_flood_of_august_2020_at_hangang_bridge(
    connection: Connection, recorded_data: Path
) -> None:
    """Recorded stages, messages at times of our choosing; the leads computed from the raw CSV."""
    from forewarn.domain.config import load

    folder = Path(__file__).parents[2] / "sites" / "han"
    site, path = load_site(folder), recorded_data / "river_rain/han_river_seoul_10min_2020.csv"
    begin, end = datetime(2020, 8, 5, tzinfo=UTC), datetime(2020, 8, 8, tzinfo=UTC)
    mapping = load(folder / "recording.toml", RecordingMapping)
    rows = [o for o in read(path, mapping, start=begin, end=end) if "stage" in o.datastream]
    for key in ("hangang/stage", "jamsu/stage", "cheongdam/stage"):
        found = [(o.phenomenon_time, o.result) for o in rows if o.datastream == key]
        observe(connection, key, list(found))
    sent = datetime(2020, 8, 6, 0, 0, tzinfo=UTC)
    promised = datetime(2020, 8, 6, 2, 30, tzinfo=UTC)
    over = datetime(2020, 8, 6, 12, 0, tzinfo=UTC)
    common = {"datastream": "hangang/stage", "threshold": 8.5}
    tell(connection, "han.1", sent, Level.YELLOW, onset=promised, until=over, **common)  # type: ignore[arg-type]
    tell(connection, "han.1", over, Level.NONE, **common)  # type: ignore[arg-type]
    tell(
        connection,
        "han.2",
        sent,
        Level.YELLOW,
        datastream="jamsu/stage",
        threshold=6.2,
        until=over,
    )
    tell(connection, "han.2", over, Level.NONE, datastream="jamsu/stage")
    close_ended(connection, site, over + 4 * HOUR, "Actual")
    levels = {o.level: o for o in kept.outcomes_of(connection, "han.1")}
    first = _first_at_or_above(path, "wl_1018683", 8.5 + 2.07)
    assert set(levels) == {Level.YELLOW}  # 10.5 m was never reached, and no value is missing
    hit = levels[Level.YELLOW]
    assert (hit.verdict, hit.crossed) == (EventVerdict.HIT, first)
    assert hit.lead_s == (first - sent).total_seconds()
    assert hit.early_s == (promised - first).total_seconds()
    jamsu = {o.level: o for o in kept.outcomes_of(connection, "han.2")}
    assert jamsu[Level.YELLOW].verdict is EventVerdict.ONGOING  # closed to cars since the 5th
    misses = _misses(connection, begin, end)
    assert ("jamsu/stage", Level.YELLOW) in misses
    assert misses["cheongdam/stage", Level.YELLOW].crossed == _first_at_or_above(
        path, "wl_1018662", 12.5
    )


def _misses(
    connection: Connection, begin: datetime, end: datetime
) -> dict[tuple[str, Level], EventOutcome]:
    found = kept.outcomes_between(connection, begin, end)
    return {(o.datastream, o.level): o for o in found if o.event.startswith("miss.")}


def _first_at_or_above(path: Path, column: str, elevation_m: float) -> datetime:
    """Return the first time of 5 to 7 Aug 2020 in the CSV at which `column` [cm] is that high."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = lines[0].split(",").index(column)
    for line in lines[1:]:
        cells = line.split(",")
        counts = "2020-08-05 09:00" <= cells[0] < "2020-08-08" and bool(cells[at])
        if counts and float(cells[at]) >= elevation_m * 100 - 1e-6:
            return datetime.fromisoformat(cells[0] + "+09:00").astimezone(UTC)
    raise AssertionError(f"{column} never reached {elevation_m} m")
