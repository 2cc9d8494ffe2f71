"""Uplinks as network servers write them: ChirpStack v4 and The Things Stack v3, JSON. Pure."""

import base64
import binascii
import re
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec
from msgspec import Struct

TOPICS = {
    "chirpstack": "application/+/device/+/event/up",
    "tts": "v3/+/devices/+/up",
}
"""Network server → MQTT topic of its uplinks."""

MAX_BYTES = 64_000
_EUI = re.compile(r"[0-9A-F]{16}", re.ASCII)
_FRACTION = re.compile(r"(\.\d{6})\d+")


class UplinkError(ValueError):
    """JSON that is no uplink; says what is missing."""


class Uplink(Struct, frozen=True, kw_only=True):
    """One message of one device."""

    eui: str
    """16 hexadecimal digits, upper case."""
    address: str
    """Device address of its session; changes when it joins anew."""
    counter: int
    """fCnt of its session."""
    port: int
    payload: bytes
    decoded: Any = None
    """What the network server decoded, where it did."""
    time: datetime | None = None
    """When a LoRaWAN gateway or the network server heard it."""
    rssi_dbm: float | None = None
    """Of the gateway that heard it best."""
    snr_db: float | None = None


def parse(text: bytes) -> Uplink:
    """Return the uplink in `text`; UplinkError says what it is instead."""
    if len(text) > MAX_BYTES:
        raise UplinkError(f"{len(text)} bytes; at most {MAX_BYTES} are read")
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UplinkError(f"no JSON: {error}") from error
    if isinstance(message, dict) and isinstance(message.get("deviceInfo"), dict):
        return _chirpstack(message)
    if isinstance(message, dict) and isinstance(message.get("uplink_message"), dict):
        return _things_stack(message)
    raise UplinkError("neither ChirpStack (`deviceInfo`) nor The Things Stack (`uplink_message`)")


def _chirpstack(message: dict[str, Any]) -> Uplink:
    return Uplink(
        eui=_eui(message["deviceInfo"].get("devEui")),
        address=str(message.get("devAddr", "")),
        counter=_whole(message, "fCnt"),
        port=_whole(message, "fPort"),
        payload=_bytes(message.get("data")),
        decoded=message.get("object"),
        time=_time(message.get("time")),
        **_signal(message.get("rxInfo")),
    )


def _things_stack(message: dict[str, Any]) -> Uplink:
    ids, up = message.get("end_device_ids"), message["uplink_message"]
    if not isinstance(ids, dict):
        raise UplinkError("no `end_device_ids`")
    return Uplink(
        eui=_eui(ids.get("dev_eui")),
        address=str(ids.get("dev_addr", "")),
        counter=_whole(up, "f_cnt"),
        port=_whole(up, "f_port"),
        payload=_bytes(up.get("frm_payload")),
        decoded=up.get("decoded_payload"),
        time=_time(up.get("received_at")) or _time(message.get("received_at")),
        **_signal(up.get("rx_metadata")),
    )


def _eui(text: Any) -> str:
    eui = str(text).upper()
    if not _EUI.fullmatch(eui):
        raise UplinkError(f"device EUI `{str(text)[:40]}` is not 16 hexadecimal digits")
    return eui


def _whole(table: dict[str, Any], name: str) -> int:
    """Return a count; both servers leave out what is 0."""
    value = table.get(name) or 0
    if not isinstance(value, int) or not 0 <= value < 2**32:
        raise UplinkError(f"`{name}` {str(value)[:40]} is no count")
    return value


def _bytes(text: Any) -> bytes:
    if text is None:
        return b""
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UplinkError(f"the payload is no base64: {error}") from error


def _time(text: Any) -> datetime | None:
    """Return the time in `text`; None where it has none, or none that UTC can tell."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # year 0 or 10000 in UTC
        return None


def _signal(receptions: Any) -> dict[str, float | None]:
    """Return RSSI and SNR of the LoRaWAN gateway with the strongest signal."""
    heard = [
        (rssi, _number(reception.get("snr")))
        for reception in (receptions if isinstance(receptions, list) else [])
        if isinstance(reception, dict) and (rssi := _number(reception.get("rssi"))) is not None
    ]
    if not heard:
        return {"rssi_dbm": None, "snr_db": None}
    rssi, snr = max(heard, key=lambda pair: pair[0])
    return {"rssi_dbm": rssi, "snr_db": snr}


def _number(value: Any) -> float | None:
    """Return a number of JSON; None for anything else, and for one too long to be a float."""
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None
