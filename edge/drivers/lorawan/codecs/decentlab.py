"""Decentlab, protocol version 2: version, device, flags, then groups of 16-bit words.

A group is there where its bit of the flags is set; tables of the groups in decentlab.toml.
"""

import struct
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edge.drivers.lorawan.codecs.decoded import Decoded, PayloadError
from edge.drivers.lorawan.codecs.formula import evaluate

VERSION = 2
HEAD_BYTES = 5


@cache
def _tables() -> dict[str, Any]:
    path = Path(__file__).with_name("decentlab.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def models() -> list[str]:
    """Return the names of the devices whose payloads are known, e.g. `DL-CTD10`."""
    return list(_tables())


def names(model: str) -> list[str]:
    """Return the names of the values of `model`."""
    return [value[0] for group in _tables()[model]["groups"] for value in group["values"]]


def parameters(model: str) -> dict[str, float]:
    """Return the calibration values that `model` needs, with those of the maker's example."""
    return dict(_tables()[model].get("parameters", {}))


def decode(model: str, payload: bytes, port: int, given: Mapping[str, float]) -> Decoded:
    """Return what `payload` says; `given` are the calibration values of this device."""
    if len(payload) < HEAD_BYTES:
        raise PayloadError(f"{len(payload)} bytes; a {model} sends at least {HEAD_BYTES}")
    version, device, flags = struct.unpack(">BHH", payload[:HEAD_BYTES])
    if version != VERSION:
        raise PayloadError(f"protocol version {version}; {VERSION} is understood")
    count = (len(payload) - HEAD_BYTES) // 2
    words = struct.unpack(f">{count}H", payload[HEAD_BYTES : HEAD_BYTES + 2 * count])
    values: dict[str, float | str] = {"Device ID": device, "Protocol version": version}
    complaints = []
    place, groups = 0, _tables()[model]["groups"]
    for bit, group in enumerate(groups):
        if not flags >> bit & 1:
            continue
        own = words[place : place + group["words"]]
        place += group["words"]
        if len(own) < group["words"]:
            complaints.append(f"torn: {len(own)} of {group['words']} words of group {bit}")
            break
        known = parameters(model) | dict(given) | {f"w{i}": word for i, word in enumerate(own)}
        for name, _, formula in group["values"]:
            value = evaluate(formula, known)
            if value is None:
                complaints.append(f"`{name}` has no value")
            else:
                values[name] = value
    if flags >> len(groups):
        complaints.append(f"flags {flags:#06x} name groups that a {model} has not")
    elif not complaints and HEAD_BYTES + 2 * place != len(payload):
        complaints.append(f"{len(payload)} bytes where {HEAD_BYTES + 2 * place} are meant")
    return Decoded(values=values, complaint="; ".join(complaints))
