"""What the service says of an incident and what officers do to it do not overwrite each other."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from console.desk.translate import shelved_until
from forewarn.domain.desk import Act, Action, Draft, Incident, IncidentState, Silence, SilenceKind
from forewarn.domain.hazard import Level
from forewarn.storage import Connection, StorageError
from forewarn.storage.incidents import (
    act,
    actions,
    add_silence,
    end_silence,
    incident,
    incidents,
    save_incident,
    settle_action,
    silences,
    waiting_actions,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

DRAFT = Draft(
    id="han.1.d1",
    level=Level.RED,
    previous_level=Level.NONE,
    drafted=NOW,
    due=NOW + HOUR,
    otherwise="issue",
    needs=2,
)
DRAFTED = Incident(
    incident="han.1",
    area="seoul",
    hazard="flood",
    datastream="jamsu/stage",
    status="Actual",
    state=IncidentState.DRAFT,
    level=Level.NONE,
    highest=Level.RED,
    headline="Jamsu bridge",
    opened=NOW,
    changed=NOW,
    draft=DRAFT,
)


def did(what: Act, **detail: str) -> Action:
    return Action(at=NOW, author="li", act=what, incident="han.1", detail=detail)


def test_acts_that_are_facts_take_effect_at_once_and_survive_the_service(
    connection: Connection,
) -> None:
    save_incident(connection, DRAFTED)
    assert incident(connection, "han.1") == DRAFTED
    assert act(connection, did(Act.ACK)).taken == NOW
    act(connection, did(Act.SHELVE, until=(NOW + HOUR).isoformat(), reason="known"))
    save_incident(connection, replace(DRAFTED, state=IncidentState.ISSUED, level=Level.RED))
    [found] = incidents(connection, live_only=True)
    assert (found.acked_by, found.shelved_until) == ("li", NOW + HOUR)
    assert found.level is Level.RED
    act(connection, did(Act.UNACK))
    assert incidents(connection)[0].acked_by == ""
    assert [a.act for a in actions(connection, "han.1")] == [Act.ACK, Act.SHELVE, Act.UNACK]


def test_an_approval_waits_for_the_alert_service(connection: Connection) -> None:
    save_incident(connection, DRAFTED)
    act(connection, did(Act.APPROVE, draft="han.1.d1"))
    [waiting] = waiting_actions(connection)
    settle_action(connection, waiting.number, taken=NOW, refused="too late")
    assert waiting_actions(connection) == []
    assert actions(connection, "han.1")[0].refused == "too late"


def test_an_act_on_nothing_names_what_is_missing(connection: Connection) -> None:
    with pytest.raises(StorageError, match=r"no incident `han\.1`"):
        act(connection, did(Act.ACK))


def test_a_silence_ends_at_its_end_or_before(connection: Connection) -> None:
    silence = Silence(
        kind=SilenceKind.MAINTENANCE, author="li", reason="new pump", start=NOW, end=NOW + HOUR
    )
    kept = add_silence(connection, silence)
    assert silences(connection, after=NOW) == [kept]
    assert end_silence(connection, kept.id, author="wang", at=NOW + HOUR / 2)
    assert silences(connection, after=NOW + HOUR / 2) == []
    assert not end_silence(connection, kept.id, author="wang", at=NOW + HOUR)


def test_what_rose_after_an_ack_or_a_shelving_is_neither_heeded_nor_shelved_any_more(
    connection: Connection,
) -> None:
    yellow = replace(
        DRAFTED, state=IncidentState.ISSUED, level=Level.YELLOW, highest=Level.YELLOW, draft=None
    )
    save_incident(connection, yellow)
    act(connection, did(Act.ACK))
    act(connection, did(Act.SHELVE, until=(NOW + HOUR).isoformat(), reason="known"))
    [found] = incidents(connection)
    assert (found.heeded, found.shelved_level) == (True, Level.YELLOW)
    save_incident(connection, replace(yellow, draft=DRAFT))
    [found] = incidents(connection)
    assert (found.heeded, found.called_for) == (False, Level.RED)
    assert shelved_until(found, NOW) is None, "a red draft is not hidden by a shelved yellow"
    act(connection, replace(did(Act.ACK), author="kim"))
    act(connection, did(Act.SHELVE, until=(NOW + HOUR).isoformat(), reason="known"))
    [found] = incidents(connection)
    assert (found.heeded, found.acked_by, found.shelved_level) == (True, "kim", Level.RED)
    save_incident(connection, replace(yellow, level=Level.BLUE))
    assert incidents(connection)[0].heeded, "a fall asks for no new ack"


def test_the_gravest_live_incidents_are_never_left_out(connection: Connection) -> None:
    save_incident(connection, DRAFTED)
    for number in range(3):
        later = NOW + timedelta(minutes=number)
        blue = replace(DRAFTED, incident=f"han.blue{number}", opened=later, draft=None)
        save_incident(connection, replace(blue, state=IncidentState.ISSUED, level=Level.BLUE))
    assert [i.incident for i in incidents(connection, live_only=True, limit=2)] == [
        "han.1",
        "han.blue2",
    ]
