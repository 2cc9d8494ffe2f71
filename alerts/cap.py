"""A notice as CAP 1.2 XML, and as the message that carries it.

OASIS, Common Alerting Protocol 1.2 (2010). Times carry the site's offset, never `Z` and
never fractions; UTC is `-00:00`, as section 3.3.2 wants it.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from alerts import phrases
from alerts.cap_check import check
from alerts.cap_grammar import NAMESPACE
from alerts.covering import Point, covered
from alerts.hazards import texts
from alerts.notice import Notice, lead_s
from alerts.rules import probability
from alerts.texts import SEVERITY
from forewarn.domain.hazard import AlertMessage, Level

__all__ = ["check", "message", "xml"]

IMMEDIATE_S = 3_600
"""A threshold to be exceeded within this: act at once."""
EXPECTED_S = 10_800
"""... within this: act soon. CAP's "next hour" means the response, not the water: with three
hours' notice people must begin to move within the hour."""
LIKELY = 0.5

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def message(notice: Notice) -> AlertMessage:
    """Return what is published and stored: the notice with its XML."""
    named, ended = notice.exceedance, notice.level is Level.NONE
    said = phrases.headline(notice)
    return AlertMessage(
        identifier=notice.identifier,
        incident=notice.incident,
        msg_type=notice.msg_type,
        status=notice.status,
        sent=notice.sent,
        expires=notice.expires,
        area=notice.area,
        hazard=notice.hazard,
        datastream=notice.datastream,
        level=notice.level,
        previous_level=notice.previous_level,
        headline=said.zh if notice.site.language.startswith("zh") else said.en,
        headlines={"zh-CN": said.zh, "en-US": said.en},
        probability=None if ended or named is None else probability(named),
        onset=None if ended else _onset(notice),
        lead_s=lead_s(notice),
        threshold=named.threshold if named else None,
        references=_references(notice),
        cap=xml(notice).decode(),
        drill=notice.drill,
        siren=notice.siren,
    )


def xml(notice: Notice) -> bytes:
    """Return the CAP 1.2 alert of `notice`, compact, in UTF-8."""
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    drill = phrases.before(notice)
    for tag, text in (
        ("identifier", notice.identifier),
        ("sender", notice.site.sender),
        ("sent", cap_time(notice.sent, notice.site.timezone)),
        ("status", notice.status),
        ("msgType", notice.msg_type),
        ("scope", "Public"),
        ("note", f"{drill.zh}{drill.en}".strip(" :：")),
        ("references", " ".join(_references(notice))),
        ("incidents", notice.incident),
    ):
        if text:
            _add(alert, tag, text)
    rings = [covered(ring) for ring in notice.polygons]
    for language in ("zh-CN", "en-US"):
        _info(alert, notice, language, rings)
    written: bytes = etree.tostring(alert, xml_declaration=True, encoding="UTF-8")
    return written


def cap_time(time: datetime, zone: str) -> str:
    """Return `time` as CAP writes it: `2020-08-05T03:10:00+08:00`."""
    text = time.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
    return f"{text[:-6]}-00:00" if text.endswith("+00:00") else text


def urgency(notice: Notice) -> str:
    """Return CAP's urgency: how soon people must act, from the lead time."""
    if notice.level is Level.NONE:
        return "Past"
    lead = lead_s(notice)
    if lead is None:
        return "Unknown"
    return "Immediate" if lead <= IMMEDIATE_S else "Expected" if lead <= EXPECTED_S else "Future"


def certainty(notice: Notice) -> str:
    """Return CAP's certainty, from the probability; Likely is 50 % and above."""
    if notice.level is Level.NONE:
        return "Unlikely"
    named = notice.exceedance
    if named is None:
        return "Unknown"
    if named.observed:
        return "Observed"
    return "Likely" if named.probability >= LIKELY else "Possible"


def _info(
    alert: etree._Element, notice: Notice, language: str, rings: Sequence[tuple[Point, ...]]
) -> None:
    words, zh = texts(notice.hazard), language == "zh-CN"
    info = _add(alert, "info")
    parts = [
        ("headline", phrases.headline(notice)),
        ("description", phrases.description(notice)),
        ("instruction", phrases.instruction(notice)),
    ]
    times = [("effective", notice.sent), ("onset", _onset(notice)), ("expires", notice.expires)]
    for tag, text in (
        ("language", language),
        ("category", words.category),
        ("event", words.event.zh if zh else words.event.en.capitalize()),
        ("responseType", words.response(notice.level)),
        ("urgency", urgency(notice)),
        ("severity", SEVERITY[notice.level]),
        ("certainty", certainty(notice)),
        *[(tag, cap_time(time, notice.site.timezone)) for tag, time in times if time],
        ("senderName", notice.site.name),
        *[(tag, pair.zh if zh else pair.en) for tag, pair in parts],
    ):
        _add(info, tag, text)
    for name, value in _parameters(notice):
        parameter = _add(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    _area(_add(info, "area"), notice, rings, zh=zh)


def _area(
    area: etree._Element, notice: Notice, rings: Sequence[tuple[Point, ...]], *, zh: bool
) -> None:
    known = next((area for area in notice.site.areas if area.id == notice.area), None)
    _add(area, "areaDesc", (known.name_zh if known and zh else "") or notice.area_name)
    for ring in rings:  # six decimals are a decimetre: rounding leaves nobody outside
        _add(area, "polygon", " ".join(f"{round(lat, 6)},{round(lon, 6)}" for lat, lon in ring))
    for name, codes in known.geocodes.items() if known else ():
        for code in codes:
            geocode = _add(area, "geocode")
            _add(geocode, "valueName", name)
            _add(geocode, "value", code)


def _parameters(notice: Notice) -> list[tuple[str, str]]:
    named, lead = notice.exceedance, lead_s(notice)
    pairs = [
        ("warningLevel", notice.level.name.lower()),
        ("previousLevel", notice.previous_level.name.lower()),
        ("gauge", notice.gauge),
        ("datastream", notice.datastream),
    ]
    if named is not None:
        over = phrases.amount(named.threshold, notice.unit).en
        pairs.append(("threshold", over if named.by_value else ""))
        pairs.append(("thresholdLabel", named.label))
    if named is not None and notice.level is not Level.NONE:
        pairs.append(("exceedanceProbability", f"{probability(named):.2f}"))
    if lead is not None:
        pairs.append(("leadTimeMinutes", str(lead // 60)))
    return [(name, value) for name, value in pairs if value]


def _onset(notice: Notice) -> datetime | None:
    named = notice.exceedance
    if named is None or notice.level is Level.NONE:
        return None
    return named.onset or (notice.sent if named.observed else None)


def _references(notice: Notice) -> list[str]:
    site = notice.site
    return [
        f"{site.sender},{m.identifier},{cap_time(m.sent, site.timezone)}" for m in notice.references
    ]


def _add(parent: etree._Element, tag: str, text: str = "") -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    if text:
        child.text = _printable(text)
    return child


def _printable(text: str) -> str:
    """Return `text` without the characters that XML forbids."""
    return FORBIDDEN.sub("", text)
