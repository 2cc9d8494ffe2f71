"""A model as bytes: a compressed npz without pickles. The same model gives the same bytes."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

FORMAT = 3


class ModelFileError(ValueError):
    """Bytes that are not a gauge model of this version."""


def write(arrays: Arrays, about: Mapping[str, Any]) -> bytes:
    """Return `arrays` and `about`, which must be fit for JSON, as bytes."""
    text = json.dumps({"format": FORMAT, **about}).encode()
    stream = io.BytesIO()
    named: dict[str, Any] = {"about": np.frombuffer(text, np.uint8), **arrays}
    np.savez_compressed(stream, **named)
    return stream.getvalue()


def read(content: bytes) -> tuple[Arrays, dict[str, Any]]:
    """Return what `write` was given; ModelFileError says why it cannot be read."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop("about").tobytes())
    except (OSError, KeyError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(
            f"not a gauge model: {error}; fit it with `forewarn hindcast fit`"
        ) from error
    if not isinstance(about, dict) or about.pop("format", None) != FORMAT:
        raise ModelFileError(
            f"not a gauge model of format {FORMAT}; fit it again with `forewarn hindcast fit`"
        )
    return arrays, about


def pack_symmetric(square: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the upper triangle of a symmetric matrix."""
    return square[np.triu_indices(len(square))].astype(np.float32)


def unpack_symmetric(upper: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the matrix of which `upper` is the upper triangle."""
    square = np.zeros((size, size))
    square[np.triu_indices(size)] = upper
    return np.asarray(square + np.triu(square, 1).T)
