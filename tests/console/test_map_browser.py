"""The map in a real Chromium. `make test-browser`; its pictures are in test-artefacts."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.background import Background
from forewarn.domain.clock import WorldClock
from forewarn.domain.codec import decode, encode
from forewarn.domain.config import convert
from forewarn.domain.hazard import Level, Outcome
from forewarn.domain.station import Site

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[2] / "test-artefacts"

DESK = {"viewport": {"width": 1440, "height": 900}}
WALL = {"viewport": {"width": 1920, "height": 1080}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE["device_scale_factor"] = 2

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
def flooding(world: Any, now: Any) -> Any:
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
        world.place(f"{key}/depth", now - timedelta(minutes=4), **settings)
    world.inundate(now - timedelta(minutes=4))
    headline = "Lingqiao underpass: water likely within the hour"
    world.alert(1, sent=now - timedelta(minutes=2), key="lingqiao/depth", headline=headline)
    return world


@pytest.fixture
def url(serve: Any, database: str, now: Any, city: Site, background: Background) -> str:
    """Return the address of a console of that city."""
    clock = WorldClock(now, time.time(), 1)
    client = serve(database, clock=clock, site=city, background=background)
    return f"http://127.0.0.1:{client.port}/"


LOOKS: dict[str, dict[str, Any]] = {
    "desk-light": DESK | {"color_scheme": "light"},
    "desk-dark": DESK | {"color_scheme": "dark"},
    "phone-light": PHONE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
    "desk-zh": DESK | {"color_scheme": "light", "locale": "zh-CN"},
    "wall-dark": WALL | {"color_scheme": "dark"},
}


@pytest.mark.usefixtures("flooding")
@pytest.mark.parametrize("name", LOOKS)
def test_the_map_on_desk_phone_and_wall(visit: Any, url: str, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    look = LOOKS[name]
    with visit(url, "map", **look) as seen:
        seen.page.wait_for_selector("#player:not([hidden])")
        seen.page.fill("#time-slider", "3")
        seen.page.wait_for_selector("#chart path.water.depth-3")
        seen.page.wait_for_timeout(400)
        seen.page.screenshot(path=ARTEFACTS / f"map-{name}.png", full_page=True)
        width = seen.page.evaluate("document.documentElement.scrollWidth")
        assert width == look["viewport"]["width"], f"{name} scrolls sideways"
        assert seen.wrong == []
