"""HDF5 files, opened so that what is wrong with one is said in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from stream.grids.frame import GridError


@contextmanager
def opened(path: Path, what: str) -> Iterator[Any]:
    """Open an HDF5 file; a file that is torn or lacks a part is a GridError.

    `what` names the kind of file that was expected.
    """
    try:
        import h5py  # type: ignore[import-untyped]
    except ImportError as missing:
        raise GridError(
            path, "h5py is not installed", "pip install 'forewarn[radar]' brings it"
        ) from missing
    try:
        with h5py.File(path, "r") as file:
            yield file
    except GridError:
        raise
    except FileNotFoundError as gone:
        raise GridError(path, "there is no such file", "was it moved while it was read?") from gone
    except OSError as torn:
        raise GridError(
            path, f"not {what}, or torn: {torn}", "copy it again, under its last name when whole"
        ) from torn
    except (KeyError, ValueError, TypeError, IndexError) as lacking:
        raise GridError(
            path, f"not {what} as its specification has it: {lacking}", "check the product"
        ) from lacking


def text(value: object) -> str:
    """Return an HDF5 string attribute, however it was stored, without padding."""
    single = np.ravel(np.asarray(value))[0]
    found = single.decode("ascii", "replace") if isinstance(single, bytes) else str(single)
    return found.rstrip("\x00").strip()
