"""Who crosses a line, in which direction; and people found where people are."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cameras.boxes import overlaps, suppress
from edge.cameras.detector import BINS, SIDE, STRIDES, Detector, columns, decode
from edge.cameras.ground import Ground
from edge.cameras.people import PeopleCounter
from edge.cameras.scene import CountLine, People, Zone
from edge.cameras.tracking import Gate, Tracker
from simulators.cameras.figures import Square

HEIGHT = 100.0


def walk(places: list[float], dt: float = 0.4) -> tuple[int, int]:
    """Return crossings (to the right, to the left) of x = 200 by one who walks these places."""
    tracker, gate = Tracker(), Gate(0, (200, 0), (200, 400))
    right = left = 0
    for x in places:
        found = gate.cross(tracker.advance(np.array([[x - 20, 200, x + 20, 200 + HEIGHT]]), dt))
        right, left = right + found[0], left + found[1]
    return right, left


@settings(max_examples=30, deadline=None)
@given(
    start=st.floats(20, 180), speed=st.floats(20, 90), dt=st.floats(0.1, 0.5), pause=st.booleans()
)
def test_who_walks_across_counts_once_and_back_counts_back(
    start: float, speed: float, dt: float, pause: bool
) -> None:
    steps = int(330 / (speed * dt)) + 2
    there = [start + speed * dt * i for i in range(steps)]
    there += [there[-1]] * (3 if pause else 0)
    assert walk(there, dt) == (0, 1)  # from the top of the line, east is on the left
    assert walk(there[::-1], dt) == (1, 0)
    assert walk(there + there[::-1], dt) == (1, 1)


def test_who_stands_on_the_line_or_beside_its_end_does_not_cross() -> None:
    assert walk([197, 203, 198, 202, 201, 199]) == (0, 0)
    tracker, gate = Tracker(), Gate(0, (200, 0), (200, 100))
    for x in range(100, 300, 20):
        passed = tracker.advance(np.array([[x - 20.0, 200, x + 20, 300]]), 0.4)
        assert gate.cross(passed) == (0, 0)


def test_two_who_pass_each_other_are_told_apart() -> None:
    tracker, gate = Tracker(), Gate(0, (200, 0), (200, 400))
    total = np.zeros(2)
    for i in range(12):
        places = (100 + 18 * i, 300 - 18 * i)
        rows = [[x - 20.0, 150 + 60 * n, x + 20, 250 + 60 * n] for n, x in enumerate(places)]
        total += gate.cross(tracker.advance(np.array(rows), 0.4))
    assert total.tolist() == [1, 1]


def test_a_detection_that_drops_out_does_not_lose_the_crossing() -> None:
    tracker, gate = Tracker(), Gate(0, (200, 0), (200, 400))
    total = np.zeros(2)
    for i in range(12):
        x = 100 + 20.0 * i
        boxes = np.empty((0, 4)) if i in (5, 6) else np.array([[x - 20, 200, x + 20, 300]])
        total += gate.cross(tracker.advance(boxes, 0.3))
    assert total.tolist() == [0, 1]


def test_distances_are_the_mean_of_their_distribution() -> None:
    """Li et al. 2020: d = stride Σ k softmax(logits)[k]; all weight on k gives k strides."""
    outputs = []
    for stride in STRIDES:
        cells = (SIDE // stride) ** 2
        outputs += [np.zeros((1, cells, 80), np.float32), np.zeros((1, cells, 44), np.float32)]
    cell = 20 * 52 + 30  # of the finest grid: column 30, row 20
    outputs[0][0, cell, 0] = 0.9
    sides = outputs[1][0, cell].reshape(4, BINS)
    sides[[0, 1, 2, 3], [2, 3, 4, 10]] = 50.0
    boxes, scores = decode(outputs, 0.4)
    assert scores == pytest.approx([0.9])
    centre = ((30 + 0.5) * 8 - 0.5, (20 + 0.5) * 8 - 0.5)
    expected = [centre[0] - 16, centre[1] - 24, centre[0] + 32, centre[1] + 80]
    assert boxes[0] == pytest.approx(expected)
    assert decode(outputs, 0.95)[0].shape == (0, 4)


def test_the_weaker_of_two_boxes_falls_and_a_half_inside_a_whole() -> None:
    boxes = np.array([[0, 0, 40, 100], [2, 3, 41, 99], [0, 0, 20, 100], [200, 0, 240, 100.0]])
    scores = np.array([0.8, 0.9, 0.5, 0.6])
    assert suppress(boxes, scores, overlap=0.6, inside=0.75) == [1, 3]
    assert overlaps(boxes[:1], boxes[3:])[0, 0] == 0
    assert suppress(np.zeros((2, 4)), np.ones(2), overlap=0.6, inside=0.75) == []


@given(width=st.integers(64, 4000), tiles=st.integers(1, 6))
def test_tiles_cover_the_picture(width: int, tiles: int) -> None:
    cut = columns(width, tiles)
    assert (cut[0][0], cut[-1][1]) == (0, width)
    assert all(left < before for (left, _), (_, before) in zip(cut[1:], cut, strict=False))


def test_an_empty_picture_has_nobody() -> None:
    detector = Detector()
    assert len(detector.find(Square(seed=3).picture(0, 0.0))[0]) == 0


@pytest.mark.parametrize("method", ["detector", "blobs"])
def test_drawn_walkers_are_counted_in_zones_and_across_a_line(method: str) -> None:
    square = Square(seed=3)
    left: tuple[tuple[float, float], ...] = ((0, 0), (384, 0), (384, 576), (0, 576))
    plan = People(
        property="people",
        method=method,  # type: ignore[arg-type]
        height_px=(40, 130),
        zones=(Zone(property="left", polygon=left, density="density"),),
        lines=(CountLine(start=(384, 0), end=(384, 576), to_right="west", to_left="east"),),
        ground=((0, 200, 0, 20), (768, 200, 30, 20), (768, 576, 30, 0), (0, 576, 0, 0)),
    )
    counter = PeopleCounter(plan)
    area_m2 = Ground(plan.ground).area(left)
    off: list[float] = []
    seen = {"west": 0, "east": 0}
    true = {"west": 0, "east": 0}
    before: list[bool] = []
    for i in range(30):
        at = 0.4 * i
        counts = counter.count(square.picture(4, at), 0.4 if i else 0.0)
        places = square.places(4, at)
        if i >= 16 and counts.values["people"] is not None:
            off.append(abs(counts.values["people"] - 4))
            inside = counts.values["left"]
            assert counts.values["density"] == pytest.approx((inside or 0) / area_m2, abs=1e-4)
            for name in seen:
                seen[name] += (counts.crossings or {})[name]
            for was, (x, _) in zip(before, places, strict=True):
                true["west"] += was and x < 384
                true["east"] += not was and x >= 384
        before = [x >= 384 for x, _ in places]
    assert np.mean(off) <= (0.5 if method == "detector" else 1.5)  # blobs merge and split
    assert true["west"] + true["east"] >= 2
    assert all(abs(seen[name] - true[name]) <= 1 for name in seen)


@pytest.mark.recorded
def test_people_of_the_recorded_clip(recorded_data: Path) -> None:
    """Counts by eye of six frames (low: more than half visible, high: visible at all)."""
    rows = (recorded_data / "crowd/opencv_vtest_counts.csv").read_text().splitlines()[1:]
    known = {int(f): (int(low), int(high)) for f, low, high in (r.split(",")[:3] for r in rows)}
    clip = cv2.VideoCapture(str(recorded_data / "crowd/opencv_vtest.avi"))
    detector = Detector()
    off = []
    for number in range(max(known) + 1):
        clip.grab()
        if number in known:
            _, frame = clip.retrieve()
            found = len(detector.find(np.asarray(frame, dtype=np.uint8))[0])
            low, high = known[number]
            off.append(max(low - found, 0, found - high))
    assert len(off) == 6
    assert np.mean(off) <= 0.5


@pytest.mark.recorded
def test_crossings_of_the_recorded_clip_at_two_pictures_a_second(recorded_data: Path) -> None:
    """Counted by eye in frames 200-400: five to the left of the picture, four to the right."""
    rows = (recorded_data / "crowd/opencv_vtest_crossings.csv").read_text().splitlines()[2:]
    true = [sum(f",{way}," in row for row in rows) for way in ("R->L", "L->R")]
    assert true == [5, 4]
    clip = cv2.VideoCapture(str(recorded_data / "crowd/opencv_vtest.avi"))
    line = CountLine(start=(480, 0), end=(480, 576), to_right="left", to_left="right")
    counter = PeopleCounter(People(property="people", lines=(line,)))
    seen = {"left": 0, "right": 0}
    for number in range(401):
        clip.grab()
        if number >= 190 and number % 5 == 0:
            _, frame = clip.retrieve()
            gap = 0.5 if number > 190 else 0.0
            crossings = counter.count(np.asarray(frame, dtype=np.uint8), gap).crossings or {}
            if number >= 200:
                for name, count in crossings.items():
                    seen[name] += count
    assert abs(seen["left"] - true[0]) <= 1
    assert abs(seen["right"] - true[1]) <= 1
