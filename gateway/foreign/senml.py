"""SenML packs (RFC 8428, JSON): base fields resolved, times made absolute. Pure."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError

VERSION = 10
"""`bver` of RFC 8428; a pack of a later version is refused (section 4.4)."""
ABSOLUTE_FROM_S = 2.0**28
"""Times below are seconds from now, times from here on are Unix seconds (section 4.5.3)."""
MAX_TIME_S = 1e11
MAX_RECORDS = 500

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*", re.ASCII)
_BASE = ("bn", "bt", "bu", "bv", "bs", "bver")


class Record(Struct, frozen=True, kw_only=True):
    """One record as it stands in the pack (section 4.3)."""

    bn: str = ""
    bt: float = 0.0
    bu: str = ""
    bv: float = 0.0
    bs: float = 0.0
    bver: int = VERSION
    n: str = ""
    u: str = ""
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    vd: str | None = None
    s: float | None = None
    t: float = 0.0
    ut: float | None = None


class Resolved(Struct, frozen=True, kw_only=True):
    """A record that stands for itself (section 4.6)."""

    name: str
    time_s: float
    """Unix seconds."""
    unit: str
    """As in the SenML units registry; empty where none is given."""
    value: float | None
    """Number, or 1 and 0 for true and false; None where there is none."""
    sum: float | None
    text: str | None
    """A string value, or the base64 text of a data value."""


def resolve(payload: bytes, now_s: float) -> list[Resolved]:
    """Return the resolved records of the pack in `payload`; CodecError says what is wrong.

    Parameters
    ----------
    payload : bytes
        A JSON array of records.
    now_s : float
        Unix seconds, for times that are relative or absent.
    """
    raw = decode(payload, list[dict[str, Any]])
    if len(raw) > MAX_RECORDS:
        raise CodecError(f"{len(raw)} records; at most {MAX_RECORDS} are read")
    base: dict[str, Any] = {}
    found: list[Resolved] = []
    for place, fields in enumerate(raw):
        where = f"record {place}"
        if unknown := [label for label in fields if label.endswith("_")]:
            raise CodecError(f"{where}: `{unknown[0]}` must be understood, and is not")
        record = _record(fields, where)
        base |= {label: getattr(record, label) for label in _BASE if label in fields}
        if base.get("bver", VERSION) > VERSION:
            raise CodecError(f"{where}: SenML version {base['bver']}; {VERSION} is understood")
        if fields.keys() <= set(_BASE):
            continue  # only sets what the next ones rest on
        found.append(_resolve(record, base, now_s, where))
    return found


def _record(fields: dict[str, Any], where: str) -> Record:
    try:
        return msgspec.convert(fields, Record)
    except msgspec.ValidationError as error:
        raise CodecError(f"{where}: {error}") from error


def _resolve(record: Record, base: dict[str, Any], now_s: float, where: str) -> Resolved:
    name = base.get("bn", "") + record.n
    if not _NAME.fullmatch(name):
        raise CodecError(f"{where}: name `{name[:80]}` is none that RFC 8428 allows")
    values = [v for v in (record.v, record.vs, record.vb, record.vd) if v is not None]
    if len(values) > 1:
        raise CodecError(f"{where}: `{name}` has {len(values)} values")
    time_s = base.get("bt", 0.0) + record.t
    if not abs(time_s) < MAX_TIME_S:
        raise CodecError(f"{where}: time {time_s:g} is none")
    value: float | None = None
    if record.vb is not None:
        value = float(record.vb)
    elif record.v is not None or ("bv" in base and not values and record.s is None):
        value = base.get("bv", 0.0) + (record.v or 0.0)
    total: float | None = None
    if record.s is not None or "bs" in base:
        total = base.get("bs", 0.0) + (record.s or 0.0)
    if value is None and total is None and not values:
        raise CodecError(f"{where}: `{name}` has no value")
    return Resolved(
        name=name,
        time_s=time_s if time_s >= ABSOLUTE_FROM_S else now_s + time_s,
        unit=record.u or base.get("bu", ""),
        value=value,
        sum=total,
        text=record.vs if record.vs is not None else record.vd,
    )
