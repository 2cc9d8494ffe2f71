"""The three-source Xinanjiang model for an ensemble of catchments, at any time step.

Tension water in three layers decides how much rain runs off (parabolic capacity curve, exponent
B); free water in a second store (EX) parts it into surface flow, interflow and ground water;
linear stores bring it to the outlet; a sealed part with a depression store drains apart.

Reference: Zhao R.-J. (1992), The Xinanjiang model applied in China, J. Hydrol. 135, 371–381,
doi:10.1016/0022-1694(92)90096-E.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stream.models.flood.runoff import kernel
from stream.models.flood.runoff.parameters import Parameters, RunoffError

Array = NDArray[np.float64]
State = NDArray[np.float64]
"""(members, n_catchments, 11) float64 [mm], columns as in `COLUMNS`."""

UPPER, LOWER, DEEP, FREE, INTERFLOW, GROUND, CHANNEL_1, CHANNEL_2, CHANNEL_3, DEPRESSION, URBAN = (
    range(11)
)
COLUMNS = (
    "upper", "lower", "deep", "free", "interflow", "ground",
    "channel_1", "channel_2", "channel_3", "depression", "urban",
)  # fmt: skip
"""Upper, lower, deep (tension water) and free: mm over the open part; depression: mm over the
sealed part; the rest: mm over the whole catchment."""
N_STATES = len(COLUMNS)
N_CHANNEL = 3
"""Linear stores of the channel cascade (Nash)."""


class Balance(NamedTuple):
    """Where the water went, each (members, n_catchments) [mm over the catchment]."""

    rain_mm: Array
    evaporation_mm: Array
    runoff_mm: Array
    stored_mm: Array
    """Change of what is stored."""

    @property
    def error_mm(self) -> Array:
        """Return rain − evaporation − runoff − stored: rounding, or a mistake."""
        return self.rain_mm - self.evaporation_mm - self.runoff_mm - self.stored_mm


def initial(
    parameters: Parameters,
    members: int = 1,
    *,
    wetness: ArrayLike = 0.7,
    baseflow_mm_h: ArrayLike = 0.0,
) -> State:
    """Return a state at rest: tension water at `wetness` (0–1), stores that give `baseflow_mm_h`.

    Both may be scalars, (n_catchments,) or (members, n_catchments). Ground water and channels
    hold what makes them release the baseflow: V = q τ.
    """
    shape = (members, parameters.n_catchments)
    wet = np.broadcast_to(np.asarray(wetness, np.float64), shape)
    flow = np.broadcast_to(np.asarray(baseflow_mm_h, np.float64), shape)
    if not (np.all((wet >= 0) & (wet <= 1)) and np.all((flow >= 0) & (flow < np.inf))):
        raise RunoffError("an initial state needs a wetness of 0–1 and a baseflow of 0 or more")
    state = np.zeros((*shape, N_STATES))
    state[..., UPPER] = wet * parameters.upper_mm
    state[..., LOWER] = wet * parameters.lower_mm
    state[..., DEEP] = wet * parameters.deep_mm
    state[..., GROUND] = flow * parameters.ground_h
    state[..., CHANNEL_1 : CHANNEL_3 + 1] = (flow * parameters.lag_h / N_CHANNEL)[..., None]
    return state


def run(
    state: State, rain_mm: Array, pet_mm: Array, parameters: Parameters, dt_s: float
) -> tuple[Array, State]:
    """Return (runoff (members, n, t) [mm per step], state after the last step).

    Parameters
    ----------
    state
        (members, n, 11) [mm]; left as it is.
    rain_mm
        (members, n, t), or (1, n, t) or (n, t) for the same rain on all members [mm per step].
    pet_mm
        (n, t) or (t,) potential evapotranspiration [mm per step].
    parameters
        Arrays (n,), or (members, n) where each member has its own.
    dt_s
        Time step [s], any up to a day: rates and lags are converted to it.

    Raises
    ------
    RunoffError
        A shape does not fit; rain or evapotranspiration is missing (NaN) or negative: where rain
        is not known the caller gives an ensemble of what it may have been.
    """
    runoff, after, _ = _run(state, rain_mm, pet_mm, parameters, dt_s)
    return runoff, after


def step(
    state: State, rain_mm: Array, pet_mm: ArrayLike, parameters: Parameters, dt_s: float
) -> tuple[Array, State]:
    """Return (runoff (members, n) [mm], state) after one step of rain (members, n) [mm].

    `pet_mm` is a scalar or (n,) [mm].
    """
    rain = np.asarray(rain_mm, np.float64)[..., None]
    pet = np.broadcast_to(np.asarray(pet_mm, np.float64), parameters.n_catchments)[:, None]
    runoff, after = run(state, rain, pet, parameters, dt_s)
    return runoff[..., 0], after


def balance(
    state: State, rain_mm: Array, pet_mm: Array, parameters: Parameters, dt_s: float
) -> Balance:
    """Return where the water of such a `run` goes."""
    runoff, after, evaporation = _run(state, rain_mm, pet_mm, parameters, dt_s)
    shape = state.shape[:2]
    rain = np.broadcast_to(np.asarray(rain_mm, np.float64).sum(axis=-1), shape)
    stored = stored_mm(after, parameters) - stored_mm(state, parameters)
    return Balance(rain, evaporation, runoff.sum(axis=-1), stored)


def stored_mm(state: State, parameters: Parameters) -> Array:
    """Return (members, n) water in all stores [mm over the catchment]."""
    sealed = parameters.impervious
    held: Array = (
        (1.0 - sealed) * state[..., UPPER : FREE + 1].sum(axis=-1)
        + state[..., INTERFLOW : CHANNEL_3 + 1].sum(axis=-1)
        + sealed * state[..., DEPRESSION]
        + state[..., URBAN]
    )
    return held


def bounded(state: State, parameters: Parameters) -> State:
    """Return `state` moved into what the stores can hold: for after a filter's correction."""
    most = np.full((*parameters.upper_mm.shape, N_STATES), np.inf)
    most[..., UPPER] = parameters.upper_mm
    most[..., LOWER] = parameters.lower_mm
    most[..., DEEP] = parameters.deep_mm
    most[..., FREE] = parameters.free_mm
    most[..., DEPRESSION] = parameters.depression_mm
    return np.clip(state, 0.0, most)


def discharge_m3_s(runoff_mm: Array, area_km2: ArrayLike, dt_s: float) -> Array:
    """Return runoff (…, n, t) [mm per step] of catchments of `area_km2` (n,) as m³/s.

    Raises RunoffError where an area is not positive.
    """
    area = np.asarray(area_km2, np.float64)
    if not np.all((area > 0) & (area < np.inf)):
        raise RunoffError(f"a catchment's area must be above 0 km², not {area.min():g}")
    if not dt_s > 0:
        raise RunoffError(f"a time step must be above 0 s, not {dt_s:g}")
    flow: Array = runoff_mm * (np.atleast_1d(area)[:, None] * (1000.0 / dt_s))
    return flow


def constants(parameters: Parameters, dt_s: float) -> Array:
    """Return (members or 1, n, 25) what the kernel needs of each catchment at this time step."""
    hours = dt_s / 3600.0
    p = parameters
    wm = p.upper_mm + p.lower_mm + p.deep_mm
    rate = p.interflow_per_h + p.ground_per_h
    share = np.divide(p.interflow_per_h, rate, out=np.zeros_like(rate), where=rate > 0)
    columns = [
        p.evaporation_ratio, p.upper_mm, p.lower_mm, p.deep_mm, p.deep_ratio,
        wm, 1 / (wm * (1 + p.curve)), 1 + p.curve, 1 / (1 + p.curve),
        p.free_mm, 1 / (p.free_mm * (1 + p.free_curve)), 1 + p.free_curve, 1 / (1 + p.free_curve),
        np.exp(-rate * hours), share,
        *_linear(p.interflow_h, hours), *_linear(p.ground_h, hours),
        *_linear(p.lag_h / N_CHANNEL, hours), *_linear(p.urban_lag_h, hours),
        p.impervious, p.depression_mm,
    ]  # fmt: skip
    table = np.ascontiguousarray(np.stack(columns, axis=-1))
    return table if table.ndim == 3 else table[None]


def _linear(residence_h: Array, hours: float) -> tuple[Array, Array]:
    """Return (kept of what is there, kept of what comes) over a step of a linear store.

    V' = V e + I (1 − e) τ / Δt with e = exp(−Δt / τ): exact for an even inflow.
    """
    steps = residence_h / hours
    with np.errstate(divide="ignore"):
        kept = np.exp(-1.0 / steps)
    return kept, -np.expm1(-1.0 / np.maximum(steps, 1e-12)) * steps


def _run(
    state: State, rain_mm: Array, pet_mm: Array, parameters: Parameters, dt_s: float
) -> tuple[Array, State, Array]:
    n = parameters.n_catchments
    if state.ndim != 3 or state.shape[1:] != (n, N_STATES):
        raise RunoffError(f"a state has shape (members, {n}, {N_STATES}), not {state.shape}")
    if not 0 < dt_s <= 86_400:
        raise RunoffError(f"a time step is above 0 s and at most a day, not {dt_s:g} s")
    members = state.shape[0]
    if parameters.members not in (1, members):
        raise RunoffError(f"parameters of {parameters.members} members for {members} states")
    rain = np.ascontiguousarray(rain_mm, np.float64)
    rain = rain[None] if rain.ndim == 2 else rain
    if rain.ndim != 3 or rain.shape[0] not in (1, members) or rain.shape[1] != n:
        raise RunoffError(f"rain has shape ({members} or 1, {n}, steps), not {np.shape(rain_mm)}")
    pet = np.ascontiguousarray(pet_mm, np.float64)
    pet = pet[None] if pet.ndim == 1 else pet
    if pet.ndim != 2 or pet.shape[0] not in (1, n) or pet.shape[1] != rain.shape[2]:
        raise RunoffError(
            f"evapotranspiration has shape ({n}, {rain.shape[2]}) or ({rain.shape[2]},), "
            f"not {np.shape(pet_mm)}"
        )
    _known("rain", rain, "where it is not known, give an ensemble of what it may have been")
    _known("evapotranspiration", pet, "use 0, or the mean of the season, where it is not known")
    _known("state", state, "start from `initial`, and use `bounded` after a correction")
    parameters.check()
    after = np.array(state, np.float64, order="C")
    runoff = np.empty((members, n, rain.shape[2]))
    evaporation = np.empty((members, n))
    kernel.advance(constants(parameters, dt_s), after, rain, pet, runoff, evaporation)
    return runoff, after, evaporation


def _known(name: str, values: Array, remedy: str) -> None:
    """Raise RunoffError unless all are finite and not negative (a NaN fails the comparison)."""
    if values.size and not (values.min() >= 0 and values.max() < np.inf):
        wrong = np.argwhere(~((values >= 0) & (values < np.inf)))[0]
        raise RunoffError(
            f"{name} at {tuple(int(k) for k in wrong)} is {values[tuple(wrong)]:g}, "
            f"not a number of 0 or more: {remedy}"
        )
