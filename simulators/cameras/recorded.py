"""Recorded pictures, served as if a camera took them now."""

import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.errors import SimulatorError

Picture = NDArray[np.uint8]

STILL_NOISE = 1.5
"""Noise added to recorded stills [0-255]: a camera never takes the same picture twice."""


class RecordedClip:
    """A clip at its own pace, looped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._video = cv2.VideoCapture(str(path))
        self._rate = float(self._video.get(cv2.CAP_PROP_FPS)) or 10.0
        self._frames = int(self._video.get(cv2.CAP_PROP_FRAME_COUNT))
        if not self._video.isOpened() or self._frames < 1:
            raise SimulatorError(f"{path}: no clip that OpenCV can read")
        self._began, self._at = time.monotonic(), 0

    def picture(self) -> Picture:
        """Return the picture of this moment."""
        wanted = int((time.monotonic() - self._began) * self._rate) % self._frames
        if wanted < self._at:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            self._at = 0
        while self._at < wanted:
            self._video.grab()
            self._at += 1
        good, picture = self._video.read()
        self._at += 1
        if not good:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            good, picture = self._video.read()
            self._at = 1
        if not good:
            raise SimulatorError(f"{self._path}: the clip broke off")
        return np.asarray(picture, dtype=np.uint8)


class RecordedStills:
    """The pictures of a folder by name, each shown for a while of world time, looped."""

    def __init__(self, folder: Path, each_s: float, seed: int) -> None:
        paths = sorted(folder.glob("*.jpg"))
        if not paths:
            raise SimulatorError(f"{folder}: no .jpg there")
        self._pictures = [_read(path) for path in paths]
        self._each_s, self._random = each_s, np.random.default_rng(seed)

    def picture(self, at: float) -> Picture:
        """Return the picture of world time `at` [s], with the noise of a sensor."""
        still = self._pictures[int(at // self._each_s) % len(self._pictures)]
        noise = self._random.normal(0, STILL_NOISE, still.shape[:2])[..., None]
        return np.asarray(np.clip(still + noise, 0, 255), dtype=np.uint8)


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SimulatorError(f"{path}: no picture")
    return np.asarray(picture, dtype=np.uint8)
