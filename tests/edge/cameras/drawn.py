"""Drawn pictures with a known truth: a scene that can go wrong, and a staff in water."""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[Any]


def scene(seed: int = 1) -> Floats:
    """Return a street of blocks and edges, (288, 384, 3), without a sensor's noise."""
    random = np.random.default_rng(seed)
    canvas = np.full((288, 384, 3), 110, dtype=np.uint8)
    for _ in range(160):
        x, y = int(random.integers(0, 384)), int(random.integers(0, 288))
        size = random.integers(6, 60, 2)
        colour = [int(v) for v in random.integers(20, 220, 3)]
        cv2.rectangle(canvas, (x, y), (x + int(size[0]), y + int(size[1])), colour, -1)
    return canvas.astype(float)


def shot(canvas: Floats, random: np.random.Generator, noise: float = 3.0) -> Picture:
    """Return `canvas` as a sensor sees it."""
    return np.clip(canvas + random.normal(0, noise, canvas.shape), 0, 255).astype(np.uint8)


def at_night(canvas: Floats, light: float) -> Floats:
    """Return `canvas` with so much of its light [0-1]."""
    return np.asarray(255 * ((np.clip(canvas, 0, 255) / 255) ** 2.2 * light) ** (1 / 2.2))


def in_rain(canvas: Floats, random: np.random.Generator, drops: int = 500) -> Floats:
    """Return `canvas` behind bright streaks."""
    layer = np.zeros(canvas.shape[:2], dtype=np.uint8)
    for _ in range(drops):
        x, y = int(random.integers(0, canvas.shape[1])), int(random.integers(-9, canvas.shape[0]))
        cv2.line(layer, (x, y), (x + 2, y + 12), int(random.integers(40, 90)), 1, cv2.LINE_AA)
    return canvas + layer[..., None]


PX_PER_M = 600


def _face() -> Floats:
    """Return the face of a staff from 2 m (top) to 0, with a tick at every other centimetre."""
    rows, columns = 2 * PX_PER_M, int(0.12 * PX_PER_M)
    face = np.full((rows, columns), 235, dtype=np.uint8)
    for cm in range(0, 200, 2):
        y = rows - 1 - round(cm * PX_PER_M / 100)
        long = 0.7 if cm % 10 == 0 else 0.4
        face[max(0, y - PX_PER_M // 100) : y, columns - int(long * columns) :] = 25
    return face.astype(float)


class Water(NamedTuple):
    """How a drawn staff stands in the water."""

    stage_m: float
    px_per_cm: float = 2.0
    wave_cm: float = 0.0
    light: float = 1.0
    blur_px: float = 0.0
    drops: int = 0
    glare: float = 0.0
    mirror: float = 0.3


Ticks = tuple[tuple[float, float, float], ...]


def staff(water: Water, random: np.random.Generator) -> tuple[Picture, Ticks, float]:
    """Return a picture of a staff seen at a slant, four ticks on its middle, and its width [px].

    The staff is a projective image of `_face`; below the water line it is a dim mirror image.
    """
    face = _face()
    height, width = int(200 * water.px_per_cm) + 110, 480
    wide, foot = 12 * water.px_per_cm, height - 55.0
    top = foot - 200 * water.px_per_cm
    image = np.array(
        [
            *((250 - 0.42 * wide, top), (250 + 0.42 * wide, top)),
            *((240 + 0.58 * wide, foot), (240 - 0.58 * wide, foot)),
        ],
        dtype=np.float32,
    )
    rows, columns = face.shape
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners, image)
    grain = cv2.GaussianBlur(random.normal(0, 60, (height, width)), (0, 0), 4)
    dry = 120 + grain + cv2.GaussianBlur(random.normal(0, 25, (height, width)), (0, 0), 1)
    cover = cv2.warpPerspective(np.ones_like(face), matrix, (width, height))
    dry = dry * (1 - cover) + cv2.warpPerspective(face, matrix, (width, height)) * cover
    line = _on_middle(matrix, columns, water.stage_m)[1]
    canvas = _flood(dry, line, water, random)
    if water.glare:
        rows_, columns_ = np.mgrid[:height, :width]
        spot = ((columns_ - 270) / 90) ** 2 + ((rows_ - line + 20) / 60) ** 2
        canvas = canvas + water.glare * np.exp(-spot)
    colour = np.repeat(canvas[..., None], 3, axis=2)
    if water.drops:
        colour = in_rain(colour, random, water.drops)
    if water.blur_px:
        colour = cv2.GaussianBlur(colour, (0, 0), water.blur_px)
    ticks = tuple((*_on_middle(matrix, columns, stage), stage) for stage in (0.1, 0.7, 1.3, 1.9))
    return shot(at_night(colour, water.light), random), ticks, wide


def _flood(dry: Floats, line: float, water: Water, random: np.random.Generator) -> Floats:
    height, width = dry.shape
    ripples = cv2.GaussianBlur(random.normal(0, 80, (height, width)), (0, 0), 9, sigmaY=1.5)
    flipped = np.array([[1, 0, 0], [0, -1, 2 * line]], dtype=np.float32)
    mirrored = cv2.warpAffine(dry, flipped, (width, height), borderMode=cv2.BORDER_REPLICATE)
    mirrored = cv2.GaussianBlur(mirrored, (0, 0), 2)
    wet = (95 + ripples) * (1 - water.mirror) + mirrored * water.mirror
    across = np.arange(width)
    high = water.wave_cm * water.px_per_cm
    surface = line + high * np.sin(across / 23 + random.uniform(0, 6))
    depth = np.arange(height)[:, None] - surface[None]
    under = 1 / (1 + np.exp(-np.clip(depth / 0.6, -50, 50)))
    return np.asarray(dry * (1 - under) + wet * under)


def _on_middle(matrix: Floats, columns: int, stage_m: float) -> tuple[float, float]:
    point = np.array([[[columns / 2, (2 - stage_m) * PX_PER_M]]], dtype=np.float64)
    x, y = cv2.perspectiveTransform(point, matrix)[0, 0]
    return float(x), float(y)
