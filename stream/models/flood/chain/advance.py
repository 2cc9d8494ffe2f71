"""Members moved on by the minutes that were observed, or by what stands in for them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin
from stream.models.flood.chain import ensemble, sea
from stream.models.flood.chain.inputs import Inputs
from stream.models.flood.chain.river import BASEFLOW_MM_H, STEP_S, River, Seen
from stream.models.flood.chain.state import Guess, State, Window
from stream.models.flood.rain.outlook import gauge_ensemble
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.runoff.parameters import Parameters

Array = NDArray[np.float64]

GUESS_MIN = 180
"""What is not heard is made up for so long at a time [min]."""
SPIN_UP_MIN = 720
"""Rivers run so long before the first minute, to forget how they were filled [min]."""
SEA_ERROR_H = 3.0
"""How long an error of the level at the mouth lasts [h]."""


class Mover:
    """Moves the states of one basin on."""

    def __init__(self, basin: Basin, inputs: Inputs, river: River) -> None:
        self._basin, self._inputs, self._river = basin, inputs, river
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
        flow = np.broadcast_to(self._area * BASEFLOW_MM_H / 3.6, (members, len(self._area)))
        water = self._river.rest(state.water.runoff, flow, np.full(members, level[0]))
        steady = np.repeat(flow[:, :, None], SPIN_UP_MIN, axis=2)
        water = self._river.run(water, steady, np.tile(level, (members, 1))).water
        return replace(state, water=water, time_s=start_s)

    def recall(self, state: State, history: Array, first_s: float) -> State:
        """Return `state` with what came late: for the filter at gauges, as rain that is owed."""
        ahead = round((state.time_s - first_s) / STEP_S) + 1
        width = min(ahead, state.window.observed.shape[1])
        if width <= 0:
            return state
        late = history[:, ahead - width : ahead]
        observed = state.window.observed.copy()
        known = observed[:, -width:]
        observed[:, -width:] = np.where(np.isfinite(known), known, self._inputs.at_gauges(late))
        rain = state.rain.copy()
        fell = self._inputs.catchment_rain(late)
        owed = np.isnan(rain[:, -width:]) & np.isfinite(fell)
        rain[:, -width:] = np.where(owed, fell, rain[:, -width:])
        factor = ensemble.rain_factor(state.rain_log, self._basin.updating)[:, :, None]
        missed = np.where(owed, factor * fell - state.made_up[:, :, -width:], 0.0)
        return replace(
            state,
            window=state.window._replace(observed=observed),
            rain=rain,
            owed_mm=state.owed_mm + np.nansum(missed, axis=2) / 60.0,
        )

    def advance(self, state: State, history: Array) -> State:
        """Return `state` after the minutes of `history` (n_inputs, k)."""
        minutes = history.shape[1]
        state = self.mended(state)
        state, wet = self._rain(state, self._inputs.catchment_rain(history))
        state, level = self._level(state, self._inputs.at_sea(history))
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
        index = ensemble.donors(bad, state.random)
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
        runoff = ensemble.disturbed(state.water.runoff, state.parameters, deviation, state.random)
        return replace(state, water=state.water._replace(runoff=runoff))

    def rain_ahead(self, state: State, minutes: int, random: np.random.Generator) -> Array:
        """Return (members, n_catchments, minutes) rain to come [mm/h], from what fell of late."""
        return gauge_ensemble(
            state.rain,
            leads_min=minutes,
            members=len(state.rain_log),
            climate=self._basin.climate,
            random=random,
            xy_km=self._inputs.xy_km,
        )

    def _rain(self, state: State, observed: Array) -> tuple[State, Array]:
        """Return the state with `observed` (n_catchments, k) remembered, and the members' rain."""
        updating, minutes = self._basin.updating, observed.shape[1]
        logs = ensemble.rain_errors(state.rain_log, updating, minutes, state.random)
        factors = ensemble.rain_factor(logs, updating)
        unheard = np.isnan(observed)
        guess = state.rain_guess
        made_up = np.full(factors.shape, np.nan)
        if unheard.any():
            guess, made_up = self._guessed(
                state, guess, minutes, lambda: self.rain_ahead(state, GUESS_MIN, state.random)
            )
            made_up = np.where(unheard, made_up, np.nan)
        else:
            guess = None
        wet = np.where(unheard, made_up, np.nan_to_num(observed)) * factors
        falling = wet.sum(axis=2) / 60.0
        total = np.maximum(falling + state.owed_mm, 0.0)
        wet = np.maximum(wet + ((total - falling) * 60.0 / minutes)[:, :, None], 0.0)
        owed = falling + state.owed_mm - wet.sum(axis=2) / 60.0
        moved = replace(
            state,
            rain_log=np.ascontiguousarray(logs[:, :, -1]),
            rain=_appended(state.rain, observed),
            rain_guess=guess,
            made_up=_appended(state.made_up, made_up * factors),
            owed_mm=owed,
        )
        return moved, wet

    def _level(self, state: State, observed: Array) -> tuple[State, Array]:
        """Return the state with `observed` (4, k) remembered, and the level at the mouth."""
        members, minutes = len(state.sea_error), observed.shape[1]
        if self._basin.sea is None:
            return state, np.zeros((members, minutes))
        plan = self._basin.sea
        keep = np.exp(-minutes / (60.0 * SEA_ERROR_H))
        noise = plan.error_m * state.random.standard_normal(members)
        error = keep * state.sea_error + np.sqrt(1.0 - keep**2) * (noise - noise.mean())
        tide, guess = observed[sea.TIDE], state.sea_guess
        level = np.tile(tide, (members, 1))
        if np.isnan(tide).any():

            def ahead() -> Array:
                return sea.ahead(
                    plan,
                    state.sea,
                    state.time_s,
                    leads=GUESS_MIN,
                    members=members,
                    random=state.random,
                ).level[:, 1:]

            guess, made_up = self._guessed(state, guess, minutes, ahead)
            level = np.where(np.isnan(tide), made_up, level)
        else:
            guess = None
        moved = replace(state, sea=_appended(state.sea, observed), sea_guess=guess, sea_error=error)
        return moved, level + error[:, None]

    def _guessed(
        self, state: State, guess: Guess | None, minutes: int, ahead: Callable[[], Array]
    ) -> tuple[Guess, Array]:
        """Return what stands in for the next `minutes`, made anew where it has run out."""
        done = 0 if guess is None else round((state.time_s - guess.last_heard_s) / STEP_S)
        if guess is None or done + minutes > GUESS_MIN:
            guess, done = Guess(state.time_s, ahead()), 0
        return guess, guess.members[..., done : done + minutes]


def _appended(past: Array, new: Array) -> Array:
    """Return `past` (…, w) with `new` (…, k) at its end and the oldest columns gone."""
    return np.ascontiguousarray(np.concatenate([past, new], axis=-1)[..., -past.shape[-1] :])


def _rolled(window: Window, observed: Array, seen: Seen) -> Window:
    predicted = np.nan_to_num(np.concatenate([seen.stage, seen.discharge], axis=1), posinf=np.nan)
    unused = np.zeros(observed.shape, dtype=bool)
    width = window.used.shape[1]
    return Window(
        _appended(window.observed, observed),
        _appended(window.predicted, predicted),
        np.concatenate([window.used, unused], axis=1)[:, -width:],
    )


def _aged(ages: Array, history: Array) -> Array:
    """Return minutes since each input was last heard."""
    minutes = history.shape[1]
    known = np.isfinite(history)
    since = np.argmax(known[:, ::-1], axis=1)
    return np.asarray(np.where(known.any(axis=1), since, ages + minutes), dtype=np.float64)
