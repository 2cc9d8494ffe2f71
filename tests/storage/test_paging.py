"""One message for each person, incident and state; claims, receipts, and what is taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from forewarn.domain.desk import Act, Action, Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Due, Kind, Page
from forewarn.storage import Connection, connect
from forewarn.storage.incidents import act, save_incident
from forewarn.storage.paging import (
    Remembered,
    accepted,
    cases,
    claim,
    enqueue,
    failed,
    paged_since,
    told,
    try_later,
    withdraw,
)
from forewarn.storage.receipts import note_read, receipt

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ISSUED = Incident(
    incident="han.1",
    area="seoul",
    hazard="flood",
    datastream="jamsu/stage",
    status="Actual",
    state=IncidentState.ISSUED,
    level=Level.ORANGE,
    highest=Level.ORANGE,
    headline="Jamsu bridge",
    opened=NOW,
    changed=NOW,
)


def page(
    person: str = "li", state: str = "orange", kind: Kind = Kind.PAGE, priority: int = 3
) -> Page:
    due = Due(
        person=person,
        incident="han.1",
        state=state,
        kind=kind,
        level=Level.ORANGE,
        step=0,
        at=NOW,
    )
    return Page(person=person, text="water", priority=priority, urgent=True, dues=(due,))


def test_however_many_pagers_queue_it_a_message_is_there_once(database: str) -> None:
    with connect(database) as connection:
        save_incident(connection, ISSUED)

    def queue(_: int) -> bool:
        with connect(database) as own:
            return enqueue(own, page(), NOW)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(queue, range(8))) == 1
    with connect(database) as connection:
        assert [t.progress for t in told(connection, "han.1")] == ["queued"]
        assert paged_since(connection, NOW - MINUTE) == {"li": 1}


def test_the_urgent_is_claimed_first_and_by_one_alone(connection: Connection) -> None:
    save_incident(connection, ISSUED)
    enqueue(connection, page("li", priority=1), NOW)
    enqueue(connection, page("wang", priority=4), NOW)
    first, second = claim(connection, lease_s=60), claim(connection, lease_s=60)
    assert first is not None
    assert second is not None
    assert (first.person, second.person) == ("wang", "li")
    assert first.incidents == [("han.1", "orange")]
    assert claim(connection, lease_s=60) is None


def test_what_a_dead_worker_held_is_claimed_again_with_its_key(connection: Connection) -> None:
    save_incident(connection, ISSUED)
    enqueue(connection, page(), NOW)
    lost = claim(connection, lease_s=0)
    assert lost is not None
    assert claim(connection, lease_s=60) == lost


def test_a_channel_that_fails_is_followed_by_the_next_and_then_by_failure(
    connection: Connection,
) -> None:
    save_incident(connection, ISSUED)
    enqueue(connection, page(), NOW)
    first = claim(connection, lease_s=60)
    assert first is not None
    try_later(connection, first, via="sms", error="no answer", pause_s=0, onward=True)
    second = claim(connection, lease_s=60)
    assert second is not None
    assert (second.channel, second.attempts, second.key) == (1, 0, first.key)
    failed(connection, second.id, error="mail: refused", at=NOW)
    (entry,) = told(connection, "han.1")
    assert (entry.progress, entry.error, entry.failed) == ("failed", "mail: refused", NOW)


def test_receipts_only_go_forward_and_only_from_the_person(connection: Connection) -> None:
    save_incident(connection, ISSUED)
    enqueue(connection, page(), NOW)
    sent = claim(connection, lease_s=60)
    assert sent is not None
    accepted(connection, sent.id, via="mqtt", at=NOW)

    def got(what: str, person: str = "li") -> list[str]:
        found = receipt(connection, key=sent.key, person=person, receipt=what, at=NOW + MINUTE)
        return [entry.incident for entry in found]

    assert got("acked", person="wang") == []
    assert got("acked") == ["han.1"]
    assert got("read") == []
    (entry,) = told(connection, "han.1")
    assert (entry.progress, entry.accepted, entry.acked) == ("acked", NOW, NOW + MINUTE)


def test_what_is_remembered_of_who_was_told_is_as_good_as_what_is_read(
    connection: Connection,
) -> None:
    remembered: Remembered = {}

    def check() -> tuple[str, ...]:
        known = cases(connection, ended_after=NOW, remembered=remembered)
        fresh = cases(connection, ended_after=NOW)
        assert [{(t.person, t.state, t.progress == "failed") for t in c.told} for c in known] == [
            {(t.person, t.state, t.progress == "failed") for t in c.told} for c in fresh
        ]
        return tuple(t.person for c in known for t in c.told)

    save_incident(connection, ISSUED)
    assert check() == ()
    enqueue(connection, page("li"), NOW)
    assert check() == check() == ("li",)
    enqueue(connection, page("wang"), NOW)
    assert check() == ("li", "wang")
    sent = claim(connection, lease_s=60)
    assert sent is not None
    failed(connection, sent.id, error="x", at=NOW)
    assert check() == ("li", "wang")
    act(connection, Action(at=NOW + MINUTE, author="li", act=Act.ACK, incident="han.1"))
    withdraw(connection)
    assert check() == ("li",)
    save_incident(connection, replace(ISSUED, state=IncidentState.CANCELLED, ended=NOW))
    assert check() == ()
    assert remembered == {}


def test_who_opens_the_incident_has_read_its_messages(connection: Connection) -> None:
    save_incident(connection, ISSUED)
    enqueue(connection, page(), NOW)
    assert note_read(connection, "han.1", "li", NOW) == 0  # nothing has been sent
    sent = claim(connection, lease_s=60)
    assert sent is not None
    assert sent.level is ISSUED.level
    accepted(connection, sent.id, via="file", at=NOW)
    assert note_read(connection, "han.1", "wang", NOW) == 0
    assert note_read(connection, "han.1", "li", NOW + MINUTE) == 1
    assert note_read(connection, "han.1", "li", NOW + 2 * MINUTE) == 0
    (entry,) = told(connection, "han.1")
    assert (entry.progress, entry.read) == ("read", NOW + MINUTE)


@pytest.mark.parametrize(
    ("kind", "left"), [(Kind.PAGE, []), (Kind.ASKED, ["queued"]), (Kind.OVER, ["queued"])]
)
def test_an_ack_takes_back_what_is_not_sent_yet(
    connection: Connection, kind: Kind, left: list[str]
) -> None:
    save_incident(connection, ISSUED)
    enqueue(connection, page(kind=kind), NOW)
    assert withdraw(connection) == 0
    act(connection, Action(at=NOW + MINUTE, author="li", act=Act.ACK, incident="han.1"))
    withdraw(connection)
    assert [t.progress for t in told(connection, "han.1")] == left


def test_a_case_knows_what_was_acknowledged_and_ended_ones_go(connection: Connection) -> None:
    save_incident(connection, ISSUED)
    act(connection, Action(at=NOW + MINUTE, author="li", act=Act.ACK, incident="han.1"))
    (case,) = cases(connection, ended_after=NOW)
    assert (case.acted, case.since) == (NOW + MINUTE, NOW)
    save_incident(connection, replace(ISSUED, state=IncidentState.CANCELLED, ended=NOW))
    assert cases(connection, ended_after=NOW) == []
    assert len(cases(connection, ended_after=NOW - MINUTE)) == 1
