"""Each quantity of a venue now and ahead: wind, waves, heat, lightning, crowds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Forecast
from stream.hazards.contract import View
from stream.hazards.venues.plan import HeatSource, LightningSource, Source
from stream.models.venue import paths
from stream.models.venue.heat import heat_index, wbgt_outdoor, wbgt_simple
from stream.models.venue.lightning import Lightning, lightning_now

Array = NDArray[np.float64]

STALE_MIN = 5
"""An observation as old as this says nothing of now [min], nor one as old as three intervals
where its datastream's are longer."""
OLD_MIN = 30.0
"""A forecast older than this is not used [min]."""


class Quantity(NamedTuple):
    """One quantity as it was, is and may be."""

    datastream: str
    recent: Array
    """At the last minutes, averaged as the limit wants it; NaN where it is stale."""
    path: Array | None
    """Quantiles ahead (stream/models/venue/paths.py); None: nothing is known of later."""
    notes: tuple[str, ...] = ()
    """What it lacks, in words."""

    @property
    def observed(self) -> float | None:
        """Return the newest observation; None where it is stale."""
        newest = float(self.recent[-1])
        return newest if np.isfinite(newest) else None


class Inputs(NamedTuple):
    """The view with its rows by name."""

    view: View
    rows: Mapping[str, int]
    intervals: Mapping[str, int]
    """Minutes between two observations of each datastream."""

    def stale(self, key: str) -> int:
        """Return after how many minutes an observation of a datastream is stale."""
        return max(STALE_MIN, 3 * self.intervals.get(key, 1))

    def carried(self, key: str) -> Array:
        """Return the last minutes of a datastream, each observation until it is stale."""
        return paths.carried(self.recent(key), self.stale(key))

    def recent(self, key: str) -> Array:
        """Return the last minutes of a datastream; all NaN where it is only forecast."""
        row = self.rows.get(key)
        if row is None:
            return np.full(self.view.history.shape[1], np.nan)
        return np.asarray(self.view.history[row])

    def forecast(self, key: str) -> Array | None:
        """Return the path of the newest forecast of a datastream, None if it is too old."""
        forecast = self.view.forecasts.get(key)
        if forecast is None:
            return None
        now = datetime.fromtimestamp(self.view.issue_s, UTC)
        age = (now - forecast.issue_time).total_seconds() / 60
        return None if not -1 <= age <= OLD_MIN else _path(forecast, max(age, 0.0))


def _path(forecast: Forecast, age_min: float) -> Array:
    return paths.from_forecast(
        [lead / 60 for lead in forecast.leads_s],
        forecast.probabilities,
        np.array(forecast.values),
        age_min=age_min,
        bounds=_bounds(forecast.datastream),
    )


def _bounds(key: str) -> paths.Bounds:
    return paths.bounds_of(key.rpartition("/")[2])


def measured(name: str, source: Source, inputs: Inputs) -> Quantity:
    """Return a quantity that is observed or forecast as it is."""
    key = source.datastream
    bounds = _bounds(key)
    raw = inputs.recent(key)
    recent = paths.carried(paths.trailing_mean(raw, source.mean_min), inputs.stale(key))
    recent = np.where(np.isfinite(inputs.carried(key)), recent, np.nan)
    notes: list[str] = []
    observed_here = source.datastream in inputs.rows
    silent = observed_here and not np.isfinite(recent[-1])
    if silent:
        notes.append(f"{source.datastream} silent for {_quiet(raw)}")
    path = inputs.forecast(source.datastream)
    if path is None and source.guide and not silent:
        guide = inputs.forecast(source.guide)
        if guide is not None:
            path = paths.guided(guide, raw, inputs.recent(source.guide), bounds=bounds)
    if path is None and source.persists and observed_here and not silent:
        path = paths.persisted(recent, least_sd=source.least_sd, bounds=bounds)
        if path is not None and source.guide:
            notes.append(f"no forecast of {source.guide}: {name} is taken to go on as it did")
    if path is None:
        notes.append(f"no forecast of {source.datastream}")
    elif observed_here and not silent:
        path = paths.from_now(path, float(recent[-1]), bounds=bounds)
    elif silent:
        path = None
    return Quantity(source.datastream, recent, path, tuple(notes))


def felt_heat(source: HeatSource, inputs: Inputs) -> Quantity:
    """Return the WBGT, or the heat index."""
    temperature, humidity = (inputs.carried(k) for k in (source.temperature, source.humidity))
    notes: list[str] = []
    if source.index == "heat_index":
        felt = heat_index(temperature, humidity)
    else:
        felt = wbgt_simple(temperature, humidity)
        if source.solar and source.wind:
            full = wbgt_outdoor(
                temperature, humidity, inputs.carried(source.solar), inputs.carried(source.wind)
            )
            if not np.isfinite(full[-1]) and np.isfinite(felt[-1]):
                notes.append("no sun or wind: heat by the simple formula")
            felt = np.where(np.isfinite(full), full, felt)
    recent = np.where(np.isfinite(felt), paths.trailing_mean(felt, 10), np.nan)
    if not np.isfinite(felt[-1]):
        keys = f"{source.temperature}, {source.humidity}"
        return Quantity(source.temperature, recent, None, (f"no heat: {keys} silent",))
    path = paths.persisted(recent, least_sd=0.8)
    return Quantity(source.temperature, recent, path, tuple(notes))


def lightning(source: LightningSource, inputs: Inputs) -> tuple[Quantity, Lightning]:
    """Return the distance of strokes, and what the rule says."""
    distance, strokes = inputs.recent(source.distance), inputs.recent(source.strokes)
    now = lightning_now(
        distance,
        strokes,
        radius_km=source.radius_km,
        hold_min=source.hold_min,
        stale_min=max(inputs.stale(source.distance), inputs.stale(source.strokes)),
    )
    notes = () if now.known else (f"{source.strokes} silent for {_quiet(strokes)}",)
    return Quantity(source.distance, distance, None, notes), now


def _quiet(recent: Array) -> str:
    known = np.flatnonzero(np.isfinite(recent))
    minutes = len(recent) - 1 - int(known[-1]) if len(known) else len(recent)
    return f"{minutes} min" if len(known) else f"more than {minutes} min"
