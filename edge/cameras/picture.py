"""Whether a picture can be believed: dark, covered, blurred, glaring, rainy, frozen, moved.

Every fault has a name that the gateway's status shows. A picture that cannot be read makes its
counts missing, one that is hard to read makes them suspect: never zero people because it is
night. The limits are in shares of the learned reference wherever there is one; those that are
absolute come from darkening, blurring and fogging the clip of `docs/models/cameras.md` until
the detector failed.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.cameras.reference import Reference, shrink

Gray = NDArray[np.float32]

DARK_P95, DIM_P95 = 28.0, 40.0
"""95th percentile of brightness [0-255] below which it is dark, or nearly so. The detector loses
people from about 20 downwards."""
FLAT = 0.06
"""Contrast (standard deviation ÷ mean) below which nothing can be told apart."""
BURNT, GLARING = 0.5, 0.25
"""Share of burnt-out pixels (≥ 250) that makes a picture unreadable, or suspect."""
NOISE_PX = 1.5
"""Detail finer than this is taken for noise [px of 320]."""
BLUR_GONE, BLUR_HARD = 0.45, 0.65
"""Sharpness relative to the reference: below it unreadable, or suspect. Sharpness is
mean|Laplacian| ÷ standard deviation of the picture at 320 px width."""
BLUR_FLOOR = 0.018
"""Sharpness below which a picture is unreadable where there is no reference yet."""
PALE = 0.6
"""Contrast (standard deviation ÷ mean) relative to the reference; below it fog, dirt or drops
hide what there is, and empty bays cannot be told from taken ones."""
BLANK_TILES, HALF_BLIND = 0.5, 0.2
"""Share of the reference's textured tiles without texture: covered, or partly."""
RAIN_TILES = 0.6
"""Share of tiles with thin bright streaks at once."""
RAIN_UPRIGHT = 1.6
"""Streaks change so much faster across than along: rain falls."""
SHIFT_SHARE = 0.012
"""Of the picture's width; a camera that shifted farther looks at something else."""


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a picture; empty where nothing is."""

    faults: tuple[str, ...] = ()
    """Words for the status, e.g. `dark`."""
    unreadable: bool = False
    """Counts from it are missing."""
    hard: bool = False
    """Counts from it are suspect."""
    moved: bool = False
    """What is tied to places in the picture (zones, lines, bays, a staff) is missing."""


class Health:
    """Judges picture after picture of one camera.

    Parameters
    ----------
    reference : Reference, optional
        How the picture should look; learned from the first healthy pictures if absent.
    frozen_after_s : float
        A picture that stays the same to the last bit for so long is frozen [s].
    """

    def __init__(self, reference: Reference | None = None, frozen_after_s: float = 20.0) -> None:
        self.reference = reference or Reference()
        self._frozen_after_s = frozen_after_s
        self._still_s = 0.0
        self._last: NDArray[np.uint8] | None = None
        self._recent: deque[Gray] = deque(maxlen=3)

    def look(self, picture: NDArray[np.uint8], dt: float) -> Verdict:
        """Return what is wrong with `picture` (height, width, 3), `dt` seconds after the last."""
        gray = shrink(picture)
        frozen = self._frozen(picture, dt)
        bad, hard = _light(picture, gray)
        if not bad:
            worse, harder = self._texture(gray)
            bad, hard = worse, hard + harder
        if not bad and self._rains(gray):
            hard.append("rain")
        self._recent.append(gray)
        if frozen:
            bad.append(f"frozen for {self._still_s:.0f} s")
        moved = False
        if not bad and not hard and not self.reference.ready:
            self.reference.learn(gray)
        elif not bad and self.reference.ready:
            shift = self.reference.shift(gray)
            if shift is not None and shift > SHIFT_SHARE * gray.shape[1]:
                moved = True
                far = shift >= gray.shape[1]
                pixels = shift * picture.shape[1] / gray.shape[1]
                hard.append("looks at something else" if far else f"moved by {pixels:.0f} px")
        return Verdict((*bad, *hard), bool(bad), bool(hard), moved)

    def _frozen(self, picture: NDArray[np.uint8], dt: float) -> bool:
        same = self._last is not None and np.array_equal(self._last, picture)
        self._still_s = self._still_s + dt if same else 0.0
        self._last = picture
        return self._still_s >= self._frozen_after_s

    def _texture(self, gray: Gray) -> tuple[list[str], list[str]]:
        """Return (unreadable, hard) faults of sharpness and of covered parts."""
        known = self.reference.sharpness
        found = sharpness(gray)
        if found < BLUR_FLOOR or (known and found < BLUR_GONE * known):
            return ["blurred: dirt, drops or focus"], []
        blank = self.reference.blank(gray)
        if blank > BLANK_TILES:
            return ["covered"], []
        hard = ["partly covered"] if blank > HALF_BLIND else []
        if contrast(gray) < PALE * self.reference.contrast:
            hard.append("pale: fog, dirt or drops")
        if known and found < BLUR_HARD * known:
            hard.append("blurred: dirt, drops or focus")
        return [], hard

    def _rains(self, gray: Gray) -> bool:
        """Tell whether thin upright bright streaks are all over the picture at once."""
        if len(self._recent) < self._recent.maxlen:  # type: ignore[operator]
            return False
        if any(one.shape != gray.shape for one in self._recent):
            return False
        brighter = np.maximum(gray - np.median(np.stack(self._recent), axis=0), 0)
        brighter = np.where(brighter > 6, brighter, 0).astype(np.float32)
        wet = tiles(brighter, 8, 6) > 0.25
        if wet.mean() < RAIN_TILES:
            return False
        across = float(np.abs(np.diff(brighter, axis=1)).sum())
        along = float(np.abs(np.diff(brighter, axis=0)).sum())
        return across > RAIN_UPRIGHT * along


def _light(picture: NDArray[np.uint8], gray: Gray) -> tuple[list[str], list[str]]:
    """Return (unreadable, hard) faults of brightness and contrast."""
    bright = float(np.percentile(gray, 95))
    if bright < DARK_P95:
        return ["dark or covered"], []
    burnt = float((picture.max(axis=2) >= 250).mean())
    if burnt > BURNT:
        return ["glare"], []
    if contrast(gray) < FLAT:
        return (["dark or covered"] if bright < DIM_P95 else ["covered or fog"]), []
    hard = ["nearly dark"] if bright < DIM_P95 else []
    if burnt > GLARING:
        hard.append("glare")
    return [], hard


def sharpness(gray: Gray) -> float:
    """Return mean|Laplacian| ÷ standard deviation [-]; 0 where the picture is uniform.

    The noise of the sensor is smoothed away first: it stays sharp behind a dirty lens.
    """
    spread = float(gray.std())
    if spread <= 0:
        return 0.0
    calm = cv2.GaussianBlur(gray, (0, 0), NOISE_PX)
    return float(np.abs(cv2.Laplacian(calm, cv2.CV_32F)).mean()) / spread


def contrast(gray: Gray) -> float:
    """Return standard deviation ÷ mean [-]; dusk leaves it, fog lowers it."""
    return float(gray.std()) / max(float(gray.mean()), 1.0)


def tiles(values: Gray, across: int, down: int) -> NDArray[np.float32]:
    """Return the mean of `values` in each of `down` × `across` tiles."""
    return np.asarray(cv2.resize(values, (across, down), interpolation=cv2.INTER_AREA))
