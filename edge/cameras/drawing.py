"""What is seen, drawn into the picture for a person: `forewarn edge camera show`, and the docs."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.cameras.bays import BayWatch
from edge.cameras.blobs import Blobs
from edge.cameras.detector import Detector, Picture
from edge.cameras.scene import DETECTOR, Parking, People, Point, Scene, Staff
from edge.cameras.staff import StaffReader

GREEN, RED, BLUE, WHITE = (90, 200, 60), (60, 60, 230), (230, 160, 40), (255, 255, 255)
"""Blue, green, red."""


def draw(scene: Scene, pictures: Sequence[Picture]) -> Picture:
    """Return the last of `pictures` with what `scene` counts drawn into it."""
    canvas = pictures[-1].copy()
    if scene.people:
        _people(scene.people, pictures, canvas)
    if scene.parking:
        _bays(scene.parking, pictures[-1], canvas)
    if scene.staff:
        _staff(scene.staff, pictures[-1], canvas)
    return canvas


def _people(plan: People, pictures: Sequence[Picture], canvas: Picture) -> None:
    if plan.method == "blobs":
        finder: Blobs | Detector = Blobs(plan.height_px)
        for picture in pictures[:-1]:
            finder.find(picture)
    else:
        finder = Detector(plan.threshold, plan.tiles, Path(plan.model) if plan.model else DETECTOR)
    boxes, scores = finder.find(pictures[-1])
    for zone in plan.zones:
        cv2.polylines(canvas, [_points(zone.polygon)], True, BLUE, 2, cv2.LINE_AA)
        _write(canvas, zone.property, zone.polygon[0], BLUE)
    for line in plan.lines:
        start, end = _points((line.start, line.end))
        cv2.line(canvas, start.tolist(), end.tolist(), WHITE, 2, cv2.LINE_AA)
    for box, score in zip(boxes, scores, strict=True):
        left, top, right, bottom = (round(float(side)) for side in box)
        cv2.rectangle(canvas, (left, top), (right, bottom), GREEN, 2)
        _write(canvas, f"{score:.2f}", (left, top), GREEN)
    _write(canvas, f"{plan.property}: {len(boxes)}", (10, 26), WHITE, 0.8)


def _bays(plan: Parking, picture: Picture, canvas: Picture) -> None:
    watch = BayWatch(plan)
    chances = watch.states(picture)
    for bay, chance in zip(plan.bays, chances, strict=True):
        cv2.polylines(canvas, [_points(bay)], True, RED if chance > 0.5 else GREEN, 2, cv2.LINE_AA)
    _write(canvas, f"{plan.property}: {int((chances > 0.5).sum())}", (10, 26), WHITE, 0.8)


def _staff(plan: Staff, picture: Picture, canvas: Picture) -> None:
    reader = StaffReader(plan)
    for x, y, stage in plan.ticks:
        cv2.circle(canvas, (round(x), round(y)), 3, BLUE, -1, cv2.LINE_AA)
        _write(canvas, f"{stage:g} m", (x + plan.width_px, y), BLUE)
    found = reader.find(picture)
    if found is None:
        _write(canvas, "no water line", (10, 26), RED, 0.8)
        return
    for stage, colour in zip(found, (RED, GREEN), strict=True):
        ends = [reader.scale.places(np.array([stage]), aside)[0] for aside in (-60.0, 60.0)]
        start, end = _points([(float(x), float(y)) for x, y in ends])
        cv2.line(canvas, start.tolist(), end.tolist(), colour, 2, cv2.LINE_AA)
    _write(canvas, f"{plan.property}: {sum(found) / 2:.2f} m", (10, 26), WHITE, 0.8)


def _points(points: Sequence[Point]) -> "np.ndarray[tuple[int, ...], np.dtype[np.int32]]":
    return np.round(np.array(points)).astype(np.int32)


def _write(
    canvas: Picture, text: str, at: Point, colour: tuple[int, int, int], size: float = 0.45
) -> None:
    place = (round(at[0]), max(12, round(at[1]) - 4))
    for thick, ink in ((3, (0, 0, 0)), (1, colour)):
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, ink, thick, cv2.LINE_AA)
