"""`forewarn hindcast run`: a recording through the chain, and one report of how it did."""

import json
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from forewarn.domain.station import Site
from stream.hindcast.events import judge
from stream.hindcast.page import Gauge, page
from stream.hindcast.past import Past
from stream.hindcast.record import HindcastError
from stream.hindcast.score import Hindcast
from stream.hindcast.worth import baselines, detections, errors, hours, skills
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.model import GaugeModel


def gauge_past(model: GaugeModel, found: Hindcast) -> Past:
    """Return what the gauge model forecast."""
    return Past(
        model=model.name,
        targets=model.targets,
        leads_s=list(model.leads_s),
        probabilities=list(model.probabilities),
        issue_s=found.issue_s,
        values=found.values,
        observed=found.observed,
    )


def report(
    args: Namespace,
    site: Site,
    past: Past,
    *,
    command: str,
    more: Mapping[str, Array] | None = None,
    notes: Sequence[str] = (),
) -> int:
    """Write the HTML report to `args.out` and say the scores; return the exit code."""
    began = time.perf_counter()
    gauges = [gauge_report(site, past, number, more or {}) for number in range(len(past.targets))]
    zone = ZoneInfo(site.timezone)
    names = [path.name for path in args.recording]
    text = page(site, past, gauges, zone=zone, recordings=names, command=command, notes=notes)
    out = args.out or Path(f"hindcast-{site.id}.html")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HindcastError(f"{out}: {error.strerror or error}") from error
    if args.json:
        print(json.dumps(_plain(site, past, gauges) | {"report": str(out)}))
        return 0
    for gauge in gauges:
        for s in gauge.skills:
            print(
                f"{s.gauge:20} {s.lead_s / 3600:4.1f} h  RMSE {s.rmse:.3f} {gauge.stream.unit}  "
                f"PI {s.persistence_index:.3f}  80 % holds {s.coverage:.2f} "
                f"(calm {s.coverage_calm:.2f}, high water {s.coverage_high_water:.2f})"
            )
        for verdict in gauge.verdicts:
            for crossing in verdict.crossings:
                lead = "not warned"
                if crossing.lead_s is not None:
                    lead = f"warned {crossing.lead_s / 3600:.1f} h ahead"
                print(f"{verdict.gauge:20} {verdict.threshold.label} reached: {lead}")
    print(f"{out}: {len(text) // 1000} kB, drawn in {time.perf_counter() - began:.1f} s")
    return 0


def gauge_report(site: Site, past: Past, number: int, more: Mapping[str, Array]) -> Gauge:
    """Return all that is told of one target; `more` are other forecasts to compare with."""
    stream = {key: stream for key, _, stream in site.datastreams()}[past.targets[number]]
    lines, leads = baselines(past, number, more), hours(past)
    rule = site.alert_rule
    return Gauge(
        number=number,
        stream=stream,
        skills=skills(past, number, leads, lines),
        errors=errors(past, number, lines),
        detections=[
            row for t in stream.thresholds for row in detections(past, number, t, rule, leads)
        ],
        verdicts=[judge(past, number, t, rule) for t in stream.thresholds],
    )


def _plain(site: Site, past: Past, gauges: Sequence[Gauge]) -> dict[str, object]:
    return {
        "site": site.id,
        "model": past.model,
        "issues": len(past.issue_s),
        "skills": [msgspec.to_builtins(s) for g in gauges for s in g.skills],
        "detections": [_finite(msgspec.to_builtins(d)) for g in gauges for d in g.detections],
        "crossings": [
            {
                "gauge": v.gauge,
                "threshold": v.threshold.value,
                "time_s": c.time_s,
                "lead_s": c.lead_s,
            }
            for g in gauges
            for v in g.verdicts
            for c in v.crossings
        ],
        "false_warnings": sum(not e.hit for g in gauges for v in g.verdicts for e in v.episodes),
    }


def _finite(row: dict[str, object]) -> dict[str, object]:
    return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
