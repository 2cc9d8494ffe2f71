"""Constants and a residual model as bytes: a compressed npz without pickles."""

import dataclasses
import io
import json
import zipfile
from typing import Any

import numpy as np

from stream.models.flood.gauges.network import Network
from stream.models.tide.constants import Constants
from stream.models.tide.errors import TideError
from stream.models.tide.surge.model import SurgeModel
from stream.models.tide.surge.plausibility import Known

FORMAT = 1
ARRAYS = ("cycle", "centre", "width", "weights", "seen_centre", "seen_width", "size")
MORE = ("usual", "shape", "climate")
CONSTANTS = ("amplitude", "lag_deg", "amplitude_error", "lag_error_deg")
LAYERS = ("inner", "inner_bias", "outer", "outer_bias")


def write(model: SurgeModel | None, constants: Constants | None) -> bytes:
    """Return a model, constants, or both, as bytes: the same give the same."""
    about: dict[str, Any] = {"format": FORMAT}
    arrays: dict[str, Any] = {}
    if constants is not None:
        arrays |= {f"tide_{name}": getattr(constants, name) for name in CONSTANTS}
        about["tide"] = {
            "names": constants.names,
            "latitude": constants.latitude,
            "mean": constants.mean,
            "trend_per_year": constants.trend_per_year,
            "reference_s": constants.reference_s,
        }
    if model is not None:
        arrays |= {name: getattr(model, name).astype(np.float32) for name in ARRAYS + MORE}
        for number, member in enumerate(model.networks):
            arrays |= {f"{layer}{number}": getattr(member, layer) for layer in LAYERS}
        about["surge"] = {
            "step_s": model.step_s,
            "networks": len(model.networks),
            "known": dataclasses.astuple(model.known),
            "fitted_s": model.fitted_s,
        }
    stream = io.BytesIO()
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(stream, about=text, **arrays)
    return stream.getvalue()


def read(content: bytes) -> tuple[SurgeModel | None, Constants | None]:
    """Return what `write` was given; TideError says why it cannot be read."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop("about").tobytes())
        if about.get("format") != FORMAT:
            raise TideError(f"a tide file of format {about.get('format')}, not {FORMAT}: fit again")
        return _model(about.get("surge"), arrays), _constants(about.get("tide"), arrays)
    except (OSError, KeyError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise TideError(f"no tide file: {error}; fit it with `forewarn tide fit`") from error


def _constants(about: dict[str, Any] | None, arrays: dict[str, Any]) -> Constants | None:
    if about is None:
        return None
    names = tuple(about.pop("names"))
    return Constants(names, **about, **{name: arrays[f"tide_{name}"] for name in CONSTANTS})


def _model(about: dict[str, Any] | None, arrays: dict[str, Any]) -> SurgeModel | None:
    if about is None:
        return None
    networks = tuple(
        Network(*(arrays[f"{layer}{number}"] for layer in LAYERS))
        for number in range(about["networks"])
    )
    return SurgeModel(
        step_s=about["step_s"],
        networks=networks,
        known=Known(*about["known"]),
        fitted_s=(about["fitted_s"][0], about["fitted_s"][1]),
        **{name: arrays[name].astype(float) for name in ARRAYS + MORE},
    )
