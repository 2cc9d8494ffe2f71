"""The report of a hindcast: one HTML file that needs nothing else."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from html import escape
from math import isfinite

import numpy as np
from msgspec import Struct

from forewarn.domain.station import Datastream, Site
from stream.hindcast import charts
from stream.hindcast.events import Verdict
from stream.hindcast.past import Past
from stream.hindcast.worth import Detection, Skill
from stream.models.flood.gauges.grid import Array

MOST_PICTURES = 6
"""Hydrographs of one gauge at most, the highest events first."""

STYLE = """
:root{color-scheme:light}body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;
padding:0 1rem;color:#1b1f24}h1{font-size:1.6rem}
h2{margin-top:2.5rem;border-bottom:1px solid #d0d7de}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:1rem 0}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #e5e8eb}
th:first-child,td:first-child{text-align:left}thead th{border-bottom:2px solid #8c959f}
.row{display:flex;flex-wrap:wrap;gap:1rem}svg{max-width:100%;height:auto}
.note{background:#fff8e1;border-left:4px solid #d9a400;padding:.6rem 1rem}.none{color:#b3001b}
code{background:#f2f4f6;padding:.1rem .3rem}
"""


class Gauge(Struct, frozen=True, kw_only=True):
    """All that is told of one target."""

    number: int
    stream: Datastream
    skills: list[Skill]
    errors: dict[str, Array]
    detections: list[Detection]
    verdicts: list[Verdict]


def page(
    site: Site,
    past: Past,
    gauges: Sequence[Gauge],
    *,
    zone: tzinfo,
    recordings: Sequence[str],
    command: str,
    notes: Sequence[str],
) -> str:
    """Return the whole report."""
    span = " to ".join(_moment(at, zone) for at in (past.issue_s[0], past.issue_s[-1]))
    facts = [
        f"Model <b>{escape(past.model)}</b> on {escape(', '.join(recordings))}, {span} "
        f"({escape(site.timezone)}), {len(past.issue_s):,} issue times, "
        "each through the quality control and the model of the live system.",
        f"<code>{escape(command)}</code>",
    ]
    parts = [f"<h1>Hindcast: {escape(site.name)}</h1>", *(f"<p>{fact}</p>" for fact in facts)]
    if site.invented:
        parts.append(f'<p class="note">{escape(site.invented)}</p>')
    parts += [f'<p class="note">{escape(note)}</p>' for note in notes]
    parts += ["<h2>Lead time gained</h2>", _events(gauges, zone)]
    parts += ["<h2>Errors and intervals</h2>", _skills(gauges)]
    parts.append('<div class="row">')
    parts += [
        charts.svg(charts.skill(past, g.errors, g.stream.unit, past.targets[g.number]))
        for g in gauges
    ]
    parts += ["</div>", "<h2>Exceedance, each issue time a case</h2>", _detections(gauges)]
    parts += ["<h2>Reliability</h2>", *_reliability(past, gauges)]
    parts += ["<h2>Hydrographs</h2>", *_hydrographs(past, gauges, zone)]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hindcast '
        f"{escape(site.id)}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _events(gauges: Sequence[Gauge], zone: tzinfo) -> str:
    rows = []
    for verdict in (v for g in gauges for v in g.verdicts):
        level = f"{verdict.threshold.level} {verdict.threshold.value:g}"
        for crossing in verdict.crossings:
            lead = '<span class="none">not warned</span>'
            if crossing.lead_s is not None:
                lead = _span(crossing.lead_s)
            rows.append([verdict.gauge, level, _moment(crossing.time_s, zone), lead])
        false = [e for e in verdict.episodes if not e.hit]
        rows += [[verdict.gauge, level, _moment(e.start_s, zone), "false warning"] for e in false]
    if not rows:
        return "<p>No threshold of the site was reached or warned of.</p>"
    return _table(["gauge", "level", "time", "warned ahead by"], rows)


def _skills(gauges: Sequence[Gauge]) -> str:
    others = list(gauges[0].skills[0].others) if gauges and gauges[0].skills else []
    heads = ["gauge", "lead", "pairs", "RMSE", *others, "PI", "KGE", "CRPS"]
    heads += ["80 % holds", "calm", "high water"]
    rows = [
        [
            s.gauge,
            _span(s.lead_s),
            f"{s.count:,}",
            _number(s.rmse),
            *(_number(s.others[name]) for name in others),
            *(_number(v) for v in (s.persistence_index, s.kge, s.crps)),
            *(_number(v, 2) for v in (s.coverage, s.coverage_calm, s.coverage_high_water)),
        ]
        for gauge in gauges
        for s in gauge.skills
    ]
    about = (
        "<p>RMSE of the median in the gauge's unit, beside that of the baselines. PI: 1 − SSE over "
        "that of persistence. The autoregression is fitted on this very recording, which "
        "flatters it. High water: the highest tenth of the present level.</p>"
    )
    return about + _table(heads, rows)


def _detections(gauges: Sequence[Gauge]) -> str:
    rows = [
        [
            d.gauge,
            f"{d.level} {d.threshold:g}",
            _span(d.lead_s),
            f"{d.events:,}",
            *(_number(v, 2) for v in (d.pod, d.far, d.csi)),
            *(_number(v, 4) for v in (d.brier, d.brier_persistence)),
        ]
        for gauge in gauges
        for d in gauge.detections
        if d.events
    ]
    if not rows:
        return "<p>No threshold of the site was exceeded.</p>"
    heads = ["gauge", "level", "lead", "cases", "POD", "FAR", "CSI", "Brier", "Brier, persistence"]
    return _table(heads, rows)


def _reliability(past: Past, gauges: Sequence[Gauge]) -> Iterable[str]:
    leads = sorted({0.5 * past.leads_s[-1], past.leads_s[-1], 3600.0})
    chosen = [int(np.argmin(np.abs(np.array(past.leads_s) - lead))) for lead in leads]
    yield '<div class="row">'
    for gauge in gauges:
        yield charts.svg(charts.calibration(past, gauge.number, sorted(set(chosen))))
        values = [threshold.value for threshold in gauge.stream.thresholds]
        figure = charts.reliability(past, gauge.number, values)
        if figure is not None:
            yield charts.svg(figure)
    yield "</div>"


def _hydrographs(past: Past, gauges: Sequence[Gauge], zone: tzinfo) -> Iterable[str]:
    for gauge in gauges:
        for at in _moments(past, gauge):
            picture = charts.hydrograph(past, gauge.number, at, gauge.stream, zone)
            yield f"<div>{charts.svg(picture)}</div>"


def _moments(past: Past, gauge: Gauge) -> list[float]:
    """Return the times of the gauge's events, or of its peak where there was none."""
    level = past.present(gauge.number)
    times = sorted({c.time_s for v in gauge.verdicts for c in v.crossings})
    apart = [t for n, t in enumerate(times) if n == 0 or t - times[n - 1] > charts.AFTER_S / 2]
    if not apart:
        return [float(past.issue_s[int(np.nanargmax(level))])] if np.isfinite(level).any() else []
    if len(apart) <= MOST_PICTURES:
        return apart
    near = [np.nanmax(level[np.abs(past.issue_s - t) <= charts.AFTER_S]) for t in apart]
    return [apart[n] for n in sorted(np.argsort(near)[-MOST_PICTURES:])]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _moment(time_s: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def _span(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if isfinite(value) else "–"
