"""One correction: states, rain and mouth moved towards what the gauges saw, within bounds.

The filter's vector holds, for each member, the runoff stores, the logarithm of the rain factors,
hill and channel water, the error of the level at the mouth, and its own past predictions, so
that an observation that comes late meets a prediction which knows of the corrections since.
What the bounds of the stores cut off and what the corrections bring is told in `Added`.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin
from stream.models.flood.chain.layout import Tapers
from stream.models.flood.chain.river import BASEFLOW_MM_H, River
from stream.models.flood.chain.state import Added, State, Water, Window
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.updating import consistency
from stream.models.flood.updating.enkf import analyse

Array = NDArray[np.float64]

MODEL_ERROR_M, MODEL_SHARE = 0.1, 0.06
"""What the model may be wrong by at a gauge when gauges are compared: this [m], and this share of
how far the river stands above both the sea and its dry-weather stage."""
SETTLE_S = 6 * 3600.0
"""So long after a cold start the model may not know the flood it was started in [s]."""
LEAST_M = 0.01
"""A correction leaves at least this depth in a cell [m], or what was there."""
LOG_LIMIT = 2.0
"""The logarithm of a rain factor stays within ± this."""


class Corrector:
    """Corrects the states of one basin."""

    def __init__(self, basin: Basin, river: River, tapers: Tapers) -> None:
        self._basin, self._river, self._tapers = basin, river, tapers
        gauges = basin.gauges
        self._names = tuple(gauge.stage or gauge.discharge for gauge in gauges)
        stages = [gauge.use_stage and bool(gauge.stage) for gauge in gauges]
        flows = [gauge.use_discharge and bool(gauge.discharge) for gauge in gauges]
        self._use = np.array(stages + flows, dtype=bool)
        area = np.array([catchment.area_km2 for catchment in basin.catchments])
        self._dry = np.nan_to_num(river.dry_stage(area * BASEFLOW_MM_H / 3.6))
        self._stage_error = np.array([gauge.stage_error_m for gauge in gauges])
        self._flow_error = np.array([gauge.discharge_error for gauge in gauges])
        self._flow_floor = np.array([gauge.discharge_floor_m3_s for gauge in gauges])
        self._weights = _weights(tapers, river.hill_reach_of_cell, basin.updating.window_min)

    def doubt(self, state: State) -> State:
        """Return `state` with the stages of this minute's neighbourhood compared."""
        n, window, reach = len(self._names), state.window, self._basin.updating.every_min
        rows = 2 * n
        innovation, predicted = np.full(rows, np.nan), np.zeros((len(state.rain_log), rows))
        for row in range(rows):
            known = np.flatnonzero(np.isfinite(window.observed[row, -reach:]))
            if len(known) and (row < n or self._use[row]):
                at = window.observed.shape[1] - reach + int(known[-1])
                predicted[:, row] = window.predicted[:, row, at]
                innovation[row] = window.observed[row, at] - predicted[:, row].mean()
        mean = predicted.mean(axis=0)
        risen = np.maximum(mean[:n] - np.fmax(self._dry, state.mouth_m), 0.0)
        error = self._errors(np.arange(rows), mean + np.nan_to_num(innovation), mean)
        error[:n] = np.hypot(error[:n], MODEL_ERROR_M + MODEL_SHARE * risen)
        doubts = consistency.judge(
            state.doubts,
            innovation,
            predicted,
            error,
            state.time_s,
            settled=state.time_s - state.begun_s >= SETTLE_S,
        )
        return replace(state, doubts=doubts)

    def complaints(self, state: State) -> list[str]:
        """Return what is held against gauges."""
        return consistency.complaints(state.doubts, self._names)

    def correct(self, state: State) -> State:
        """Return `state` after one analysis with all that was not used yet."""
        rows, columns = self._chosen(state)
        if not len(rows):
            return state
        window = state.window
        observed = window.observed[rows, columns]
        predicted = window.predicted[:, rows, columns]
        after = analyse(
            self._joined(state),
            predicted,
            observed,
            self._errors(rows, observed, predicted.mean(axis=0)),
            localisation=self._weights[:, rows % len(self._names)],
            between=self._tapers.gauge[np.ix_(rows % len(self._names), rows % len(self._names))],
            inflation=self._basin.updating.inflation,
        )
        used = window.used.copy()
        used[rows, columns] = True
        corrected = self._parted(state, after)
        return replace(corrected, window=corrected.window._replace(used=used))

    def _chosen(self, state: State) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of the newest unused value in each slot that has none used."""
        window, spacing = state.window, self._basin.updating.spacing_min
        width = window.observed.shape[1]
        minute = round(state.time_s / 60.0) - width + 1 + np.arange(width)
        slot = -(-minute // spacing)
        trusted = self._use & ~np.tile(state.doubts.left_out, 2)
        rows: list[int] = []
        columns: list[int] = []
        for row in np.flatnonzero(trusted):
            taken = set(slot[window.used[row]].tolist())
            free = np.flatnonzero(np.isfinite(window.observed[row]))
            newest = {int(slot[at]): int(at) for at in free if int(slot[at]) not in taken}
            rows += [int(row)] * len(newest)
            columns += newest.values()
        return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)

    def _errors(self, rows: NDArray[np.int64], observed: Array, mean: Array) -> Array:
        gauge = rows % len(self._names)
        flow = self._flow_error[gauge] * np.maximum(np.abs(observed), np.abs(mean))
        flow = np.hypot(flow, self._flow_floor[gauge])
        return np.where(rows < len(self._names), self._stage_error[gauge], flow)

    def _joined(self, state: State) -> Array:
        members = len(state.rain_log)
        parts = (
            state.water.runoff,
            state.rain_log,
            state.water.hill,
            state.water.depth,
            state.water.flow,
            state.sea_error,
            state.window.predicted,
        )
        return np.concatenate([part.reshape(members, -1) for part in parts], axis=1)

    def _parted(self, state: State, after: Array) -> State:
        """Return `state` with the filter's vector put back, and the water it brought counted."""
        before = state.water
        shapes = (
            before.runoff.shape,
            state.rain_log.shape,
            before.hill.shape,
            before.depth.shape,
            before.flow.shape,
            state.sea_error.shape,
            state.window.predicted.shape,
        )
        ends = np.cumsum([int(np.prod(shape[1:])) for shape in shapes])[:-1]
        parts = [
            part.reshape(shape)
            for part, shape in zip(np.split(after, ends, axis=1), shapes, strict=True)
        ]
        runoff, rain_log, hill, depth, flow, sea_error, predicted = parts
        water = Water(
            xinanjiang.bounded(runoff, state.parameters),
            np.maximum(hill, 0.0),
            np.maximum(depth, np.minimum(before.depth, LEAST_M)),
            flow,
            before.working,
        )
        return replace(
            state,
            water=water,
            rain_log=np.clip(rain_log, -LOG_LIMIT, LOG_LIMIT),
            sea_error=np.ascontiguousarray(sea_error),
            window=state.window._replace(predicted=np.ascontiguousarray(predicted)),
            added=self._added(state, water),
        )

    def _added(self, state: State, water: Water) -> Added:
        stored = xinanjiang.stored_mm(water.runoff, state.parameters)
        stored = stored - xinanjiang.stored_mm(state.water.runoff, state.parameters)
        river = self._river.volume(water) - self._river.volume(state.water)
        return Added(
            state.added.runoff_mm + stored.mean(axis=0),
            state.added.river_m3 + float(river.mean()),
        )


def _weights(tapers: Tapers, hill_reach_of_cell: NDArray[np.int64], window_min: int) -> Array:
    """Return (n_states, n_gauges) tapers in the order of the filter's vector."""
    return np.concatenate(
        [
            np.repeat(tapers.catchment, xinanjiang.N_STATES, axis=0),
            tapers.catchment,
            tapers.hill[hill_reach_of_cell],
            tapers.cell,
            tapers.cell,
            tapers.mouth[None],
            np.repeat(np.concatenate([tapers.gauge, tapers.gauge]), window_min, axis=0),
        ]
    )


def new_window(members: int, gauges: int, minutes: int) -> Window:
    """Return a window in which nothing was seen."""
    return Window(
        np.full((2 * gauges, minutes), np.nan),
        np.zeros((members, 2 * gauges, minutes)),
        np.zeros((2 * gauges, minutes), dtype=bool),
    )
