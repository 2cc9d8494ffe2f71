"""Who is who from picture to picture, and who crossed a line in which direction.

A track is a box that moves on with its velocity until a detection near it takes it over. Nearest
pairs are joined first; that is not the best assignment in a dense crowd, where counting by
tracks ends anyway (docs/models/cameras.md).
"""

from dataclasses import dataclass, field
from itertools import count

import numpy as np

from edge.cameras.boxes import Floats

REACH, REACH_PER_S = 0.35, 1.2
"""A detection belongs to a track if it is nearer to where the track is expected than this many
heights of the person, plus so many a second since the last picture."""
UNALIKE = 1.8
"""Boxes whose heights differ by more than this factor are not the same person."""
FORGET_S = 2.0
"""A track without a detection for so long ends [s]."""
FOLLOW = 0.5
"""Share of the newest displacement in a track's velocity."""
MARGIN = 0.06
"""A person is beyond a line when this part of its height past it: who stands on it, stands."""


@dataclass
class Track:
    """One person."""

    number: int
    box: Floats
    """(4,) [px]."""
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    """Of the box's foot [px/s]."""
    seen: int = 1
    """In how many pictures."""
    unseen_s: float = 0.0
    sides: dict[int, int] = field(default_factory=dict)
    """Line → the side on which it was last for certain: -1 or 1."""

    @property
    def height(self) -> float:
        """Height of the box [px]."""
        return float(self.box[3] - self.box[1])

    @property
    def foot(self) -> Floats:
        """The middle of the lower edge [px]."""
        return np.array([(self.box[0] + self.box[2]) / 2, self.box[3]])

    @property
    def middle(self) -> Floats:
        """The middle of the box [px]."""
        return (self.box[:2] + self.box[2:]) / 2


class Tracker:
    """Follows boxes. `advance` takes those of each picture."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._numbers = count(1)

    def advance(self, boxes: Floats, dt: float) -> list[Track]:
        """Return the tracks that `boxes` (n, 4) continue or begin, `dt` seconds later."""
        expected = [track.middle + track.velocity * (track.unseen_s + dt) for track in self.tracks]
        taken: dict[int, int] = {}
        for _, row, column in sorted(self._pairs(boxes, expected, dt)):
            if row not in taken.values() and column not in taken:
                taken[column] = row
        current: list[Track] = []
        for row, track in enumerate(self.tracks):
            if row not in taken.values():
                track.unseen_s += dt
        for column, box in enumerate(boxes):
            if column in taken:
                track = self.tracks[taken[column]]
                _move(track, box, dt)
            else:
                track = Track(next(self._numbers), box.copy())
            current.append(track)
        gone = [t for t in self.tracks if t.unseen_s > 0 and t.unseen_s < FORGET_S]
        self.tracks = current + gone
        return current

    def _pairs(
        self, boxes: Floats, expected: list[Floats], dt: float
    ) -> list[tuple[float, int, int]]:
        """Return (distance in heights, track, box) of each pair that may be the same person."""
        pairs = []
        for row, track in enumerate(self.tracks):
            reach = REACH + REACH_PER_S * (track.unseen_s + dt)
            for column, box in enumerate(boxes):
                height = box[3] - box[1]
                tallest, smallest = max(height, track.height), min(height, track.height)
                distance = np.hypot(*((box[:2] + box[2:]) / 2 - expected[row])) / max(tallest, 1.0)
                if distance <= reach and tallest <= UNALIKE * smallest:
                    pairs.append((float(distance), row, column))
        return pairs


def _move(track: Track, box: Floats, dt: float) -> None:
    elapsed = track.unseen_s + dt
    step = (box[:2] + box[2:]) / 2 - track.middle
    newest = step / elapsed if elapsed > 0 else np.zeros(2)
    share = 1.0 if track.seen == 1 else FOLLOW
    track.velocity = share * newest + (1 - share) * track.velocity
    track.box, track.unseen_s = box.copy(), 0.0
    track.seen += 1


class Gate:
    """A line between two points of the picture; who crosses it from left to right comes in.

    Left and right are those of somebody who looks from `start` to `end`.
    """

    def __init__(self, number: int, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.number = number
        self._start = np.array(start, dtype=float)
        along = np.array(end, dtype=float) - self._start
        self._length = float(np.hypot(*along))
        self._along = along / self._length

    def cross(self, tracks: list[Track]) -> tuple[int, int]:
        """Return how many of `tracks` crossed since they were last seen: (to right, to left)."""
        right = left = 0
        for track in tracks:
            offset = track.foot - self._start
            # positive on the right of the direction of view, with y pointing down
            beyond = float(self._along[0] * offset[1] - self._along[1] * offset[0])
            place = float(offset @ self._along)
            if abs(beyond) < MARGIN * track.height:
                continue
            side = 1 if beyond > 0 else -1
            before = track.sides.get(self.number, side)
            track.sides[self.number] = side
            if before != side and 0 <= place <= self._length:
                right, left = right + (side > 0), left + (side < 0)
        return right, left
