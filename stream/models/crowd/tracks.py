"""What can be counted on paths of people: who is where, who crosses a line, density and flow.

Two ways to the same figures. Directly: persons in an area at each frame, crossings of a line.
And by Edie's definitions (Edie 1963, Proc. 2nd Int. Symp. Theory of Traffic Flow, 139-154), which
need only a few frames a second, as a camera at the edge sees them::

    density = time spent in the area by all / (area × duration)
    flow    = distance covered in it by all / (length × width × duration)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Point = tuple[float, float]


class TrackError(ValueError):
    """Paths that cannot be read; says which line, and what it should be."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """Paths of people, by person and then by frame."""

    person: Integers
    frame: Integers
    position: Array
    """(n, 2) x, y [m]."""
    fps: float

    @property
    def duration_s(self) -> float:
        """Return the time from the first frame to the end of the last [s]."""
        return (int(self.frame.max()) - int(self.frame.min()) + 1) / self.fps

    def thinned(self, fps: float) -> "Tracks":
        """Return what a camera of about `fps` frames a second would have seen."""
        every = max(1, round(self.fps / fps))
        kept = self.frame % every == 0
        thin = self.frame[kept] // every
        return Tracks(self.person[kept], thin, self.position[kept], self.fps / every)


def parse(lines: Iterable[str], *, fps: float | None = None, metres: float | None = None) -> Tracks:
    """Return the paths in `lines` of `id frame x y z`, as PeTrack writes them.

    Parameters
    ----------
    fps : float, optional
        Frames a second; by default what a comment `# framerate: 25 fps` says, else 16.
    metres : float, optional
        Metres in the unit of x and y; by default what the comments say (`x/m`, `x/cm`), else
        from z, the height of a head: above 10 it must be centimetres.
    """
    rows, told_fps, told_unit = [], 16.0, 0.0
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            words = line.replace(":", " ").split()
            if "framerate" in words and "fps" in words:
                told_fps = float(words[words.index("fps") - 1])
            told_unit = 0.01 if "x/cm" in words else 1.0 if "x/m" in words else told_unit
            continue
        if not line.strip():
            continue
        try:
            person, frame, x, y, z = (float(word) for word in line.split()[:5])
        except ValueError as error:
            raise TrackError(f"line {number}: `{line.strip()[:40]}`; id frame x y z") from error
        rows.append((person, frame, x, y, z))
    if not rows:
        raise TrackError("no row of `id frame x y z`")
    table = np.array(rows)
    guessed = 0.01 if np.median(table[:, 4]) > 10 else 1.0
    order = np.lexsort((table[:, 1], table[:, 0]))
    scale = metres or told_unit or guessed
    numbers = table[order, :2].astype(np.int64)
    return Tracks(numbers[:, 0], numbers[:, 1], table[order, 2:4] * scale, fps or told_fps)


class Box(NamedTuple):
    """An upright rectangle [m]; its lower edges are in it, its upper ones not."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def area(self) -> float:
        """Return its area [m2]."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def holds(self, position: Array) -> NDArray[np.bool_]:
        """Return which of the (n, 2) positions are in it."""
        x, y = position[:, 0], position[:, 1]
        return (x >= self.x0) & (x < self.x1) & (y >= self.y0) & (y < self.y1)


def persons_inside(tracks: Tracks, box: Box) -> tuple[Integers, Integers]:
    """Return all frames from the first to the last, and how many are in `box` at each."""
    first, last = int(tracks.frame.min()), int(tracks.frame.max())
    inside = tracks.frame[box.holds(tracks.position)]
    return np.arange(first, last + 1), np.bincount(inside - first, minlength=last - first + 1)


def crossings(tracks: Tracks, start: Point, end: Point) -> tuple[Array, Integers]:
    """Return the frame (interpolated) and the direction of each crossing of a line, by time.

    +1 from the left of `start` → `end` to its right, -1 back. A path that only touches the line
    has not crossed it.
    """
    (ax, ay), (bx, by) = start, end
    along = np.array([bx - ax, by - ay])
    offset = tracks.position - np.array([ax, ay])
    side = along[0] * offset[:, 1] - along[1] * offset[:, 0]
    place = (offset @ along) / float(along @ along)
    left = side >= 0
    steps = np.flatnonzero((np.diff(tracks.person) == 0) & (left[1:] != left[:-1]))
    share = side[steps] / (side[steps] - side[steps + 1])
    where = place[steps] + share * (place[steps + 1] - place[steps])
    steps, share = (part[(where >= 0) & (where <= 1)] for part in (steps, share))
    frames = tracks.frame[steps] + share * (tracks.frame[steps + 1] - tracks.frame[steps])
    order = np.argsort(frames, kind="stable")
    return frames[order], np.where(left[steps], 1, -1)[order]


class Edie(NamedTuple):
    """Density, and flow in both directions of an axis."""

    density: float
    """[1/m2]"""
    flow: float
    """Net, in the direction of the axis [persons/m/s]."""

    @property
    def speed(self) -> float:
        """Return flow / density [m/s]; NaN where nobody is."""
        return self.flow / self.density if self.density > 0 else float("nan")


def edie(
    tracks: Tracks, box: Box, axis: Sequence[float], frames: tuple[float, float] | None = None
) -> Edie:
    """Return density and flow in `box` between two `frames` (by default all).

    Between two frames a path is straight and walked evenly; the part of it that lies in the
    box is cut out exactly (Liang & Barsky 1984).
    """
    low, high = frames or (float(tracks.frame.min()), float(tracks.frame.max()))
    pairs = np.flatnonzero(np.diff(tracks.person) == 0)
    begin, finish = tracks.frame[pairs].astype(float), tracks.frame[pairs + 1].astype(float)
    step = tracks.position[pairs + 1] - tracks.position[pairs]
    enter = np.maximum((low - begin) / (finish - begin), 0.0)
    leave = np.minimum((high - begin) / (finish - begin), 1.0)
    for dimension, (least, most) in enumerate(((box.x0, box.x1), (box.y0, box.y1))):
        at, move = tracks.position[pairs, dimension], step[:, dimension]
        with np.errstate(divide="ignore", invalid="ignore"):
            cuts = np.sort(np.stack([(least - at) / move, (most - at) / move]), axis=0)
        still = move == 0
        outside = still & ((at < least) | (at >= most))
        enter = np.maximum(enter, np.where(still, np.where(outside, np.inf, -np.inf), cuts[0]))
        leave = np.minimum(leave, np.where(still, np.where(outside, -np.inf, np.inf), cuts[1]))
    share = np.maximum(leave - enter, 0.0)
    seconds = (high - low) / tracks.fps
    direction = np.asarray(axis, dtype=float) / float(np.linalg.norm(axis))
    spent = float((share * (finish - begin)).sum()) / tracks.fps
    covered = float((share * (step @ direction)).sum())
    return Edie(spent / (box.area * seconds), covered / (box.area * seconds))
