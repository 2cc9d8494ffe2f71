"""People found by NanoDet (416 px, COCO), run by onnxruntime on one core.

NanoDet (RangiLyu 2020, Apache-2.0) is an anchor-free detector with the Generalized Focal Loss
head of Li et al. 2020 (arXiv:2006.04388): at each cell of three grids (strides 8, 16, 32 px) it
gives 80 class scores and, for each of the four sides of the box, a distribution over the
distances 0, 1, … 10 strides. The distance of a side is the mean of that distribution::

    d = stride · Σ k · softmax(logits)[k],  k = 0 … 10
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.cameras import CameraError
from edge.cameras.boxes import Floats, suppress
from edge.cameras.scene import DETECTOR

SIDE = 416
STRIDES = (8, 16, 32)
BINS = 11
PERSON = 0
"""Index of `person` among the 80 classes of COCO."""
MEAN = np.array((103.53, 116.28, 123.675), np.float32)
DEVIATION = np.array((57.375, 57.12, 58.395), np.float32)
"""Of blue, green and red, as NanoDet was trained."""

OVERLAP, INSIDE = 0.6, 0.75
"""Above these, the weaker of two boxes is the same person (`boxes.suppress`)."""
TILE_OVERLAP = 0.15
"""Neighbouring tiles share this part of a tile's width [-]."""

Picture = NDArray[np.uint8]
"""(height, width, 3), blue, green, red."""


class Detector:
    """Finds people. One inference a tile, about 30 ms each on one x86 core.

    Parameters
    ----------
    threshold : float
        Score below which a detection is not believed [0-1]; 0.4 is the reference's choice.
    tiles : int
        The picture is cut into so many overlapping columns, each seen at 416 px: 2 finds
        smaller people at twice the cost.
    """

    def __init__(self, threshold: float = 0.4, tiles: int = 1, model: Path = DETECTOR) -> None:
        self.threshold, self.tiles = threshold, tiles
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self.session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own errors share no base
            raise CameraError(f"{model}: the detector's model cannot be read: {error}") from error
        self._input = self.session.get_inputs()[0].name

    def find(self, picture: Picture) -> tuple[Floats, Floats]:
        """Return the boxes (n, 4) [px] and scores (n,) of the people in `picture`."""
        boxes, scores = [np.empty((0, 4))], [np.empty(0)]
        for left, right in columns(picture.shape[1], self.tiles):
            tile = picture[:, left:right]
            found, confidence = decode(
                self.session.run(None, {self._input: prepare(tile)}), self.threshold
            )
            scale = np.array([tile.shape[1], tile.shape[0]] * 2) / SIDE
            boxes.append(found * scale + [left, 0, left, 0])
            scores.append(confidence)
        every, confidence = np.concatenate(boxes), np.concatenate(scores)
        kept = suppress(every, confidence, overlap=OVERLAP, inside=INSIDE)
        return every[kept], confidence[kept]


def columns(width: int, tiles: int) -> list[tuple[int, int]]:
    """Return left and right [px] of `tiles` columns that share `TILE_OVERLAP` of their width."""
    each = width / (tiles - (tiles - 1) * TILE_OVERLAP)
    step = each * (1 - TILE_OVERLAP)
    return [(round(i * step), min(width, round(i * step + each))) for i in range(tiles)]


def prepare(picture: Picture) -> NDArray[np.float32]:
    """Return `picture` as the network wants it: (1, 3, 416, 416), normalised."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    scaled = (small.astype(np.float32) - MEAN) / DEVIATION
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def decode(outputs: list[NDArray[np.float32]], threshold: float) -> tuple[Floats, Floats]:
    """Return boxes [px of the 416 px picture] and scores of people, before suppression.

    `outputs` are scores (1, cells, 80) and distances (1, cells, 44) of each grid, in any order.
    """
    boxes, scores = [np.empty((0, 4))], [np.empty(0)]
    for stride in STRIDES:
        grid = SIDE // stride
        by_width = {o.shape[2]: o[0] for o in outputs if o.shape[1] == grid * grid}
        score = by_width[80][:, PERSON]
        cells = np.flatnonzero(score > threshold)
        logits = by_width[4 * BINS][cells].reshape(-1, 4, BINS).astype(np.float64)
        weight = np.exp(logits - logits.max(axis=2, keepdims=True))
        sides = stride * (weight @ np.arange(BINS)) / weight.sum(axis=2)
        x = (cells % grid + 0.5) * stride - 0.5
        y = (cells // grid + 0.5) * stride - 0.5
        box = np.column_stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]])
        boxes.append(np.clip(box, 0, SIDE))
        scores.append(score[cells].astype(np.float64))
    return np.concatenate(boxes), np.concatenate(scores)
