"""What came on which MQTT topic, as what goes on to which Kafka topic; never raises. Pure."""

from msgspec import Struct

from forewarn.domain import topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import CodecError
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import ReceivedBatch
from gateway.decode import (
    KEPT_KEY_CHARACTERS,
    KEPT_PAYLOAD_BYTES,
    MAX_PAYLOAD_BYTES,
    TORN_PAYLOAD,
    UNKNOWN_GATEWAY,
    receive,
    topic_for,
)
from gateway.foreign.batch import Rows
from gateway.foreign.esphome import split
from gateway.foreign.plan import Foreign
from gateway.foreign.receive import receive_esphome, receive_senml
from gateway.inbox import Arrived
from gateway.registry import Registry


class Outgoing(Struct, frozen=True, kw_only=True):
    """One Kafka message."""

    topic: str
    key: bytes
    value: bytes
    batch: ReceivedBatch | None = None
    """What `value` holds, unless it is a status."""


def subscriptions(foreign: Foreign) -> list[str]:
    """Return the MQTT topics of which messages go on."""
    ours = [topics.observations("+"), topics.senml("+"), topics.status("+")]
    return ours + foreign.topics()


def route(arrived: Arrived, registry: Registry, foreign: Foreign) -> Outgoing | None:
    """Return what goes on to Kafka; None where nothing does.

    An empty status takes a retained one away. A retained state of an ESPHome device tells
    nothing of now: the broker repeats it at each subscription, however old it is.
    """
    kind = _kind(arrived.topic)
    if kind == "senml":
        batch = receive_senml(arrived.topic, arrived.payload, foreign, registry, arrived.received)
    elif kind == "status":
        return _status(arrived, registry) if arrived.payload else None
    elif kind == "" and (split(arrived.topic) or ("",))[0] in foreign.esphome:
        if arrived.retained:
            return None
        batch = receive_esphome(arrived.topic, arrived.payload, foreign, arrived.received)
    else:
        batch = receive(arrived.topic, arrived.payload, registry, arrived.received)
    return _outgoing(batch)


def _kind(topic: str) -> str:
    """Return the last part of one of our topics; empty where it is none."""
    try:
        topics.gateway_of(topic)
    except CodecError:
        return ""
    return topic.rpartition("/")[2]


def _outgoing(batch: ReceivedBatch) -> Outgoing:
    return Outgoing(
        topic=topic_for(batch), key=batch.gateway.encode(), value=encode(batch), batch=batch
    )


def _status(arrived: Arrived, registry: Registry) -> Outgoing:
    """Return the status as it is where it can be read; else a rejection."""
    gateway = topics.gateway_of(arrived.topic)
    rows = Rows(gateway[:KEPT_KEY_CHARACTERS], arrived.received)
    kept = arrived.payload[:KEPT_PAYLOAD_BYTES]
    try:
        if len(arrived.payload) > MAX_PAYLOAD_BYTES:
            raise CodecError(f"{len(arrived.payload)} bytes; at most {MAX_PAYLOAD_BYTES} are read")
        status = decode(arrived.payload, GatewayStatus)
        if status.gateway != gateway:
            raise CodecError(f"the payload says it is from `{status.gateway[:80]}`")
    except CodecError as error:
        rows.refuse(TORN_PAYLOAD, f"status: {error}", payload=kept)
        return _outgoing(rows.batch())
    if gateway not in registry.gateways:
        detail = f"`{gateway[:80]}` is not a gateway of site `{registry.site}`"
        rows.refuse(UNKNOWN_GATEWAY, detail, payload=kept)
        return _outgoing(rows.batch())
    return Outgoing(topic=topics.GATEWAYS, key=gateway.encode(), value=encode(status))
