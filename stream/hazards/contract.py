"""What every hazard offers to the worker, and what it is asked with."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment, Forecast
from forewarn.domain.station import Site
from forewarn.domain.venue import Programme
from forewarn.domain.vital import Vitals


class View(NamedTuple):
    """What is known at the minute that is judged."""

    issue_s: float
    """The minute [Unix s]; a whole minute."""
    history: NDArray[np.float64]
    """(n_inputs, history_minutes) trusted observations on the minute grid, the last column is
    `issue_s`; NaN where none is. A value between minutes counts for the minute it precedes;
    of rain, each value stands at the minute its interval ended [mm]."""
    forecasts: Mapping[str, Forecast]
    """The newest stored forecast of each of `borrowed`; absent where there is none. It may be
    old: look at its `issue_time`."""
    assessments: Mapping[str, Assessment]
    """The newest stored assessment of each of `borrowed`, as old as it may be."""


class Findings(NamedTuple):
    """What one hazard found in one minute, or several together."""

    forecasts: Sequence[Forecast] = ()
    assessments: Sequence[Assessment] = ()
    vitals: Sequence[Vitals] = ()
    programmes: Sequence[Programme] = ()


class Hazard(Protocol):
    """One hazard of one area. Loading is cheap (the worker does it too); judging may be slow."""

    @property
    def name(self) -> str:
        """What it is, unique at its site, for the log: `landslide siming-slopes`."""
        ...

    @property
    def area(self) -> str:
        """Area under which its findings travel."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Datastream keys, in the order of the rows of the history; of any area."""
        ...

    @property
    def history_minutes(self) -> int:
        """Minutes of history it looks at, the judged minute included."""
        ...

    @property
    def borrowed(self) -> tuple[str, ...]:
        """Datastream keys whose newest stored forecast and assessment it wants; perhaps none."""
        ...

    @property
    def targets(self) -> Mapping[str, str]:
        """Datastream key → hazard name (`storm_tide`) of each assessment that it makes.

        Nobody else judges these. Where `judge` raises, each is assessed as failed.
        """
        ...

    def judge(self, view: View) -> Findings:
        """Return what is found at `view.issue_s`; never raises for missing or odd observations.

        Missing inputs make findings degraded, wider, or failed: never "all clear".
        """
        ...


Load = Callable[[Path, Site], list[Hazard]]
"""`load(folder, site)` of each file: the hazards whose plan lies in the site's folder, none
where there is no plan; ConfigError names file, key and what would help. No numerics at import."""
