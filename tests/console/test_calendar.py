"""The venues' feed against RFC 5545 and a parser that others wrote."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from console.calendar import calendar, escaped, folded
from forewarn.domain.venue import Advice, EventState, LimitState, Programme, Span
from forewarn.storage import connect, store_programmes

ISSUE = datetime(2026, 8, 17, 0, 0, tzinfo=UTC)
GUST = LimitState(
    name="gust",
    datastream="mast/wind_gust",
    unit="m/s",
    advice=Advice.STOP,
    observed=18.1,
    caution=13.9,
    stop=17.2,
    worst=21.0,
)


def event(
    advice: Advice, *, window: bool = True, name: str = "Finals; court 1, centre"
) -> EventState:
    later = Span(start=ISSUE + timedelta(hours=3), end=ISSUE + timedelta(hours=5))
    return EventState(
        event="finals",
        name=name,
        start=ISSUE + timedelta(hours=1),
        end=ISSUE + timedelta(hours=3),
        advice=advice,
        why=["gust 18.1 m/s above 17.2 m/s"],
        limits=[GUST],
        next_window=later if window else None,
    )


def programme(*events: EventState) -> Programme:
    return Programme(
        venue="beach",
        name="沙滩排球场 Beach\\ground",
        area="coast",
        issue_time=ISSUE,
        events=list(events),
        degraded=["mast/humidity silent for 12 min"],
    )


def read(text: str) -> list[Any]:
    return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))


def test_a_parser_finds_everything_again() -> None:
    [main, window] = read(calendar(programme(event(Advice.STOP)), domain="city.example"))
    assert main["SUMMARY"] == "STOP: Finals; court 1, centre"
    assert main["LOCATION"] == "沙滩排球场 Beach\\ground"
    assert main["UID"] == "finals.beach@city.example"
    assert main["STATUS"] == "CANCELLED"
    assert main.decoded("DTSTART") == ISSUE + timedelta(hours=1)
    assert main.decoded("DTEND") == ISSUE + timedelta(hours=3)
    assert main.decoded("DTSTAMP") == ISSUE
    assert "gust: stop, now 18.1 m/s, expected 21 m/s, stop 17.2 m/s" in main["DESCRIPTION"]
    assert "Missing: mast/humidity silent for 12 min" in main["DESCRIPTION"]
    assert window["TRANSP"] == "TRANSPARENT"
    assert window.decoded("DTEND") == ISSUE + timedelta(hours=5)


def test_status_follows_the_advice_and_unknown_is_never_confirmed() -> None:
    found = {
        advice: read(calendar(programme(event(advice, window=False)), domain="x"))[0]["STATUS"]
        for advice in Advice
    }
    assert found == {
        Advice.GO: "CONFIRMED",
        Advice.CAUTION: "TENTATIVE",
        Advice.STOP: "CANCELLED",
        Advice.UNKNOWN: "TENTATIVE",
    }


def test_a_later_issue_keeps_the_uid_and_raises_the_sequence() -> None:
    early = programme(event(Advice.GO))
    later = msgspec.structs.replace(early, issue_time=ISSUE + timedelta(minutes=1))
    [first], [second] = (read(calendar(p, domain="x")) for p in (early, later))
    assert first["UID"] == second["UID"]
    assert int(second["SEQUENCE"]) == int(first["SEQUENCE"]) + 1
    assert second.decoded("LAST-MODIFIED") > first.decoded("LAST-MODIFIED")


def test_a_venue_without_events_is_an_empty_calendar() -> None:
    text = calendar(programme(), domain="x")
    assert read(text) == []
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert text.endswith("END:VCALENDAR\r\n")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=300))
def test_folding_keeps_octets_and_unfolds_to_the_same(text: str) -> None:
    parts = list(folded(f"SUMMARY:{text}"))
    assert all(len(part.encode()) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == f"SUMMARY:{text}"


@given(st.text(st.sampled_from("ab\\;,: \n沙"), max_size=60))
def test_a_parser_unescapes_what_was_escaped(text: str) -> None:
    [found] = read(calendar(programme(event(Advice.GO, name=f"x{text}x")), domain="x"))
    assert found["SUMMARY"] == f"GO: x{text}x"
    assert "\n" not in escaped(text)


def test_the_feed_comes_over_http(serve: Any, database: str) -> None:
    client = serve(database)
    with connect(database) as connection:
        store_programmes(connection, [programme(event(Advice.CAUTION, window=False))])
    status, headers, body = client.get("/venues/beach.ics")
    assert status == 200
    assert headers["content-type"].startswith("text/calendar")
    assert len(read(body.decode())) == 1
    assert "there are: beach" in client.json("/venues/harbour.ics", status=404)["error"]
