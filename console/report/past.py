"""Puts into words what was done, who was told, and what is kept quiet."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from console.report.document import Block, Table, Text
from console.report.dossier import LINES, Report, ToldOf
from console.report.facts import Quiet
from console.report.words import Speech
from forewarn.domain.logbook import Item, Kind
from forewarn.domain.observation import AwareTime
from forewarn.domain.station import Site

STATES = ("queued", "accepted", "delivered", "read", "acked", "failed")


def measures(report: Report, speech: Speech) -> Iterable[Block]:
    """Yield what officers wrote down and did, oldest first."""
    yield Text(speech.word("since", speech.moment(report.since)), "quiet")
    if not report.measures:
        yield Text(speech.word("no measures"))
        return
    if report.cut:
        yield Text(speech.word("cut", LINES), "warn")
    yield Table(
        head=[speech.word("time"), speech.word("person"), speech.word("doing")],
        rows=[[speech.moment(i.at), i.author or "–", line(i, speech)] for i in report.measures],
        widths=(0.16, 0.14, 0.70),
    )


def line(item: Item, speech: Speech) -> str:
    """Return what an entry or an act says."""
    detail = item.detail
    said = [speech.word_or(item.what, detail.get("to") or "")]
    if until := _time(detail.get("until")):
        said.append(speech.word("until") + " " + speech.moment(until))
    head = ", ".join(said)
    text = " ".join(item.text.split())  # two thousand empty lines are no measure
    parts = [f"{head}: {text}" if text else head]
    if detail.get("headline"):
        parts.append(f"– {detail['headline']}")
    if detail.get("corrects") is not None:
        parts.append(speech.word("corrects", detail["corrects"]))
    if detail.get("corrected") is not None:
        parts.append(speech.word("corrected", detail["corrected"]))
    if detail.get("refused"):
        parts.append(speech.word("refused", detail["refused"]))
    number = f"({item.id}) " if item.kind is Kind.ENTRY else ""
    return number + " ".join(parts)


def told(found: Sequence[ToldOf], speech: Speech) -> Iterable[Block]:
    """Yield how many people were told of each incident, by how far it came."""
    if not found:
        yield Text(speech.word("nothing to tell"))
        return
    named = {"acked": "acked by"}
    yield Table(
        head=[
            speech.word("incident"),
            *(speech.word(named.get(state, state)) for state in STATES),
            speech.word("channels"),
        ],
        rows=[
            [
                speech.name(of.headline) + ("" if of.people else "\n" + speech.word("told nobody")),
                *(str(of.people.get(state, 0)) for state in STATES),
                _channels(of, speech),
            ]
            for of in found
        ],
        widths=(0.30, 0.08, 0.09, 0.09, 0.08, 0.08, 0.08, 0.20),
    )
    yield Text(speech.word("told as"), "quiet")


def _channels(of: ToldOf, speech: Speech) -> str:
    if not of.channels:
        return "–"
    said = [speech.word("channel ok", c.name, c.delivered, c.of) for c in of.channels]
    return "; ".join(said)


def quiet(report: Report, speech: Speech) -> Iterable[Block]:
    """Yield the silences, maintenances and drills that run."""
    if not report.facts.quiet:
        yield Text(speech.word("no quiet"))
        return
    yield Table(
        head=[speech.word(w) for w in ("doing", "of", "until", "person", "reason")],
        rows=[
            [
                speech.word_or(f"kind {q.kind}"),
                _scope(q, speech, report.site),
                speech.moment(q.end),
                q.author,
                " ".join(q.reason.split()),
            ]
            for q in report.facts.quiet
        ],
        widths=(0.14, 0.28, 0.14, 0.14, 0.30),
    )


def _scope(q: Quiet, speech: Speech, site: Site) -> str:
    area = next((a for a in site.areas if a.id == q.area), None)
    name = (area.name_zh if speech.language == "zh" else "") or area.name if area else q.area
    parts = [
        name,
        speech.hazard(q.hazard) if q.hazard else "",
        q.datastream if q.datastream != "*" else "",
        f"≤ {speech.level(q.level)}" if q.kind == "silence" else "",
        speech.level(q.level) if q.kind == "drill" else "",
    ]
    return ", ".join(part for part in parts if part) or speech.word("everything")


def _time(text: Any) -> datetime | None:
    try:
        return msgspec.convert(text, AwareTime)
    except msgspec.ValidationError:
        return None
