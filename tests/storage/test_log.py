"""The shift log in storage: only added to, written once, and merged by time."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from forewarn.domain.desk import Act, Action, Incident, IncidentState, Silence, SilenceKind
from forewarn.domain.hazard import Level
from forewarn.domain.logbook import Category, Entry, Handover, Kind
from forewarn.storage import Connection, incidents, log

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def entry(key: str, minutes: int = 0, **values: object) -> Entry:
    known = {"author": "kim", "category": Category.NOTE, "text": f"entry {key}", "noted": NOW}
    return Entry(key=key, at=NOW + minutes * MINUTE, **(known | values))  # type: ignore[arg-type]


def handover(key: str, author: str = "kim", receiver: str = "lee") -> Handover:
    return Handover(
        key=key, at=NOW, author=author, receiver=receiver, open_points="", shown={"a": 1}
    )


@pytest.fixture
def busy(connection: Connection) -> Connection:
    """Return a connection to one act, a silence and a withdrawn draft beside each other."""
    draft = Incident(
        incident="i1",
        area="town",
        hazard="flood",
        datastream="weir/stage",
        status="Actual",
        state=IncidentState.WITHDRAWN,
        level=Level.NONE,
        highest=Level.ORANGE,
        headline="Flood at the weir",
        opened=NOW,
        changed=NOW,
        ended=NOW + 3 * MINUTE,
    )
    incidents.save_incident(connection, draft)
    said = {"text": "the lock keeper says no"}
    act = Action(at=NOW + MINUTE, author="lee", act=Act.COMMENT, incident="i1", detail=said)
    incidents.act(connection, act)
    quiet = Silence(
        kind=SilenceKind.SILENCE,
        author="kim",
        reason="known fault",
        start=NOW + 2 * MINUTE,
        end=NOW + 4 * MINUTE,
    )
    incidents.add_silence(connection, quiet)
    log.add_entry(connection, entry("e1", 2, incident="i1"))
    return connection


def test_an_entry_sent_twice_is_one_and_the_first_stays(connection: Connection) -> None:
    first, new = log.add_entry(connection, entry("a"))
    again, anew = log.add_entry(connection, entry("a", text="another text"))
    assert (new, anew) == (True, False)
    assert again == first
    assert first.number == 1


def test_nothing_is_changed_or_taken_out(connection: Connection) -> None:
    log.add_entry(connection, entry("a"))
    made, _ = log.add_handover(connection, handover("h"))
    log.take_over(connection, made.number, by="lee", at=NOW)
    for table in ("log_entry", "handover", "taken_over"):
        for sql in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}"):
            with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
                connection.execute(sql.encode())


def test_an_entry_is_corrected_once_and_the_old_one_says_by_which(connection: Connection) -> None:
    first, _ = log.add_entry(connection, entry("a"))
    assert log.entry_to_correct(connection, first.number) == (first, None)
    second, _ = log.add_entry(connection, entry("b", 1, corrects=first.number))
    assert log.entry_to_correct(connection, first.number) == (first, second.number)
    with pytest.raises(psycopg.errors.UniqueViolation):
        log.add_entry(connection, entry("c", corrects=first.number))
    newest, older = log.logged(connection, NOW, NOW + DAY)
    assert (newest.detail["corrects"], older.detail["corrected"]) == (1, 2)
    assert older.text == "entry a"


def test_everything_is_one_list_by_time_newest_first(busy: Connection) -> None:
    found = log.logged(busy, NOW, NOW + DAY)
    assert [item.at for item in found] == sorted((item.at for item in found), reverse=True)
    assert [item.what for item in found] == [
        "silence ends",
        "withdrawn",
        "note",
        "silence begins",
        "comment",
    ]
    assert found[-1].text == "the lock keeper says no"
    assert found[1].kind is Kind.DRAFT

    for limit in (1, 2, 3):
        paged, before = [], None
        while page := log.logged(busy, NOW, NOW + DAY, before=before, limit=limit):
            paged += page
            before = (page[-1].at, page[-1].rank, page[-1].id)
        assert paged == found, "pages join without a gap or a repeat"

    def what(**by: object) -> list[str]:
        return [item.what for item in log.logged(busy, NOW, NOW + DAY, **by)]  # type: ignore[arg-type]

    assert what(kinds=[Kind.QUIET]) == ["silence ends", "silence begins"]
    assert what(text="LOCK keeper") == ["comment"]
    assert what(text="%") == []
    assert what(incident="i1") == ["withdrawn", "note", "comment"]
    assert log.logged(busy, NOW, NOW + MINUTE) == []


def test_only_the_receiver_takes_over_and_once(connection: Connection) -> None:
    made, new = log.add_handover(connection, handover("h"))
    assert new
    assert log.add_handover(connection, handover("h")) == (made, False)
    assert log.open_handovers(connection) == [made]
    assert not log.take_over(connection, made.number, by="kim", at=NOW)
    assert log.take_over(connection, made.number, by="lee", at=NOW + MINUTE)
    assert not log.take_over(connection, made.number, by="lee", at=NOW + 2 * MINUTE)
    taken = log.handover(connection, made.number)
    assert taken is not None
    assert (taken.taken, taken.shown) == (NOW + MINUTE, {"a": 1})
    assert log.open_handovers(connection) == []
    assert [(i.what, i.author) for i in log.logged(connection, NOW, NOW + DAY)] == [
        ("taken", "lee"),
        ("given", "kim"),
    ]


def test_a_newer_handover_of_the_same_officer_replaces_the_open_one(connection: Connection) -> None:
    log.add_handover(connection, handover("h1"))
    second, _ = log.add_handover(connection, handover("h2", receiver="park"))
    other, _ = log.add_handover(connection, handover("h3", author="cho"))
    assert log.open_handovers(connection) == [second, other]
