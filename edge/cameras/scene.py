"""What a camera looks at, as gateway.toml says it: people, parking bays, a staff gauge.

Points are pixels of the camera's own picture, (x to the right, y down). Only msgspec is needed
here, so that the agent can read a configuration without numpy.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from forewarn.domain.station import Name

DETECTOR = Path(__file__).parent / "models" / "nanodet_416_w16.onnx"
"""The detector's model, where Forewarn runs from its sources; a wheel is too small for it."""

Point = tuple[float, float]
Polygon = Annotated[tuple[Point, ...], Meta(min_length=3)]
Positive = Annotated[float, Meta(gt=0)]


class Zone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the ground; who stands in it (the foot of the box) is counted for it.

    Worked example, the lower left of a picture of 768 × 576 px:
    `{ property = "people_gate", polygon = [[0, 300], [400, 250], [420, 576], [0, 576]] }`.
    """

    property: Name
    """Takes the people in the zone."""
    polygon: Polygon
    density: Name | None = None
    """Takes people per square metre; needs `ground`."""


class CountLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line on the ground; who crosses it is counted for the side he goes to.

    Left and right are those of somebody who stands at `start` and looks to `end`. Worked
    example: from `[480, 0]` down to `[480, 576]`, the right is the left side of the picture.
    """

    start: Point
    end: Point
    to_right: Name | None = None
    """Takes people per minute who cross to the right."""
    to_left: Name | None = None


class People(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[instrument.people]`: heads, zones and flows."""

    property: Name
    """Takes all people in the picture."""
    method: Literal["detector", "blobs"] = "detector"
    """`detector`: NanoDet, which knows what a person is. `blobs`: whatever moves and is as tall as
    a person (MOG2), three times faster, for cameras straight from above or drawn pictures."""
    threshold: Annotated[float, Meta(gt=0, lt=1)] = 0.4
    """Score below which a detection is not believed [-]."""
    model: str = ""
    """ONNX file of the detector; empty: the one in the sources, `edge/cameras/models/`."""
    tiles: Annotated[int, Meta(ge=1, le=6)] = 1
    """Columns the picture is cut into for the detector: 2 finds smaller people at twice the
    cost."""
    height_px: tuple[Positive, Positive] = (30.0, 200.0)
    """Height of a person at the far and at the near end of the ground [px]; `blobs` needs it."""
    zones: tuple[Zone, ...] = ()
    lines: tuple[CountLine, ...] = ()
    flow_over_s: Annotated[float, Meta(ge=10, le=3600)] = 60.0
    """Flows are the crossings of so many real seconds of pictures, per minute [s]."""
    ground: tuple[tuple[float, float, float, float], ...] = ()
    """At least four points `[x, y, east_m, north_m]` on the ground, for densities."""

    def properties(self) -> list[str]:
        """Return every observed property it feeds."""
        named = [self.property]
        named += [name for zone in self.zones for name in (zone.property, zone.density) if name]
        return named + self.flows()

    def flows(self) -> list[str]:
        """Return the observed properties that are people per minute."""
        return [name for line in self.lines for name in (line.to_right, line.to_left) if name]

    def mistakes(self) -> Iterator[str]:
        """Yield what is wrong beyond the schema."""
        model = Path(self.model) if self.model else DETECTOR
        if self.method == "detector" and not model.is_file():
            yield (
                f"`model`: no file {model}; copy edge/cameras/models/{DETECTOR.name} of the "
                'to this gateway and name it, or use `method = "blobs"`'
            )
        for zone in self.zones:
            if area(zone.polygon) < 1:
                yield f"zone `{zone.property}`: the polygon has no area"
            if zone.density and len(self.ground) < 4:
                yield f"zone `{zone.property}`: `density` needs 4 points in `ground`"
        for number, line in enumerate(self.lines, start=1):
            if line.start == line.end:
                yield f"line {number}: `start` and `end` are the same point"
            if not (line.to_right or line.to_left):
                yield f"line {number}: name a property for `to_right` or `to_left`"
        if self.ground and len(self.ground) < 4:
            yield f"`ground` has {len(self.ground)} points and needs 4 or more"


class Parking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[instrument.parking]`: which bays are taken."""

    property: Name
    """Takes the number of bays that are taken."""
    bays: tuple[tuple[Point, Point, Point, Point], ...]
    """Four corners of each bay's ground, in turn around it."""
    model: str = ""
    """File that `forewarn edge camera calibrate` wrote; empty: the one that comes with it, fitted
    on one recorded lot."""
    pictures: Annotated[int, Meta(ge=1, le=99)] = 5
    """A bay changes when most of so many pictures say so."""

    def mistakes(self) -> Iterator[str]:
        """Yield what is wrong beyond the schema."""
        if not self.bays:
            yield "`bays` is empty"
        for number, bay in enumerate(self.bays, start=1):
            if area(bay) < 64:
                yield f"bay {number}: smaller than 64 px², or its corners are not in turn around it"


class Staff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[instrument.staff]`: the stage where the water meets a staff gauge."""

    property: Name
    """Takes the stage [m]."""
    ticks: tuple[tuple[float, float, float], ...]
    """`[x, y, stage_m]` of at least three ticks on the middle of the staff, far apart; the lowest
    and the highest are as far as it is read."""
    width_px: Positive = 20.0
    """Width of the staff in the picture [px]."""
    pictures: Annotated[int, Meta(ge=1, le=60)] = 5
    """The stage is the median of so many pictures."""
    agree_m: Positive = 0.03
    """The two ways to find the water line must agree within this, else the stage is suspect [m]."""
    max_rate_m_per_min: Positive = 0.2
    """A stage that changes faster is suspect [m/min]."""

    def mistakes(self) -> Iterator[str]:
        """Yield what is wrong beyond the schema."""
        if len(self.ticks) < 3:
            yield f"`ticks` has {len(self.ticks)} points and needs 3 or more"
        stages = [tick[2] for tick in self.ticks]
        if len(set(stages)) != len(stages):
            yield "`ticks`: two have the same stage"


class Scene(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that one camera looks at; at least one of the three."""

    people: People | None = None
    parking: Parking | None = None
    staff: Staff | None = None
    frames_per_s: Annotated[float, Meta(gt=0, le=25)] = 2.0
    """Pictures looked at in a real second; 2 is enough to follow people who walk."""
    reference: str = ""
    """Gray picture of how it should look (`forewarn edge camera reference`), to notice that it
    moved or was covered; empty: learned from the first healthy pictures after each start."""
    frozen_after_s: Positive = 20.0
    """A picture that stays the same to the last bit for so long is frozen [s]."""

    def properties(self) -> list[str]:
        """Return every observed property it feeds."""
        named = self.people.properties() if self.people else []
        return named + [part.property for part in (self.parking, self.staff) if part]

    def mistakes(self) -> Iterator[str]:
        """Yield what is wrong beyond the schema."""
        if not (self.people or self.parking or self.staff):
            yield "nothing to look at: add [instrument.people], .parking or .staff"
        for part in (self.people, self.parking, self.staff):
            if part:
                yield from part.mistakes()
        names = self.properties()
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"property `{name}` is fed twice"


class Plan(Struct, frozen=True, kw_only=True):
    """What the agent tells the vision process on its standard input."""

    url: str
    station: str
    scene: Scene
    timeout_s: float
    """A camera that gives no picture for so long is silent [s]."""


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the vision process says of one picture."""

    seconds: float = 0.0
    """Real time since the picture before; 0 for the first [s]."""
    values: dict[str, float | None] = {}
    """Property → value; None where the picture does not allow one."""
    crossings: dict[str, int] | None = None
    """Property of a flow → people who crossed since the picture before; None: not followed."""
    suspect: tuple[str, ...] = ()
    """Properties whose values are not to be trusted."""
    faults: tuple[str, ...] = ()
    """What is wrong with the picture, e.g. `dark`, or with where the camera hangs."""
    trouble: str = ""
    """Why there is no picture at all."""
    shown: str = ""
    """For a person: size of the picture and the time it took."""


def area(polygon: tuple[Point, ...]) -> float:
    """Return the area inside `polygon` [px²] (the shoelace formula), 0 where it crosses itself."""
    twice = 0.0
    for (x, y), (next_x, next_y) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        twice += x * next_y - next_x * y
    return abs(twice) / 2
