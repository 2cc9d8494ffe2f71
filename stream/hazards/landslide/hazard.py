"""The landslide hazard as the worker sees it: cheap until it judges."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from forewarn.domain.station import Site
from stream.hazards.contract import Findings, View
from stream.hazards.landslide.plan import LandslidePlan, SlopeUnit

if TYPE_CHECKING:
    from stream.hazards.landslide.engine import Engine


class Landslides:
    """All slopes and channels of one plan."""

    def __init__(self, plan: LandslidePlan, site: Site, units: Sequence[SlopeUnit]) -> None:
        self._plan, self._site, self._units = plan, site, units
        self._engine: Engine | None = None

    @property
    def name(self) -> str:
        """Return `landslide` and the plan's name."""
        return f"landslide {self._plan.name}"

    @property
    def area(self) -> str:
        """Return the plan's area."""
        return self._plan.area

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the rain gauges, then the instruments."""
        instruments = (i.datastream for slope in self._plan.slopes for i in slope.instruments)
        return tuple(dict.fromkeys((*self._plan.rain, *instruments)))

    @property
    def history_minutes(self) -> int:
        """Return the minutes of rain that are looked back at."""
        return 1440 * self._plan.history_days

    @property
    def borrowed(self) -> tuple[str, ...]:
        """Return nothing: it needs no other hazard."""
        return ()

    @property
    def targets(self) -> Mapping[str, str]:
        """Return the key of each slope and channel."""
        names = {slope.place for slope in self._plan.slopes}
        names |= {channel.place for channel in self._plan.channels}
        return {place.key: place.hazard for place in self._site.places if place.id in names}

    def judge(self, view: View) -> Findings:
        """Return a forecast of the index and an assessment for each slope and channel."""
        if self._engine is None:
            from stream.hazards.landslide.engine import Engine

            self._engine = Engine(self._plan, self._site, self._units, self.inputs)
        return self._engine.judge(view)
