"""Venues and gateways in a real Chromium, by eye and by axe. `make test-browser`."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.venue import Advice

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


@pytest.mark.usefixtures("gusty")
def test_venues_on_desk_phone_and_wall(
    visit: Any, serve: Any, database: str, coast: Any, now: Any
) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    url = at(serve, database, coast, now)
    for name, look in LOOKS.items():
        with visit(url, "venues", **look) as seen:
            page = seen.page
            page.wait_for_selector("[data-spot='beach-ground'] .line")
            told = page.inner_text("#venues").replace("\u00a0", " ")
            words = (
                (
                    "注意",
                    "沙滩排球场",
                    "1740 / 2400 人（73 %）",
                    "上升",
                    "未知",
                    "10 分钟" if 0 else "已占",
                )
                if name.endswith("zh")
                else (
                    "CAUTION now: STOP from 13:00 until 14:30",
                    "1740 of 2400 persons (73 %)",
                    "NOT KNOWN",
                )
            )
            for word in words:
                assert word in told, (name, word)
            page.wait_for_timeout(200)
            page.screenshot(path=ARTEFACTS / f"venues-{name}.png", full_page="wall" not in name)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width == look["viewport"]["width"], f"{name} scrolls sideways"
            assert seen.axe() == [], name
            assert seen.wrong == []


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
    import msgspec

    from forewarn.storage import reader, store_programmes

    url = at(serve, database, coast, now)
    with visit(url, "venues", **DESK) as seen:
        page = seen.page
        page.click("[data-venue='sailing-centre']")
        event = "[data-event='race']"
        page.wait_for_selector(f"{event}.level-4 >> text=STOP")
        told = page.inner_text(f"{event}").replace("\u00a0", " ")
        assert "wind 13.4 m/s above 12.9 m/s" in told
        assert "STOP until 15:00" in told
        assert "No safe window" in told
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
def test_gateways_on_desk_and_phone(
    visit: Any, serve: Any, database: str, coast: Any, now: Any
) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    url = at(serve, database, coast, now)
    for name in ("desk-light", "phone-light", "phone-dark-zh"):
        look = LOOKS[name]
        with visit(url, "workshop", **look) as seen:
            page = seen.page
            page.wait_for_selector("[data-key='beach-north/flow_in']")
            first = page.locator(".work-gateway").evaluate_all(
                "all => all.map(g => g.dataset.gateway)"
            )
            assert first == ["yj-city", "yj-estuary", "yj-hills", "yj-venue", "yj-river"]
            told = page.inner_text("#workshop").replace("\u00a0", " ")
            words = (
                ("从未上线", "原始值 3121 ×0.5", "超出仪器量程", "412 批", "未知要素")
                if name.endswith("zh")
                else (
                    "NEVER HEARD",
                    "raw 3121 ×0.5",
                    "412 batches, oldest 3 h",
                    "outside the instrument's range",
                    "no answer of unit 3",
                    "unknown datastream",
                )
            )
            for word in words:
                assert word in told, (name, word)
            page.wait_for_timeout(200)
            page.screenshot(path=ARTEFACTS / f"workshop-{name}.png", full_page=True)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width == look["viewport"]["width"], f"{name} scrolls sideways"
            assert seen.axe() == [], name
            assert seen.wrong == []


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
