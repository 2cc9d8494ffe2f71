"""From a picture to the counts of people: in all, in zones, and across lines."""

from pathlib import Path

from msgspec import Struct

from edge.cameras.blobs import Blobs
from edge.cameras.boxes import Floats, feet
from edge.cameras.detector import Detector, Picture
from edge.cameras.ground import Ground, inside
from edge.cameras.scene import DETECTOR, People
from edge.cameras.tracking import Gate, Tracker

LONGEST_GAP_S = 1.5
"""People who were not seen for longer cannot be followed across a line [s]."""


class Counts(Struct, frozen=True):
    """What one picture says of people."""

    values: dict[str, float | None]
    crossings: dict[str, int] | None
    """None where the pictures are too far apart to follow anybody."""
    boxes: Floats


class PeopleCounter:
    """Counts people in picture after picture of one camera."""

    def __init__(self, plan: People) -> None:
        self._plan = plan
        blobs = plan.method == "blobs"
        model = Path(plan.model) if plan.model else DETECTOR
        self._finder: Blobs | Detector = (
            Blobs(plan.height_px) if blobs else Detector(plan.threshold, plan.tiles, model)
        )
        self._tracker = Tracker()
        self._gates = [Gate(i, line.start, line.end) for i, line in enumerate(plan.lines)]
        ground = Ground(plan.ground) if plan.ground else None
        self._areas_m2 = {
            zone.density: ground.area(zone.polygon)
            for zone in plan.zones
            if zone.density and ground
        }

    def count(self, picture: Picture, dt: float) -> Counts:
        """Return the counts of `picture`, `dt` seconds after the one before."""
        boxes, _ = self._finder.find(picture)
        if isinstance(self._finder, Blobs) and not self._finder.settled:
            return Counts(dict.fromkeys(self._static()), None, boxes)
        values: dict[str, float | None] = {self._plan.property: float(len(boxes))}
        grounds = feet(boxes)
        for zone in self._plan.zones:
            count = int(inside(grounds, zone.polygon).sum())
            values[zone.property] = float(count)
            if zone.density:
                values[zone.density] = round(count / self._areas_m2[zone.density], 4)
        return Counts(values, self._cross(boxes, dt), boxes)

    def _static(self) -> list[str]:
        return [name for name in self._plan.properties() if name not in self._plan.flows()]

    def _cross(self, boxes: Floats, dt: float) -> dict[str, int] | None:
        if not self._gates:
            return None
        if not 0 < dt <= LONGEST_GAP_S:
            self._tracker = Tracker()
            self._tracker.advance(boxes, 0.0)
            return None
        tracks = self._tracker.advance(boxes, dt)
        crossed: dict[str, int] = {}
        for gate, line in zip(self._gates, self._plan.lines, strict=True):
            right, left = gate.cross(tracks)
            if line.to_right:
                crossed[line.to_right] = crossed.get(line.to_right, 0) + right
            if line.to_left:
                crossed[line.to_left] = crossed.get(line.to_left, 0) + left
        return crossed
