"""What a foreign device published, as a `ReceivedBatch`; never raises. Pure."""

from datetime import datetime

from forewarn.domain.errors import CodecError
from forewarn.domain.observation import ReceivedBatch, to_milliseconds
from forewarn.domain.topics import gateway_of
from gateway.decode import (
    KEPT_KEY_CHARACTERS,
    KEPT_PAYLOAD_BYTES,
    MAX_PAYLOAD_BYTES,
    TORN_PAYLOAD,
    UNKNOWN_GATEWAY,
)
from gateway.foreign.batch import NO_NUMBER, UNIT_DOES_NOT_FIT, UNKNOWN_NAME, Rows
from gateway.foreign.esphome import split, state
from gateway.foreign.plan import FILE, Foreign, Target
from gateway.foreign.senml import Resolved, resolve
from gateway.foreign.units import UNITS, converted
from gateway.registry import Registry


def receive_senml(
    topic: str, payload: bytes, foreign: Foreign, registry: Registry, received: datetime
) -> ReceivedBatch:
    """Return the pack that came on MQTT `topic` at world time `received`.

    A pack that breaks RFC 8428 anywhere is refused whole; a record whose name is not in
    foreign.toml, or whose unit does not fit, is refused alone.
    """
    gateway = gateway_of(topic)
    rows = Rows(gateway[:KEPT_KEY_CHARACTERS], received)
    if gateway not in registry.gateways:
        detail = f"`{gateway[:80]}` is not a gateway of site `{registry.site}`"
        rows.refuse(UNKNOWN_GATEWAY, detail, payload=payload[:KEPT_PAYLOAD_BYTES])
        return rows.batch()
    try:
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise CodecError(f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are read")
        records = resolve(payload, received.timestamp())
    except CodecError as error:
        rows.refuse(TORN_PAYLOAD, f"SenML: {error}", payload=payload[:KEPT_PAYLOAD_BYTES])
        return rows.batch()
    names = foreign.senml.get(gateway, {})
    for record in records:
        _take(record, names.get(record.name), foreign, rows)
    return rows.batch()


def _take(record: Resolved, target: Target | None, foreign: Foreign, rows: Rows) -> None:
    time_ms = round(record.time_s * 1000)
    if target is None:
        detail = f"`{record.name}` is not in {FILE}"
        rows.refuse(UNKNOWN_NAME, detail, record.name, time_ms, record.value)
        return
    value = record.sum if target.sum else record.value
    if value is None:
        wanted = "sum" if target.sum else "number"
        rows.refuse(NO_NUMBER, f"`{record.name}` has no {wanted}", target.datastream, time_ms)
        return
    wanted = foreign.units.get(target.datastream, "")
    plain = target.scale == 1.0 and target.offset == 0.0
    result = converted(value, record.unit, wanted) if plain else target.convert(value)
    if result is None:
        known = "" if record.unit in UNITS else " (not known)"
        detail = (
            f"`{record.name}` is in `{record.unit}`{known}, `{target.datastream}` in `{wanted}`"
        )
        rows.refuse(UNIT_DOES_NOT_FIT, detail, target.datastream, time_ms, value)
        return
    rows.accept(target.datastream, time_ms, result)


def receive_esphome(
    topic: str, payload: bytes, foreign: Foreign, received: datetime
) -> ReceivedBatch:
    """Return the state that came on MQTT `topic`, dated by its arrival."""
    prefix, name = split(topic) or ("", topic)
    gateway, sensors = foreign.esphome.get(prefix, ("unknown", {}))
    rows = Rows(gateway, received)
    target, time_ms = sensors.get(name), to_milliseconds(received)
    kept = payload[:KEPT_PAYLOAD_BYTES]
    if target is None:
        detail = f"`{topic[:200]}`: `{name[:80]}` is not in {FILE}"
        rows.refuse(UNKNOWN_NAME, detail, name, time_ms, payload=kept)
        return rows.batch()
    try:
        value = state(payload)
    except CodecError as error:
        rows.refuse(NO_NUMBER, str(error), target.datastream, time_ms, payload=kept)
        return rows.batch()
    rows.accept(target.datastream, time_ms, None if value is None else target.convert(value))
    return rows.batch()
