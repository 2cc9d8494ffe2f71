"""Messages, standings, deliveries and acknowledgements survive repetition and disorder."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from forewarn.domain.desk import Act, Action, IncidentState
from forewarn.domain.hazard import AlertMessage, Level
from forewarn.storage import (
    Connection,
    StorageError,
    acknowledge,
    load_standings,
    mark_delivered,
    mark_failed,
    pending_deliveries,
    reader,
    save_standing,
    store_alert,
)
from forewarn.storage.incidents import act, actions, expire_incidents, incident

START = datetime(2020, 8, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def message(number: int, msg_type: str = "Alert", incident: str = "han.1") -> AlertMessage:
    return AlertMessage(
        identifier=f"{incident}.{number}",
        incident=incident,
        msg_type=msg_type,
        status="Exercise",
        sent=START + number * HOUR,
        expires=START + (number + 6) * HOUR,
        area="seoul",
        hazard="flood",
        datastream="jamsu/stage",
        level=Level.ORANGE,
        previous_level=Level.NONE,
        headline="Jamsu bridge: 6.2 m in 2 h",
        probability=0.8 if number % 2 else None,
        onset=START + 3 * HOUR if number % 2 else None,
        lead_s=7200 if number % 2 else None,
        threshold=6.2,
        references=[f"{incident}.{number - 1}"],
        cap="<alert/>",
    )


def test_a_message_comes_back_whole(connection: Connection) -> None:
    for number in (0, 1):
        store_alert(connection, message(number), b"state")
        row = reader.alert(connection, f"han.1.{number}")
        assert row is not None
        fields = AlertMessage.__struct_fields__
        assert [getattr(row, f) for f in fields] == [getattr(message(number), f) for f in fields]
    assert reader.alert(connection, "nothing") is None


def test_message_and_standing_come_together_and_repeat_without_harm(
    connection: Connection,
) -> None:
    store_alert(connection, message(1), b"one")
    store_alert(connection, message(1), b"two")
    assert len(reader.alerts(connection)) == 1
    assert load_standings(connection) == {("seoul", "flood", "jamsu/stage"): b"two"}
    save_standing(connection, "seoul", "flood", "hangang/stage", b"\x00\xff")
    save_standing(connection, "seoul", "flood", "jamsu/stage", b"three")
    assert load_standings(connection) == {
        ("seoul", "flood", "jamsu/stage"): b"three",
        ("seoul", "flood", "hangang/stage"): b"\x00\xff",
    }


def test_active_is_the_newest_of_its_incident_unless_it_is_the_cancel(
    connection: Connection,
) -> None:
    for each in (message(1), message(2, "Update"), message(1, incident="han.2")):
        store_alert(connection, each, b"")
    store_alert(connection, message(1), b"")
    assert [(a.identifier, a.active) for a in reader.alerts(connection)] == [
        ("han.2.1", True),
        ("han.1.2", True),
        ("han.1.1", False),
    ]
    store_alert(connection, message(3, "Cancel"), b"")
    assert [a.identifier for a in reader.alerts(connection, active_only=True)] == ["han.2.1"]
    assert [a.identifier for a in reader.alerts(connection, limit=1)] == ["han.1.3"]


def test_a_message_is_pending_for_each_channel_until_it_is_delivered(
    connection: Connection,
) -> None:
    for number in (1, 2):
        store_alert(connection, message(number), b"")
    assert pending_deliveries(connection, "webhook") == [message(1), message(2)]
    mark_failed(connection, "han.1.1", "webhook", "connection refused")
    assert pending_deliveries(connection, "webhook") == [message(1), message(2)]
    mark_delivered(connection, "han.1.1", "webhook")
    mark_delivered(connection, "han.1.1", "webhook")
    assert pending_deliveries(connection, "webhook") == [message(2)]
    mark_failed(connection, "han.1.1", "webhook", "said twice")
    assert pending_deliveries(connection, "webhook") == [message(2)]
    assert pending_deliveries(connection, "mqtt") == [message(1), message(2)]


@pytest.mark.parametrize("name", ["han.1", "han.1.1"])
def test_an_acknowledgement_belongs_to_the_incident(connection: Connection, name: str) -> None:
    store_alert(connection, message(1), b"")
    first = acknowledge(connection, name, "kim", "gate closed", START + HOUR)
    assert (first.incident, first.author) == ("han.1", "kim")
    assert acknowledge(connection, name, "kim", "again", START + 2 * HOUR) == first
    acknowledge(connection, name, "lee", "", START + 2 * HOUR)
    store_alert(connection, message(2, "Update"), b"")
    assert [(a.acknowledged_by, a.acknowledged_at) for a in reader.alerts(connection)] == [
        ("kim", START + HOUR),
        ("kim", START + HOUR),
    ]
    acts = [(each.act, each.author, each.detail) for each in actions(connection, "han.1")]
    assert acts == [(Act.ACK, "kim", {"text": "gate closed"}), (Act.ACK, "lee", {})]


def test_who_acknowledged_a_lower_level_acknowledges_the_higher_one_too(
    connection: Connection,
) -> None:
    store_alert(connection, message(1), b"{}")
    acknowledge(connection, "han.1", "kim", "", START + HOUR)
    store_alert(connection, replace(message(2), level=Level.RED), b"{}")
    again = acknowledge(connection, "han.1", "kim", "", START + 2 * HOUR)
    assert again.at == START + 2 * HOUR
    found = incident(connection, "han.1")
    assert found is not None
    assert (found.heeded, found.acked_level) == (True, Level.RED)


def test_who_took_it_back_may_acknowledge_again(connection: Connection) -> None:
    store_alert(connection, message(1), b"")
    first = acknowledge(connection, "han.1", "kim", "", START + HOUR)
    act(connection, Action(at=START + HOUR, author="kim", act=Act.UNACK, incident="han.1"))
    again = acknowledge(connection, "han.1", "kim", "", START + 2 * HOUR)
    assert again.number > first.number
    assert [a.acknowledged_at for a in reader.alerts(connection)] == [START + 2 * HOUR]


def test_an_unknown_incident_cannot_be_acknowledged(connection: Connection) -> None:
    with pytest.raises(
        StorageError, match=r"no alert or incident `han\.9`; `forewarn alerts list`"
    ):
        acknowledge(connection, "han.9", "kim", "", START)


def test_an_incident_follows_its_messages(connection: Connection) -> None:
    store_alert(connection, message(1), b"")
    store_alert(connection, replace(message(2, "Update"), level=Level.RED), b"")
    store_alert(connection, message(1), b"")  # a repeat takes nothing back
    risen = incident(connection, "han.1")
    assert risen is not None
    assert (risen.state, risen.level, risen.identifier) == ("issued", Level.RED, "han.1.2")
    assert (risen.opened, risen.changed) == (START + HOUR, START + 2 * HOUR)
    store_alert(connection, replace(message(3, "Update"), level=Level.RED), b"")
    renewed = incident(connection, "han.1")
    assert renewed == replace(risen, identifier="han.1.3", expires=START + 9 * HOUR)
    store_alert(connection, replace(message(4, "Cancel"), level=Level.NONE), b"")
    ended = incident(connection, "han.1")
    assert ended is not None
    assert (ended.state, ended.level, ended.highest) == ("cancelled", Level.NONE, Level.RED)
    assert ended.ended == START + 4 * HOUR


def test_an_incident_that_ran_out_is_not_shown_as_issued(connection: Connection) -> None:
    store_alert(connection, message(1), b"")
    assert expire_incidents(connection, START + 6 * HOUR) == []
    assert expire_incidents(connection, START + 7 * HOUR) == ["han.1"]
    assert expire_incidents(connection, START + 8 * HOUR) == []
    over = incident(connection, "han.1")
    assert over is not None
    assert (over.state, over.ended) == (IncidentState.EXPIRED, START + 7 * HOUR)
    store_alert(connection, message(9, "Update"), b"")
    again = incident(connection, "han.1")
    assert again is not None
    assert (again.state, again.ended) == (IncidentState.ISSUED, None)
