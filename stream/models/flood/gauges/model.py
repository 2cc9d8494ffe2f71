"""The gauge model: level at each gauge over the coming hours, as quantiles.

A ridge regression on the features carries the change of level; small networks, each fitted
on another part of the record, correct it where the river is not linear (the tide running
into low or high water); quantiles of their out-of-sample errors, scaled by the state of the
river, are the spread. docs/models/flood.md tells why, and how good it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import msgspec
import numpy as np

from stream.models.flood.gauges import spread, stored
from stream.models.flood.gauges.features import build, own_columns, window
from stream.models.flood.gauges.grid import HOLD, Array, age
from stream.models.flood.gauges.imputation import fill
from stream.models.flood.gauges.network import Network
from stream.models.flood.gauges.plan import FloodPlan
from stream.models.tide import Harmonics

REACH = 4.0
"""Networks see features no further than this many standard deviations from the mean: beyond
what the record showed, the linear part alone carries on."""

EXTRA_MINUTES = 30
"""Leads are fitted this far beyond the horizon, to serve observations that are late."""

STALE_MINUTES = 60
"""A target whose newest value is older gets no forecast."""


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
    """A fitted model of one site.

    Shapes: i inputs, f features, t targets, l fitted leads, p probabilities, d drivers of spread.
    """

    plan: FloodPlan
    tides: tuple[Harmonics, ...]
    networks: tuple[Network, ...]
    intervals: Array
    """(i,) usual time between two values [min]."""
    centre: Array
    """(f,) mean of each feature."""
    width: Array
    """(f,) standard deviation of each feature."""
    correlation: Array
    """(f, f) of the features."""
    linear: Array
    """(f + 1, t·l) ridge weights on standardised features, intercept last [m]."""
    high: Array
    """(h, t) heights above each of which the spread may grow [m]."""
    scale: Array
    """(t, l, d) weights of the spread's drivers."""
    shape: Array
    """(t, l, p) quantiles of the scaled errors."""
    single: Array
    """(i, t, l) what the absence of an input adds to the squared scale."""
    alone: Array
    """(t, l) what the absence of all other inputs adds to it."""

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
        arrays = {
            name: getattr(self, name).astype(np.float32) if name in SINGLE else getattr(self, name)
            for name in (*SINGLE, *DOUBLE)
        }
        arrays["correlation"] = stored.pack_symmetric(self.correlation)
        arrays["plan"] = np.frombuffer(msgspec.json.encode(self.plan), np.uint8)
        for number, tide in enumerate(self.tides):
            arrays[f"tide{number}"] = np.stack([tide.cosine, tide.sine])
        for number, network in enumerate(self.networks):
            for part in WEIGHTS:
                arrays[f"{part}{number}"] = getattr(network, part).astype(np.float16)
        tides = [[list(tide.constituents), tide.mean] for tide in self.tides]
        return stored.write(arrays, {"networks": len(self.networks), "tides": tides})

    @classmethod
    def from_bytes(cls, content: bytes) -> "GaugeModel":
        """Return the model in `content`; ModelFileError if it is none."""
        arrays, about = stored.read(content)
        try:
            plan = msgspec.json.decode(arrays["plan"].tobytes(), type=FloodPlan)
            known = {name: arrays[name].astype(float) for name in (*SINGLE, *DOUBLE)}
            tides = tuple(
                Harmonics(tuple(constituents), mean, *arrays[f"tide{number}"])
                for number, (constituents, mean) in enumerate(about["tides"])
            )
            networks = tuple(
                Network(*(arrays[f"{part}{number}"].astype(np.float32) for part in WEIGHTS))
                for number in range(about["networks"])
            )
            square = stored.unpack_symmetric(arrays["correlation"], len(known["centre"]))
        except (KeyError, ValueError, TypeError) as error:
            raise stored.ModelFileError(
                f"a damaged gauge model: {error}; fit it with `forewarn hindcast fit`"
            ) from error
        return cls(plan=plan, tides=tides, networks=networks, correlation=square, **known)


DOUBLE = ("intervals", "centre", "width", "high")
SINGLE = ("linear", "scale", "shape", "single", "alone")
"""Arrays stored in single precision; `fit` rounds them, so that storing changes nothing."""
WEIGHTS = tuple(entry.name for entry in fields(Network))


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
    steps = plan.reach_minutes // plan.step_minutes + 1
    first_s, last = issue_s - 60.0 * (count - 1), count - 1 - int(late)
    seen = window(plan, history, first_s=first_s, last=last, steps=steps, intervals=model.intervals)
    features = build(plan, seen, np.array([steps - 1]), model.tides)
    values = _at_leads(model, quantiles(model, features)[0], late)
    share = spread.missing_share(plan, np.isnan(features))[0]
    degraded = _complaints(model, share, ages)
    return {
        target: NoForecast(_silence(target, ages[target]))
        if ages[target] > STALE_MINUTES
        else Prediction(values[number], degraded)
        for number, target in enumerate(plan.targets)
    }


def quantiles(model: GaugeModel, features: Array) -> Array:
    """Return (n, t, l, p) levels for rows of unstandardised features, NaN where missing."""
    standard = fill((features - model.centre) / model.width, model.correlation)
    filled = standard * model.width + model.centre
    targets, leads = model.scale.shape[:2]
    change = change_of_level(model.linear, model.networks, standard).reshape(-1, targets, leads)
    now = filled[:, own_columns(model.plan)]
    scale = spread.scale(model.scale, spread.drivers(model.plan, filled, model.high))
    share = spread.missing_share(model.plan, np.isnan(features))
    factor = spread.widening(model.plan, share, model.single, model.alone)
    middle = model.shape[..., model.plan.probabilities.index(0.5), None]
    centre = (now[:, :, None] + change)[..., None] + scale[..., None] * middle
    return np.asarray(centre + (scale * factor)[..., None] * (model.shape - middle))


def change_of_level(linear: Array, networks: tuple[Network, ...], standard: Array) -> Array:
    """Return (n, t·l) change of level [m] for complete standardised features (n, f)."""
    change = standard @ linear[:-1] + linear[-1]
    bounded = np.clip(standard, -REACH, REACH)
    return np.asarray(change + sum(net.predict(bounded) for net in networks) / len(networks))


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


def _complaints(model: GaugeModel, share: Array, ages: Mapping[str, float]) -> list[str]:
    usual = HOLD * np.maximum(model.intervals, model.plan.step_minutes)
    return [
        _silence(key, ages[key]) if ages[key] > allowed else f"{key} has gaps"
        for key, allowed, part in zip(model.inputs, usual, share, strict=True)
        if part > 0
    ]
