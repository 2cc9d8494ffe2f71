"""A ring with few points that covers one with many: nobody under water may fall outside.

Points go one at a time, that which adds the least area first. A point of an inward corner
simply goes; an edge goes by its neighbours being drawn out until they meet. Either only adds
ground. Coordinates are taken as plane, which is good enough for a city.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

Point = tuple[float, float]

MOST_POINTS = 100
"""Points of a ring in a message, the closing one included: receivers refuse longer ones."""
MOST_TAKEN = 2_000
"""A ring of more points is covered by its convex hull: the search takes their square."""
SHARE = 10
"""Of the points, one in so many goes in one sweep, the cheapest first."""
LEAST_AREA = 1e-10
"""In square degrees: about one square metre."""
MARGIN = 1e-4
"""Half the side of the box around what has no area, in degrees: some ten metres."""
KEPT = 256
"""Rings whose cover is remembered: those of the site's areas, and of the water now."""


@lru_cache(maxsize=KEPT)
def covered(ring: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return `cover(ring)`, computed once: the worst ring takes half a second.

    The alert service asks for every area at its start, so that no warning waits for it.
    """
    return cover(ring)


def cover(ring: Sequence[Point], most: int = MOST_POINTS) -> tuple[Point, ...]:
    """Return a closed ring of at most `most` points that contains `ring` and does not cross itself.

    `ring` is closed; it is returned as it is where nothing is wrong with it. One that crosses or
    touches itself is covered by its convex hull, one without area by a small box.
    """
    points = [p for i, p in enumerate(ring[:-1]) if i == 0 or p != ring[i - 1]]
    sound = len(points) <= MOST_TAKEN and simple(points)
    if sound and len(ring) <= most and abs(_area(points)) > LEAST_AREA:
        return tuple(ring)
    if not sound:
        points = hull(points)
    if len(points) < 3 or abs(_area(points)) <= LEAST_AREA:
        return _box(points)
    if _area(points) < 0:
        points.reverse()
    found = [_fewer(points, most - 1), _fewer(hull(points), most - 1)]
    taken = min(filter(None, found), key=_area, default=list(_box(points)[:-1]))
    return (*taken, taken[0])


def simple(points: Sequence[Point]) -> bool:
    """Return whether the closed line through `points` nowhere meets itself; O(n²)."""
    if len(points) < 3 or len(set(points)) != len(points):
        return False
    line = _Line(points)
    return not any(
        line.meets(points[i], points[line.after[i]], {line.before[i], i, line.after[i]})
        for i in range(len(points))
    )


def hull(points: Sequence[Point]) -> list[Point]:
    """Return the convex hull, counter-clockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    return [*_chain(ordered)[:-1], *_chain(ordered[::-1])[:-1]]


def _chain(ordered: Sequence[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in ordered:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


class _Step(Struct, frozen=True, order=True):
    """One point less: `first` goes, or it moves to `apex` and the next one goes."""

    added: float
    """Twice the area that is added."""
    first: int
    apex: Point | None


class _Line:
    """A closed line whose points know their neighbours; edge `i` begins at point `i`."""

    def __init__(self, points: Sequence[Point]) -> None:
        count = len(points)
        self.points = list(points)
        self.after = {i: (i + 1) % count for i in range(count)}
        self.before = {(i + 1) % count: i for i in range(count)}
        self._boxes = {i: _span(points[i], points[(i + 1) % count]) for i in range(count)}

    def meets(self, start: Point, end: Point, but: set[int]) -> bool:
        """Return whether the segment touches any edge except those in `but`."""
        low_x, low_y, high_x, high_y = _span(start, end)
        near = [
            i
            for i, box in self._boxes.items()
            if box[0] <= high_x and box[2] >= low_x and box[1] <= high_y and box[3] >= low_y
        ]
        at = self.points
        return any(_meet(start, end, at[i], at[self.after[i]]) for i in near if i not in but)

    def steps(self) -> Iterator[_Step]:
        """Yield the steps that may be taken, wherever they lead."""
        at = self.points
        for i in self.after:
            a, b = at[self.before[i]], at[i]
            c, d = at[self.after[i]], at[self.after[self.after[i]]]
            turn = _turn(a, b, c)
            if turn <= 0:
                yield _Step(-turn, i, None)
            elif _turn(b, c, d) > 0 and (apex := _apex(a, b, c, d)) is not None:
                yield _Step(_turn(b, apex, c), i, apex)

    def take(self, step: _Step) -> bool:
        """Take `step` if nothing is in its way."""
        i = step.first
        j = self.after[i]
        if step.apex is None:
            i = self.before[i]
            around = {self.before[i], i, step.first, j}
            if self.meets(self.points[i], self.points[j], around):
                return False
            self._drop(step.first)
            return True
        around = {self.before[i], i, j}
        ends = self.points[i], self.points[j]
        if any(self.meets(end, step.apex, around) for end in ends):
            return False
        self.points[i] = step.apex
        self._drop(j)
        self._boxes[self.before[i]] = _span(self.points[self.before[i]], step.apex)
        return True

    def _drop(self, i: int) -> None:
        before, after = self.before.pop(i), self.after.pop(i)
        self.after[before], self.before[after] = after, before
        del self._boxes[i]
        self._boxes[before] = _span(self.points[before], self.points[after])

    def around(self, i: int) -> set[int]:
        """Return the points whose corners change with a step at `i`."""
        found, left, right = {i}, i, i
        for _ in range(3):
            left, right = self.before[left], self.after[right]
            found |= {left, right}
        return found


def _fewer(points: Sequence[Point], most: int) -> list[Point]:
    """Return at most `most` points around `points` (counter-clockwise), or none if none fit."""
    line = _Line(points)
    while len(line.after) > most:
        many, done, touched = len(line.after), 0, set[int]()
        for step in sorted(line.steps()):
            around = line.around(step.first) if step.first in line.after else touched
            if not touched.isdisjoint(around) or not line.take(step):
                continue
            touched |= around
            done += 1
            if done > many // SHARE or len(line.after) <= most:
                break
        if not done:
            return []
    start = i = next(iter(line.after))
    found = [line.points[start]]
    while (i := line.after[i]) != start:
        found.append(line.points[i])
    return found


def _apex(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Return where a→b and d→c meet beyond b and c; None where they do not."""
    u, v = (b[0] - a[0], b[1] - a[1]), (c[0] - d[0], c[1] - d[1])
    across = u[0] * v[1] - u[1] * v[0]
    if across >= 0:
        return None
    share = ((c[0] - b[0]) * v[1] - (c[1] - b[1]) * v[0]) / across
    return b[0] + share * u[0], b[1] + share * u[1]


def _turn(a: Point, b: Point, c: Point) -> float:
    """Return twice the area of a triangle, positive where it turns left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _area(points: Sequence[Point]) -> float:
    """Return the area, positive where the points go round counter-clockwise."""
    return sum(_turn(points[0], b, c) for b, c in pairwise(points)) / 2


def _span(a: Point, b: Point) -> tuple[float, float, float, float]:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Return whether segments a–b and c–d touch, whose boxes do."""
    return _turn(a, b, c) * _turn(a, b, d) <= 0 and _turn(c, d, a) * _turn(c, d, b) <= 0


def _box(points: Sequence[Point]) -> tuple[Point, ...]:
    first, second = [p[0] for p in points], [p[1] for p in points]
    low, high = (
        (min(first) - MARGIN, min(second) - MARGIN),
        (max(first) + MARGIN, max(second) + MARGIN),
    )
    return low, (high[0], low[1]), high, (low[0], high[1]), low
