"""What `forewarn hindcast` says at the end, as text and as JSON."""

from pathlib import Path

from stream.hindcast.score import Score
from stream.models.flood.gauges.fit import Fitted
from stream.models.flood.gauges.model import GaugeModel


def summary(fitted: Fitted, size: int, seconds: float) -> dict[str, object]:
    """Return what was fitted, on what, and how good it was out of sample, fit for JSON."""
    model = fitted.model
    step = int(model.plan.step.total_seconds())
    return {
        "model": model.name,
        "inputs": list(model.inputs),
        "tide": [list(tide.constituents) for tide in model.tides],
        "rows": fitted.rows,
        "seconds": round(seconds, 1),
        "bytes": size,
        "out_of_sample": [
            {
                "gauge": target,
                "lead_s": lead,
                "rmse": float(fitted.rmse[number, lead // step]),
                "persistence_rmse": float(fitted.persistence[number, lead // step]),
            }
            for number, target in enumerate(model.targets)
            for lead in _hours(model.leads_s)
        ],
    }


def fit_text(found: dict[str, object], out: Path) -> str:
    """Return the summary of a fit for people."""
    rows = found["out_of_sample"]
    assert isinstance(rows, list)
    lines = [
        f"{found['model']}: {found['rows']} rows, fitted in {found['seconds']} s",
        f"inputs: {', '.join(map(str, found['inputs']))}",  # type: ignore[call-overload]
        "errors on the folds that a member had not seen (RMSE; persistence):",
    ]
    lines += [
        f"  {row['gauge']:20} {row['lead_s'] / 3600:3.0f} h  {row['rmse']:.3f}  "
        f"({row['persistence_rmse']:.3f})"
        for row in rows
    ]
    return "\n".join([*lines, f"{out}: {found['bytes']} bytes"])


def score_text(model: GaugeModel, found: list[Score]) -> str:
    """Return the scores at whole hours as a table, in the unit of the gauges."""
    hours = _hours(model.leads_s)
    lines = [
        f"{'gauge':20} {'lead':>5} {'pairs':>6} {'RMSE':>6} {'pers.':>6} {'PI':>6} {'KGE':>6} "
        f"{'80 %':>6} {'calm':>6} {'high':>6} {'bias':>7} {'pinball':>8} {'CRPS':>7}"
    ]
    lines += [
        f"{s.gauge:20} {s.lead_s / 3600:3.0f} h {s.count:6} {s.rmse:6.3f} "
        f"{s.persistence_rmse:6.3f} {s.persistence_index:6.3f} {s.kge:6.3f} "
        f"{s.coverage:6.3f} {s.coverage_calm:6.3f} "
        f"{s.coverage_high_water:6.3f} {s.bias:+7.3f} {s.pinball:8.4f} {s.crps:7.4f}"
        for s in found
        if s.lead_s in hours
    ]
    return "\n".join(lines)


def _hours(leads_s: list[int]) -> list[int]:
    whole = [lead for lead in leads_s if lead and lead % 3600 == 0]
    return whole or leads_s[-1:]
