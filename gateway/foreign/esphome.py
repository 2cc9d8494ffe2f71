"""ESPHome's MQTT states: `<prefix>/sensor/<object id>/state`, the value as text. Pure."""

import re

from forewarn.domain.errors import CodecError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
SWITCHED = {"ON": 1.0, "OFF": 0.0}
NOTHING = frozenset({"", "nan", "na", "unknown", "unavailable", "none"})
"""What stands where a sensor has no value."""
MAX_STATE_BYTES = 64


def split(topic: str) -> tuple[str, str] | None:
    """Return (prefix, object id) of a state topic; None where `topic` is none."""
    parts = topic.rsplit("/", 3)
    if len(parts) != 4 or parts[1] not in ("sensor", "binary_sensor") or parts[3] != "state":
        return None
    return parts[0], parts[2]


def state(payload: bytes) -> float | None:
    """Return the number in `payload`, None for "no value"; CodecError where it is neither."""
    if len(payload) > MAX_STATE_BYTES:
        raise CodecError(f"{len(payload)} bytes are no state")
    try:
        text = payload.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise CodecError("the state is not ASCII") from error
    if text.lower() in NOTHING:
        return None
    if text.upper() in SWITCHED:
        return SWITCHED[text.upper()]
    if not _NUMBER.fullmatch(text):
        raise CodecError(f"`{text}` is no number")
    return float(text)
