"""The stage where the water meets a staff gauge, found in two ways that must agree.

The staff and a band of the background on each side are cut out upright, one row for each step
of stage. Above the water the staff differs from what is beside it, and its ticks make it
uneven along its length; below, both end. Each of the two profiles is split where a step explains
most of it (least squares), which gives two stages; their mean is the stage. It is claimed to
±1 cm only where the picture has 2 px/cm; `docs/models/cameras.md` says how often it was wrong.
"""

from collections import deque

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edge.cameras.boxes import Floats
from edge.cameras.detector import Picture
from edge.cameras.scene import Staff
from edge.cameras.staff_scale import StaffScale

CENTIMETRE_PX = 2.0
"""Resolution from which on a stage is claimed to ±1 cm [px/cm]."""
STEPS_PER_PX = 2.0
ACROSS = 16
"""Samples across the staff, and across each band beside it."""
INNER = 0.8
"""Share of the staff's width that is looked at."""
BESIDE = 1.3
"""The bands beside it begin this many half widths from its middle and are one width wide."""
SMOOTH = 30
"""Profiles are averaged over this part of their length to see how clear a step is."""
CLEAR_STEP = 1.5
"""A step is believed when it is this many times the scatter around it."""
ENDS = 0.03
"""A step within this share of the scale's ends is none: all dry, or all under water."""

COARSE = "staff has {:g} px/cm, ±1 cm needs {:g}: a longer lens, or nearer"


class Reading(Struct, frozen=True):
    """The stage of the last pictures."""

    stage_m: float | None
    doubt: str = ""
    """Why it is not to be trusted; empty where it is."""


class Step(Struct, frozen=True):
    """Where a profile falls."""

    row: float
    clear: float
    """Height of the step ÷ scatter around it."""


class StaffReader:
    """Reads one staff in picture after picture."""

    def __init__(self, plan: Staff) -> None:
        self._plan = plan
        self.name = plan.property
        self.scale = StaffScale(plan.ticks, plan.width_px)
        span = self.scale.along(np.array([self.scale.low_m, self.scale.high_m]))
        rows = max(16, int(STEPS_PER_PX * float(span[1] - span[0])))
        least = round(self.scale.least_px_per_cm, 1)
        self.remark = "" if least >= CENTIMETRE_PX else COARSE.format(least, CENTIMETRE_PX)
        """What the gateway's status says of the staff as long as it is read; empty: nothing."""
        self.stages = np.linspace(self.scale.high_m, self.scale.low_m, rows)
        self._recent: deque[tuple[float, float]] = deque(maxlen=plan.pictures)
        self._accepted: tuple[float, float] | None = None

    def look(self, picture: Picture, at: float) -> Reading:
        """Return the stage of the last pictures up to this one, taken at `at` [s]."""
        found = self.find(picture)
        if found is not None:
            self._recent.append(found)
        if found is None or not self._recent:
            return Reading(None, "no water line on the staff")
        by_sides, by_ticks = np.median(np.array(self._recent), axis=0)
        stage = float(by_sides + by_ticks) / 2
        apart = float(abs(by_sides - by_ticks))
        doubt = ""
        if apart > self._plan.agree_m:
            doubt = f"the two water lines are {100 * apart:.0f} cm apart"
        elif self._accepted:
            before, then = self._accepted
            limit = self._plan.max_rate_m_per_min * max((at - then) / 60, 1 / 60)
            if abs(stage - before) > limit + self._plan.agree_m:
                doubt = f"jumped by {100 * (stage - before):+.0f} cm"
        if not doubt:
            self._accepted = stage, at
        return Reading(round(stage, 4), doubt)

    def find(self, picture: Picture) -> tuple[float, float] | None:
        """Return the water line of this picture alone by its sides and by its ticks [m].

        None where neither profile has a step, or only one: all dry, all under water, dark.
        """
        inner, left, right = self._bands(picture)
        middle = inner.mean(axis=1)
        differs = (np.abs(middle - left.mean(axis=1)) + np.abs(middle - right.mean(axis=1))) / 2
        uneven = _unevenness(inner) - (_unevenness(left) + _unevenness(right)) / 2
        rows = len(self.stages)
        steps = [step(differs, rows // SMOOTH), step(uneven, rows // SMOOTH)]
        if any(s.clear < CLEAR_STEP for s in steps):
            return None
        if any(not ENDS * rows < s.row < (1 - ENDS) * rows for s in steps):
            return None
        by_sides, by_ticks = (float(np.interp(s.row, np.arange(rows), self.stages)) for s in steps)
        return by_sides, by_ticks

    def _bands(self, picture: Picture) -> tuple[Floats, Floats, Floats]:
        """Return staff, left and right band, each (rows, across), brightness 0-255."""
        gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        width = self._plan.width_px
        half = width / 2
        ranges = (
            np.linspace(-INNER * half, INNER * half, ACROSS),
            np.linspace(-BESIDE * half - width, -BESIDE * half, ACROSS),
            np.linspace(BESIDE * half, BESIDE * half + width, ACROSS),
        )
        inner, left, right = (self._sample(gray, offsets) for offsets in ranges)
        return inner, left, right

    def _sample(self, gray: NDArray[np.uint8], offsets: Floats) -> Floats:
        points = np.stack([self.scale.places(self.stages, float(o)) for o in offsets], axis=1)
        return cv2.remap(
            gray,
            points[..., 0].astype(np.float32),
            points[..., 1].astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float64)


def _unevenness(band: Floats) -> Floats:
    """Return how much brightness changes along the staff in each row."""
    return np.asarray(np.abs(np.gradient(band, axis=0)).mean(axis=1))


def step(profile: Floats, smooth: int = 1) -> Step:
    """Return where `profile` falls from one level to a lower one, by least squares.

    Maximises the variance between the two parts, n₁ n₂ / n² (m₁ − m₂)² (Otsu 1979 for a change
    along a line); `clear` is (m₁ − m₂) ÷ the scatter around both means of the profile averaged
    over `smooth` rows, so that single ticks are no scatter. 0 where it does not fall.
    """
    count = len(profile)
    before = np.arange(1, count)
    total = np.cumsum(profile)
    upper = total[:-1] / before
    lower = (total[-1] - total[:-1]) / (count - before)
    between = before * (count - before) * np.maximum(upper - lower, 0.0) ** 2
    best = int(np.argmax(between))
    if between[best] <= 0:
        return Step(0.0, 0.0)
    split = best + 1
    even = cv2.blur(profile[:, None], (1, smooth), borderType=cv2.BORDER_REPLICATE)[:, 0]
    around = np.concatenate([even[:split] - upper[best], even[split:] - lower[best]])
    scatter = max(float(around.std()), 1e-9)
    return Step(split - 0.5, float(upper[best] - lower[best]) / scatter)
