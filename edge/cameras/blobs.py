"""People as whatever moves and has the size of a person: background subtraction (MOG2).

Zivkovic 2004, *Improved adaptive Gaussian mixture model for background subtraction*. It does
not know what a person is: a dog, a bag in the wind or a shadow count too, and who stands
still for long fades into the background. It is for drawn pictures and views from straight above.
"""

import cv2
import numpy as np

from edge.cameras.boxes import Floats
from edge.cameras.detector import Picture

SETTLE = 15
"""Pictures until the background is known."""
HISTORY = 300
"""Pictures in which who stands still fades."""
WIDTH_SHARE = 0.38
"""Width of a person in heights [-]: wider blobs are several people side by side."""
SLIM = 0.15


class Blobs:
    """Finds what moves. `find` takes picture after picture.

    Parameters
    ----------
    height_px : (float, float)
        Height of a person at the top and at the bottom of the picture [px].
    """

    def __init__(self, height_px: tuple[float, float]) -> None:
        self._heights = height_px
        self._background = cv2.createBackgroundSubtractorMOG2(HISTORY, 25, True)
        self._seen = 0

    @property
    def settled(self) -> bool:
        """Whether the background is known well enough to count."""
        return self._seen >= SETTLE

    def find(self, picture: Picture) -> tuple[Floats, Floats]:
        """Return boxes (n, 4) [px] and the share of each that moves (n,) [0-1]."""
        self._seen += 1
        moving = self._background.apply(picture, learningRate=-1 if self._seen > SETTLE else 0.1)
        solid = (moving == 255).astype(np.uint8)
        far = max(3, int(self._heights[0] / 8))
        solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((2 * far, far), np.uint8))
        _, _, found, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
        boxes: list[tuple[float, float, float, float]] = []
        shares: list[float] = []
        for left, top, width, height, size in found[1:]:
            expected = self._expected(top + height, picture.shape[0])
            if not 0.55 * expected <= height <= 2.0 * expected or width < SLIM * expected:
                continue
            count = max(1, round(width / (WIDTH_SHARE * expected) / 1.6))
            each = width / count
            boxes += [
                (left + i * each, top, left + (i + 1) * each, top + height) for i in range(count)
            ]
            shares += [float(size / (width * height))] * count
        return np.array(boxes, dtype=float).reshape(-1, 4), np.array(shares)

    def _expected(self, foot: float, rows: int) -> float:
        far, near = self._heights
        return far + (near - far) * float(foot) / rows
