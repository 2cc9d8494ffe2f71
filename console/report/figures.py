"""The figures of a report with what stands under them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from console.report.document import Block, Figure, Text
from console.report.dossier import Report
from console.report.facts import GapKind
from console.report.hydrograph import AHEAD, BACK, Gauge, hydrograph
from console.report.names import Names
from console.report.sketch import Ground, Spot, sketch
from console.report.words import Speech

MISSING = (GapKind.NEVER, GapKind.SILENT, GapKind.DOUBTED)


def graphs(report: Report, speech: Speech) -> Iterable[Block]:
    """Yield the hydrographs of what matters most."""
    drawn = 0
    for gauge in report.gauges:
        name = speech.word("graph of", speech.name(gauge.place), gauge.key.partition("/")[2])
        says = f"{name}. {_says(gauge, speech)}"
        figure = hydrograph(
            gauge,
            says=says,
            clock=[*_clock(gauge.at, speech)],
            unit=speech.unit(gauge.unit),
            labels={t.label: t.label_zh or t.label for t in gauge.thresholds}
            if speech.language == "zh"
            else {},
        )
        if figure is not None:
            drawn += 1
            yield Figure(figure, says)
    yield Text(_legend(report, speech) if drawn else speech.word("none to draw"), "quiet")


def _says(gauge: Gauge, speech: Speech) -> str:
    newest = gauge.trusted[-1] if gauge.trusted else None
    issued = gauge.forecast.issue_time if gauge.forecast else None
    if newest is None:
        return speech.word("no value") + "."
    if issued is None:
        value = speech.amount(newest.result, gauge.unit)
        return f"{value} {speech.moment(newest.phenomenon_time)}. {speech.word('no forecast')}"
    return speech.word(
        "graph says",
        speech.amount(newest.result, gauge.unit),
        speech.moment(newest.phenomenon_time),
        speech.moment(issued),
    )


def _legend(report: Report, speech: Speech) -> str:
    probabilities = next((g.forecast.probabilities for g in report.gauges if g.forecast), [])
    bands = [
        f"{100 * (high - low):.0f} %"
        for low, high in zip(probabilities, reversed(probabilities), strict=True)
        if low < high
    ]
    return speech.word("graph legend", ", ".join(bands) or "–")


def _clock(at: datetime, speech: Speech) -> Iterable[tuple[datetime, str]]:
    hour = speech.local(at - BACK).replace(minute=0, second=0, microsecond=0)
    while hour <= at + AHEAD:
        if hour >= at - BACK:
            yield hour, f"{speech.local(hour):%H:%M}"
        hour += timedelta(hours=1)


def map_sketch(report: Report, speech: Speech) -> Iterable[Block]:
    """Yield the areas by the gravest level in force, and the stations."""
    facts, names = report.facts, Names(report.site)
    missing = {gap.key.partition("/")[0] for gap in facts.gaps if gap.kind in MISSING}
    grounds = []
    for area in report.site.areas:
        levels = [f.level for f in facts.force if f.live and f.area_id == area.id]
        level = max(levels, default=0)
        name = speech.name(names.area(area.id))
        text = f"{name}: {speech.level(level)}" if level else name
        grounds.append(Ground(text=text, ring=area.polygon, level=level))
    spots = [
        Spot(
            name=(station.name_zh if speech.language == "zh" else "") or station.name,
            latitude=station.latitude,
            longitude=station.longitude,
            missing=station.id in missing,
        )
        for station in report.site.stations
    ]
    says = "; ".join(ground.text for ground in grounds)
    yield Figure(sketch(grounds, spots, says), speech.word("map legend"))
