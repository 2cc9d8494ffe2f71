"""What a catchment is to the Xinanjiang model: capacities, rates and lags, with their bounds."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

HOURS_PER_DAY = 24.0


class RunoffError(ValueError):
    """Rain, evaporation, parameters or a state that no runoff follows from; says which and why."""


class Parameters(NamedTuple):
    """Parameters of the catchments, each (n_catchments,) float64; Zhao's symbol in brackets.

    Where members differ they are (members, n_catchments), all of them.

    Rates are continuous [1/h] and lags are mean residence times [h], so that they hold for any
    time step; `from_daily` takes Zhao's daily coefficients.
    """

    evaporation_ratio: Array
    """Potential evapotranspiration of the catchment over the given one [K, –], about 0.6–1.2."""
    upper_mm: Array
    """Tension water capacity of the upper layer [WUM, mm]."""
    lower_mm: Array
    """Tension water capacity of the lower layer [WLM, mm]."""
    deep_mm: Array
    """Tension water capacity of the deep layer [WDM, mm]."""
    deep_ratio: Array
    """Evapotranspiration of the deep layer over the potential one [C, –]."""
    curve: Array
    """Exponent of the tension water capacity curve [B, –]; 0 is a uniform catchment."""
    free_mm: Array
    """Mean free water capacity [SM, mm]."""
    free_curve: Array
    """Exponent of the free water capacity curve [EX, –]."""
    interflow_per_h: Array
    """Outflow of free water to interflow [from KI, 1/h]."""
    ground_per_h: Array
    """Outflow of free water to ground water [from KG, 1/h]."""
    interflow_h: Array
    """Residence time of interflow on its way to the channel [from CI, h]."""
    ground_h: Array
    """Residence time of ground water [from CG, h]."""
    lag_h: Array
    """Mean lag of the channels inside the catchment [h]; 0 is none."""
    impervious: Array
    """Share of the catchment that is sealed and drained [IM, 0–0.99]."""
    depression_mm: Array
    """What the sealed part holds back before it runs off [mm]."""
    urban_lag_h: Array
    """Residence time in gutters and storm drains [h]; 0 is none."""

    @property
    def n_catchments(self) -> int:
        """Return the number of catchments."""
        return int(self.upper_mm.shape[-1])

    @property
    def members(self) -> int:
        """Return the number of members that have parameters of their own, or 1."""
        return int(self.upper_mm.shape[0]) if self.upper_mm.ndim > 1 else 1

    @classmethod
    def of(cls, n_catchments: int = 1, **values: ArrayLike) -> Self:
        """Return `DEFAULT` for each of `n_catchments`, with `values` (scalar or array) instead.

        A value of shape (members, n_catchments) gives all parameters that shape.

        Raises RunoffError on a name that is no parameter and on a value out of `LIMITS`.
        """
        strange = [name for name in values if name not in cls._fields]
        if strange:
            raise RunoffError(f"no parameter `{strange[0]}`; there are: {', '.join(cls._fields)}")
        given = {name: np.asarray(values.get(name, DEFAULT[name]), float) for name in cls._fields}
        try:
            shape = np.broadcast_shapes((n_catchments,), *(value.shape for value in given.values()))
            parameters = cls(*(np.array(np.broadcast_to(v, shape)) for v in given.values()))
        except ValueError as error:
            raise RunoffError(f"parameters of {n_catchments} catchments: {error}") from error
        parameters.check()
        return parameters

    @classmethod
    def from_daily(
        cls,
        n_catchments: int = 1,
        *,
        ki: ArrayLike,
        kg: ArrayLike,
        ci: ArrayLike,
        cg: ArrayLike,
        **values: ArrayLike,
    ) -> Self:
        """Return parameters from Zhao's daily coefficients KI, KG, CI and CG, each in (0, 1).

        A day drains the share KI + KG of the free water, so ki_per_h + kg_per_h =
        −ln(1 − KI − KG) / 24 h; a linear store keeps CI of its flow, so τ = −24 h / ln CI.
        """
        interflow, ground = np.asarray(ki, np.float64), np.asarray(kg, np.float64)
        recessions = np.asarray(ci, np.float64), np.asarray(cg, np.float64)
        both = interflow + ground
        if not (np.all(interflow > 0) and np.all(ground > 0) and np.all(both < 1)):
            raise RunoffError("KI and KG are positive daily shares with KI + KG < 1")
        if not all(np.all((c > 0) & (c < 1)) for c in recessions):
            raise RunoffError("CI and CG are daily recession constants between 0 and 1")
        rate = -np.log1p(-both) / HOURS_PER_DAY
        return cls.of(
            n_catchments,
            interflow_per_h=rate * interflow / both,
            ground_per_h=rate * ground / both,
            interflow_h=-HOURS_PER_DAY / np.log(recessions[0]),
            ground_h=-HOURS_PER_DAY / np.log(recessions[1]),
            **values,
        )

    def check(self) -> None:
        """Raise RunoffError naming the first parameter and catchment that is out of `LIMITS`."""
        shape = self.upper_mm.shape
        if len(shape) not in (1, 2) or not all(shape):
            raise RunoffError(f"parameters are (n_catchments,) or (members, n), not {shape}")
        for name, values in zip(self._fields, self, strict=True):
            if values.shape != shape:
                raise RunoffError(f"`{name}` has shape {values.shape}, `upper_mm` has {shape}")
            low, high = LIMITS[name]
            if not (values.min() >= low and values.max() <= high):
                at = np.argwhere(~((values >= low) & (values <= high)))[0]
                raise RunoffError(
                    f"`{name}` of catchment {at[-1]} is {values[tuple(at)]:g}, "
                    f"not in [{low:g}, {high:g}]"
                )


DEFAULT: dict[str, float] = {
    "evaporation_ratio": 1.0,
    "upper_mm": 20.0,
    "lower_mm": 70.0,
    "deep_mm": 60.0,
    "deep_ratio": 0.15,
    "curve": 0.3,
    "free_mm": 25.0,
    "free_curve": 1.5,
    "interflow_per_h": 0.03,
    "ground_per_h": 0.02,
    "interflow_h": 12.0,
    "ground_h": 1200.0,
    "lag_h": 1.0,
    "impervious": 0.02,
    "depression_mm": 1.5,
    "urban_lag_h": 0.3,
}
"""A humid catchment of some ten square kilometres, after the ranges of Zhao (1992)."""

LIMITS: dict[str, tuple[float, float]] = {
    "evaporation_ratio": (0.0, 3.0),
    "upper_mm": (0.1, 1000.0),
    "lower_mm": (0.1, 1000.0),
    "deep_mm": (0.1, 1000.0),
    "deep_ratio": (0.0, 1.0),
    "curve": (0.0, 10.0),
    "free_mm": (0.1, 1000.0),
    "free_curve": (0.0, 10.0),
    "interflow_per_h": (0.0, 100.0),
    "ground_per_h": (0.0, 100.0),
    "interflow_h": (0.0, 10_000.0),
    "ground_h": (0.0, 100_000.0),
    "lag_h": (0.0, 1000.0),
    "impervious": (0.0, 0.99),
    "depression_mm": (0.0, 100.0),
    "urban_lag_h": (0.0, 100.0),
}
"""What the equations bear; what is plausible is narrower: `calibration.BOUNDS`."""
