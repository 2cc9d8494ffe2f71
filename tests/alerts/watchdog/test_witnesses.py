"""What witnesses do with what their libraries tell them from other threads."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.watchdog.witnesses import MqttWitness
from forewarn.domain.canary import canary
from forewarn.runtime.ports import free_port

MINUTE = datetime(2026, 7, 11, 1, tzinfo=UTC)
BATCH = canary(MINUTE, boot_id="b", seq=1)


class Seen:
    """A ledger that keeps what it is told."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, datetime]] = []

    def seen(self, stage: str, canary: datetime) -> None:
        self.passed.append((stage, canary))

    def stored(self, stage: str, seq: int) -> None:
        raise AssertionError(stage)

    def works(self, stage: str) -> None:
        raise AssertionError(stage)


@pytest.fixture
def witness() -> Iterator[MqttWitness]:
    """Return a witness whose broker is not there; paho queues what it is given."""
    made = MqttWitness(f"mqtt://127.0.0.1:{free_port()}", "b", Seen())
    yield made
    made.close()


def ends(work: Callable[[], Any]) -> bool:
    """Return whether `work` ends, in a thread of its own."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(2)
    return not thread.is_alive()


def test_a_puback_while_a_canary_is_being_sent_locks_nothing_up(witness: MqttWitness) -> None:
    sending = threading.Thread(target=witness.send, args=(BATCH, MINUTE), daemon=True)
    with witness._client._out_message_mutex:  # paho holds it when it calls `_published`
        sending.start()
        sending.join(0.2)
        assert sending.is_alive()
        free = ends(lambda: witness._published(None, None, 999))
    sending.join(2)
    assert free
    assert not sending.is_alive()


def test_a_puback_that_is_quicker_than_publish_counts(
    witness: MqttWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = witness._client.publish

    def quick(*message: Any, **how: Any) -> Any:
        told = publish(*message, **how)
        witness._published(None, None, told.mid)
        return told

    monkeypatch.setattr(witness._client, "publish", quick)
    assert ends(lambda: witness.send(BATCH, MINUTE))
    assert witness._ledger.passed == [("mqtt", MINUTE)]  # type: ignore[attr-defined]
