"""What is wrong with a CAP 1.2 message: its structure, and what no schema checks.

For our own messages before they go out, and for foreign ones: entities are never resolved.
"""

import math
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice

from lxml import etree

from alerts.cap_grammar import NAMESPACE, parse_time, structure

CAP = f"{{{NAMESPACE}}}"

MAX_BYTES = 1_000_000
MAX_FAULTS = 50
"""More are not listed: a file of garbage has as many as it has bytes."""

NAME = re.compile(r"[^\s,<&]+")
"""CAP 3.2.1: identifier and sender have no spaces, commas, `<` or `&`."""


def check(xml: bytes) -> list[str]:
    """Return what is wrong with the CAP 1.2 alert in `xml`, each with its place; empty if sound.

    Structure as the OASIS schema has it, and: names without spaces and commas, references of
    Updates and Cancels, expiry after sending, polygons that are closed and latitude first,
    an area in every Cancel that has info.
    """
    alert = parse(xml)
    if isinstance(alert, str):
        return [alert]
    found = chain(structure(alert), _names(alert), _references(alert), _infos(alert))
    faults = list(islice(found, MAX_FAULTS))
    return [*faults, "… and more"] if next(found, None) else faults


def parse(xml: bytes) -> "etree._Element | str":
    """Return the root element of `xml`, or why it is refused unread.

    Comments are dropped: no signature covers them, and they would split a text in two.
    """
    if len(xml) > MAX_BYTES:
        return f"too long; a CAP message has at most {MAX_BYTES} bytes"
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        alert = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return f"not XML: {error}"
    if alert.getroottree().docinfo.internalDTD is not None:
        return "a DOCTYPE does not belong in a CAP message"
    if next(alert.iter(etree.ProcessingInstruction), None) is not None:
        return "a processing instruction does not belong inside a CAP message"
    return alert


def _text(parent: etree._Element, name: str) -> str:
    return (parent.findtext(f"{CAP}{name}") or "").strip()


def _names(alert: etree._Element) -> Iterator[str]:
    for name in ("identifier", "sender"):
        text = alert.findtext(f"{CAP}{name}") or ""
        if not NAME.fullmatch(text):
            yield f"alert/{name}: `{text}` must not be empty nor have spaces, commas, < or &"


def _references(alert: etree._Element) -> Iterator[str]:
    kind, references = _text(alert, "msgType"), _text(alert, "references").split()
    if kind in ("Update", "Cancel", "Ack", "Error") and not references:
        yield f"alert/references: {kind} must refer to the messages that it is about"
    for reference in references:
        parts = reference.split(",")
        if len(parts) != 3 or not all(parts) or parse_time(parts[2]) is None:
            yield f"alert/references: `{reference}` is not sender,identifier,sent"


def _infos(alert: etree._Element) -> Iterator[str]:
    sent = parse_time(_text(alert, "sent"))
    infos = alert.findall(f"{CAP}info")
    if not infos and _text(alert, "msgType") in ("Alert", "Update"):
        yield "alert: no info; nobody is told what to do"
    for number, info in enumerate(infos, start=1):
        here = f"alert/info[{number}]"
        yield from _times(info, sent, here)
        areas = info.findall(f"{CAP}area")
        if not areas:
            yield f"{here}: no area; a Cancel without one leaves its area active"
        for place in areas:
            if not _text(place, "areaDesc"):
                yield f"{here}/area: areaDesc is empty"
            for polygon in place.findall(f"{CAP}polygon"):
                yield from _polygon(polygon.text or "", f"{here}/area/polygon")
            for circle in place.findall(f"{CAP}circle"):
                yield from _circle(circle.text or "", f"{here}/area/circle")


def _times(info: etree._Element, sent: datetime | None, here: str) -> Iterator[str]:
    effective, onset, expires = (
        parse_time(_text(info, name)) for name in ("effective", "onset", "expires")
    )
    if expires is None:
        return
    if sent is not None and expires <= sent:
        yield f"{here}/expires: {expires.isoformat()} is not after sent {sent.isoformat()}"
    if effective is not None and expires <= effective:
        yield f"{here}/expires: {expires.isoformat()} is not after effective"
    if onset is not None and expires <= onset:
        yield f"{here}/expires: {expires.isoformat()} is not after onset"


def _polygon(text: str, here: str) -> Iterator[str]:
    pairs = text.split()
    wrong = [pair for pair in pairs if _point(pair) is None]
    if wrong:
        yield f"{here}: `{wrong[0]}` is not latitude,longitude within ±90 and ±180 (swapped?)"
    ring = [[_number(n) for n in pair.split(",")] for pair in pairs]
    if len(ring) < 4 or ring[0] != ring[-1]:
        yield f"{here}: not closed; needs at least 4 points, the last equal to the first"


def _circle(text: str, here: str) -> Iterator[str]:
    centre, _, radius = text.strip().partition(" ")
    if _point(centre) is None or not _number(radius) >= 0:
        yield f"{here}: `{text}` is not latitude,longitude radius_km"


def _point(pair: str) -> tuple[float, float] | None:
    latitude, comma, longitude = pair.partition(",")
    point = _number(latitude), _number(longitude)
    return point if comma and abs(point[0]) <= 90 and abs(point[1]) <= 180 else None


def _number(text: str) -> float:
    """Return the number, or NaN, which fits into no range."""
    try:
        return float(text)
    except ValueError:
        return math.nan
