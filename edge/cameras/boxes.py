"""Boxes in pictures: (n, 4) arrays of left, top, right, bottom in pixels."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def overlaps(first: Floats, second: Floats) -> Floats:
    """Return the intersection over union [0-1] of each of `first` with each of `second`.

    Shapes (n, 4), (m, 4) → (n, m). Boxes without an area overlap nothing.
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    union = areas(first)[:, None] + areas(second)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def areas(boxes: Floats) -> Floats:
    """Return the area of each box [px²]; 0 where right < left or bottom < top."""
    return np.asarray(np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0), axis=1))


def suppress(boxes: Floats, scores: Floats, *, overlap: float, inside: float) -> list[int]:
    """Return the indices of the boxes that stand, best score first (greedy suppression).

    A box falls when a better one overlaps it by more than `overlap` (intersection over union),
    or covers more than `inside` of it or of itself by it: the half of a person that the edge
    of a tile cut off lies inside the whole person.
    """
    order = np.argsort(-scores, kind="stable")
    size = areas(boxes)
    kept: list[int] = []
    for index in order:
        if size[index] <= 0:
            continue
        if kept:
            better = boxes[kept]
            ratio = overlaps(boxes[index : index + 1], better)[0]
            shared = ratio / (1 + ratio) * (size[index] + size[kept])
            smaller = np.minimum(size[index], size[kept])
            if np.any(ratio > overlap) or np.any(shared > inside * smaller):
                continue
        kept.append(int(index))
    return kept


def feet(boxes: Floats) -> Floats:
    """Return where each box stands on the ground: the middle of its lower edge, (n, 2) [px]."""
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])
