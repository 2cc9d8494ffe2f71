"""Everything about one station in a real Chromium. `make test-browser`."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.desk import Silence, SilenceKind
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import Rejection
from forewarn.storage import store, store_gateways
from forewarn.storage.incidents import add_silence

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"
HOUR = timedelta(hours=1)

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS = {
    "light": DESK | {"color_scheme": "light"},
    "dark-zh": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "phone-zh": PHONE | {"color_scheme": "light", "locale": "zh-CN"},
}


@pytest.fixture
def url(serve: Any, database: str, world: Any, now: Any) -> str:
    """Return the address of a console with a gauge that rises, in maintenance, with an alert."""
    values = [(now - timedelta(minutes=k), 7.5 + (60 - k) / 80, 1) for k in range(60, 1, -1)]
    world.observe("weir/stage", *values, (now - timedelta(minutes=1), 9.9, 3))
    world.forecast(now)
    world.alert(1, sent=now - timedelta(minutes=9))
    refused = Rejection(
        reason="too old", detail="of last year", datastream="weir/stage", result=7.0
    )
    store(world.connection, [], [("gw", now - HOUR, refused)], [])
    status = GatewayStatus(
        online=True,
        gateway="gw",
        version="1",
        boot_id="b",
        time=now,
        instruments={"weir/modbus": "no answer since 02:40"},
    )
    store_gateways(world.connection, [(now, status)])
    quiet = {"author": "kim", "reason": "a new float", "start": now, "end": now + HOUR}
    add_silence(
        world.connection, Silence(**quiet, kind=SilenceKind.MAINTENANCE, datastream="weir/*")
    )
    return f"http://127.0.0.1:{serve(database, clock=WorldClock(now, time.time(), 1)).port}/"


def test_a_station_in_every_look(visit: Any, url: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    for name, look in LOOKS.items():
        with visit(url, "station/weir", **look) as seen:
            page = seen.page
            page.wait_for_selector("#station .uplot canvas")
            zh = "zh" in name
            told = page.inner_text("#station")
            words = ("突跳", "检修", "演习") if zh else ("its course", "maintenance", "EXERCISE")
            for word in (*words, "too old", "no answer since 02:40", "gauge zero", "9.90"):
                assert word in told, (name, word)
            page.wait_for_timeout(300)
            page.screenshot(path=ARTEFACTS / f"station-{name}.png", full_page=True)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width == look["viewport"]["width"], f"{name} scrolls sideways"
            assert seen.axe() == [], name
            assert seen.wrong == []


def test_reached_from_the_table_and_back_by_keyboard(visit: Any, url: str) -> None:
    with visit(url, "stations", **DESK) as seen:
        page = seen.page
        page.focus("#rows a[href='#station/weir']")
        page.keyboard.press("Enter")
        page.wait_for_selector("#station .uplot canvas")
        assert page.evaluate("location.hash") == "#station/weir"
        page.select_option("#station .choice select", "hill")
        page.wait_for_selector("#station h2:has-text('Everything about Hill')")
        page.wait_for_selector("#station >> text=nothing ever came")
        page.go_back()
        page.wait_for_selector("#station h2:has-text('Everything about Weir')")
        page.go_back()
        page.wait_for_selector("#rows", state="visible")
        page.goto(f"{url}#station/%zz")
        page.wait_for_selector("#station >> text=There is no station %zz")
        assert seen.wrong == []
