"""The flood chain of one basin, minute by minute: take in what was observed, look ahead.

Rain → catchments (Xinanjiang) → hill reaches (Muskingum–Cunge) → the network that the sea backs
up (local inertial), for all members at once; every few minutes the filter corrects them by the
gauges. A forecast lets the members run on, with rain and sea to come, and adds what the filter
had left at each gauge. All inputs may be missing: what stands in for them is said, and wide.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin, Residual
from stream.models.flood.chain import ensemble, sea
from stream.models.flood.chain.advance import Mover
from stream.models.flood.chain.correct import Corrector, new_window
from stream.models.flood.chain.forcing import Forcing
from stream.models.flood.chain.inputs import inputs
from stream.models.flood.chain.layout import cells, entry, looks, runoff_parameters, tapers
from stream.models.flood.chain.river import BASEFLOW_MM_H, River
from stream.models.flood.chain.state import FORECAST, STEP_S, Added, State, Water
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.updating import consistency, residual

Array = NDArray[np.float64]

SEA_MINUTES = 720
RAIN_MINUTES = 360
"""How much of the sea and of the rain is remembered for looking ahead [min]."""
WETNESS, BASEFLOW_ERROR = 0.55, 1.0
"""At a cold start: wetness of the soils, standard deviation of the logarithm of baseflow."""
RESIDUAL_MIN = 5
"""The residual is the median of so many newest values."""
SILENT_MIN = 10
"""Members without observations run on in such steps [min]."""
LATE_MIN = 15.0
"""An input that is older than this is said to be silent [min]."""
UNFITTED = Residual(memory_h=3.0, spread_m=0.15, growth_h=3.0)
"""For a gauge whose past forecasts nobody has looked at."""
SAID_S = 6 * 3600.0
"""So long it is said that a member failed [s]."""


class ChainForecast(NamedTuple):
    """What may come; minute by minute from the issue (lead 0) on."""

    stage: Array
    """(members, n_gauges, leads + 1) [m]; NaN where the model knows no stage."""
    discharge: Array
    """(members, n_gauges, leads + 1) [m3/s]."""
    rain: Array
    """(members, n_catchments, leads + 1) [mm/h]; the first minute is what was observed last."""
    degraded: list[str]
    """What is missing or doubted; each widens the spread. Empty: all is well."""


class Chain:
    """The chain of `basin`; holds no state of its own.

    Raises RunoffError, BadReachError or BadNetworkError where basin.toml makes no sense.
    """

    def __init__(self, basin: Basin) -> None:
        river = cells(basin)
        ends, seen = entry(basin, river), looks(basin, river)
        self.basin = basin
        self._inputs = inputs(basin)
        self._parameters = runoff_parameters(basin)
        rivers = River(basin, river, ends, seen)
        self._forcing = Forcing(basin, self._inputs)
        self._mover = Mover(basin, self._inputs, rivers, self._forcing)
        self._corrector = Corrector(basin, rivers, tapers(basin, river, ends, seen))
        fitted = [basin.residuals.get(key, UNFITTED) for key in self.gauges]
        self._residuals = residual.Residuals(
            np.array([r.memory_h for r in fitted]),
            np.array([r.spread_m for r in fitted]),
            np.array([r.growth_h for r in fitted]),
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the datastreams of the rows of a history."""
        return self._inputs.keys

    @property
    def gauges(self) -> tuple[str, ...]:
        """Return a datastream for each gauge: its stage, or its discharge where it has none."""
        return tuple(gauge.stage or gauge.discharge for gauge in self.basin.gauges)

    @property
    def catchments(self) -> tuple[str, ...]:
        """Return the ids of the catchments."""
        return tuple(catchment.id for catchment in self.basin.catchments)

    def start(self, random: np.random.Generator) -> State:
        """Return members that differ in parameters and wetness, and have seen nothing."""
        updating, n = self.basin.updating, len(self.basin.catchments)
        members, gauges = updating.members, len(self.gauges)
        parameters = ensemble.perturbed(self._parameters, members, updating.parameter_error, random)
        draws = random.standard_normal((members, 1)) + 0.3 * random.standard_normal((members, n))
        wetness = np.clip(WETNESS + updating.wetness_error * draws, 0.05, 0.98)
        spread = BASEFLOW_ERROR * random.standard_normal((members, n))
        base = BASEFLOW_MM_H * np.exp(spread - 0.5 * BASEFLOW_ERROR**2)
        runoff = xinanjiang.initial(parameters, members, wetness=wetness, baseflow_mm_h=base)
        nothing = np.zeros((members, 0))
        return State(
            seed=int(random.integers(2**31)),
            parameters=parameters,
            water=Water(runoff, nothing, nothing, nothing, nothing),
            rain_log=updating.rain_error * random.standard_normal((members, n)),
            sea_error=np.zeros(members),
            window=new_window(members, gauges, updating.window_min),
            sea=np.full((4, SEA_MINUTES), np.nan),
            rain=np.full((n, RAIN_MINUTES), np.nan),
            made_up=np.full((members, n, updating.window_min), np.nan),
            owed_mm=np.zeros((members, n)),
            doubts=consistency.none(gauges),
            added=Added(np.zeros(n), 0.0),
            ages=np.full(len(self.inputs), np.inf),
        )

    def assimilate(self, state: State, history: Array, first_s: float, last_s: float) -> State:
        """Return the state at `last_s`, after the minutes of `history` it had not seen.

        Parameters
        ----------
        history : (n_inputs, n_minutes) array
            Trusted values of `inputs` at whole minutes from `first_s` to `last_s` (Unix time
            [s]); NaN where there is none; rain in mm, at the end of its minute. Columns that
            were seen before may carry values that came late: the filter takes them if they
            are no older than the window.

        Raises
        ------
        ValueError
            The history does not fit the inputs or its times, or leaves a hole after the state.
        EnsembleFailed
            Not one member is left.
        """
        self._check(state, history, first_s, last_s)
        history = self._inputs.spread(history)
        if np.isnan(state.time_s):
            state = self._mover.begin(state, history, first_s)
        state = self._forcing.recall(state, history, first_s)
        every = self.basin.updating.every_min
        while state.time_s < last_s:
            now = round(state.time_s / STEP_S)
            minutes = min(every - now % every, round((last_s - state.time_s) / STEP_S))
            at = now + 1 - round(first_s / STEP_S)
            state = self._mover.advance(state, history[:, at : at + minutes])
            if (now + minutes) % every == 0:
                state = self._corrector.correct(self._corrector.doubt(state))
                state = self._mover.disturbed(state)
        return state

    def forecast(
        self,
        state: State,
        issue_s: float,
        *,
        tide_m: Array | None = None,
        rain: Array | None = None,
    ) -> ChainForecast:
        """Return the members' stages, discharges and rain from `issue_s` to the horizon.

        Parameters
        ----------
        issue_s : float
            Unix time [s] of `state`, or later: then the members run on without observations.
        tide_m : (leads + 1,) array, optional
            Astronomical tide at the mouth from the issue on; by default from basin.toml [m].
        rain : (members, n_catchments, leads) array, optional
            Rain of the catchments in each minute after the issue [mm/h]; by default an
            ensemble that decays from the present to the climate.
        """
        if np.isnan(state.time_s):
            raise ValueError("nothing was assimilated yet; give the chain a history first")
        random = state.draws(FORECAST, issue_s)
        late = round((issue_s - state.time_s) / STEP_S)
        if late < 0:
            raise ValueError(f"the state is {-late} min ahead of the issue; keep an older one")
        state = self._mover.mended(state)
        while state.time_s < issue_s:
            minutes = min(SILENT_MIN, round((issue_s - state.time_s) / STEP_S))
            state = self._mover.advance(state, np.full((len(self.inputs), minutes), np.nan))
        leads, members = self.basin.horizon_min, len(state.rain_log)
        coming = self._forcing.rain_ahead(state, leads, random) if rain is None else rain
        level, said = self._level(state, issue_s, tide_m, random)
        draws = random.standard_normal((leads, members, 1 + len(self.catchments)))
        logs = ensemble.rain_errors(state.rain_log, self.basin.updating, draws)
        wet = coming * ensemble.rain_factor(logs, self.basin.updating)
        seen = self._mover.run(state, wet, level[:, 1:])
        bad = ensemble.failed(seen.water)
        index = ensemble.donors(bad, random)
        said += [f"member {m} failed; another stands in" for m in np.flatnonzero(bad)]
        now = state.window.predicted[:, :, -1].reshape(members, 2, -1, 1)
        stage = np.concatenate([now[:, 0], seen.stage], axis=2)
        stage[:, np.isnan(seen.stage).all(axis=(0, 2))] = np.nan
        discharge = np.concatenate([now[:, 1], seen.discharge], axis=2)
        left, age = self._residual(state)
        stage += residual.ahead(left, age, leads, self._residuals, members, random)
        latest = np.broadcast_to(state.rain[:, -1:], (members, len(self.catchments), 1))
        falling = np.concatenate([np.nan_to_num(latest), coming], axis=2)
        return ChainForecast(
            stage[index], discharge[index], falling, [*self._degraded(state), *said]
        )

    def _level(
        self, state: State, issue_s: float, tide_m: Array | None, random: np.random.Generator
    ) -> tuple[Array, list[str]]:
        """Return (members, leads + 1) level at the mouth, and what is missing there."""
        leads, members = self.basin.horizon_min, len(state.rain_log)
        if self.basin.sea is None:
            return np.zeros((members, leads + 1)), []
        level, said = sea.ahead(
            self.basin.sea,
            state.sea,
            issue_s,
            leads=leads,
            members=members,
            random=random,
            tide_m=tide_m,
        )
        return level + state.sea_error[:, None], said

    def _residual(self, state: State) -> tuple[Array, Array]:
        """Return what the filter has left at each gauge [m], and how old that is [min]."""
        n, width = len(self.gauges), state.window.observed.shape[1]
        left, age = np.full(n, np.nan), np.full(n, np.inf)
        misses = state.window.observed - state.window.predicted.mean(axis=0)
        for gauge in np.flatnonzero(~state.doubts.left_out):
            known = np.flatnonzero(np.isfinite(misses[gauge]))[-RESIDUAL_MIN:]
            if len(known):
                left[gauge] = float(np.median(misses[gauge, known]))
                age[gauge] = width - 1 - known[-1]
        return left, age

    def _degraded(self, state: State) -> list[str]:
        late = [
            f"{key} never heard" if np.isinf(age) else f"{key} silent for {age:.0f} min"
            for key, age in zip(self.inputs, state.ages, strict=True)
            if age > LATE_MIN
        ]
        if np.isnan(state.rain[:, -1]).all():
            late.append("no rain gauge is heard; rain is a guess from the climate")
        failures = [
            f"member {member} failed and was replaced"
            for member, at in sorted(state.failed.items())
            if state.time_s - at <= SAID_S
        ]
        return [*self._corrector.complaints(state), *late, *failures]

    def _check(self, state: State, history: Array, first_s: float, last_s: float) -> None:
        minutes = round((last_s - first_s) / STEP_S) + 1
        if history.shape != (len(self.inputs), minutes):
            raise ValueError(
                f"history {history.shape} must be ({len(self.inputs)}, {minutes}): the inputs "
                f"{', '.join(self.inputs)} at each minute from {first_s:.0f} to {last_s:.0f}"
            )
        if first_s % STEP_S:
            raise ValueError(f"history must begin at a whole minute, not at {first_s} s")
        if first_s > state.time_s + STEP_S:
            hole = round((first_s - state.time_s) / STEP_S) - 1
            raise ValueError(
                f"{hole} min lie between the state and the history; give them, NaN where nothing "
                "was observed, or start anew"
            )
