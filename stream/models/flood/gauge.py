"""The gauge model: level at each gauge over the coming hours, as quantiles.

A ridge regression on the features carries the change of level; small networks, each fitted
on another part of the record, correct it where the river is not linear (the tide running
into low or high water); quantiles of their out-of-sample errors, scaled by the state of the
river, are the spread.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from stream.models.flood import spread
from stream.models.flood.features import build, window
from stream.models.flood.grid import Array, age
from stream.models.flood.imputation import fill
from stream.models.flood.network import Network
from stream.models.flood.plan import FloodPlan
from stream.models.tide import Harmonics

FORMAT = 1
REACH = 4.0
"""Networks see features no further than this many standard deviations from the mean: beyond
what the record showed, the linear part alone carries on."""

EXTRA_MINUTES = 30
"""Leads are fitted this far beyond the horizon, to serve observations that are late."""

STALE_MINUTES = 60
"""A target whose newest value is older gets no forecast."""


class ModelFileError(ValueError):
    """Bytes that are not a gauge model of this version."""


@dataclass(frozen=True)
class NoForecast:
    """Why a target has no forecast; it says nothing about the hazard."""

    reason: str


@dataclass(frozen=True, eq=False)
class Prediction:
    """Quantiles of one target, in its unit."""

    values: Array
    """(n_leads, n_probabilities); rows never decrease."""
    degraded: list[str]
    """Why the spread is wider than usual; empty if all inputs were there."""


@dataclass(frozen=True, eq=False)
class GaugeModel:
    """A fitted model of one site. Arrays are documented by their shapes.

    i inputs, f features, t targets, l fitted leads, p probabilities.
    """

    plan: FloodPlan
    intervals: Array
    """(i,) usual time between two values [min]."""
    tides: tuple[Harmonics, ...]
    centre: Array
    """(f,) mean of each feature; `width` (f,) its standard deviation."""
    width: Array
    correlation: Array
    """(f, f) of the features."""
    linear: Array
    """(f + 1, t·l) ridge weights on standardised features, intercept last [m]."""
    networks: tuple[Network, ...]
    high: Array
    """(t,) level above which the spread grows [m]."""
    scale: Array
    """(t, l, 5) weights of the spread's drivers."""
    shape: Array
    """(t, l, p) quantiles of the scaled errors."""
    single: Array
    """(i, t, l) variance added when one input is missing; `alone` (t, l) when all others are."""
    alone: Array

    @property
    def name(self) -> str:
        """Return the model's name."""
        return self.plan.name

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the datastream keys that `predict` wants, in order."""
        return self.plan.keys

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the datastream keys that are forecast."""
        return self.plan.targets

    @property
    def probabilities(self) -> list[float]:
        """Return the probabilities of the quantiles, ascending."""
        return list(self.plan.probabilities)

    @property
    def leads_s(self) -> list[int]:
        """Return the leads of a forecast [s], from 0 to the horizon."""
        step = int(self.plan.step.total_seconds())
        return list(range(0, int(self.plan.horizon.total_seconds()) + 1, step))

    @property
    def history_minutes(self) -> int:
        """Return how many minutes of history `predict` wants, the issue minute included."""
        slack = int(2 * max(float(self.intervals.max()), self.plan.step_minutes))
        return self.plan.reach_minutes + EXTRA_MINUTES + slack + 1

    def to_bytes(self) -> bytes:
        """Return the model as a compressed npz without pickles; the same model, same bytes."""
        return _pack(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> "GaugeModel":
        """Return the model in `content`; ModelFileError if it is none."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return _unpack({name: arrays[name] for name in arrays.files})
        except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise ModelFileError(
                f"not a gauge model: {error}; fit it with `forewarn hindcast fit`"
            ) from error


def predict(
    model: GaugeModel, history: Array, issue_s: float
) -> dict[str, Prediction | NoForecast]:
    """Forecast every target from `history`.

    Parameters
    ----------
    history : (n_inputs, n_minutes) array
        Trusted values of `model.inputs` on a 1-minute grid whose last column is the issue
        minute; NaN where there is none; rain in mm, at the end of its interval. At least
        `model.history_minutes` columns tell the model all it can use.
    issue_s : float
        Unix time of the last column [s].

    Returns
    -------
    For each target quantiles at `model.leads_s` after the issue, or why there are none.
    """
    rows, count = history.shape
    if rows != len(model.inputs):
        raise ValueError(f"history has {rows} rows; the model wants {len(model.inputs)} inputs")
    plan = model.plan
    ages = {key: age(series, count - 1) for key, series in zip(plan.keys, history, strict=True)}
    late = min(ages[target] for target in plan.targets)
    if late > EXTRA_MINUTES:
        return {target: NoForecast(_silence(target, ages[target])) for target in plan.targets}
    last = count - 1 - int(late)
    steps = (plan.reach_minutes // plan.step_minutes) + 1
    seen = window(
        plan,
        history,
        first_s=issue_s - 60.0 * (count - 1),
        last=last,
        steps=steps,
        intervals=model.intervals,
    )
    features = build(plan, seen, np.array([steps - 1]), model.tides)
    values = _at_leads(model, quantiles(model, features)[0], late)
    share = spread.missing_share(plan, np.isnan(features))[0]
    degraded = _complaints(plan.keys, share, ages)
    return {
        target: NoForecast(_silence(target, ages[target]))
        if ages[target] > STALE_MINUTES
        else Prediction(values[number], degraded)
        for number, target in enumerate(plan.targets)
    }


def quantiles(model: GaugeModel, features: Array) -> Array:
    """Return (n, n_targets, n_fitted_leads, n_probabilities) levels for rows of features."""
    standard = fill((features - model.centre) / model.width, model.correlation)
    filled = standard * model.width + model.centre
    targets, leads = model.scale.shape[:2]
    change = median_change(model.linear, model.networks, standard).reshape(-1, targets, leads)
    now = filled[:, own_columns(model.plan)]
    scale = spread.scale(model.scale, spread.drivers(model.plan, filled, model.high))
    share = spread.missing_share(model.plan, np.isnan(features))
    factor = spread.widening(model.plan, share, model.single, model.alone)
    middle = model.shape[..., model.plan.probabilities.index(0.5), None]
    centre = (now[:, :, None] + change)[..., None] + scale[..., None] * middle
    return np.asarray(centre + (scale * factor)[..., None] * (model.shape - middle))


def median_change(linear: Array, networks: tuple[Network, ...], standard: Array) -> Array:
    """Return (n, t·l) change of level [m] for complete standardised features."""
    change = standard @ linear[:-1] + linear[-1]
    bounded = np.clip(standard, -REACH, REACH)
    return np.asarray(change + sum(net.predict(bounded) for net in networks) / len(networks))


def own_columns(plan: FloodPlan) -> list[int]:
    """Return the feature that is the present level of each target."""
    from stream.models.flood.features import names

    table = names(plan)
    return [table.index((plan.keys.index(target), "now")) for target in plan.targets]


def _at_leads(model: GaugeModel, fitted: Array, late_minutes: float) -> Array:
    """Return (t, n_leads, p): `fitted` leads count from the newest value, ours from the issue."""
    at = (np.array(model.leads_s) / 60.0 + late_minutes) / model.plan.step_minutes
    low = np.minimum(at.astype(int), fitted.shape[1] - 1)
    high = np.minimum(low + 1, fitted.shape[1] - 1)
    part = (at - low)[:, None]
    return np.asarray(fitted[:, low] * (1 - part) + fitted[:, high] * part)


def _silence(key: str, minutes: float) -> str:
    if np.isinf(minutes):
        return f"{key}: no trusted value in the history"
    return f"{key} silent for {minutes:.0f} min"


def _complaints(keys: tuple[str, ...], share: Array, ages: Mapping[str, float]) -> list[str]:
    return [
        _silence(key, ages[key]) if part == 1.0 else f"{key} has gaps"
        for key, part in zip(keys, share, strict=True)
        if part > 0
    ]


def _pack(model: GaugeModel) -> bytes:
    """Write arrays in half precision where that costs nothing; see `rounded` in fit.py."""
    upper = np.triu_indices(len(model.centre))
    arrays: dict[str, np.ndarray] = {
        "plan": np.frombuffer(msgspec.json.encode(model.plan), np.uint8),
        "about": np.frombuffer(
            json.dumps(
                {
                    "format": FORMAT,
                    "networks": len(model.networks),
                    "tides": [[list(tide.constituents), tide.mean] for tide in model.tides],
                }
            ).encode(),
            np.uint8,
        ),
        "intervals": model.intervals,
        "centre": model.centre,
        "width": model.width,
        "correlation": model.correlation[upper].astype(np.float32),
        "high": model.high,
    }
    for name in ("linear", "scale", "shape", "single", "alone"):
        arrays[name] = getattr(model, name).astype(np.float32)
    for number, tide in enumerate(model.tides):
        arrays[f"tide{number}"] = np.stack([tide.cosine, tide.sine])
    for number, net in enumerate(model.networks):
        for name in ("inner", "inner_bias", "outer", "outer_bias"):
            arrays[f"{name}{number}"] = getattr(net, name).astype(np.float16)
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _unpack(arrays: Mapping[str, np.ndarray]) -> GaugeModel:
    about = json.loads(arrays["about"].tobytes())
    if about["format"] != FORMAT:
        raise ModelFileError(f"format {about['format']} where {FORMAT} is wanted")
    wide = {
        name: array.astype(float)
        for name, array in arrays.items()
        if name not in ("plan", "about")
    }
    count = len(wide["centre"])
    correlation = np.zeros((count, count))
    correlation[np.triu_indices(count)] = wide["correlation"]
    correlation += np.triu(correlation, 1).T
    tides = tuple(
        Harmonics(tuple(names), mean, *wide[f"tide{number}"])
        for number, (names, mean) in enumerate(about["tides"])
    )
    networks = tuple(
        Network(
            *(
                arrays[f"{name}{number}"].astype(np.float32)
                for name in ("inner", "inner_bias", "outer", "outer_bias")
            )
        )
        for number in range(about["networks"])
    )
    same = {
        name: wide[name]
        for name in ("intervals", "centre", "width", "high", "linear", "scale", "shape")
    }
    return GaugeModel(
        plan=msgspec.json.decode(arrays["plan"].tobytes(), type=FloodPlan),
        tides=tides,
        correlation=correlation,
        networks=networks,
        single=wide["single"],
        alone=wide["alone"],
        **same,
    )
