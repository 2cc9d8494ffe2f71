"""What a gauge model looks at and forecasts: the schema of `sites/<id>/flood.toml`."""

from datetime import timedelta
from typing import Literal

from msgspec import Struct, field

Role = Literal["level", "flow", "rain", "tide"]

PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One datastream the model looks at."""

    datastream: str
    role: Role
    """`level`: water level, seen as its present value and its past changes. `flow`: discharge,
    dam outflow, wind: its values and their signed square roots. `rain`: sums over windows.
    `tide`: the astronomical tide fitted on it, past and to come, and the residual now."""


class FloodPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Targets, inputs and sizes of a site's gauge model. Lags and windows are in minutes."""

    name: str
    """Name of the model, kept with each forecast."""
    step: timedelta
    """Time step of the model; lags and leads are multiples of it."""
    horizon: timedelta
    """Longest lead."""
    targets: tuple[str, ...]
    """Datastreams that are forecast; each must be an input with role `level`."""
    inputs: tuple[Input, ...] = field(name="input")
    probabilities: tuple[float, ...] = PROBABILITIES
    level_lags: tuple[int, ...] = (10, 20, 30, 40, 60, 80, 100, 120, 150, 180, 240, 300)
    flow_lags: tuple[int, ...] = (0, 10, 20, 30, 40, 60, 80, 100, 120, 150, 180, 240, 300)
    rain_edges: tuple[int, ...] = (0, 30, 60, 120, 360)
    """Edges of the windows, back from now, over which rain is summed."""
    tide_lags: tuple[int, ...] = (0, 30, 60)
    """Lags of the tide's residual, observed minus predicted."""
    tide_back: int = 240
    """The predicted tide is seen from this long ago until the horizon, …"""
    tide_every: int = 20
    """… at this spacing."""
    cycles: tuple[int, ...] = ()
    """Ages of earlier tides that are like this one, e.g. 750 and 1490 min (12.4 and 24.8 h,
    rounded to the step): levels and the tide's residual are seen as they went on from then."""
    cycle_offsets: tuple[int, ...] = (-60, 0, 60, 120, 180)
    """Offsets from an earlier tide's same phase at which it is seen; at most the horizon."""
    flow_cycles: tuple[int, ...] = ()
    """Ages at which flows are seen as they went on from then, e.g. 1440 min: a dam is worked
    by the hour of the day."""
    constituents: tuple[str, ...] = ()
    """Constituents of the tide; by default those the record can tell apart."""
    hidden: int = 48
    """Hidden units of each network."""
    folds: int = 4
    """Networks, each fitted without one part of the record, which then judges it."""
    blocks: int = 24
    """Contiguous pieces into which the record is dealt to the folds."""
    spans: int = 6
    """Long pieces of the record. The spread rests half on the errors of networks that have
    seen nothing of such a piece: a year to come is as strange as that."""
    epochs: int = 50
    zero_error: float = 0.15
    """Error of gauge zeros that the fit must bear, in the unit of the levels: a gauge that is
    moved, a bed that is scoured."""
    flow_error: float = 0.05
    """Relative error of flows that the fit must bear."""

    def __post_init__(self) -> None:
        roles = {entry.datastream: entry.role for entry in self.inputs}
        if len(roles) != len(self.inputs):
            raise ValueError("an `input` is there twice")
        wrong = [target for target in self.targets if roles.get(target) != "level"]
        if wrong or not self.targets:
            named = f"target `{wrong[0]}`" if wrong else "`targets`"
            raise ValueError(f"{named} must be an `input` with role `level`")
        step = self.step_minutes
        if step < 1 or self.step != timedelta(minutes=step) or self.horizon % self.step:
            raise ValueError("`step` must be whole minutes and `horizon` a multiple of it")
        lags = [*self.level_lags, *self.flow_lags, *self.rain_edges, *self.tide_lags]
        lags += [age - offset for age in self.every_cycle for offset in self.cycle_offsets]
        odd = [lag for lag in lags if lag % step or lag < 0]
        if odd:
            raise ValueError(f"lag {odd[0]} is not a multiple of the step, {step} min")
        if list(self.probabilities) != sorted(set(self.probabilities)) or not (
            0.5 in self.probabilities and 0 < self.probabilities[0] <= self.probabilities[-1] < 1
        ):
            raise ValueError("`probabilities` must ascend within (0, 1) and contain 0.5")
        if self.blocks < self.folds or self.folds < 2 or self.spans < 2:
            raise ValueError("needs 2 <= `folds` <= `blocks` and 2 <= `spans`")

    @property
    def step_minutes(self) -> int:
        """Return the step in whole minutes."""
        return int(self.step.total_seconds() // 60)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the datastream keys of the inputs, in order."""
        return tuple(entry.datastream for entry in self.inputs)

    @property
    def every_cycle(self) -> tuple[int, ...]:
        """Return the ages of earlier tides and of earlier flows [min]."""
        return (*self.cycles, *self.flow_cycles)

    @property
    def reach_minutes(self) -> int:
        """Return how far back the oldest feature looks [min]."""
        rain = self.rain_edges if any(entry.role == "rain" for entry in self.inputs) else (0,)
        early = -min(0, *self.cycle_offsets)
        earlier = [age + early for age in self.every_cycle]
        return max([*self.level_lags, *self.flow_lags, *rain, *self.tide_lags, *earlier])
