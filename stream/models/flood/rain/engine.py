"""pysteps as it is used here: silent, and asked for by name when it is missing."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DRY_DB = -15.0
"""What pysteps takes for no rain, in dB of mm/h."""
LEVELS = 6
"""Scales into which a field is taken apart."""


class MissingRadar(ImportError):
    """The optional extra that holds the radar nowcast is not installed."""


class NoMotion(ArithmeticError):
    """pysteps found no motion or no memory in the frames: they are uniform, or all the same."""


def to_decibel(rate_mm_h: Array, wet_mm_h: float) -> Array:
    """Return 10·log₁₀ of rates; `DRY_DB` below `wet_mm_h` and where nothing is known."""
    rate = np.nan_to_num(rate_mm_h)
    return np.where(rate >= wet_mm_h, 10 * np.log10(np.maximum(rate, wet_mm_h)), DRY_DB)


def to_rate(decibel: Array, wet_mm_h: float) -> NDArray[np.float32]:
    """Return mm/h of decibels: 0 below `wet_mm_h`, NaN where NaN."""
    rate = np.power(10.0, decibel / 10.0, dtype=np.float32)
    rate[rate < wet_mm_h] = 0.0
    return rate


def motion(decibel: Array) -> Array:
    """Return (2, y, x) cells per frame, x then y, by Lucas–Kanade over frames (k, y, x)."""
    with _quiet():
        found = _pysteps("pysteps.motion.lucaskanade").dense_lucaskanade(decibel)
    return np.asarray(found, dtype=float)


def steps(
    decibel: Array,
    velocity: Array,
    *,
    leads: int,
    members: int,
    seed: int,
    wet_db: float,
    step_min: float,
    km_per_cell: float,
) -> Array:
    """Return (members, leads, y, x) dB of the STEPS ensemble; NaN beyond the grid's edge.

    `decibel` (2 or 3, y, x): with two frames the memory of each scale is of first order.
    """
    with _quiet():
        ahead = _pysteps("pysteps.nowcasts.steps").forecast(
            decibel,
            velocity,
            leads,
            n_ens_members=members,
            n_cascade_levels=_levels(decibel.shape[1:]),
            precip_thr=wet_db,
            kmperpixel=km_per_cell,
            timestep=step_min,
            ar_order=len(decibel) - 1,
            seed=seed,
        )
    return np.asarray(ahead, dtype=float)


def _levels(shape: tuple[int, ...]) -> int:
    """Return how many scales a grid holds: one less for each halving below 128 cells."""
    return int(np.clip(LEVELS + np.floor(np.log2(min(shape) / 128)), 3, LEVELS))


def _pysteps(module: str) -> Any:
    try:
        import cv2  # noqa: F401
        import pysteps  # noqa: F401
    except ImportError as missing:
        raise MissingRadar(
            f"radar nowcast: {missing.name} is not installed; "
            "pip install 'forewarn[radar]' brings it, the gauges' outlook works without"
        ) from missing
    import importlib

    return importlib.import_module(module)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep pysteps' progress off standard output, and its notes on fields without texture."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.filterwarnings("ignore", "Singular matrix", UserWarning)
        try:
            yield
        except (np.linalg.LinAlgError, ValueError, RuntimeError) as failed:
            raise NoMotion(f"pysteps: {failed}") from failed
