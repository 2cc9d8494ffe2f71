"""A foreign CAP message: bytes in, what is kept of it out, or why it is not taken."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from lxml import etree

from alerts import AlertError
from alerts.cap_check import CAP, check, parse
from alerts.cap_grammar import parse_time
from alerts.foreign.level import level_of
from alerts.foreign.where import circle_meets, codes_meet, knows_codes, rings_meet
from alerts.signing import FOREIGN, verify
from forewarn.domain.foreign import UNLIMITED, Foreign, ForeignAlert, ForeignInfo
from forewarn.domain.station import Area, Site

FIRST_YEAR, LAST_YEAR = 1990, 2200
LONGEST = 20_000
"""Characters of a text that officers see; the bytes are kept whole."""


class NotTaken(AlertError):
    """A message is refused; the text says why."""


def read_message(
    xml: bytes, source: Foreign, site: Site, pinned: Sequence[x509.Certificate], at: datetime
) -> ForeignAlert:
    """Return what is kept of the CAP 1.2 message in `xml`; NotTaken or SignatureError says why not.

    `at` is real time, as certificates are; `pinned` is not looked at unless the source asks
    for signatures.
    """
    if faults := check(xml):
        raise NotTaken("; ".join(faults[:3]) + ("; …" if len(faults) > 3 else ""))
    alert = parse(xml)
    assert not isinstance(alert, str)  # `check` has read it
    sender, sent = _text(alert, "sender"), _sent(alert)
    if sender not in source.senders:
        raise NotTaken(f"sender `{sender}` is not one of `senders`: {', '.join(source.senders)}")
    if sender == site.sender:
        raise NotTaken(f"sender `{sender}` is this site itself: its own message came back")
    if _text(alert, "msgType") in ("Ack", "Error"):
        raise NotTaken("an Ack or Error warns of nothing")
    signed_by = verify(xml, pinned, at, FOREIGN).by if source.pinned else ""
    return ForeignAlert(
        source=source.id,
        sender=sender,
        identifier=_text(alert, "identifier"),
        sent=sent,
        msg_type=_text(alert, "msgType"),
        status=_text(alert, "status"),
        scope=_text(alert, "scope"),
        note=_text(alert, "note")[:LONGEST],
        references=_references(alert),
        infos=tuple(_info(info, sent, site) for info in alert.findall(f"{CAP}info")),
        signed_by=signed_by,
        cap=xml,
    )


def _info(info: etree._Element, sent: datetime, site: Site) -> ForeignInfo:
    headline, severity = _text(info, "headline"), _text(info, "severity")
    pairs = [
        (_text(pair, "valueName"), _text(pair, "value"))
        for name in ("parameter", "eventCode")
        for pair in info.findall(f"{CAP}{name}")
    ]
    level, level_from = level_of(pairs, headline, severity)
    expires, places = _time(_text(info, "expires")), info.findall(f"{CAP}area")
    met = tuple(area.id for area in site.areas if any(_meets(place, area) for place in places))
    return ForeignInfo(
        language=_text(info, "language"),
        event=_text(info, "event")[:LONGEST],
        severity=severity,
        urgency=_text(info, "urgency"),
        certainty=_text(info, "certainty"),
        level=level,
        level_from=level_from,
        effective=_time(_text(info, "effective")) or sent,
        expires=expires or sent + UNLIMITED,
        expires_given=expires is not None,
        onset=_time(_text(info, "onset")),
        headline=headline[:LONGEST],
        description=_text(info, "description")[:LONGEST],
        instruction=_text(info, "instruction")[:LONGEST],
        sender_name=_text(info, "senderName")[:LONGEST],
        where="; ".join(_text(place, "areaDesc") for place in places)[:LONGEST],
        areas=met,
        located=all(_is_located(place, site.areas) for place in places),
    )


def _meets(place: etree._Element, area: Area) -> bool:
    rings = [_ring(found.text or "") for found in place.findall(f"{CAP}polygon")]
    if any(rings_meet(ring, area.polygon) for ring in rings):
        return True
    for found in place.findall(f"{CAP}circle"):
        centre, _, radius = (found.text or "").strip().partition(" ")
        if circle_meets(_point(centre), float(radius), area.polygon):
            return True
    codes = [(_text(c, "valueName"), _text(c, "value")) for c in place.findall(f"{CAP}geocode")]
    return any(codes_meet(name, code, area) for name, code in codes)


def _is_located(place: etree._Element, areas: Sequence[Area]) -> bool:
    """Return whether it is known where `place` is: a form, or codes of a list that we have."""
    if place.find(f"{CAP}polygon") is not None or place.find(f"{CAP}circle") is not None:
        return True
    names = [_text(code, "valueName") for code in place.findall(f"{CAP}geocode")]
    return any(knows_codes(name, areas) for name in names)


def _references(alert: etree._Element) -> tuple[tuple[str, str, datetime], ...]:
    found = []
    for reference in _text(alert, "references").split():
        sender, identifier, sent = reference.split(",")
        time = _time(sent)
        assert time is not None  # `check` has read it
        found.append((sender, identifier, time))
    return tuple(found)


def _sent(alert: etree._Element) -> datetime:
    found = _time(_text(alert, "sent"))
    assert found is not None  # `check` has read it
    return found


def _time(text: str) -> datetime | None:
    """Return the time; NotTaken for one that no warning has, and PostgreSQL cannot give back."""
    found = parse_time(text)
    if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise NotTaken(f"`{text}` is not a time of our days")
    return found


def _ring(text: str) -> list[tuple[float, float]]:
    return [_point(pair) for pair in text.split()]


def _point(pair: str) -> tuple[float, float]:
    latitude, _, longitude = pair.partition(",")
    return float(latitude), float(longitude)


def _text(parent: etree._Element, name: str) -> str:
    # CAP is XML 1.0, which can hold no NUL: PostgreSQL takes every text that comes out of here.
    return (parent.findtext(f"{CAP}{name}") or "").strip()
