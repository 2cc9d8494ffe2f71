"""Water to draw, and an invented city on three rivers that floods."""

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.background import Background
from forewarn.domain.clock import WorldClock
from forewarn.domain.codec import decode, encode
from forewarn.domain.config import convert
from forewarn.domain.hazard import (
    Assessment,
    Exceedance,
    FloodedZone,
    Forecast,
    Inundation,
    Level,
    Outcome,
    Ring,
)
from forewarn.domain.station import Site

MINUTE = timedelta(minutes=1)


class Waters:
    """What the tests put into the database of depths and of where water will stand."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def place(
        self,
        key: str,
        at: datetime,
        *,
        probability: float = 0.72,
        peak: tuple[float, float, float] = (0.3, 0.6, 0.9),
        arrival_min: int = 40,
        outcome: Outcome = Outcome.OK,
        thresholds: tuple[tuple[float, Level, str], ...] = ((0.3, Level.ORANGE, "closed to cars"),),
    ) -> None:
        """Store what was thought `at` a time of the water depth at a place."""
        from forewarn.storage import store_assessments, store_forecast

        leads = [1800 * k for k in range(7)]
        ramp = [max(0.0, min(1.0, (s / 60 - arrival_min + 20) / 60)) for s in leads]
        forecast = Forecast(
            area="town",
            datastream=key,
            issue_time=at,
            model="invented",
            leads_s=leads,
            probabilities=[0.1, 0.5, 0.9],
            values=[[r * value for value in peak] for r in ramp],
        )
        shares = [probability / (1 + 0.35 * k) for k in range(len(thresholds))]
        exceedances = [
            Exceedance(
                level=level,
                threshold=value,
                label=label,
                probability=share,
                onset=at + (arrival_min + 20 * k) * MINUTE if share >= 0.2 else None,
                onset_early=at + (arrival_min - 20) * MINUTE if share >= 0.2 else None,
                onset_late=at + (arrival_min + 30) * MINUTE if share >= 0.6 else None,
            )
            for k, ((value, level, label), share) in enumerate(zip(thresholds, shares, strict=True))
        ]
        failed = outcome is Outcome.FAILED
        assessment = Assessment(
            area="town",
            hazard="flood",
            datastream=key,
            issue_time=at,
            outcome=outcome,
            reason="the city model diverged" if failed else "",
            exceedances=[] if failed else exceedances,
            peak=None if failed else peak[1],
            peak_time=None if failed else at + (arrival_min + 50) * MINUTE,
            peak_low=None if failed else peak[0],
            peak_high=None if failed else peak[2],
        )
        store_forecast(self.connection, [forecast])
        store_assessments(self.connection, [assessment])

    def inundate(self, at: datetime, **changes: Any) -> Inundation:
        """Store a map of water that grows around two centres, issued `at`."""
        from forewarn.storage.writer import store_inundation

        inundation = invented_inundation(at, **changes)
        store_inundation(self.connection, inundation)
        return inundation


@pytest.fixture
def waters(world: Any) -> Waters:
    """Return a way to fill the test's database with water."""
    return Waters(world.connection)


def blob(y: float, x: float, radius_m: float, *, wobble: int = 3, points: int = 40) -> Ring:
    """Return a ring of about `radius_m` around (y, x), uneven in `wobble` ways."""
    ring = []
    for k in range(points):
        angle = 2 * math.pi * k / points
        r = radius_m * (1 + 0.25 * math.sin(wobble * angle) + 0.12 * math.cos(7 * angle + wobble))
        dy, dx = r * math.sin(angle), 1.4 * r * math.cos(angle)
        ring.append((y + dy / 111_000, x + dx / 111_000 / math.cos(math.radians(y))))
    return [*ring, ring[0]]


CENTRES = ((29.8765, 121.5480, 3), (29.8610, 121.5695, 4), (29.8905, 121.5760, 5))


def invented_inundation(at: datetime, *, area: str = "town", **changes: Any) -> Inundation:
    """Return a map with water from the first half hour on, growing until 2 h ahead."""
    leads, depths = [1800 * k for k in range(7)], [0.15, 0.3, 0.5, 1.0]
    zones = []
    for k, lead in enumerate(leads):
        for probability in (0.2, 0.5, 0.8):
            for j, depth in enumerate(depths):
                size = min(k, 4.5) * 190 * (1.5 - probability) - 170 * j
                polygons = []
                for i, (y, x, wobble) in enumerate(CENTRES):
                    radius = size - 160 * i
                    if radius > 40:
                        outer = blob(y, x, radius, wobble=wobble)
                        islands = (
                            [blob(y, x + 0.001, radius / 6)] if radius > 250 and i == 0 else []
                        )
                        polygons.append([outer, *islands])
                zones.append(
                    FloodedZone(
                        lead_s=lead, depth_m=depth, probability=probability, polygons=polygons
                    )
                )
    settings: dict[str, Any] = {
        "model": "invented",
        "members": 12,
        "leads_s": leads,
        "depths_m": depths,
        "probabilities": [0.2, 0.5, 0.8],
        "zones": zones,
        **changes,
    }
    return Inundation(area=area, issue_time=at, **settings)


@pytest.fixture
def invented() -> Callable[..., Inundation]:
    """Return a function that invents a map of inundation."""
    return invented_inundation


STAGE = {
    "property": "stage",
    "unit": "m",
    "interval": "PT1M",
    "thresholds": [
        {"value": 2.6, "level": "blue", "label": "guard"},
        {"value": 3.2, "level": "yellow", "label": "warning stage"},
        {"value": 3.8, "level": "orange", "label": "danger stage"},
        {"value": 4.4, "level": "red", "label": "embankment"},
    ],
}
RAIN = {"property": "rain", "unit": "mm", "interval": "PT1M"}

STATIONS = [
    ("junction", "Three Rivers junction", 29.8780, 121.5560, STAGE, 3.94),
    ("north", "North weir", 29.9000, 121.5330, STAGE, 2.81),
    ("south", "South bridge", 29.8480, 121.5480, STAGE, 2.31),
    ("east", "East lock", 29.8930, 121.6000, STAGE, 3.35),
    ("silent", "Harbour gate", 29.9060, 121.6190, STAGE, None),
    ("park", "Park rain gauge", 29.8640, 121.5300, RAIN, 1.4),
    ("port", "Port rain gauge", 29.8830, 121.6210, RAIN, 0.8),
]
PLACES = [
    ("lingqiao", "Lingqiao underpass", "underpass", 29.8765, 121.5480, 0.86, (0.5, 0.9, 1.4), 20),
    ("metro2", "Drum Tower metro, exit B", "metro", 29.8735, 121.5425, 0.72, (0.3, 0.6, 0.9), 40),
    ("hospital1", "City hospital", "hospital", 29.8612, 121.5690, 0.55, (0.1, 0.3, 0.6), 70),
    ("school3", "Riverside school", "school", 29.8900, 121.5755, 0.31, (0.0, 0.2, 0.5), 110),
    ("street9", "Jiangdong Road", "street", 29.8700, 121.5860, 0.03, (0.0, 0.0, 0.1), 150),
    ("metro5", "Harbour metro, exit A", "metro", 29.8985, 121.6080, None, (0, 0, 0), 0),
]
DEPTHS = ((0.15, Level.YELLOW, "ankle-deep"), (0.3, Level.ORANGE, "closed to cars"))
DEPTHS += ((0.5, Level.RED, "closed to all"),)


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": points}


def block(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(kind: str, name: str, geometry: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"kind": kind, "name": name, "source": "invented"},
        "geometry": geometry,
    }


FEATURES = [
    feature("sea", "East Bay", block(121.628, 29.84, 121.66, 29.93)),
    feature("district", "Old Town", block(121.535, 29.865, 121.5555, 29.885)),
    feature("district", "South Bank", block(121.5575, 29.845, 121.585, 29.869)),
    feature("district", "New Port", block(121.588, 29.875, 121.626, 29.905)),
    feature(
        "river",
        "South River",
        line((121.540, 29.825), (121.547, 29.848), (121.552, 29.862), (121.556, 29.878)),
    ),
    feature(
        "river",
        "North River",
        line((121.510, 29.915), (121.532, 29.900), (121.545, 29.888), (121.556, 29.878)),
    ),
    feature(
        "river",
        "City River",
        line((121.556, 29.878), (121.575, 29.885), (121.600, 29.893), (121.630, 29.910)),
    ),
    feature("coast", "", line((121.628, 29.84), (121.628, 29.93))),
    feature("street", "Ring road", line((121.52, 29.86), (121.56, 29.853), (121.60, 29.87))),
]


@pytest.fixture
def city() -> Site:
    """Return an invented city on three rivers with six places."""
    centre = {"area": "town"}
    ring = [(29.84, 121.515), (29.84, 121.588), (29.912, 121.588), (29.912, 121.515)]
    port = [(29.868, 121.589), (29.868, 121.632), (29.918, 121.632), (29.918, 121.589)]
    raw = {
        "id": "city",
        "name": "Three Rivers City (demonstration)",
        "timezone": "Asia/Shanghai",
        "invented": "City, rivers, places and every number are made up.",
        "gateways": ["gw"],
        "area": [
            {"id": "town", "name": "City centre", "polygon": [*ring, ring[0]]},
            {"id": "port", "name": "Port", "polygon": [*port, port[0]]},
        ],
        "station": [
            {"id": i, "name": n, "latitude": y, "longitude": x, "datastream": [d], **centre}
            for i, n, y, x, d, _ in STATIONS
        ],
        "place": [
            {"id": i, "name": n, "kind": k, "latitude": y, "longitude": x, **centre}
            | {"thresholds": [{"value": v, "level": e.name, "label": w} for v, e, w in DEPTHS]}
            for i, n, k, y, x, *_ in PLACES
        ],
    }
    return convert(raw, Site, source="test")


@pytest.fixture
def background() -> Background:
    """Return rivers, districts and a coast of that city."""
    return decode(encode({"type": "FeatureCollection", "features": FEATURES}), Background)


@pytest.fixture
def flooding(world: Any, waters: Any, now: Any) -> Any:
    """Return the world with stages, what is thought of the places, a warning and a map."""
    for key, *_, stream, value in STATIONS:
        if value is not None:
            rows = [(now - timedelta(minutes=m), value - m / 200, 1) for m in range(90, 0, -1)]
            world.observe(f"{key}/{stream['property']}", *rows)
    for key, _, _, _, _, probability, peak, arrival in PLACES:
        settings = {"peak": peak, "arrival_min": arrival, "thresholds": DEPTHS}
        if probability is None:
            settings["outcome"] = Outcome.FAILED
        else:
            settings["probability"] = probability
        waters.place(f"{key}/depth", now - timedelta(minutes=4), **settings)
    waters.inundate(now - timedelta(minutes=4))
    headline = "Lingqiao underpass: water likely within the hour"
    world.alert(1, sent=now - timedelta(minutes=2), key="lingqiao/depth", headline=headline)
    return world


@pytest.fixture
def url(serve: Any, database: str, now: Any, city: Site, background: Background) -> str:
    """Return the address of a console of that city."""
    clock = WorldClock(now, time.time(), 1)
    client = serve(database, clock=clock, site=city, background=background)
    return f"http://127.0.0.1:{client.port}/"


@pytest.fixture
def depths() -> Any:
    """Return the thresholds of that city's places: depth, level and label."""
    return DEPTHS
