"""What drives the members each minute: rain and the level at the mouth, observed or made up.

What was not heard is made up by an ensemble that starts where the last value was; rain that
comes to be known late is owed, and falls then, so that no water is lost.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin
from stream.models.flood.chain import ensemble, sea
from stream.models.flood.chain.inputs import Inputs
from stream.models.flood.chain.state import GUESS_RAIN, GUESS_SEA, STEP_S, Guess, State
from stream.models.flood.rain.outlook import gauge_ensemble

Array = NDArray[np.float64]

GUESS_MIN = 180
"""What is not heard is made up for so long at a time [min]."""
SEA_ERROR_H = 3.0
"""How long an error of the level at the mouth lasts [h]."""


class Forcing:
    """Rain and sea of one basin."""

    def __init__(self, basin: Basin, inputs: Inputs) -> None:
        self._basin, self._inputs = basin, inputs

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
        seen = state.sea.copy()
        seen[:, -width:] = np.where(
            np.isfinite(seen[:, -width:]), seen[:, -width:], self._inputs.at_sea(late)
        )
        told = np.isfinite(seen[sea.TIDE]) & np.isnan(state.sea[sea.TIDE])
        return replace(
            state,
            window=state.window._replace(observed=observed),
            rain=rain,
            sea=seen,
            rain_guess=None if owed.any() else state.rain_guess,
            sea_guess=None if told.any() else state.sea_guess,
            owed_mm=state.owed_mm + np.nansum(missed, axis=2) / 60.0,
        )

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

    def rain(self, state: State, observed: Array, draws: Array) -> tuple[State, Array]:
        """Return the state with `observed` (n_catchments, k) remembered, and the members' rain."""
        updating, minutes = self._basin.updating, observed.shape[1]
        logs = ensemble.rain_errors(state.rain_log, updating, draws)
        factors = ensemble.rain_factor(logs, updating)
        unheard = np.isnan(observed)
        guess = state.rain_guess
        made_up = np.full(factors.shape, np.nan)
        if unheard.any():
            guess, made_up = self._guessed(
                state,
                guess,
                minutes,
                lambda: self.rain_ahead(state, GUESS_MIN, state.draws(GUESS_RAIN, state.time_s)),
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
            rain=appended(state.rain, observed),
            rain_guess=guess,
            made_up=appended(state.made_up, made_up * factors),
            owed_mm=owed,
        )
        return moved, wet

    def level(self, state: State, observed: Array, draws: Array) -> tuple[State, Array]:
        """Return the state with `observed` (4, k) remembered, and the level at the mouth."""
        members, minutes = len(state.sea_error), observed.shape[1]
        if self._basin.sea is None:
            return state, np.zeros((members, minutes))
        plan = self._basin.sea
        keep = np.exp(-1.0 / (60.0 * SEA_ERROR_H))
        push = plan.error_m * np.sqrt(1.0 - keep**2)
        errors = np.empty((members, minutes))
        error = state.sea_error
        for minute in range(minutes):
            error = keep * error + push * (draws[minute] - draws[minute].mean())
            errors[:, minute] = error
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
                    random=state.draws(GUESS_SEA, state.time_s),
                ).level[:, 1:]

            guess, made_up = self._guessed(state, guess, minutes, ahead)
            level = np.where(np.isnan(tide), made_up, level)
        else:
            guess = None
        moved = replace(state, sea=appended(state.sea, observed), sea_guess=guess, sea_error=error)
        return moved, level + errors

    def _guessed(
        self, state: State, guess: Guess | None, minutes: int, ahead: Callable[[], Array]
    ) -> tuple[Guess, Array]:
        """Return what stands in for the next `minutes`, made anew where it has run out."""
        done = 0 if guess is None else round((state.time_s - guess.last_heard_s) / STEP_S)
        if guess is None or done + minutes > GUESS_MIN:
            guess, done = Guess(state.time_s, ahead()), 0
        return guess, guess.members[..., done : done + minutes]


def appended(past: Array, new: Array) -> Array:
    """Return `past` (…, w) with `new` (…, k) at its end and the oldest columns gone."""
    return np.ascontiguousarray(np.concatenate([past, new], axis=-1)[..., -past.shape[-1] :])
