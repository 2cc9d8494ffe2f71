"""Venues and gateways in a real Chromium, by eye and by axe. `make test-browser`."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.venue import Advice
from forewarn.storage import reader, store_programmes

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE["device_scale_factor"] = 2
WALL = {"viewport": {"width": 1920, "height": 1080}}

LOOKS = {
    "desk-light": DESK | {"color_scheme": "light"},
    "desk-dark-zh": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "phone-light": PHONE | {"color_scheme": "light"},
    "phone-dark-zh": PHONE | {"color_scheme": "dark", "locale": "zh-CN"},
    "wall-dark": WALL | {"color_scheme": "dark"},
    "wall-light-zh": WALL | {"color_scheme": "light", "locale": "zh-CN"},
}


def at(serve: Any, database: str, coast: Any, now: Any, **settings: Any) -> str:
    client = serve(database, clock=WorldClock(now, time.time(), 1), site=coast, **settings)
    return f"http://127.0.0.1:{client.port}/"


def told(seen: Any, page: str, words: tuple[str, ...]) -> None:
    """Check that the page says `words`."""
    text = seen.page.inner_text(f"#{page}").replace("\u00a0", " ")
    for word in words:
        assert word in text, word


def picture(seen: Any, name: str, *, full_page: bool) -> None:
    """Keep a picture, and check what nobody sees on it."""
    ARTEFACTS.mkdir(exist_ok=True)
    seen.page.wait_for_timeout(200)
    seen.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=full_page)
    width = seen.page.evaluate("document.documentElement.scrollWidth")
    assert width == seen.page.viewport_size["width"], "it scrolls sideways"
    assert seen.axe() == []
    assert seen.wrong == []


@pytest.mark.usefixtures("gusty")
@pytest.mark.parametrize("name", LOOKS)
def test_venues_on_desk_phone_and_wall(
    name: str, visit: Any, serve: Any, database: str, coast: Any, now: Any
) -> None:
    words = (
        ("目前注意：13:00–14:30 停止", "阵风 可能达到 17.2 m/s", "1740 / 2400 人（73 %）", "上升")
        if name.endswith("zh")
        else (
            "CAUTION now: STOP from 13:00 until 14:30",
            "1740 of 2400 persons (73 %)",
            "NOT KNOWN",
        )
    )
    with visit(at(serve, database, coast, now), "venues", **LOOKS[name]) as seen:
        seen.page.wait_for_selector("[data-spot='beach-ground'] .line")
        told(seen, "venues", words)
        picture(seen, f"venues-{name}", full_page="wall" not in name)


@pytest.mark.usefixtures("gusty")
def test_a_wall_needs_no_hand_and_fits(
    visit: Any, serve: Any, database: str, coast: Any, now: Any
) -> None:
    url = at(serve, database, coast, now)
    with visit(f"{url}?wall&venue=sailing-centre", "venues", **WALL) as seen:
        seen.page.wait_for_selector(".big .venue-event >> text=STOP")
        assert not seen.page.is_visible("#views")
        assert not seen.page.is_visible(".tools")
        seen.page.screenshot(path=ARTEFACTS / "venues-wall-sailing.png")
    with visit(f"{url}?wall&venue=beach-venue", "venues", **WALL) as seen:
        seen.page.wait_for_selector("[data-spot='beach-gate-south']")
        height = seen.page.evaluate("document.documentElement.scrollHeight")
        assert height <= 1080, "a wall does not scroll"
        size = seen.page.eval_on_selector(
            ".venue-event .badge", "badge => parseFloat(getComputedStyle(badge).fontSize)"
        )
        assert size >= 60
        seen.page.screenshot(path=ARTEFACTS / "venues-wall-only.png")


def test_what_is_new_comes_by_itself_and_what_is_old_is_not_go(
    visit: Any, serve: Any, database: str, gusty: Any, coast: Any, now: Any
) -> None:
    url = at(serve, database, coast, now)
    with visit(url, "venues", **DESK) as seen:
        page = seen.page
        page.click("[data-venue='sailing-centre']")
        event = "[data-event='race']"
        page.wait_for_selector(f"{event}.level-4 >> text=STOP")
        said = page.inner_text(event).replace("\u00a0", " ")
        for words in ("wind 13.4 m/s above 12.9 m/s", "STOP until 15:00", "No safe window"):
            assert words in said
        page.click(".venue-table summary")
        assert page.locator(".venue-table tbody tr").count() == 7
        [_, known] = reader.programmes_latest(gusty.connection)
        race = msgspec.structs.replace(known.events[0], advice=Advice.CAUTION)
        later = known.issue_time + timedelta(seconds=1)
        store_programmes(
            gusty.connection,
            [msgspec.structs.replace(known, events=[race], issue_time=later)],
        )
        page.wait_for_selector(f"{event}.level-2")
        assert seen.wrong == []
    late = at(serve, database, coast, now + timedelta(minutes=30))
    with visit(late, "venues", **WALL) as seen:
        page = seen.page
        page.wait_for_selector(".venue-event.unknown")
        assert page.locator(".venue-event:not(.unknown)").count() == 0
        assert page.locator(".spot:not(.unknown)").count() == 0
        assert "counts as not known" in page.inner_text(".venue-programme")
        page.screenshot(path=ARTEFACTS / "venues-wall-old.png")


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("name", ["desk-light", "phone-light", "phone-dark-zh"])
def test_gateways_on_desk_and_phone(
    name: str, visit: Any, serve: Any, database: str, coast: Any, now: Any
) -> None:
    words = (
        ("从未上线", "原始值 3121 ×0.5", "超出仪器量程", "412 批", "未知要素")
        if name.endswith("zh")
        else (
            *("NEVER HEARD", "raw 3121 ×0.5", "412 batches, oldest 3 h", "unknown datastream"),
            *("outside the instrument's range", "no answer of unit 3"),
        )
    )
    with visit(at(serve, database, coast, now), "workshop", **LOOKS[name]) as seen:
        seen.page.wait_for_selector("[data-key='beach-north/flow_in']")
        gateways = seen.page.locator(".work-gateway")
        order = gateways.evaluate_all("all => all.map(g => g.dataset.gateway)")
        assert order == ["yj-city", "yj-estuary", "yj-hills", "yj-venue", "yj-river"]
        told(seen, "workshop", words)
        picture(seen, f"workshop-{name}", full_page=True)


@pytest.mark.usefixtures("fleet")
def test_rejections_are_narrowed_and_a_graph_is_one_key_away(
    visit: Any, serve: Any, database: str, coast: Any, now: Any
) -> None:
    url = at(serve, database, coast, now)
    with visit(url, "workshop", **DESK) as seen:
        page = seen.page
        page.wait_for_selector(".work-refused >> nth=49")
        page.select_option(".work-filter select", "yj-river")
        page.wait_for_selector(".work-refused >> nth=1", state="detached")
        assert "JSON is malformed" in page.inner_text(".work-refused")
        page.select_option(".work-filter select", "")
        page.fill(".work-filter input", "nothing of this name")
        page.wait_for_selector("text=None matches.")
        page.focus("[data-gateway='yj-river'] .work-top")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-key='fenghua/stage'] code")
        page.focus("[data-key='beach-weather/temperature'] button")
        page.keyboard.press("Enter")
        page.wait_for_selector("#gauge-name:has-text('Beach ground, weather mast')")
        assert seen.wrong == []
