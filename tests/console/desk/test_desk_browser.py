"""The desk in a real Chromium: the queue shows, opens and folds. `make test-browser`."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.desk import Act, Action, Draft, Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.storage import incidents, mark_delivered, mark_failed

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE["device_scale_factor"] = 2
WALL = {"viewport": {"width": 1920, "height": 1080}, "color_scheme": "dark"}

LOOKS = {
    "desk-light": DESK | {"color_scheme": "light"},
    "desk-dark-zh": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "phone-light": PHONE | {"color_scheme": "light"},
    "phone-dark-zh": PHONE | {"color_scheme": "dark", "locale": "zh-CN"},
    "wall-dark": WALL,
}

CAP = """<alert><info><language>zh-CN</language><description>水位将上涨。</description><area>
<areaDesc>镇区</areaDesc></area></info><info><language>en-US</language><description>Water will
rise.</description><instruction>Stay away from the river.</instruction><area><areaDesc>Town and
meadows</areaDesc><polygon>30.0,121.0 30.2,121.3 30.1,121.6 29.9,121.4 30.0,121.0</polygon></area>
</info></alert>"""


def put(world: Any, now: Any, name: str, level: Level, **values: Any) -> None:
    """Store an incident of the rain gauge as the alert service would."""
    known = {
        "area": "town",
        "hazard": "rainstorm",
        "datastream": "hill/rain",
        "status": "Actual",
        "state": IncidentState.ISSUED,
        "highest": level,
        "headline": f"Heavy rain, {name}",
        "opened": now - timedelta(minutes=20),
        "changed": now,
        "expires": now + timedelta(hours=2),
    }
    told = Incident(**(known | values), incident=name, level=level)
    incidents.save_incident(world.connection, told)


@pytest.fixture
def busy(world: Any, now: Any) -> Any:
    """Return the world with an alert, a draft, five incidents of one kind, and one that is over."""
    world.observe("weir/stage", (now - timedelta(minutes=1), 8.1, 1))
    world.forecast(now)
    first = world.alert(1, sent=now - timedelta(minutes=9))
    world.connection.execute("UPDATE alert SET cap = %s", (CAP,))
    mark_delivered(world.connection, first.identifier, "mqtt")
    mark_failed(world.connection, first.identifier, "webhook", "connection refused")
    said = {"text": "looks real: upstream gauge too"}
    act = Action(at=now, author="kim", act=Act.COMMENT, incident=first.incident, detail=said)
    incidents.act(world.connection, act)
    for number in range(5):
        put(world, now, f"gauge {number}", Level.BLUE)
    over = now - timedelta(hours=1)
    put(world, now, "gauge 9", Level.NONE, state=IncidentState.CANCELLED, highest=2, ended=over)
    waiting = Draft(
        id="d.1",
        level=Level.ORANGE,
        previous_level=Level.NONE,
        drafted=now,
        due=now + timedelta(minutes=5),
        otherwise="issue",
        needs=2,
        approvals=["kim"],
        headline="Storm tide warning for the harbour",
    )
    put(
        world,
        now,
        "tide",
        Level.NONE,
        hazard="storm_tide",
        state=IncidentState.DRAFT,
        highest=3,
        expires=None,
        draft=waiting,
    )
    return world


@pytest.mark.usefixtures("busy")
def test_the_desk_shows_opens_and_folds(visit: Any, serve: Any, database: str, now: Any) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    url = f"http://127.0.0.1:{serve(database, clock=WorldClock(now, time.time(), 1)).port}/"
    for name, look in LOOKS.items():
        with visit(url, "desk", **look) as seen:
            page = seen.page
            rows = page.locator("#desk [data-row]")
            assert rows.count() == 4, "draft, alert, the folded group, what is over"
            page.click("#desk .group-top >> nth=0")
            assert rows.count() == 9
            page.click("#desk .group-top >> nth=0")
            page.click("[data-row='test.flood.weir-stage']")
            page.wait_for_selector(".timeline li >> nth=1")
            zh = name.endswith("zh")
            page.wait_for_selector("text=水位将上涨" if zh else "text=Water will rise.")
            told = page.inner_text("#desk")
            words = (
                ("演习", "水位将上涨", "呼叫链")
                if zh
                else ("EXERCISE", "Water will", "Nobody was told")
            )
            for word in (*words, "connection refused", "looks real", "weir/stage +0.60 m"):
                assert word in told, (name, word)
            page.wait_for_timeout(200)
            page.screenshot(path=ARTEFACTS / f"desk-{name}.png", full_page=True)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width == look["viewport"]["width"], f"{name} scrolls sideways"
            assert seen.wrong == []


def test_the_desk_by_keyboard_and_alive(
    visit: Any, serve: Any, database: str, busy: Any, now: Any
) -> None:
    url = f"http://127.0.0.1:{serve(database, clock=WorldClock(now, time.time(), 1)).port}/"
    with visit(url, "desk", **DESK) as seen:
        page = seen.page
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".incident h2:has-text('Storm tide warning')")
        assert "1 of 2 have approved: kim" in page.inner_text(".waiting")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".incident h2:has-text('Flood advisory')")
        page.keyboard.press("?")
        page.wait_for_selector(".keys")
        name = "test.flood.weir-stage"
        incidents.act(busy.connection, Action(at=now, author="lee", act=Act.ACK, incident=name))
        page.wait_for_selector(f"[data-row='{name}']:has-text('acknowledged by lee')")
        page.wait_for_selector(".timeline li:has-text('lee')")
        busy.alert(2, msg_type="Cancel", sent=now)
        page.wait_for_selector(".incident .state-cancelled")
        page.wait_for_selector(f"[data-row='{name}']", state="detached")
        page.click(".part >> text=When")
        page.click("button:has-text('Show it among the stations')")
        page.wait_for_selector("#gauge-name:text-is('Weir')")
        assert seen.wrong == []
