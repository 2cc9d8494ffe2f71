"""Places in the picture and places on the ground."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.cameras import CameraError
from edge.cameras.boxes import Floats
from edge.cameras.scene import Point

DISTANCE_M = 0.5
"""A ground point of the calibration that lies farther from its fit than this is a mistake [m]."""


class Ground:
    """The plane that people stand on, from points whose places are known (a homography).

    Parameters
    ----------
    points : sequence of (x, y, east_m, north_m)
        At least four, no three in a line; best the corners of the area that is watched.
    """

    def __init__(self, points: Sequence[tuple[float, float, float, float]]) -> None:
        seen = np.array([point[:2] for point in points], dtype=np.float64)
        true = np.array([point[2:] for point in points], dtype=np.float64)
        matrix, _ = cv2.findHomography(seen, true, 0)
        if matrix is None or abs(np.linalg.det(matrix)) < 1e-12:
            raise CameraError("`ground`: no plane fits these points; three lie in a line")
        self._matrix = np.asarray(matrix, dtype=np.float64)
        worst = float(np.abs(self.metres(seen) - true).max())
        if worst > DISTANCE_M:
            raise CameraError(f"`ground`: a point lies {worst:.1f} m from where the others put it")

    def metres(self, points: Floats) -> Floats:
        """Return the places (n, 2) [m] of points (n, 2) of the picture [px]."""
        return np.asarray(
            cv2.perspectiveTransform(points[None].astype(np.float64), self._matrix)[0]
        )

    def area(self, polygon: Sequence[Point]) -> float:
        """Return the area of `polygon` [px] on the ground [m²]."""
        x, y = self.metres(np.array(polygon, dtype=np.float64)).T
        return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def inside(points: Floats, polygon: Sequence[Point]) -> NDArray[np.bool_]:
    """Tell which of `points` (n, 2) lie in `polygon`; its edge belongs to it."""
    outline = np.array(polygon, dtype=np.float32)
    return np.array(
        [cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0 for x, y in points],
        dtype=bool,
    )
