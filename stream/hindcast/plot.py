"""An event as a picture: what was observed, and fans of what had been forecast. Plain SVG."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

import numpy as np

from forewarn.domain.station import Datastream
from stream.hindcast.score import Hindcast
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.model import GaugeModel

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 1100, 480, 60, 40, 46
HALF_S = 36 * 3600
"""The picture shows this much before and after the peak."""
TICK_S = 12 * 3600
COLOURS = {"blue": "#3b82c4", "yellow": "#d9a400", "orange": "#e2711d", "red": "#c1121f"}


class Axes:
    """Places times and levels on the picture."""

    def __init__(self, start_s: float, end_s: float, low: float, high: float) -> None:
        self.start_s, self.end_s, self.low, self.high = start_s, end_s, low, high

    def x(self, time_s: float) -> float:
        """Return the x of a Unix time [px]."""
        share = (time_s - self.start_s) / (self.end_s - self.start_s)
        return LEFT + (WIDTH - LEFT - 20) * share

    def y(self, level: float) -> float:
        """Return the y of a level [px]."""
        share = (level - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share

    def path(self, times_s: Sequence[float], levels: Sequence[float]) -> str:
        """Return SVG path commands through the points; NaN breaks the line."""
        commands, pen = [], "M"
        for time, level in zip(times_s, levels, strict=True):
            if np.isfinite(level):
                commands.append(f"{pen}{self.x(time):.1f} {self.y(level):.1f}")
            pen = "L" if np.isfinite(level) else "M"
        return "".join(commands)


def draw(model: GaugeModel, past: Hindcast, gauge: str, stream: Datastream, zone: tzinfo) -> str:
    """Return an SVG of the days around the highest level of `gauge` in a hindcast."""
    number = model.targets.index(gauge)
    level = past.observed[:, number, 0]
    peak = past.issue_s[int(np.nanargmax(level))]
    near = np.abs(past.issue_s - peak) <= HALF_S
    times, level, values = past.issue_s[near], level[near], past.values[near, number]
    shown = [t for t in stream.thresholds if t.value <= 1.15 * np.nanmax(level)]
    low, high = (
        np.nanmin(level),
        max([np.nanmax(level), np.nanmax(values), *(t.value for t in shown)]),
    )
    margin = 0.05 * (high - low) + 1e-6
    axes = Axes(times[0], times[-1] + model.leads_s[-1], low - margin, high + margin)
    every = max(1, int(model.leads_s[-1] / (times[1] - times[0])))
    parts = [_frame(axes, gauge, stream, model.name, zone)]
    for threshold in shown:
        parts.append(_threshold(axes, threshold.value, threshold.label, threshold.level))
    for at in range(0, len(times), every):
        if np.isfinite(values[at]).all():
            parts.append(_fan(axes, times[at] + np.array(model.leads_s), values[at], model))
    parts.append(
        f'<path d="{axes.path(list(times), list(level))}" fill="none" stroke="#111" '
        'stroke-width="1.8"/>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="12">' + "".join(parts) + "</svg>\n"
    )


def page(svg: str, title: str) -> str:
    """Return `svg` as an HTML page of its own."""
    return f'<!doctype html><meta charset="utf-8"><title>{title}</title><body>{svg}</body>\n'


def _fan(axes: Axes, times_s: Array, values: Array, model: GaugeModel) -> str:
    probabilities = model.probabilities
    found = []
    for inner in range(len(probabilities) // 2):
        outer = len(probabilities) - 1 - inner
        there = axes.path(list(times_s), list(values[:, inner]))
        back = axes.path(list(times_s[::-1]), list(values[::-1, outer])).replace("M", "L", 1)
        found.append(f'<path d="{there}{back}Z" fill="#3b82c4" fill-opacity="0.18"/>')
    middle = axes.path(list(times_s), list(values[:, probabilities.index(0.5)]))
    return "".join(found) + f'<path d="{middle}" fill="none" stroke="#1d5fa3" stroke-width="1.2"/>'


def _threshold(axes: Axes, value: float, label: str, level: str) -> str:
    y, colour = axes.y(value), COLOURS[level.lower()]
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
        f'stroke-dasharray="6 4"/><text x="{LEFT + 6}" y="{y - 4:.1f}" fill="{colour}">'
        f"{label}, {value:g}</text>"
    )


def _frame(axes: Axes, gauge: str, stream: Datastream, model: str, zone: tzinfo) -> str:
    found = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="{LEFT}" y="22" font-size="15">{gauge} [{stream.unit}]: observed (black) and '
        f"forecasts of {model} (blue: median, 50, 80 and 90 %)</text>"
    ]
    for level in np.linspace(axes.low, axes.high, 6):
        y = axes.y(level)
        found.append(
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{level:.2f}</text>'
            f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>'
        )
    for time in np.arange(np.ceil(axes.start_s / TICK_S) * TICK_S, axes.end_s, TICK_S):
        text = datetime.fromtimestamp(time, UTC).astimezone(zone).strftime("%d %b %H:%M")
        found.append(
            f'<text x="{axes.x(time):.1f}" y="{HEIGHT - 18}" text-anchor="middle">{text}</text>'
        )
    return "".join(found)
