"""What is believed of zones, gates, car parks and security points: `sites/<id>/crowd.toml`."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.observation import AwareTime
from forewarn.domain.station import Name

Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, le=1)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Errors(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How wrong the counters of a zone are."""

    gate: Positive = 0.03
    """Share of passages missed or counted twice by chance: 0.03 is a good overhead counter."""
    gate_drift: Positive = 0.02
    """Share by which in and out differ for ever: 0.02 loses 20 of 1,000 who passed."""
    camera: Positive = 0.08
    """Standard deviation of a camera's count as a share of it."""
    camera_floor: Positive = 1.0
    """The same in persons, where hardly anybody is there."""
    camera_bias: Positive = 0.03
    """Share by which all of a camera's counts are wrong together."""


class Zone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place with an area: counted by cameras, by its gates, or better by both."""

    place: Name
    """Id of the `[[place]]` in site.toml, kind `zone`, property `density`, unit `1/m2`."""
    area_m2: Positive
    """Where people can stand: without stages, stalls and trees [m2]."""
    capacity: Positive
    """Persons allowed by the operator; the exits or the area may allow fewer."""
    people: tuple[str, ...] = ()
    """Datastreams of persons that cameras count; their sum is the zone's."""
    gates: tuple[Name, ...] = ()
    """Places of the gates through which everybody comes and goes."""
    empty_at: Clock = ""
    """Local time at which nobody is there: `04:00`; gates then count from zero."""
    shares: dict[str, Share] = field(
        default_factory=lambda: {"yellow": 0.8, "orange": 0.9, "red": 1.0}
    )
    """Level → share of the capacity from which it is called for, beside the place's densities."""
    errors: Errors = field(default_factory=Errors)

    def __post_init__(self) -> None:
        if not self.people and not self.gates:
            raise ValueError(f"zone `{self.place}`: give `people`, `gates` or both")


class Gate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way in and out."""

    place: Name
    """Id of the `[[place]]`, kind `gate`, property `specific_flow`, unit `1/m/min`."""
    width_m: Positive
    stairs: bool = False
    """Stairs let 66 persons through per metre and minute, level ground 82."""
    flow_in: str
    """Datastream of persons who came in during the minute [1/min]."""
    flow_out: str


class Parking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A car park."""

    place: Name
    """Id of the `[[place]]`, kind `parking`, property `occupancy_share`, unit `1`."""
    bays: Positive
    occupied: str
    """Datastream of occupied bays."""
    flow_in: str = ""
    """Datastream of cars that came in during the minute, where a barrier counts them."""
    flow_out: str = ""
    practically_full: Share = 0.85
    """Share from which those who come circle for a bay."""


class Point(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A security point: posts that serve a queue. It is silent: that is an alert."""

    place: Name
    """Id of the `[[place]]`, kind `point`, property `waiting`, unit `min`."""
    queue: str
    """Datastream of persons who wait."""
    arrivals: str
    """Datastream of persons who joined in the minute."""
    posts: str = ""
    """Datastream of staffed posts; without it all that are required are taken as staffed."""
    per_post_min: Positive
    """Persons one post serves in a minute: 8 for a bag check."""
    required: Annotated[int, Meta(ge=1)]
    """Posts that should be staffed."""
    hours: tuple[Clock, Clock] = ("00:00", "00:00")
    """Local times at which it opens and closes; both the same: always open."""
    least_coverage: Share = 0.75
    """Staffed / required below which it is a yellow alert."""
    silent_after: timedelta = timedelta(minutes=5)
    """Silence for this long is a yellow alert …"""
    dead_after: timedelta = timedelta(minutes=30)
    """… and for this long an orange one."""

    def __post_init__(self) -> None:
        if not timedelta(0) < self.silent_after < self.dead_after:
            raise ValueError(f"point `{self.place}`: needs 0 < silent_after < dead_after")


class Event(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gathering that is known before."""

    zone: Name
    start: AwareTime
    end: AwareTime
    people: Positive
    """Persons expected."""
    arrive_min: Positive = 60.0
    """They arrive within this long before the start [min]."""
    leave_min: Positive = 20.0
    """After the end they go with this time constant [min]."""

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"event in `{self.zone}`: `end` must come after `start`")


class CrowdPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole crowd.toml."""

    zones: tuple[Zone, ...] = field(name="zone", default=())
    gates: tuple[Gate, ...] = field(name="gate", default=())
    parkings: tuple[Parking, ...] = field(name="parking", default=())
    points: tuple[Point, ...] = field(name="point", default=())
    events: tuple[Event, ...] = field(name="event", default=())

    def __post_init__(self) -> None:
        gates, zones = {gate.place for gate in self.gates}, {zone.place for zone in self.zones}
        for zone in self.zones:
            for gate in zone.gates:
                if gate not in gates:
                    raise ValueError(f"zone `{zone.place}`: no [[gate]] with place `{gate}`")
        for event in self.events:
            if event.zone not in zones:
                raise ValueError(f"[[event]]: no [[zone]] with place `{event.zone}`")
