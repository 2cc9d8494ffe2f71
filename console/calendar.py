"""A venue's programme as an iCalendar feed (RFC 5545): text from a Programme, nothing else.

One VEVENT for each event, with what is advised and why, and one for its next safe window. Who
subscribes sees STATUS follow the advice: CONFIRMED while it is go, TENTATIVE while it is caution or
unknown, CANCELLED while it must stop.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from forewarn.domain.venue import Advice, EventState, LimitState, Programme, Span

STATUS = {
    Advice.GO: "CONFIRMED",
    Advice.CAUTION: "TENTATIVE",
    Advice.UNKNOWN: "TENTATIVE",
    Advice.STOP: "CANCELLED",
}
FOLD_OCTETS = 75
"""Longest line without its end (RFC 5545, 3.1)."""
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""SEQUENCE counts the minutes from here to the issue time: it never goes back."""
REFRESH = "PT1M"


def calendar(programme: Programme, *, domain: str) -> str:
    """Return `programme` as an iCalendar object; lines end with CRLF and are folded.

    `domain` makes the UIDs unique in the world; an event's UID is the same at every issue.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Forewarn//Venues//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(programme.name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    for event in programme.events:
        lines += _event(programme, event, domain)
        if event.next_window is not None and event.advice is not Advice.GO:
            lines += _window(programme, event, event.next_window, domain)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line))


def _event(programme: Programme, event: EventState, domain: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{event.event}.{programme.venue}@{domain}",
        *_stamps(programme.issue_time),
        f"DTSTART:{_utc(event.start)}",
        f"DTEND:{_utc(event.end)}",
        f"SUMMARY:{escaped(f'{event.advice.upper()}: {event.name}')}",
        f"LOCATION:{escaped(programme.name)}",
        f"STATUS:{STATUS[event.advice]}",
        f"CATEGORIES:{event.advice.upper()}",
        f"DESCRIPTION:{escaped(chr(10).join(_described(programme, event)))}",
        "END:VEVENT",
    ]


def _window(programme: Programme, event: EventState, window: Span, domain: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{event.event}.window.{programme.venue}@{domain}",
        *_stamps(programme.issue_time),
        f"DTSTART:{_utc(window.start)}",
        f"DTEND:{_utc(window.end)}",
        f"SUMMARY:{escaped(f'Next safe window: {event.name}')}",
        f"LOCATION:{escaped(programme.name)}",
        "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _stamps(issue: datetime) -> list[str]:
    sequence = max(0, (issue - FIRST) // timedelta(minutes=1))
    return [f"DTSTAMP:{_utc(issue)}", f"LAST-MODIFIED:{_utc(issue)}", f"SEQUENCE:{sequence}"]


def _described(programme: Programme, event: EventState) -> Iterator[str]:
    """Yield the lines of an event's description."""
    yield f"Advice at {programme.issue_time.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {event.advice}"
    yield from event.why
    for limit in event.limits:
        yield _limit(limit)
    if event.next_window is not None:
        start, end = (at.astimezone(UTC) for at in (event.next_window.start, event.next_window.end))
        yield f"Next safe window: {start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC"
    elif event.advice is not Advice.GO:
        yield "No safe window is seen yet"
    yield from (f"Missing: {what}" for what in programme.degraded)


def _limit(limit: LimitState) -> str:
    parts = [f"{limit.name}: {limit.advice}"]
    figures = (("now", limit.observed), ("expected", limit.worst), ("stop", limit.stop))
    unit = f" {limit.unit}" if limit.unit not in ("", "1") else ""
    parts += [f"{word} {value:.3g}{unit}" for word, value in figures if value is not None]
    return ", ".join(parts)


def escaped(text: str) -> str:
    """Return `text` as a TEXT value: backslash, semicolon, comma and line ends escaped."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,")):
        text = text.replace(plain, written)
    return "\\n".join(text.splitlines())


def folded(line: str) -> Iterator[str]:
    """Yield `line` in parts of at most 75 octets, all but the first led by a blank.

    A character is never cut in two, whatever it takes in UTF-8.
    """
    part, octets = "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > FOLD_OCTETS:
            yield part
            part, octets = " ", 1
        part, octets = part + character, octets + size
    yield part


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
