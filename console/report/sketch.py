"""Draws the areas of a site by the level in force, and its stations."""

from collections.abc import Sequence
from math import cos, radians

from msgspec import Struct

from console.report.drawing import (
    GRID,
    INK,
    LEVEL_FILL,
    LEVEL_GROUND,
    LEVEL_INK,
    QUIET,
    Drawing,
    Label,
    Path,
    Point,
)

WIDTH, TALLEST, EDGE = 520.0, 380.0, 14.0

MANY = 16
"""More stations than this are drawn without their names."""


class Spot(Struct, frozen=True, kw_only=True):
    """A station."""

    name: str
    latitude: float
    longitude: float
    missing: bool
    """Its newest value is silent or doubted."""


class Ground(Struct, frozen=True, kw_only=True):
    """An area."""

    text: str
    """Its name, with the level where one is in force."""
    ring: Sequence[tuple[float, float]]
    """Of (latitude, longitude)."""
    level: int


def sketch(grounds: Sequence[Ground], spots: Sequence[Spot], says: str) -> Drawing:
    """Return the figure, north up."""
    points = [p for g in grounds for p in g.ring] + [(s.latitude, s.longitude) for s in spots]
    place = _Projection(points)
    height = place.height
    marks: list[Path | Label] = []
    for ground in sorted(grounds, key=lambda g: g.level):
        marks.append(
            Path(
                points=[place(p) for p in ground.ring],
                fill=LEVEL_GROUND[ground.level] if ground.level else "#f3f6fa",
                stroke=LEVEL_FILL[ground.level] if ground.level else QUIET,
                width=2.4 if ground.level else 0.8,
                closed=True,
            )
        )
    for spot in spots:
        marks += _spot(place((spot.latitude, spot.longitude)), spot, named=len(spots) <= MANY)
    for ground in grounds:
        x, y = _middle([place(p) for p in ground.ring])
        ink = LEVEL_INK[ground.level] if ground.level else QUIET
        marks.append(
            Label(
                x=x, y=y, text=ground.text, size=11, anchor="middle", ink=ink, bold=ground.level > 0
            )
        )
    frame = [(0.5, 0.5), (WIDTH - 0.5, 0.5), (WIDTH - 0.5, height - 0.5), (0.5, height - 0.5)]
    marks.append(Path(points=frame, stroke=GRID, closed=True))
    return Drawing(width=WIDTH, height=height, marks=marks, says=says)


class _Projection:
    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        latitudes = [p[0] for p in points]
        self._squeeze = cos(radians(sum(latitudes) / len(latitudes)))
        xs = [p[1] * self._squeeze for p in points]
        self._left, self._top = min(xs), max(latitudes)
        wide = max(max(xs) - self._left, 1e-6)
        high = max(self._top - min(latitudes), 1e-6)
        self._scale = min((WIDTH - 2 * EDGE) / wide, (TALLEST - 2 * EDGE) / high)
        self._shift = (WIDTH - wide * self._scale) / 2
        self.height = high * self._scale + 2 * EDGE

    def __call__(self, point: tuple[float, float]) -> Point:
        x = self._shift + (point[1] * self._squeeze - self._left) * self._scale
        return x, EDGE + (self._top - point[0]) * self._scale


def _middle(points: Sequence[Point]) -> Point:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _spot(at: Point, spot: Spot, *, named: bool) -> list[Path | Label]:
    x, y = at
    if spot.missing:
        marks: list[Path | Label] = [
            Path(points=[(x - 3.5, y - 3.5), (x + 3.5, y + 3.5)], stroke=LEVEL_INK[4], width=1.8),
            Path(points=[(x - 3.5, y + 3.5), (x + 3.5, y - 3.5)], stroke=LEVEL_INK[4], width=1.8),
        ]
    else:
        ring = [(x - 3, y), (x, y - 3), (x + 3, y), (x, y + 3)]
        marks = [Path(points=ring, fill=INK, closed=True)]
    if named or spot.missing:
        end = x > WIDTH - 110
        marks.append(
            Label(
                x=x - 6 if end else x + 6,
                y=y + 3,
                text=spot.name,
                size=8,
                anchor="end" if end else "start",
            )
        )
    return marks
