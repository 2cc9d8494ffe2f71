"""The pictures of a hindcast report, as SVG: hydrographs with fans, skill, reliability."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from io import StringIO

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from forewarn.domain.station import Datastream
from stream.hindcast.past import Past, exceedance
from stream.models.flood.gauges.grid import Array

COLOURS = {"blue": "#2f74c0", "yellow": "#b98900", "orange": "#d9601a", "red": "#b3001b"}
FAN = "#2f74c0"
BEFORE_S, AFTER_S = 30 * 3600.0, 18 * 3600.0
"""A hydrograph shows this much around its event."""
BINS = np.linspace(0.0, 1.0, 11)


def svg(figure: Figure) -> str:
    """Return `figure` as an SVG element; the same figure, the same text."""
    written = StringIO()
    with rc_context({"svg.hashsalt": "forewarn", "svg.fonttype": "none"}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    text = written.getvalue()
    return text[text.index("<svg") :]


def hydrograph(
    past: Past,
    target: int,
    at_s: float,
    stream: Datastream,
    zone: tzinfo,
    *,
    ahead_h: Sequence[float] = (6.0, 3.0, 1.0),
) -> Figure:
    """Return the time around `at_s` [s]: observed, and fans issued `ahead_h` hours before it."""
    near = (past.issue_s >= at_s - BEFORE_S) & (past.issue_s <= at_s + AFTER_S)
    times, level = past.issue_s[near], past.present(target)[near]
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(_dates(times, zone), level, color="black", lw=1.4, label="observed")
    for hours in ahead_h:
        number = int(np.argmin(np.abs(past.issue_s - (at_s - hours * 3600))))
        if np.isfinite(past.values[number, target]).all():
            _fan(axes, past, number, target, zone)
    top = np.nanmax(level) if np.isfinite(level).any() else 0.0
    for threshold in stream.thresholds:
        if threshold.value <= top + 0.25 * abs(top):
            colour = COLOURS[threshold.level]
            axes.axhline(threshold.value, color=colour, ls="--", lw=0.9)
            axes.annotate(
                f"{threshold.label}, {threshold.value:g}",
                (0.005, threshold.value),
                xycoords=("axes fraction", "data"),
                color=colour,
                fontsize=8,
                va="bottom",
            )
    axes.axvline(_dates(np.array([at_s]), zone)[0], color="grey", lw=0.6, ls=":")
    axes.set_ylabel(f"{stream.property} [{stream.unit}]")
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator(), tz=zone))
    axes.set_title(f"{past.targets[target]}: observed (black), issued before the event (blue)")
    axes.grid(alpha=0.2)
    return figure


def _fan(axes: Axes, past: Past, number: int, target: int, zone: tzinfo) -> None:
    when = _dates(past.issue_s[number] + np.array(past.leads_s, dtype=float), zone)
    values, count = past.values[number, target], len(past.probabilities)
    for inner in range(count // 2):
        axes.fill_between(
            when, values[:, inner], values[:, count - 1 - inner], color=FAN, alpha=0.16, lw=0
        )
    axes.plot(when, values[:, past.probabilities.index(0.5)], color=FAN, lw=1.3)
    axes.plot(when[:1], values[:1, past.probabilities.index(0.5)], "o", color=FAN, ms=3)


def skill(past: Past, lines: Mapping[str, Array], unit: str, gauge: str) -> Figure:
    """Return RMSE against lead; `lines` are name → (n_leads,) errors."""
    figure = Figure(figsize=(4.2, 3.0), layout="constrained")
    axes = figure.add_subplot()
    hours = np.array(past.leads_s) / 3600
    for name, errors in lines.items():
        own = name == past.model
        axes.plot(hours, errors, label=name, lw=2.0 if own else 1.1, ls="-" if own else "--")
    axes.set_xlabel("lead time [h]")
    axes.set_ylabel(f"RMSE [{unit}]")
    axes.set_ylim(bottom=0)
    axes.set_title(gauge, fontsize=10)
    axes.legend(fontsize=7)
    axes.grid(alpha=0.2)
    return figure


def calibration(past: Past, target: int, leads: Sequence[int]) -> Figure:
    """Return how often observations stayed below each quantile, at some leads (indices)."""
    figure, axes = _square(past.targets[target])
    for lead in leads:
        below = past.observed[:, target, lead, None] <= past.values[:, target, lead]
        known = np.isfinite(past.observed[:, target, lead]) & np.isfinite(
            past.values[:, target, lead]
        ).all(axis=1)
        if known.any():
            hours = past.leads_s[lead] / 3600
            axes.plot(
                past.probabilities, below[known].mean(axis=0), "o-", ms=3, label=f"{hours:g} h"
            )
    axes.set_xlabel("quantile")
    axes.set_ylabel("observed below it")
    axes.legend(fontsize=7)
    return figure


def reliability(past: Past, target: int, thresholds: Sequence[float]) -> Figure | None:
    """Return the reliability of exceedance probabilities, all leads and thresholds together.

    None where no threshold was ever reached or feared.
    """
    chance, came = [], []
    for threshold in thresholds:
        p = exceedance(past.values[:, target, 1:], past.probabilities, threshold)
        seen = past.observed[:, target, 1:]
        known = np.isfinite(p) & np.isfinite(seen)
        chance.append(p[known])
        came.append(seen[known] >= threshold)
    if not chance or not np.concatenate(came).any():
        return None
    p, happened = np.concatenate(chance), np.concatenate(came)
    which = np.clip(np.digitize(p, BINS) - 1, 0, len(BINS) - 2)
    figure, axes = _square(past.targets[target])
    count = np.bincount(which, minlength=len(BINS) - 1)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(which, p, len(BINS) - 1) / count
        freq = np.bincount(which, happened, len(BINS) - 1) / count
    axes.plot(mean, freq, "o-", ms=4)
    for x, y, n in zip(mean, freq, count, strict=True):
        if n:
            axes.annotate(f"{n}", (x, y), fontsize=6, xytext=(2, 3), textcoords="offset points")
    axes.set_xlabel("forecast probability of exceedance")
    axes.set_ylabel("observed frequency (with counts)")
    return figure


def _square(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(3.3, 3.1), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", lw=0.8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.2)
    return figure, axes


def _dates(times_s: Array, zone: tzinfo) -> Array:
    moments = [datetime.fromtimestamp(time, UTC).astimezone(zone) for time in times_s]
    return np.asarray(date2num(moments), dtype=np.float64)
