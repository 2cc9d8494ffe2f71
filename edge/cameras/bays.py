"""Parking bays: a car has contrast, edges and detail that bare ground has not.

Of each bay a patch of 48 × 96 px is cut out upright. Four numbers say how uneven it is, each
divided by its mean brightness so that dusk changes little: standard deviation, mean absolute
deviation from the median, mean gradient, mean Laplacian, all as logarithms. A logistic
regression joins them (`bays_fit`). PKLot: Almeida et al. 2015, Expert Systems with Applications
42(11), doi 10.1016/j.eswa.2015.02.009.
"""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edge.cameras import CameraError
from edge.cameras.boxes import Floats
from edge.cameras.detector import Picture
from edge.cameras.scene import Parking, Point

SHIPPED = Path(__file__).parent / "models" / "bays.json"
WIDTH, LENGTH, RIM = 48, 96, 5
"""Of a patch, and of its rim that is left out: neighbours and painted lines [px]."""
FEATURES = 4
DARKER = 8.0
"""Added to the mean brightness, so that black patches divide by no zero [0-255]."""

Bay = tuple[Point, Point, Point, Point]


class BayModel(Struct, frozen=True, kw_only=True):
    """Weights of the logistic regression, and where they come from."""

    centre: list[float]
    """Mean of each feature over the fit."""
    scale: list[float]
    """Standard deviation of each."""
    weights: list[float]
    """Of the constant, then of each feature."""
    source: str
    """What it was fitted on."""
    offsets: list[list[float]] = []
    """Per bay, how much more uneven it is when empty than the lots of the fit; from pictures of
    the empty lot. Empty: none known."""

    def __post_init__(self) -> None:
        if not len(self.centre) == len(self.scale) == len(self.weights) - 1 == FEATURES:
            raise ValueError(f"a bay model has {FEATURES} features")


def load_model(path: Path, bays: int) -> BayModel:
    """Return the model in `path` for so many bays; CameraError says what would help."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=BayModel)
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise CameraError(f"{path}: no bay model ({error}); forewarn edge camera calibrate") from (
            error
        )
    if model.offsets and len(model.offsets) != bays:
        raise CameraError(f"{path}: calibrated for {len(model.offsets)} bays, not for {bays}")
    return model


def features(picture: Picture, bays: Sequence[Bay]) -> Floats:
    """Return the features of each bay, (n_bays, 4)."""
    gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return np.array([_features(patch(gray, bay)) for bay in bays]).reshape(-1, FEATURES)


def patch(gray: NDArray[np.uint8], bay: Bay) -> NDArray[np.float32]:
    """Return the ground of `bay` upright, (96 - 2 rim, 48 - 2 rim), brightness 0-255."""
    corners = np.array(bay, dtype=np.float32)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    if sides[0] + sides[2] > sides[1] + sides[3]:
        corners = np.roll(corners, 1, axis=0)
    upright = np.array([[0, 0], [WIDTH, 0], [WIDTH, LENGTH], [0, LENGTH]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners, upright)
    cut = cv2.warpPerspective(gray, matrix, (WIDTH, LENGTH), flags=cv2.INTER_LINEAR)
    return cut[RIM:-RIM, RIM:-RIM].astype(np.float32)


def _features(cut: NDArray[np.float32]) -> list[float]:
    mean = float(cut.mean()) + DARKER
    soft = cv2.GaussianBlur(cut, (0, 0), 1.0)
    across = cv2.Sobel(soft, cv2.CV_32F, 1, 0) / 8
    along = cv2.Sobel(soft, cv2.CV_32F, 0, 1) / 8
    detail = cv2.Laplacian(soft, cv2.CV_32F)
    uneven = (
        (float(cut.std()), 0.005),
        (float(np.abs(cut - np.median(cut)).mean()), 0.005),
        (float(np.hypot(across, along).mean()), 0.002),
        (float(np.abs(detail).mean()), 0.002),
    )
    return [float(np.log(value / mean + floor)) for value, floor in uneven]


def probability(model: BayModel, found: Floats) -> Floats:
    """Return the probability [0-1] that each bay is taken; `found` is (n_bays, 4)."""
    if model.offsets:
        found = found - np.array(model.offsets)
    scaled = (found - model.centre) / np.array(model.scale)
    score = model.weights[0] + scaled @ np.array(model.weights[1:])
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -50, 50))))


class BayWatch:
    """The bays of one camera; a bay changes when most of the last pictures say so."""

    def __init__(self, plan: Parking) -> None:
        self._plan = plan
        self._model = load_model(Path(plan.model) if plan.model else SHIPPED, len(plan.bays))
        self._recent: deque[NDArray[np.bool_]] = deque(maxlen=plan.pictures)

    def look(self, picture: Picture) -> dict[str, float | None]:
        """Return how many bays are taken, by the name of the property."""
        self.states(picture)
        return {self._plan.property: float(self.taken().sum())}

    def states(self, picture: Picture) -> Floats:
        """Return the probability of each bay in this picture alone, and remember it."""
        chance = probability(self._model, features(picture, self._plan.bays))
        self._recent.append(chance > 0.5)
        return chance

    def taken(self) -> NDArray[np.bool_]:
        """Tell of each bay whether most of the last pictures show it taken."""
        votes = np.mean(np.stack(self._recent), axis=0)
        return np.asarray((votes > 0.5) | ((votes == 0.5) & self._recent[-1]))
