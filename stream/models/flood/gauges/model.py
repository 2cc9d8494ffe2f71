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

from stream.models.flood.gauges import adaptation, datum, spread, stored
from stream.models.flood.gauges.features import build, own_columns, window
from stream.models.flood.gauges.grid import HOLD, Array, age
from stream.models.flood.gauges.imputation import fill
from stream.models.flood.gauges.network import Network
from stream.models.flood.gauges.plan import FloodPlan
from stream.models.flood.harmonics import Harmonics

REACH = 4.0
"""Networks see features no further than this many standard deviations from the mean: beyond
what the record showed, the linear part alone carries on."""

EXTRA_MINUTES = 30
"""Leads are fitted this far beyond the horizon, to serve observations that are late."""

NOTABLE = 1.25
"""A gap that widens the last lead by more than this is named, …"""
MOSTLY = 0.5
"""… and an input of which more than this is missing."""

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

    Shapes: i inputs, f features, t targets, l fitted leads, p probabilities, d drivers of spread,
    c classes of water.
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
    centres: Array
    """(c, t) heights of the classes of water [m]."""
    shape: Array
    """(c, t, l, p) quantiles of the scaled errors in each class."""
    usual: Array
    """(t, l) mean of the squared scaled errors, none taken larger than `adaptation.WORST`."""
    tolerance: Array
    """(i,) limits of differences from what the other inputs say (`datum`)."""
    top: Array
    """(i,) the record's highest value of what is judged [m]."""
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
        judged = self.lookback * self.plan.step_minutes
        return self.plan.reach_minutes + judged + EXTRA_MINUTES + slack + 1

    @property
    def known(self) -> datum.Known:
        """Return what the record taught about the inputs together."""
        return datum.Known(self.centre, self.width, self.correlation, self.tolerance, self.top)

    @property
    def lookback(self) -> int:
        """Return how many steps before the issue forecasts are judged again."""
        return adaptation.WINDOW + int(self.usual.shape[1])

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


DOUBLE = ("intervals", "centre", "width", "high", "centres", "tolerance", "top")
SINGLE = ("linear", "scale", "shape", "usual", "single", "alone")
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
    steps = plan.reach_minutes // plan.step_minutes + 1 + model.lookback
    first_s, last = issue_s - 60.0 * (count - 1), count - 1 - int(late)
    seen = window(plan, history, first_s=first_s, last=last, steps=steps, intervals=model.intervals)
    features = build(plan, seen, np.arange(steps - 1 - model.lookback, steps), model.tides)
    hour = datum.SPAN_MINUTES // plan.step_minutes + 1
    verdict = datum.judge(plan, features[-hour:], model.known)
    strange = _strangers(model, verdict)
    wrong = np.broadcast_to(verdict.wrong[-1], (len(features), rows))
    features = datum.left_out(plan, features, wrong)
    values = _at_leads(model, quantiles(model, features, first=model.lookback)[0], late)
    share = spread.missing_share(plan, np.isnan(features[-1:]))[0]
    degraded = [*strange.values(), *_complaints(model, share * ~verdict.wrong[-1], ages)]
    found: dict[str, Prediction | NoForecast] = {}
    for number, target in enumerate(plan.targets):
        if ages[target] > STALE_MINUTES:
            found[target] = NoForecast(_silence(target, ages[target]))
        elif target in strange:
            found[target] = NoForecast(strange[target])
        else:
            found[target] = Prediction(values[number], degraded)
    return found


def _strangers(model: GaugeModel, verdict: datum.Verdict) -> dict[str, str]:
    """Return what is said of each input that is left out at the last step judged."""
    found = {}
    for key, wrong, offset in zip(model.inputs, verdict.wrong[-1], verdict.offset[-1], strict=True):
        if wrong:
            side = "above" if offset > 0 else "below"
            found[key] = f"{key} is {abs(offset):.2f} m {side} what the others say; left out"
    return found


def quantiles(model: GaugeModel, features: Array, *, first: int = 0) -> Array:
    """Return (n − first, t, l, p) levels forecast at n consecutive steps from number `first`.

    `features` (n, f) unstandardised, NaN where missing. The steps before `first` only serve
    to judge what had been forecast; `model.lookback` of them tell all.
    """
    plan, own = model.plan, own_columns(model.plan)
    complete = np.asarray(np.isfinite(features).all(axis=1))
    rows = complete | (np.arange(len(features)) >= first)
    standard = fill((features[rows] - model.centre) / model.width, model.correlation)
    filled = standard * model.width + model.centre
    change, base = (np.full((len(features), *model.usual.shape), np.nan) for _ in range(2))
    change[rows] = change_of_level(model.linear, model.networks, standard).reshape(
        -1, *model.usual.shape
    )
    base[rows] = spread.scale(model.scale, spread.drivers(plan, filled, model.high))
    highest = model.top[[plan.keys.index(target) for target in plan.targets]]
    base[rows] = spread.beyond(base[rows], filled[:, own] - highest)
    judged = np.where(complete[:, None, None], change, np.nan)
    squared = adaptation.squares(judged, base, features[:, own])
    share = spread.missing_share(plan, np.isnan(features[first:]))
    lately = adaptation.factor(squared, model.usual, first=first)
    scale = base[first:] * adaptation.unsure(lately, share)
    now = filled[len(filled) - len(share) :, own]
    shape = spread.shape_at(model.centres, model.shape, now)
    middle = shape[..., plan.probabilities.index(0.5), None]
    factor = spread.widening(plan, share, model.single, model.alone)
    centre = (now[:, :, None] + change[first:])[..., None] + scale[..., None] * middle
    return np.asarray(centre + (scale * factor)[..., None] * (shape - middle))


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
    """Name inputs that are silent, and those whose gaps matter.

    A gap of an hour hours ago widens it by a few percent, in which its probabilities hold: to
    call that degraded would keep warnings standing for a day.
    """
    usual = HOLD * np.maximum(model.intervals, model.plan.step_minutes)
    found = []
    for number, (key, allowed) in enumerate(zip(model.inputs, usual, strict=True)):
        alone = np.where(np.arange(len(share)) == number, share, 0.0)[None]
        if ages[key] > allowed:
            found.append(_silence(key, ages[key]))
        elif share[number] > MOSTLY or _widened(model, alone) > NOTABLE:
            found.append(f"{key} has gaps")
    return found


def _widened(model: GaugeModel, share: Array) -> float:
    """Return the factor on the spread at the last lead, mean of the targets."""
    return float(spread.widening(model.plan, share, model.single, model.alone)[0, :, -1].mean())
