"""Members moved on by the minutes that were observed, or by what stands in for them."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin
from stream.models.flood.chain import ensemble, sea
from stream.models.flood.chain.forcing import Forcing, appended
from stream.models.flood.chain.inputs import Inputs
from stream.models.flood.chain.river import River, Seen
from stream.models.flood.chain.state import (
    DISTURB,
    MINUTE,
    REPLACE,
    STEP_S,
    State,
    Window,
)
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.runoff.parameters import Parameters

Array = NDArray[np.float64]

SPIN_UP_MIN = 720
"""Rivers run so long before the first minute, to forget how they were filled [min]."""


class Mover:
    """Moves the states of one basin on."""

    def __init__(self, basin: Basin, inputs: Inputs, river: River, forcing: Forcing) -> None:
        self._basin, self._inputs, self._river = basin, inputs, river
        self._forcing = forcing
        self._area = np.array([catchment.area_km2 for catchment in basin.catchments])

    def begin(self, state: State, history: Array, first_s: float) -> State:
        """Return `state` a minute before `first_s`, its rivers filled as tide and baseflow do."""
        members = len(state.rain_log)
        start_s = first_s - STEP_S
        times = start_s + STEP_S * np.arange(1 - SPIN_UP_MIN, 1, dtype=np.float64)
        level = np.zeros(SPIN_UP_MIN)
        if self._basin.sea:
            tide = sea.harmonics(self._basin.sea)
            observed = self._inputs.at_sea(history)[sea.TIDE]
            seen = np.flatnonzero(np.isfinite(observed))[:10]
            residual = observed[seen] - tide.predict(first_s + STEP_S * seen.astype(np.float64))
            level = tide.predict(times) + (float(np.median(residual)) if len(seen) else 0.0)
        still = np.zeros((members, len(self._area), 1))
        drained, _ = xinanjiang.run(state.water.runoff, still, still[0], state.parameters, STEP_S)
        flow = xinanjiang.discharge_m3_s(drained, self._area, STEP_S)[:, :, 0]
        water = self._river.rest(state.water.runoff, flow, np.full(members, level[0]))
        steady = np.repeat(flow[:, :, None], SPIN_UP_MIN, axis=2)
        water = self._river.run(water, steady, np.tile(level, (members, 1))).water
        return replace(state, water=water, time_s=start_s, begun_s=start_s)

    def advance(self, state: State, history: Array) -> State:
        """Return `state` after the minutes of `history` (n_inputs, k)."""
        minutes = history.shape[1]
        state = self.mended(state)
        draws = self._draws(state, minutes)
        state, wet = self._forcing.rain(
            state, self._inputs.catchment_rain(history), draws[:, :, 1:]
        )
        state, level = self._forcing.level(state, self._inputs.at_sea(history), draws[:, :, 0])
        seen = self.run(state, wet, level)
        window = _rolled(state.window, self._inputs.at_gauges(history), seen)
        return self.mended(
            replace(
                state,
                water=seen.water,
                window=window,
                mouth_m=float(level[:, -1].mean()) if self._basin.sea else state.mouth_m,
                ages=_aged(state.ages, history),
                time_s=state.time_s + STEP_S * minutes,
            )
        )

    def _draws(self, state: State, minutes: int) -> Array:
        """Return (minutes, members, 2 + n_catchments) standard normal draws: mouth, then rain."""
        shape = (len(state.rain_log), 2 + state.rain_log.shape[1])
        times = state.time_s + STEP_S * np.arange(1, minutes + 1)
        return np.stack([state.draws(MINUTE, at).standard_normal(shape) for at in times])

    def run(self, state: State, rain_mm_h: Array, level_m: Array) -> Seen:
        """Return what rain (members, n_catchments, t) and the level (members, t) bring about."""
        minutes = rain_mm_h.shape[2]
        daily = self._basin.evaporation_mm_day[datetime.fromtimestamp(state.time_s, UTC).month - 1]
        runoff, stores = xinanjiang.run(
            state.water.runoff,
            rain_mm_h / 60.0,
            np.full(minutes, daily / 1440.0),
            state.parameters,
            STEP_S,
        )
        discharge = xinanjiang.discharge_m3_s(runoff, self._area, STEP_S)
        seen = self._river.run(state.water, discharge, level_m)
        return seen._replace(water=seen.water._replace(runoff=stores))

    def mended(self, state: State) -> State:
        """Return `state` with each member that failed replaced by a copy of another.

        Raises EnsembleFailed when none is left.
        """
        bad = ensemble.failed(state.water)
        bad |= ~np.isfinite(state.window.predicted).all(axis=(1, 2))
        if not bad.any():
            return state
        index = ensemble.donors(bad, state.draws(REPLACE, state.time_s))
        failures = dict.fromkeys(np.flatnonzero(bad).tolist(), state.time_s)
        return replace(
            state,
            parameters=Parameters(*(values[index] for values in state.parameters)),
            water=type(state.water)(*(part[index] for part in state.water)),
            rain_log=state.rain_log[index],
            sea_error=state.sea_error[index],
            window=state.window._replace(predicted=state.window.predicted[index]),
            made_up=state.made_up[index],
            owed_mm=state.owed_mm[index],
            failed=state.failed | failures,
        )

    def disturbed(self, state: State) -> State:
        """Return `state` with the water in its catchments disturbed, as `state_error` says."""
        deviation = self._basin.updating.state_error
        random = state.draws(DISTURB, state.time_s)
        runoff = ensemble.disturbed(state.water.runoff, state.parameters, deviation, random)
        return replace(state, water=state.water._replace(runoff=runoff))


def _rolled(window: Window, observed: Array, seen: Seen) -> Window:
    predicted = np.nan_to_num(np.concatenate([seen.stage, seen.discharge], axis=1), posinf=np.nan)
    unused = np.zeros(observed.shape, dtype=bool)
    width = window.used.shape[1]
    return Window(
        appended(window.observed, observed),
        appended(window.predicted, predicted),
        np.concatenate([window.used, unused], axis=1)[:, -width:],
    )


def _aged(ages: Array, history: Array) -> Array:
    """Return minutes since each input was last heard."""
    minutes = history.shape[1]
    known = np.isfinite(history)
    since = np.argmax(known[:, ::-1], axis=1)
    return np.asarray(np.where(known.any(axis=1), since, ages + minutes), dtype=np.float64)
