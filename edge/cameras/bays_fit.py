"""Fitting the bays' logistic regression, and what it is worth on bays and pictures left out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.cameras import CameraError
from edge.cameras.bays import BayModel, probability
from edge.cameras.boxes import Floats

RIDGE = 1.0
"""Strength of the penalty on squared weights, against a fit that is too sure of few bays."""
STEPS = 60

Labels = NDArray[np.bool_]


class Score(NamedTuple):
    """How often bays that the fit had not seen were judged right."""

    bays: int
    false_empty: int
    """Taken, and called empty."""
    false_full: int

    @property
    def right(self) -> float:
        """Share that was right [0-1]."""
        return 1 - (self.false_empty + self.false_full) / self.bays


def fit(found: Floats, taken: Labels, source: str) -> BayModel:
    """Return the ridge logistic regression of `taken` (n,) on `found` (n, 4), by Newton's method.

    Both classes weigh the same, however few cars there are. CameraError where one is absent.
    """
    count = int(taken.sum())
    if not 0 < count < len(taken):
        raise CameraError(f"{source}: needs bays that are taken and bays that are empty")
    centre, scale = found.mean(axis=0), np.maximum(found.std(axis=0), 1e-6)
    design = np.column_stack([np.ones(len(found)), (found - centre) / scale])
    importance = np.where(taken, len(taken) / (2 * count), len(taken) / (2 * (len(taken) - count)))
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[0, 0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -50, 50)))
        slope = design.T @ (importance * (chance - taken)) + penalty @ weights
        bend = (design.T * (importance * chance * (1 - chance))) @ design + penalty
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-10:
            break
    rounded = [[round(float(v), 5) for v in part] for part in (centre, scale, weights)]
    return BayModel(centre=rounded[0], scale=rounded[1], weights=rounded[2], source=source)


def empty_offsets(model: BayModel, empty: Floats) -> list[list[float]]:
    """Return how far each bay's features lie above an empty bay of `model`'s fit.

    `empty` is (n_pictures, n_bays, 4), of the empty lot. An empty bay of the fit is taken to
    score -2 (12 % chance of a car) in the direction of the weights; a bay that is smoother
    than that needs no offset.
    """
    weights = np.array(model.weights[1:])
    typical = np.median(empty, axis=0)
    scaled = (typical - model.centre) / np.array(model.scale)
    excess = np.maximum(model.weights[0] + scaled @ weights + 2.0, 0.0)
    shift = excess[:, None] * weights / float(weights @ weights) * np.array(model.scale)
    return [[round(float(value), 5) for value in row] for row in shift]


def cross_validate(found: Floats, taken: Labels, *groups: NDArray[np.int64]) -> Score:
    """Return the score on each group (a picture, or a bay) by a fit to all others.

    With both, each bay of each picture is judged by a fit that has seen neither: the pictures
    of one morning show the same cars in the same bays.
    """
    wrong_empty = wrong_full = 0
    places = np.stack(groups, axis=1)
    for place in np.unique(places, axis=0):
        same = places == place
        out, kept = same.all(axis=1), ~same.any(axis=1)
        model = fit(found[kept], taken[kept], f"all but {', '.join(map(str, place))}")
        called = probability(model, found[out]) > 0.5
        wrong_empty += int((taken[out] & ~called).sum())
        wrong_full += int((~taken[out] & called).sum())
    return Score(len(taken), wrong_empty, wrong_full)
