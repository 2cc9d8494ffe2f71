"""From points along a staff to stages: three numbers, because the staff is seen at a slant."""

from collections.abc import Sequence

import numpy as np

from edge.cameras import CameraError
from edge.cameras.boxes import Floats

OFF_LINE = 0.35
"""Ticks may lie this share of the staff's width off the straight line through them."""
OFF_M = 0.05
"""A tick whose stage differs more from the fit was clicked or typed wrong [m]."""


class StaffScale:
    """The projective scale of a straight staff: ``stage = (a s + b) / (c s + 1)``.

    `s` is the place along the staff in the picture. A pinhole camera maps a line to a line by
    such a fraction (Hartley & Zisserman 2004, section 2.5); with c = 0 it is seen squarely.

    Parameters
    ----------
    ticks : sequence of (x, y, stage_m)
        Three or more on the middle of the staff; with more, the best fit.
    """

    def __init__(self, ticks: Sequence[tuple[float, float, float]], width_px: float) -> None:
        places = np.array([tick[:2] for tick in ticks], dtype=float)
        stages = np.array([tick[2] for tick in ticks], dtype=float)
        self._origin = places.mean(axis=0)
        _, _, axes = np.linalg.svd(places - self._origin)
        self._up = axes[0]
        if float((places[np.argmax(stages)] - places[np.argmin(stages)]) @ self._up) < 0:
            self._up = -self._up
        off = float(np.abs((places - self._origin) @ axes[1]).max())
        if off > OFF_LINE * width_px + 2:
            raise CameraError(f"`ticks`: one lies {off:.0f} px off the line through them")
        along = (places - self._origin) @ self._up
        self._unit = max(float(np.abs(along).max()), 1e-9)
        self._a, self._b, self._c = self._fit(along / self._unit, stages)
        self.low_m, self.high_m = float(stages.min()), float(stages.max())
        worst = float(np.abs(self.stage(along) - stages).max())
        if not worst < OFF_M:
            raise CameraError(f"`ticks`: one is {worst:.2f} m off the scale of the others")

    @staticmethod
    def _fit(s: Floats, stages: Floats) -> tuple[float, float, float]:
        """Solve a s + b - c s stage = stage by least squares; the slant must not turn the scale."""
        design = np.column_stack([s, np.ones_like(s), -s * stages])
        (a, b, c), *_ = np.linalg.lstsq(design, stages, rcond=None)
        if a - b * c <= 0 or abs(c) >= 0.9:
            raise CameraError("`ticks`: no straight staff looks like this; check their stages")
        return float(a), float(b), float(c)

    def stage(self, along: Floats) -> Floats:
        """Return the stages [m] at places along the staff [px], upwards from its middle."""
        s = np.asarray(along) / self._unit
        return np.asarray((self._a * s + self._b) / (self._c * s + 1))

    def along(self, stages: Floats) -> Floats:
        """Return the places along the staff [px] of `stages` [m]."""
        h = np.asarray(stages)
        return np.asarray(self._unit * (h - self._b) / (self._a - self._c * h))

    def places(self, stages: Floats, aside_px: float = 0.0) -> Floats:
        """Return the points (n, 2) [px] at `stages`, `aside_px` to the right of the middle."""
        right = np.array([-self._up[1], self._up[0]])
        return np.asarray(self._origin + np.outer(self.along(stages), self._up) + aside_px * right)

    def px_per_cm(self, stage_m: float) -> float:
        """Return the resolution at a stage [px/cm]."""
        ends = self.along(np.array([stage_m - 0.005, stage_m + 0.005]))
        return float(ends[1] - ends[0])

    @property
    def least_px_per_cm(self) -> float:
        """Return the resolution where the staff is farthest away, at one of its ends [px/cm]."""
        return min(self.px_per_cm(stage) for stage in (self.low_m, self.high_m))
