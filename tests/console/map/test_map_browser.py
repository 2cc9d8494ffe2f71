"""The map in a real Chromium. `make test-browser`; its pictures are in test-artefacts."""

import random
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from forewarn.domain.clock import WorldClock
from forewarn.domain.hazard import FloodedZone
from forewarn.domain.station import Site

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"

DESK = {"viewport": {"width": 1440, "height": 900}}
WALL = {"viewport": {"width": 1920, "height": 1080}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE["device_scale_factor"] = 2

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


def texts(page: Any, selector: str) -> str:
    """Return the text with plain spaces."""
    return str(page.inner_text(selector)).replace("\u00a0", " ")


@pytest.mark.usefixtures("flooding")
def test_places_are_told_by_risk_with_depth_arrival_and_probability(
    visit: Any, url: str, city: Site
) -> None:
    with visit(url, "map", **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#place-rows li:nth-child(2):has-text('72')")
        rows = [
            row.replace("\u00a0", " ") for row in page.locator("#place-rows li").all_inner_texts()
        ]
        names = page.locator("#place-rows .station").all_inner_texts()
        assert names == [place.name for place in city.places]
        assert "0.6 m (0.3–0.9) at 12:26, water from 11:36 (11:16 – 12:06)" in rows[1]
        assert "72 %" in rows[1]
        assert "stays dry" in rows[4]
        assert "no forecast now" in rows[5]
        assert "?" in rows[5], "a failed forecast must not read as a small probability"
        page.click("#place-rows li:nth-child(2) button")
        card = texts(page, "#picked")
        assert "reaches 0.30 m closed to cars: p = 0.53" in card
        page.screenshot(path=ARTEFACTS / "map-card.png")
        page.click("#picked .more")
        page.wait_for_selector("#gauge-name:text-is('Drum Tower metro, exit B')")
        page.wait_for_selector("#gauge-property:text-is('water depth')")
        page.wait_for_selector("#outlook .crossings li:nth-child(3)")
        page.screenshot(path=ARTEFACTS / "map-place-depth.png")
        assert seen.wrong == []


@pytest.mark.usefixtures("flooding")
def test_time_and_probability_choose_the_water(visit: Any, url: str) -> None:
    with visit(url, "map", **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#player:not([hidden])")
        likely = "Likely (≥ 50 %): water from 11:26, most at 13:26"
        assert likely in texts(page, "#flood-state")
        assert page.locator("#chart path.water:not(.edge)").count() == 0, "dry now"
        page.fill("#time-slider", "4")
        assert page.locator("#chart path.water:not(.edge)").count() == 4
        assert page.get_attribute("#time-slider", "aria-valuetext").startswith("12:56 in")
        page.click("#odds button:has-text('almost certain')")
        page.wait_for_selector("#flood-state .headline:has-text('Almost certain')")
        assert page.locator("#chart path.water.edge").count() == 1
        page.click("#odds button:has-text('possible')")
        assert page.locator("#chart path.water.edge").count() == 0
        page.locator("#chart path.water.depth-2").dispatch_event("mouseover")
        page.wait_for_selector(".tip:has-text('≥ 0.3')")
        page.fill("#time-slider", "6")
        page.click("#play")
        page.wait_for_selector("#shown-time:text-is('10:56')")
        page.wait_for_selector("#shown-time:text-is('11:26')")
        page.click("#play")
        assert page.get_attribute("#play", "aria-label") == "Play"
        assert seen.wrong == []


@pytest.mark.usefixtures("flooding")
def test_the_map_is_used_with_the_keyboard_alone(visit: Any, url: str) -> None:
    with visit(url, "map", **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#player:not([hidden])")
        page.focus("#time-slider")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector("#shown-time:text-is('11:26')")
        page.focus(".pin.place:has-text('Lingqiao underpass')")
        page.wait_for_selector(".tip:has-text('closed to all')")
        page.keyboard.press("Enter")
        page.wait_for_selector("#picked:has-text('Lingqiao underpass')")
        page.focus(".pin.station:has-text('Three Rivers junction')")
        page.wait_for_selector(".tip:has-text('danger stage')")
        page.keyboard.press("Enter")
        page.wait_for_selector("#picked:has-text('Three Rivers junction')")
        page.focus("#view-stations")
        page.keyboard.press("Enter")
        page.wait_for_selector("#gauge .uplot canvas")
        page.focus("#view-map")
        page.keyboard.press("Enter")
        page.wait_for_selector("#chart .mark")
        assert seen.wrong == []


@pytest.mark.usefixtures("flooding")
def test_a_warning_for_a_place_leads_to_it(visit: Any, url: str) -> None:
    with visit(url, "map", **DESK) as seen:
        seen.page.wait_for_selector(
            ".name-area.level-2:has-text('City centre: yellow')", state="attached"
        )
        assert seen.page.locator("path.area.level-2").count() == 1
        seen.page.click("#alerts .headline")
        seen.page.wait_for_selector("#picked:has-text('Lingqiao underpass')")
        seen.page.click("#language")
        seen.page.wait_for_selector("#view-map:text-is('地图')")
        seen.page.wait_for_selector("#picked:has-text('下穿通道')")
        assert seen.wrong == []


@pytest.mark.usefixtures("flooding")
def test_a_new_map_and_a_new_assessment_arrive_by_themselves(
    visit: Any, url: str, waters: Any, depths: Any, now: Any
) -> None:
    with visit(url, "map", **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#flood-state:has-text('issued 10:56')")
        waters.inundate(now, degraded=["2 of 12 members diverged"], members=10)
        page.wait_for_selector("#flood-state:has-text('issued 11:00')")
        assert "Less certain than usual: 2 of 12 members diverged." in texts(page, "#flood-state")
        waters.place("street9/depth", now, probability=0.93, arrival_min=60, thresholds=depths)
        page.wait_for_selector("#place-rows li:first-child:has-text('Jiangdong Road')")
        assert seen.wrong == []


@pytest.mark.usefixtures("flooding")
def test_an_old_or_failed_map_never_reads_as_no_water(
    visit: Any, url: str, waters: Any, now: Any
) -> None:
    with visit(url, "map", **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#flood-state:has-text('issued 10:56')")
        empty = {"leads_s": [], "depths_m": [], "probabilities": [], "zones": [], "members": 0}
        failed = {**empty, "failed": "the terrain could not be read"}
        waters.inundate(now - timedelta(minutes=1), **failed)
        page.wait_for_selector("#flood-state:has-text('No inundation forecast since 10:56')")
        told = texts(page, "#flood-state")
        assert "last one shown, 4 min old" in told
        assert "The newest run failed: the terrain could not be read." in told
        assert "no water" not in told
        page.fill("#time-slider", "4")
        assert page.locator("#chart.aged path.water.depth-1").count() == 1
        assert "Last forecast, 4 min old" in texts(page, "#chart-badge")
        page.screenshot(path=ARTEFACTS / "map-failed.png")
        assert seen.wrong == []


def test_without_any_map_the_page_says_that_nothing_is_known(
    visit: Any, serve: Any, database: str, depths: Any, now: Any, city: Site, waters: Any
) -> None:
    clock = WorldClock(now, time.time(), 1)
    port = serve(database, clock=clock, site=city, background_error="map.geojson: torn").port
    waters.place("lingqiao/depth", now - timedelta(hours=2), thresholds=depths)
    with visit(f"http://127.0.0.1:{port}/", "map", **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#flood-state:has-text('No inundation forecast yet')")
        assert "does not mean that there is no water" in texts(page, "#flood-state")
        assert "no forecast now" in texts(page, "#place-rows")
        assert "torn" in texts(page, "#chart-note")
        assert page.locator("#chart path.graticule").count() > 2
        page.screenshot(path=ARTEFACTS / "map-nothing-known.png")
        assert seen.wrong == []


DRAWN = """async (steps) => {
  const slider = document.getElementById("time-slider");
  const took = [];
  for (const step of steps) {
    const began = performance.now();
    slider.value = String(step);
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    took.push(performance.now() - began);
  }
  return took;
}"""


def test_300_polygons_at_each_of_7_leads_are_drawn_at_once(
    visit: Any, url: str, waters: Any, now: Any
) -> None:
    """The budget is 500 ms for all; two frames of waiting, 33 ms, are in each of the 7 figures."""
    chance = random.Random(8)

    def patch(depth: float) -> list[list[tuple[float, float]]]:
        y, x = chance.uniform(29.85, 29.91), chance.uniform(121.52, 121.62)
        size = 0.0016 / (1 + depth)
        ring = [
            (y + size * chance.uniform(0.6, 1) * dy, x + size * chance.uniform(0.6, 1) * dx)
            for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, 1.2), (1, 1), (1.2, 0), (1, -1)]
        ]
        return [[*ring, ring[0]]]

    zones = [
        FloodedZone(
            lead_s=1800 * k,
            depth_m=depth,
            probability=0.5,
            polygons=[patch(depth) for _ in range(75)],
        )
        for k in range(7)
        for depth in (0.15, 0.3, 0.5, 1.0)
    ]
    waters.inundate(now, zones=zones, probabilities=[0.5])
    with visit(url, "map", **DESK) as seen:
        seen.page.wait_for_selector("#chart path.water.depth-4")
        first = seen.page.evaluate(DRAWN, list(range(7)))
        again = seen.page.evaluate(DRAWN, list(range(7)))
        print(f"7 leads of 300 polygons: {sum(first):.0f} ms, again {sum(again):.0f} ms")
        assert sum(first) < 500 + 7 * 34, first
        assert seen.wrong == []


def test_1000_stations_are_all_on_the_map(
    visit: Any, serve: Any, database: str, world: Any, now: Any, city: Site
) -> None:
    one = city.stations[0]
    grid = [
        replace(
            one,
            id=f"s{k}",
            name=f"Station {k}",
            latitude=29.8 + k % 32 / 300,
            longitude=121.5 + k // 32 / 240,
        )
        for k in range(1000)
    ]
    site = replace(city, stations=tuple(grid), places=())
    world.observe("s7/stage", (now, 3.5, 1))
    port = serve(database, clock=WorldClock(now, time.time(), 1), site=site).port
    with visit(f"http://127.0.0.1:{port}/", "map", **DESK) as seen:
        seen.page.wait_for_selector("#chart .mark.level-2")
        seen.page.screenshot(path=ARTEFACTS / "map-1000.png")
        assert seen.page.locator("#chart .station").count() == 1000
        assert seen.wrong == []


def test_names_are_shown_as_they_are_written(
    visit: Any, serve: Any, database: str, waters: Any, depths: Any, now: Any, city: Site
) -> None:
    hostile = "<img src=x onerror=alert(1)><b>Bridge</b>"
    place = replace(city.places[0], name=hostile)
    stations = [replace(station, name=hostile) for station in city.stations]
    areas = [replace(area, name=hostile) for area in city.areas]
    site = replace(city, places=(place,), stations=tuple(stations), areas=tuple(areas))
    waters.place(place.key, now, thresholds=depths)
    waters.inundate(now, degraded=[hostile])
    port = serve(database, clock=WorldClock(now, time.time(), 1), site=site).port
    with visit(f"http://127.0.0.1:{port}/", "map", **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#flood-state:has-text('onerror=alert(1)')")
        page.click("#place-rows button")
        page.focus(".pin.place")
        page.wait_for_selector(".tip:has-text('<b>Bridge</b>')")
        assert page.locator("main img, main b:text-is('Bridge')").count() == 0
        assert seen.wrong == []
