"""What cameras cost and what their counts are worth, on one core.

Pictures a second of each method, beside the detector's bare forward pass in the same run, and
the scores on recorded data: people in six frames, crossings at 10, 3.3 and 2 pictures a second,
bays with pictures and with bays left out. The detector's threshold was picked by others on those
same frames, so the score is optimistic. The bays are of one lot on one morning, and the shipped
fit (`edge/cameras/models/bays.json`) is made of the same five pictures: what it scores on them
is no validation, only what is left out is.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.machine import describe, verdict
from edge.cameras.bays import features
from edge.cameras.bays_fit import cross_validate
from edge.cameras.blobs import Blobs
from edge.cameras.boxes import Floats
from edge.cameras.detector import Detector, Picture, prepare
from edge.cameras.picture import Health
from edge.cameras.pklot import read_lot
from edge.cameras.tracking import Gate, Tracker

RECORDED = Path(
    os.environ.get("FOREWARN_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
)
LEAST_FPS = 10.0
MOST_ERROR, MOST_OFF, LEAST_RIGHT = 0.5, 1.0, 95.0
REPEATS = 40


def main() -> int:
    """Print the figures and whether they keep their budgets; return 1 if one does not."""
    print(describe())
    if not (RECORDED / "crowd").is_dir():
        print(f"cameras: no recorded data in {RECORDED}; set FOREWARN_DATA")
        return 0
    cv2.setNumThreads(1)
    frames = _frames()
    kept = [_speed(frames), _people(frames), *_crossings(frames), *_bays()]
    return 0 if all(kept) else 1


def _frames() -> list[Picture]:
    clip = cv2.VideoCapture(str(RECORDED / "crowd/opencv_vtest.avi"))
    frames = []
    while True:
        good, frame = clip.read()
        if not good:
            return frames
        frames.append(np.asarray(frame, dtype=np.uint8))


def _rate(work: Callable[[Picture], object], frames: list[Picture]) -> float:
    """Return calls a second over some frames, the first not counted."""
    work(frames[0])
    began = time.perf_counter()
    for i in range(REPEATS):
        work(frames[5 * i % len(frames)])
    return REPEATS / (time.perf_counter() - began)


def _speed(frames: list[Picture]) -> bool:
    detector, tiled, blobs, health = Detector(), Detector(tiles=2), Blobs((40, 110)), Health()
    ready = {detector.session.get_inputs()[0].name: prepare(frames[0])}
    bare = _rate(lambda _: detector.session.run(None, ready), frames)
    one = _rate(detector.find, frames)
    rates = {
        "bare forward pass": bare,
        "detector": one,
        "detector on two tiles": _rate(tiled.find, frames),
        "blobs": _rate(blobs.find, frames),
        "picture health": _rate(lambda frame: health.look(frame, 0.1), frames),
    }
    for name, rate in rates.items():
        print(f"cameras: {name}: {rate:.1f} pictures/s ({rate / bare:.2f} of the bare pass)")
    return verdict("cameras: detector, one core", one, "pictures/s", least=LEAST_FPS)


def _people(frames: list[Picture]) -> bool:
    rows = (RECORDED / "crowd/opencv_vtest_counts.csv").read_text().splitlines()[1:]
    detector, tiled = Detector(), Detector(tiles=2)
    errors: dict[str, list[float]] = {"one tile": [], "two tiles": []}
    middles: list[float] = []
    for row in rows:
        frame, low, high = (int(cell) for cell in row.split(",")[:3])
        for name, finder in (("one tile", detector), ("two tiles", tiled)):
            found = len(finder.find(frames[frame])[0])
            errors[name].append(max(low - found, 0, found - high))
            if name == "one tile":
                middles.append(abs(found - (low + high) / 2))
    print(f"cameras: people, two tiles, outside low-high: {np.mean(errors['two tiles']):.2f}")
    print(f"cameras: people, one tile, from the middle of low and high: {np.mean(middles):.2f}")
    worst = float(np.mean(errors["one tile"]))
    return verdict("cameras: people, one tile, outside low-high", worst, "people", most=MOST_ERROR)


def _crossings(frames: list[Picture]) -> list[bool]:
    rows = (RECORDED / "crowd/opencv_vtest_crossings.csv").read_text().splitlines()[2:]
    true = [sum(f",{way}," in row for row in rows) for way in ("R->L", "L->R")]
    detector = Detector()
    boxes = {i: detector.find(frames[i])[0] for i in range(170, 401)}
    kept = []
    for rate in (10.0, 10 / 3, 2.0):
        step = 10 / rate
        worst = max(
            abs(count - known)
            for phase in range(int(step))
            for count, known in zip(_cross(boxes, phase, step), true, strict=True)
        )
        name = f"cameras: crossings at {rate:.1f}/s, worst direction and phase, off by"
        kept.append(verdict(name, worst, "people", most=MOST_OFF))
    return kept


def _cross(boxes: dict[int, Floats], phase: int, step: float) -> tuple[int, int]:
    """Return crossings of x = 480 in frames 200-400: (to the left of the picture, right)."""
    tracker, gate = Tracker(), Gate(0, (480, 0), (480, 576))
    total = np.zeros(2, dtype=int)
    for place in np.arange(170 + phase, 401, step):
        frame = int(place)
        crossed = gate.cross(tracker.advance(boxes[frame], step / 10))
        if frame >= 200:
            total += crossed
    return int(total[0]), int(total[1])


def _bays() -> list[bool]:
    paths = sorted((RECORDED / "crowd/pklot_sequence1").glob("*.xml"))
    lots = [read_lot(path) for path in paths]
    found = np.concatenate([features(lot.picture, lot.bays) for lot in lots])
    taken = np.concatenate([lot.taken for lot in lots])
    pictures = np.concatenate([np.full(len(lot.bays), i) for i, lot in enumerate(lots)])
    names = np.concatenate([[int(name) for name in lot.names] for lot in lots])
    kept = []
    ways = {"pictures": [pictures], "bays": [names], "picture and bay": [pictures, names]}
    for left_out, groups in ways.items():
        score = cross_validate(found, taken, *groups)
        print(
            f"cameras: bays, {left_out} left out: {score.false_empty} false empty, "
            f"{score.false_full} false full of {score.bays} ({int(taken.sum())} taken)"
        )
        name = f"cameras: bays right, {left_out} left out"
        kept.append(verdict(name, 100 * score.right, "%", least=LEAST_RIGHT))
    rate = _rate(lambda picture: features(picture, lots[0].bays), [lot.picture for lot in lots])
    print(f"cameras: {len(lots[0].bays)} bays: {rate:.1f} pictures/s")
    return kept


if __name__ == "__main__":
    sys.exit(main())
