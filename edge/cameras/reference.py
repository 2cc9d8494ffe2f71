"""How a camera's picture should look: small, gray, without the people of the moment."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.cameras import CameraError

Gray = NDArray[np.float32]

WIDTH = 320
LEARNED_FROM = 12
"""Healthy pictures whose median is the reference."""
EVERY = 3
"""Of healthy pictures, one in so many is learned from: people walk on meanwhile."""
ACROSS, DOWN = 8, 6
TEXTURED, BLANK = 6.0, 0.25
"""A tile has texture above this spread of brightness [0-255]; it lost it below this share."""
ALIKE, STRANGE = 0.8, 0.25
"""Correlation of the edges with the reference's: above it nothing moved; below it, and with
no shift that fits, the camera looks at something else."""
CLEAR_PEAK = 0.15
"""Response of the phase correlation below which a shift is not believed."""


class Reference:
    """Learned once, then fixed: who repaints the square learns it anew."""

    def __init__(self, gray: Gray | None = None) -> None:
        self._heard: list[Gray] = []
        self._count = 0
        self.sharpness = 0.0
        """Of the reference, as `picture.sharpness`; 0 before there is one."""
        self.contrast = 0.0
        """Of the reference, as `picture.contrast`."""
        self.gray: Gray | None = None
        """(height, 320), None until enough was seen."""
        if gray is not None:
            self._fix(gray, [gray])

    @property
    def ready(self) -> bool:
        """Whether there is one."""
        return self.gray is not None

    def learn(self, gray: Gray) -> None:
        """Take a healthy picture into account."""
        self._count += 1
        if self._count % EVERY == 1:
            self._heard = [one for one in self._heard if one.shape == gray.shape] + [gray]
        if len(self._heard) >= LEARNED_FROM:
            median = np.median(np.stack(self._heard), axis=0).astype(np.float32)
            self._fix(median, self._heard)
            self._heard = []

    def _fix(self, gray: Gray, seen: list[Gray]) -> None:
        from edge.cameras.picture import contrast, sharpness

        self.gray = gray
        self.sharpness = float(np.median([sharpness(one) for one in seen]))
        self.contrast = float(np.median([contrast(one) for one in seen]))
        self._edges = edges(gray)
        self._window = cv2.createHanningWindow(gray.shape[::-1], cv2.CV_32F)
        self._textured = spread(gray) > TEXTURED
        self._spread = spread(gray)

    def blank(self, gray: Gray) -> float:
        """Return which share of the textured tiles of the reference is without texture now."""
        if self.gray is None or self.gray.shape != gray.shape or not self._textured.any():
            return 0.0
        # relative to the whole picture's contrast: dusk flattens everything alike
        dimmer = min(1.0, float(gray.std()) / max(float(self.gray.std()), 1e-6))
        lost = spread(gray) < BLANK * self._spread * dimmer
        return float(lost[self._textured].mean())

    def shift(self, gray: Gray) -> float | None:
        """Return how far the picture moved against the reference [px of 320]; None: unclear.

        Phase correlation of the edges (Kuglin & Hines 1975). A picture of another shape, or
        one whose edges fit nowhere, has moved as far as it can.
        """
        if self.gray is None:
            return None
        if self.gray.shape != gray.shape:
            return float(WIDTH)
        now = edges(gray)
        alike = np.corrcoef(now.ravel(), self._edges.ravel())[0, 1]
        if alike > ALIKE:
            return 0.0
        # copies: OpenCV multiplies the window into what it is given
        (x, y), peak = cv2.phaseCorrelate(self._edges.copy(), now, self._window)
        if peak > CLEAR_PEAK:
            return float(np.hypot(x, y))
        return float(WIDTH) if alike < STRANGE else None

    def save(self, path: Path) -> None:
        """Write it as a gray picture; CameraError where nothing was learned or nothing fits."""
        if self.gray is None:
            raise CameraError(f"{path}: no reference was learned: no healthy pictures came")
        if not cv2.imwrite(str(path), np.clip(self.gray, 0, 255).astype(np.uint8)):
            raise CameraError(f"{path}: cannot be written; give a name that ends in .png")


def load(path: Path) -> Reference:
    """Return the reference in a picture file; CameraError says what would help."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise CameraError(
            f"{path}: no picture; make one: forewarn edge camera reference --out {path} …"
        )
    return Reference(shrink(np.asarray(picture, dtype=np.uint8)))


def shrink(picture: NDArray[np.uint8]) -> Gray:
    """Return `picture` (height, width, 3) gray and 320 px wide."""
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    height = max(1, round(gray.shape[0] * WIDTH / gray.shape[1]))
    return cv2.resize(gray, (WIDTH, height), interpolation=cv2.INTER_AREA).astype(np.float32)


def edges(gray: Gray) -> Gray:
    """Return the strength of edges, in shares of the picture's contrast."""
    soft = cv2.GaussianBlur(gray, (0, 0), 1.0)
    x, y = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = np.hypot(x, y)
    return (strength / max(float(strength.std()), 1e-6)).astype(np.float32)


def spread(gray: Gray) -> NDArray[np.float32]:
    """Return the standard deviation of brightness in each of 6 × 8 tiles."""
    size = (ACROSS, DOWN)
    mean = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    square = cv2.resize(gray * gray, size, interpolation=cv2.INTER_AREA)
    return np.sqrt(np.maximum(square - mean * mean, 0)).astype(np.float32)
