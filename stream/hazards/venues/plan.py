"""What takes place where, and within which limits: `sites/<id>/venues.toml`."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.observation import AwareTime
from forewarn.domain.station import Name
from stream.models.venue.sports import SPORTS, Limit

Positive = Annotated[float, Meta(gt=0)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-4]):[0-5][0-9]$")]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a quantity is observed and forecast."""

    datastream: str
    """A datastream, or a `[[place]]`'s key that a model forecasts: `beach-ground/density`."""
    guide: str = ""
    """A datastream with a forecast that this one follows in proportion: the buoy's wind."""
    mean_min: Annotated[int, Meta(ge=1)] = 5
    """Observations are averaged over this long [min]; 1 for gusts."""
    least_sd: Positive = 1.0
    """What it changes within an hour at least (standard deviation), in its unit."""
    persists: bool = True
    """Without a forecast it is taken to go on as it did; false for the tide: then unknown."""


class HeatSource(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From what the wet-bulb globe temperature is computed."""

    temperature: str
    humidity: str
    solar: str = ""
    """[W/m2]; with `wind` the formula with sun and wind is used, else the simple one."""
    wind: str = ""
    index: str = "wbgt"
    """`wbgt`, or `heat_index` of the US National Weather Service."""

    def __post_init__(self) -> None:
        if self.index not in ("wbgt", "heat_index"):
            raise ValueError(f"heat: `index` is `{self.index}`; give `wbgt` or `heat_index`")


class LightningSource(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lightning sensor."""

    distance: str
    """Of the nearest stroke of the minute [km]; without strokes it may be missing."""
    strokes: str
    """Strokes of the minute; none is 0, not missing."""
    radius_km: Positive = 10.0
    """Strokes within it stop an event (30 s from flash to bang)."""
    hold_min: Annotated[int, Meta(ge=1)] = 30
    """It resumes so long after the last [min]."""


class LimitPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit of one event, in place of its sport's own or beside them."""

    of: str = ""
    """Name of the source; by default the limit's own name."""
    unit: str = ""
    caution: float
    stop: float
    """Where it is below `caution`, low values are bad."""
    source: str = "the operator"

    def __post_init__(self) -> None:
        if self.caution == self.stop:
            raise ValueError(f"caution and stop are both {self.stop}; they must differ")


class Event(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of the schedule."""

    id: Name
    name: str
    sport: str
    """One of the tables in stream/models/venue/sports.py."""
    start: AwareTime
    end: AwareTime
    needs: timedelta | None = None
    """The shortest safe window it fits in; by default its own duration."""
    limits: dict[str, LimitPlan] = field(default_factory=dict)
    """Limits of its own by name; one named as its sport's takes that one's place."""
    without: tuple[str, ...] = ()
    """Limits of its sport that do not count here."""

    def __post_init__(self) -> None:
        if self.sport not in SPORTS:
            raise ValueError(f"event `{self.id}`: no sport `{self.sport}`; {', '.join(SPORTS)}")
        if self.end <= self.start:
            raise ValueError(f"event `{self.id}`: `end` must come after `start`")

    def rules(self) -> dict[str, Limit]:
        """Return all its limits by name."""
        own = {
            name: Limit(plan.of or name, plan.unit, plan.caution, plan.stop, plan.source)
            for name, plan in self.limits.items()
        }
        kept = {n: rule for n, rule in SPORTS[self.sport].items() if n not in self.without}
        return kept | own


class Venue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A venue with its instruments and events."""

    place: Name
    """Id of the `[[place]]` in site.toml, kind `venue`, property `severity`, unit `1`."""
    sources: dict[str, Source] = field(name="source", default_factory=dict)
    heat: HeatSource | None = None
    lightning: LightningSource | None = None
    hold: timedelta = timedelta(minutes=20)
    """Better advice must stand for this long before it is given; worse is given at once."""
    least: timedelta = timedelta(minutes=15)
    """Better spells between worse ones that are shorter than this are not shown."""
    hours: tuple[Clock, Clock] = ("00:00", "24:00")
    """Local times between which safe windows are looked for."""
    events: tuple[Event, ...] = field(name="event", default=())

    def __post_init__(self) -> None:
        known = {*self.sources}
        known |= {"heat"} if self.heat else set()
        known |= {"lightning"} if self.lightning else set()
        seen: set[str] = set()
        for event in self.events:
            if event.id in seen:
                raise ValueError(f"venue `{self.place}`: event `{event.id}` is there twice")
            seen.add(event.id)
            for name, rule in event.rules().items():
                if rule.of not in known:
                    raise ValueError(
                        f"venue `{self.place}`, event `{event.id}`: limit `{name}` needs the "
                        f"source `{rule.of}`; give [venue.source.{rule.of}], or list `{name}` "
                        "in `without`"
                    )


class VenuePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole venues.toml."""

    venues: tuple[Venue, ...] = field(name="venue")
