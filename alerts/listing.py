"""Alerts as plain text for officers: a table, and one alert in full."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.phrases import MONTHS, percent, span
from forewarn.storage import AlertRow

COLUMNS = ("LEVEL", "STATE", "GAUGE", "EXPECTED", "LEAD", "PROB", "SENT", "ACK BY", "ID")


def table(rows: Sequence[AlertRow], zone: str, now: datetime) -> str:
    """Return `rows` as a table with a header, and the zone of its times below."""
    cells = [COLUMNS, *[_cells(row, zone, now) for row in rows]]
    widths = [max(width(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(line)).rstrip()
        for line in cells
    ]
    return "\n".join([*lines, "", zone_note(zone, now)])


def full(row: AlertRow, history: Sequence[AlertRow], zone: str, now: datetime) -> str:
    """Return all that is known of one message, and the messages of its incident."""
    acknowledged = (
        f"{row.acknowledged_by}, {local(row.acknowledged_at, zone)}" if row.acknowledged_by else "-"
    )
    pairs = [
        ("level", f"{row.level.name.lower()} (was {row.previous_level.name.lower()})"),
        ("state", state(row, now)),
        ("message", f"{row.msg_type}, {row.status}"),
        ("gauge", f"{row.datastream}, area {row.area}, {row.hazard}"),
        ("threshold", "-" if row.threshold is None else f"{row.threshold:g}"),
        ("expected", local(row.onset, zone)),
        ("lead time", _lead(row)),
        ("probability", _probability(row)),
        ("sent", local(row.sent, zone)),
        ("expires", local(row.expires, zone)),
        ("acknowledged", acknowledged),
        ("incident", row.incident),
        ("refers to", ", ".join(_identifier(text) for text in row.references) or "-"),
    ]
    lines = [row.identifier, f"  {row.headline}", ""]
    lines += [f"  {name:13} {text}" for name, text in pairs]
    lines += ["", "  messages of this incident, newest first"]
    lines += [
        f"    {local(m.sent, zone)}  {m.msg_type:6} {m.level.name.lower():7} {m.identifier}"
        for m in history
    ]
    return "\n".join([*lines, "", zone_note(zone, now)])


def state(row: AlertRow, now: datetime) -> str:
    """Return `in force`, `expired`, `replaced` by a newer message, or `ended`."""
    if row.msg_type == "Cancel":
        return "ended"
    if not row.active:
        return "replaced"
    return "in force" if row.expires > now else "expired"


def local(time: datetime | None, zone: str) -> str:
    """Return `5 Aug 2020 14:35` in `zone`, or a dash."""
    if time is None:
        return "-"
    there = time.astimezone(ZoneInfo(zone))
    return f"{there.day} {MONTHS[there.month - 1]} {there.year} {there:%H:%M}"


def zone_note(zone: str, now: datetime) -> str:
    """Return which zone the times are in."""
    name = now.astimezone(ZoneInfo(zone)).tzname()
    return f"times in {zone}" if zone == name else f"times in {zone} ({name})"


def width(text: str) -> int:
    """Return how many columns a terminal needs for `text`; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cells(row: AlertRow, zone: str, now: datetime) -> tuple[str, ...]:
    return (
        row.level.name if row.level else f"({row.previous_level.name})",
        state(row, now) + ("" if row.status == "Actual" else f", {row.status.lower()}"),
        row.datastream,
        local(row.onset, zone),
        _lead(row),
        _probability(row),
        local(row.sent, zone),
        row.acknowledged_by or "-",
        row.identifier,
    )


def _lead(row: AlertRow) -> str:
    if row.lead_s is None:
        return "-"
    return span(row.lead_s).en if row.lead_s else "now"


def _probability(row: AlertRow) -> str:
    if row.probability is None:
        return "-"
    return "observed" if row.probability == 1 and row.lead_s == 0 else percent(row.probability)


def _identifier(reference: str) -> str:
    return reference.split(",")[1] if reference.count(",") == 2 else reference
