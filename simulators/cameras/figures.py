"""A drawn square with walkers, and a drawn car park: pictures whose truth is known.

The walkers are flat figures with coat, legs, arms and a head. They are no people, but a detector
that was trained on photographs takes them for people (measured in tests/simulators); cars are
boxes with a roof, windows and a shadow.
"""

from collections.abc import Sequence
from math import pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = NDArray[np.int64]
Floats = NDArray[np.float32]
Corner = tuple[float, float]

SIZE = (768, 576)
"""Width and height of the drawn square [px]."""
FARTHEST, NEAREST = 230.0, 555.0
"""Rows on which the feet of the farthest and the nearest walker stand [px]."""
HEIGHTS = (62.0, 128.0)
"""Of a walker there [px]."""
FINER = 4
"""Figures are drawn this many times larger and scaled down, for soft edges."""
SKIN, HAIR, SHOE = np.array([(130, 165, 205), (25, 30, 40), (20, 20, 20)])
PAINTS = np.array([(225, 225, 225), (45, 40, 40), (150, 150, 155), (40, 40, 190), (130, 60, 40)])
"""Of cars: blue, green, red."""
NOISE = 3.0
"""Of the sensor [0-255]."""


class Square:
    """A paved square. `picture` shows so many walkers at a moment.

    Each walks to and fro on a lane of its own, at about 1.3 m/s for a height of 1.75 m, so that
    all stay in view: nobody is hidden for long.
    """

    def __init__(self, seed: int, lanes: int = 12) -> None:
        self._random = np.random.default_rng(seed)
        self._ground = _pavement(SIZE, self._random)
        _scenery(self._ground)
        rows = np.linspace(FARTHEST, NEAREST, lanes)
        order = self._random.permutation(lanes)
        self._rows = rows[order]
        self._coats = self._random.integers(20, 200, (lanes, 3))
        self._legs = self._random.integers(20, 90, (lanes, 3))
        self._starts = self._random.uniform(0, 2, lanes)

    @property
    def most(self) -> int:
        """How many walkers there can be."""
        return len(self._rows)

    def places(self, walkers: int, at: float) -> list[Corner]:
        """Return where the feet of each walker are [px] at `at`, in real seconds."""
        return [(self._x(i, at), float(self._rows[i])) for i in range(min(walkers, self.most))]

    def picture(self, walkers: int, at: float) -> Picture:
        """Return (576, 768, 3) with so many walkers at `at`, in real seconds."""
        canvas = self._ground.copy()
        feet = self.places(walkers, at)
        for i in sorted(range(len(feet)), key=lambda i: feet[i][1]):
            height = float(np.interp(feet[i][1], (FARTHEST, NEAREST), HEIGHTS))
            figure = _figure(height, 2 * pi * at + i, self._coats[i], self._legs[i])
            _paste(canvas, figure, feet[i])
        return _sensor(canvas, self._random)

    def _x(self, walker: int, at: float) -> float:
        row = float(self._rows[walker])
        speed = 0.74 * float(np.interp(row, (FARTHEST, NEAREST), HEIGHTS))
        room = SIZE[0] - 120.0
        passed = (self._starts[walker] * room + speed * at) % (2 * room)
        return 60.0 + float(min(passed, 2 * room - passed))


class CarPark:
    """Bays with lines around them; some have a car."""

    def __init__(self, bays: Sequence[Sequence[Corner]], seed: int) -> None:
        self._random = np.random.default_rng(seed)
        corners = np.array(bays, dtype=np.float64)
        width = int(corners[..., 0].max()) + 60
        height = int(corners[..., 1].max()) + 60
        self._ground = _pavement((width, height), self._random)
        self._bays = corners
        self._order = self._random.permutation(len(bays))
        self._paint = self._random.choice(PAINTS, len(bays))
        for bay in corners:
            cv2.polylines(self._ground, [bay.astype(np.int32)], True, (190.0, 195.0, 200.0), 2)

    def picture(self, cars: int) -> tuple[Picture, NDArray[np.bool_]]:
        """Return the lot with so many cars, and which bays they stand in."""
        taken = np.zeros(len(self._bays), dtype=bool)
        taken[self._order[: max(0, min(cars, len(taken)))]] = True
        canvas = self._ground.copy()
        for i in np.flatnonzero(taken):
            _car(canvas, self._bays[i], self._paint[i])
        return _sensor(canvas, self._random), taken


def _pavement(size: tuple[int, int], random: np.random.Generator) -> Floats:
    width, height = size
    shade = cv2.GaussianBlur(random.normal(0, 30, (height, width)).astype(np.float32), (0, 0), 2)
    grain = random.normal(0, 5, (height, width)).astype(np.float32)
    colour = np.array((118, 122, 124), dtype=np.float32)
    return np.asarray(colour + (shade + grain)[..., None], dtype=np.float32)


def _scenery(ground: Floats) -> None:
    """Draw a house with windows, a lawn and rows of paving into the empty square."""
    width, height = SIZE
    horizon = 150
    cv2.rectangle(ground, (0, 0), (width, horizon), (105.0, 125.0, 165.0), -1)
    for left in range(20, width, 75):
        for top in (22, 84):
            cv2.rectangle(ground, (left, top), (left + 42, top + 40), (55.0, 50.0, 45.0), -1)
            cv2.rectangle(ground, (left, top), (left + 42, top + 40), (215.0, 220.0, 225.0), 2)
    cv2.rectangle(ground, (0, horizon), (width, horizon + 22), (55.0, 120.0, 70.0), -1)
    for row in np.geomspace(40, height - horizon, 9):
        y = horizon + round(float(row))
        cv2.line(ground, (0, y), (width, y), (165.0, 170.0, 172.0), 2, cv2.LINE_AA)
    for foot in range(-600, width + 601, 150):
        end = (width // 2 + (foot - width // 2) // 3, horizon + 22)
        cv2.line(ground, (foot, height), end, (165.0, 170.0, 172.0), 2, cv2.LINE_AA)


def _sensor(canvas: Floats, random: np.random.Generator) -> Picture:
    noise = random.normal(0, NOISE, canvas.shape[:2])[..., None]
    return np.clip(canvas + noise, 0, 255).astype(np.uint8)


def _figure(height: float, phase: float, coat: Colour, legs: Colour) -> Floats:
    """Return a walker (rows, columns, 4): blue, green, red, and how opaque it is [0-255]."""
    rows, columns = int(height * FINER), int(0.7 * height * FINER)
    layer = np.zeros((rows, columns, 4), dtype=np.uint8)
    unit, middle = rows / 100, columns / 2
    swing = 13 * unit * sin(phase)

    def limb(points: Sequence[Corner], colour: Colour, thick: float) -> None:
        ink = (*(int(v) for v in colour), 255)
        line = np.array([[round(x), round(y)] for x, y in points], dtype=np.int32)
        cv2.polylines(layer, [line], False, ink, max(1, round(thick * unit)))

    def oval(centre: Corner, axes: Corner, colour: Colour, start: float = 0.0) -> None:
        place = (round(centre[0]), round(centre[1]))
        radii = (round(axes[0] * unit), round(axes[1] * unit))
        cv2.ellipse(layer, place, radii, 0, start, 360, (*(int(v) for v in colour), 255), -1)

    for side in (-1, 1):
        hip, knee = (middle + 2 * side * unit, 52 * unit), (middle + side * swing / 2, 75 * unit)
        foot = (middle + side * swing, 96 * unit)
        limb((hip, knee, foot), legs, 8)
        limb((foot, (foot[0] + 4 * unit, 97 * unit)), SHOE, 5)
    oval((middle, 36 * unit), (11, 19), coat)
    limb(((middle - 7 * unit, 20 * unit), (middle + 7 * unit, 20 * unit)), coat, 8)
    limb(((middle - 6 * unit, 50 * unit), (middle + 6 * unit, 50 * unit)), coat, 9)
    for side in (-1, 1):
        shoulder = (middle + 9 * side * unit, 22 * unit)
        elbow = (middle + side * (11 * unit - 0.2 * swing), 38 * unit)
        hand = (middle + side * (10 * unit - 0.7 * swing), 53 * unit)
        limb((shoulder, elbow, hand), coat * 4 // 5, 6)
        oval(hand, (3, 3), SKIN)
    limb(((middle, 14 * unit), (middle, 20 * unit)), SKIN, 6)
    oval((middle, 9 * unit), (6, 8), SKIN)
    oval((middle, 6 * unit), (6.5, 6), HAIR, start=180)
    shade = np.linspace(1.15, 0.75, columns)[None, :, None]
    layer[..., :3] = np.clip(layer[..., :3] * shade, 0, 255)
    small = (columns // FINER, rows // FINER)
    return cv2.resize(layer, small, interpolation=cv2.INTER_AREA).astype(np.float32)


def _paste(canvas: Floats, layer: Floats, foot: Corner) -> None:
    """Put `layer`, whose colours are weighted by its opacity, on `canvas` with its feet there."""
    left, top = round(foot[0] - layer.shape[1] / 2), round(foot[1] - layer.shape[0])
    cut = layer[max(0, -top) :, max(0, -left) :]
    part = canvas[max(0, top) : top + layer.shape[0], max(0, left) : left + layer.shape[1]]
    cut = cut[: part.shape[0], : part.shape[1]]
    part *= 1 - cut[..., 3:] / 255
    part += cut[..., :3]


def _car(canvas: Floats, bay: NDArray[np.float64], paint: Colour) -> None:
    """Draw a car into `bay`, (4, 2) corners in turn around it."""
    sides = np.linalg.norm(bay - np.roll(bay, -1, axis=0), axis=1)
    corners = bay if sides[0] + sides[2] < sides[1] + sides[3] else np.roll(bay, 1, axis=0)

    def area(across: Corner, along: Corner, colour: NDArray[np.float64]) -> None:
        places = [(u, v) for u, v in zip(np.repeat(across, 2), (*along, *along[::-1]), strict=True)]
        points = []
        for u, v in places:
            near = corners[0] * (1 - u) + corners[1] * u
            far = corners[3] * (1 - u) + corners[2] * u
            points.append(near * (1 - v) + far * v)
        cv2.fillConvexPoly(canvas, np.round(points).astype(np.int32), colour.tolist())

    body = paint.astype(float)
    area((0.08, 1.02), (0.02, 0.98), np.array((35.0, 35.0, 38.0)))  # its shadow
    area((0.10, 0.90), (0.03, 0.95), body)
    area((0.14, 0.86), (0.22, 0.82), 0.35 * body)
    area((0.18, 0.82), (0.34, 0.70), 0.5 * body + 110)
    area((0.20, 0.80), (0.24, 0.33), np.array((70.0, 55.0, 45.0)))
    area((0.12, 0.24), (0.03, 0.07), np.array((200.0, 220.0, 230.0)))
    area((0.76, 0.88), (0.03, 0.07), np.array((200.0, 220.0, 230.0)))
