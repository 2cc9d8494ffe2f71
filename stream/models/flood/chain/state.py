"""What the chain remembers from minute to minute: the members, and what was seen of late."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.runoff.parameters import Parameters
from stream.models.flood.updating.consistency import Doubts

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


STEP_S = 60.0
"""The chain's step [s]."""


class Water(NamedTuple):
    """Water of all members in catchments and rivers."""

    runoff: Array
    """(members, n_catchments, n_states) of the Xinanjiang stores [mm]."""
    hill: Array
    """(members, n_hill_cells) water in Muskingum–Cunge cells [m3]."""
    depth: Array
    """(members, n_cells) of the inertial network [m]."""
    flow: Array
    """(members, n_cells) discharge from each cell to the one below [m3/s]."""
    working: Array
    """(members, n_structures): 1 for an open gate and a running pump, else 0."""


class Window(NamedTuple):
    """The last minutes at the gauges: stages first, then discharges; the newest is last."""

    observed: Array
    """(2 n_gauges, w), NaN where nothing was."""
    predicted: Array
    """(members, 2 n_gauges, w), corrected along with the states."""
    used: Bools
    """(2 n_gauges, w): whether the filter has had it."""


class Added(NamedTuple):
    """Water that corrections brought since the start, mean of the members; negative: taken."""

    runoff_mm: Array
    """(n_catchments,) [mm]."""
    river_m3: float
    """In the inertial network and the hill reaches [m3]."""


class Guess(NamedTuple):
    """What stands in for an input that was not heard: an ensemble from its last minute on."""

    last_heard_s: float
    """Unix time [s]; its first column is the minute after."""
    members: Array
    """(members, …, k) minute by minute."""


@dataclass(frozen=True, eq=False)
class State:
    """Everything; made by `Chain.start`, moved on by `Chain.assimilate`."""

    seed: int
    """All chance comes from it and the minute: `draws`."""
    parameters: Parameters
    """Of (members, n_catchments)."""
    water: Water
    rain_log: Array
    """(members, n_catchments) logarithm of the factor by which rain is wrong."""
    sea_error: Array
    """(members,) by which the level at the mouth is wrong [m]."""
    window: Window
    sea: Array
    """(4, k) tide gauge, pressure, wind speed and direction of the last minutes."""
    rain: Array
    """(n_catchments, k) rain of the last minutes [mm/h], NaN where no gauge was heard."""
    made_up: Array
    """(members, n_catchments, k) rain that stood in for what was not heard [mm/h], else NaN."""
    owed_mm: Array
    """(members, n_catchments) rain that came to be known late and has not fallen yet [mm]."""
    doubts: Doubts
    added: Added
    ages: Array
    """(n_inputs,) since each input was last heard [min]; inf: never."""
    mouth_m: float = float("-inf")
    """Level at the river's mouth in the last minute, mean of the members [m]."""
    begun_s: float = float("nan")
    """Unix time of the cold start."""
    time_s: float = float("nan")
    """Unix time of the last minute taken in; NaN: none yet."""
    rain_guess: Guess | None = None
    sea_guess: Guess | None = None
    failed: dict[int, float] = field(default_factory=dict)
    """Member → Unix time at which it failed and was replaced."""

    def draws(self, purpose: int, at_s: float) -> np.random.Generator:
        """Return the generator for one purpose at the minute `at_s` (Unix time [s]).

        So the same state takes the same history to the same state, in whatever pieces it comes.
        """
        return np.random.default_rng([self.seed, round(at_s / 60.0), purpose])


MINUTE, GUESS_RAIN, GUESS_SEA, DISTURB, REPLACE, FORECAST = range(6)
"""Purposes of draws."""
