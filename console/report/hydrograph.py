"""Draws what was observed at one gauge and what is forecast, with its thresholds."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, floor, log10

from msgspec import Struct

from console.report.drawing import (
    FORECAST,
    GRID,
    INK,
    LEVEL_INK,
    LINE,
    QUIET,
    Drawing,
    Label,
    Path,
    Point,
)
from console.report.facts import Named
from forewarn.domain.hazard import Forecast, Level, Threshold
from forewarn.storage import Sample

BACK, AHEAD = timedelta(hours=6), timedelta(hours=3)
"""What is drawn of the past, and of the hours to come."""

WIDTH, HEIGHT = 520.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 14.0, 12.0, 22.0

FANS = ("#e9e2f0", "#cfc0df")
"""The outer bands of a forecast, and the inner one: as violet as on the pages, on white."""


class Gauge(Struct, frozen=True, kw_only=True):
    """What is known of one datastream around `at`."""

    key: str
    place: Named
    unit: str
    at: datetime
    samples: Sequence[Sample]
    """Of `BACK` hours, ascending, whatever their quality."""
    forecast: Forecast | None
    thresholds: Sequence[Threshold]

    @property
    def trusted(self) -> list[Sample]:
        """The samples that are good or unchecked."""
        return [s for s in self.samples if s.result is not None and s.quality in (1, 2)]


class _Scale:
    """From times and values to points of the figure."""

    def __init__(self, gauge: Gauge, low: float, high: float) -> None:
        self._start = gauge.at - BACK
        self.low, self.high = low, high

    def x(self, time: datetime) -> float:
        share: float = (time - self._start) / (BACK + AHEAD)
        return LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - min(1.0, max(0.0, share)) * (HEIGHT - TOP - BOTTOM)


def hydrograph(
    gauge: Gauge,
    *,
    says: str,
    clock: Sequence[tuple[datetime, str]],
    labels: Mapping[str, str],
    unit: str,
) -> Drawing | None:
    """Return the figure; None where there is neither a value nor a forecast.

    `says` is its text for those who do not see it, `clock` the full hours and how they are said,
    `labels` what thresholds are called in another language, `unit` stands above the axis.
    """
    values = [s.result for s in gauge.trusted if s.result is not None]
    ahead = gauge.forecast.values if gauge.forecast else []
    values += [v for row in ahead for v in (row[0], row[-1])]
    if not values:
        return None
    drawn = worth_drawing(gauge.thresholds, max(values))
    scale = _Scale(gauge, *_range(values + [t.value for t in drawn]))
    marks: list[Path | Label] = [*_axes(scale, clock)]
    marks.append(Label(x=LEFT - 5, y=TOP - 1, text=unit, anchor="end", ink=QUIET))
    if gauge.forecast:
        marks += _fan(scale, gauge.forecast, gauge.at)
    marks += _thresholds(scale, drawn, labels)
    marks += [Path(points=run, stroke=LINE, width=1.8) for run in _runs(scale, gauge)]
    now = scale.x(gauge.at)
    marks.append(Path(points=[(now, TOP), (now, HEIGHT - BOTTOM)], stroke=INK, width=0.8))
    return Drawing(width=WIDTH, height=HEIGHT, marks=marks, says=says)


def worth_drawing(thresholds: Sequence[Threshold], top: float) -> list[Threshold]:
    """Return the thresholds up to `top` and the next one above it."""
    rising = sorted(thresholds, key=lambda t: t.value)
    above = [t for t in rising if t.value > top]
    return [t for t in rising if t.value <= top] + above[:1]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    pad = max((high - low) * 0.08, abs(high) * 0.01, 1e-3)
    return low - pad, high + pad


def _axes(scale: _Scale, clock: Sequence[tuple[datetime, str]]) -> list[Path | Label]:
    marks: list[Path | Label] = []
    for value, text in ticks(scale.low, scale.high):
        y = scale.y(value)
        marks.append(Path(points=[(LEFT, y), (WIDTH - RIGHT, y)], stroke=GRID, width=0.6))
        marks.append(Label(x=LEFT - 5, y=y + 3, text=text, anchor="end", ink=QUIET))
    for time, text in clock:
        x = scale.x(time)
        marks.append(
            Path(points=[(x, HEIGHT - BOTTOM), (x, HEIGHT - BOTTOM + 4)], stroke=QUIET, width=0.6)
        )
        marks.append(Label(x=x, y=HEIGHT - 6, text=text, anchor="middle", ink=QUIET))
    return marks


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return two to six round values between `low` and `high`, and how they are written."""
    rough = (high - low) / 5
    size = 10.0 ** floor(log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    decimals = max(0, -floor(log10(step) + 1e-9))
    first, last = ceil(low / step), floor(high / step)
    found = [k * step for k in range(first, last + 1)]
    return [(v, f"{v + 0.0:.{decimals}f}".replace("-", "−")) for v in found]


def _fan(scale: _Scale, forecast: Forecast, at: datetime) -> list[Path | Label]:
    times = [forecast.issue_time + timedelta(seconds=s) for s in forecast.leads_s]
    rows = [
        (scale.x(time), row)
        for time, row in zip(times, forecast.values, strict=True)
        if at - BACK <= time <= at + AHEAD
    ]
    middle = len(forecast.probabilities) // 2
    marks: list[Path | Label] = []
    for j in range(middle):
        lower: list[Point] = [(x, scale.y(row[j])) for x, row in rows]
        upper: list[Point] = [(x, scale.y(row[-1 - j])) for x, row in rows]
        fill = FANS[min(j, 1)] if middle > 1 else FANS[1]
        marks.append(Path(points=lower + upper[::-1], fill=fill, closed=True))
    centre: list[Point] = [(x, scale.y(row[middle])) for x, row in rows]
    marks.append(Path(points=centre, stroke=FORECAST, width=1.6, dash=True))
    return marks


def _thresholds(
    scale: _Scale, drawn: Sequence[Threshold], labels: Mapping[str, str]
) -> list[Path | Label]:
    marks: list[Path | Label] = []
    for threshold in drawn:
        y, ink = scale.y(threshold.value), LEVEL_INK[Level.parse(threshold.level)]
        marks.append(Path(points=[(LEFT, y), (WIDTH - RIGHT, y)], stroke=ink, width=1.1))
        text = labels.get(threshold.label, threshold.label)
        marks.append(Label(x=LEFT + 4, y=y - 3, text=text, size=8.5, ink=ink))
    return marks


def _runs(scale: _Scale, gauge: Gauge) -> list[list[Point]]:
    """Return the observed line; broken where values are missing or doubted, and at gaps."""
    runs: list[list[Point]] = [[]]
    last: datetime | None = None
    usual = _usual_step(gauge)
    for sample in gauge.samples:
        trusted = sample.result is not None and sample.quality in (1, 2)
        if not trusted or (last is not None and sample.phenomenon_time - last > usual):
            runs.append([])
        if trusted and sample.result is not None:
            runs[-1].append((scale.x(sample.phenomenon_time), scale.y(sample.result)))
            last = sample.phenomenon_time
    # A lone value is a short line, not nothing.
    return [run if len(run) > 1 else [(run[0][0] - 1, run[0][1]), run[0]] for run in runs if run]


def _usual_step(gauge: Gauge) -> timedelta:
    times = [s.phenomenon_time for s in gauge.samples]
    steps = sorted(b - a for a, b in pairwise(times))
    return 3 * steps[len(steps) // 2] if steps else BACK
