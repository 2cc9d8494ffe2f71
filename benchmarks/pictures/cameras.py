"""What the cameras see, drawn into recorded pictures (OpenCV's sample clip, Apache-2.0)."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.cameras import RECORDED
from edge.cameras.drawing import draw as drawn
from edge.cameras.scene import CountLine, People, Scene, Zone

FRAME = 160


def draw_people(folder: Path) -> Path:
    """Draw boxes, a zone and a line into a frame of the clip."""
    clip = cv2.VideoCapture(str(RECORDED / "crowd/opencv_vtest.avi"))
    for _ in range(FRAME):
        clip.grab()
    _, frame = clip.read()
    people = People(
        property="people",
        zones=(Zone(property="road", polygon=((500, 60), (768, 60), (768, 260), (500, 260))),),
        lines=(CountLine(start=(480, 100), end=(480, 480), to_right="in"),),
    )
    seen = drawn(Scene(people=people), [np.asarray(frame, dtype=np.uint8)])
    small = cv2.resize(seen, (576, 432), interpolation=cv2.INTER_AREA)
    path = folder / "cameras-people.png"
    quantised = (small // 24) * 24 + 12
    cv2.imwrite(str(path), quantised, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return path


def draw(folder: Path) -> list[Path]:
    """Draw every picture of this room where the recorded data is there."""
    return [draw_people(folder)] if (RECORDED / "crowd").is_dir() else []
