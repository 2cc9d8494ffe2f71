"""The log in a real Chromium: entry, correction, handover, confirmation. `make test-browser`."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.desk import Act, Action
from forewarn.storage import incidents

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"

DESK = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE |= {"device_scale_factor": 2, "color_scheme": "dark", "locale": "zh-CN"}


@pytest.fixture
def port(serve: Any, database: str, world: Any, now: Any) -> int:
    """Return the port of a console on a world with a warning and an act."""
    world.observe("weir/stage", *[(now - k * timedelta(minutes=1), 8.1, 1) for k in range(1, 60)])
    world.forecast(now)
    sent = world.alert(1, sent=now - timedelta(minutes=9))
    act = Action(
        at=now - timedelta(minutes=5),
        author="cho",
        act=Act.COMMENT,
        incident=sent.incident,
        detail={"text": "upstream gauge rises too"},
    )
    incidents.act(world.connection, act)
    port: int = serve(database, clock=WorldClock(now, time.time(), 1)).port
    return port


def test_a_shift_is_logged_corrected_handed_over_and_taken(
    visit: Any, port: int, signed_in: Any
) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    url = f"http://127.0.0.1:{port}/"
    kim, lee = signed_in(port, "kim"), signed_in(port, "lee")
    with visit(url, "log", cookies=[kim.cookie], **DESK) as seen:
        page = seen.page
        page.wait_for_selector(".timeline li:has-text('upstream gauge rises too')")
        page.fill(".log-text textarea", "Lock keeper called")
        page.select_option(".log-form select >> nth=0", "call")
        page.reload()
        page.wait_for_selector(".note:has-text('Not written down yet')")
        assert page.input_value(".log-text textarea") == "Lock keeper called"
        page.context.set_offline(True)
        page.click("button:has-text('Write it down')")
        page.wait_for_selector(".note.warn:has-text('Not written down')")
        page.context.set_offline(False)
        seen.wrong.clear()  # the browser says that it was offline
        page.click("button:has-text('Write it down')")
        page.wait_for_selector("[data-line='9_1'] .tag:has-text('call')")
        page.wait_for_selector(".note:has-text('Written down as no. 1')")
        page.click("[data-line='9_1'] button:has-text('Correct')")
        page.fill(".log-text textarea", "Lock keeper called at half past")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("[data-line='9_2']:has-text('corrects no. 1')")
        page.wait_for_selector("[data-line='9_1'] s:has-text('Lock keeper called')")
        assert page.locator("[data-line='9_1'] button").count() == 0
        assert seen.axe() == []
        page.click("button:has-text('Hand over the shift')")
        page.wait_for_selector(".standing-facts:has-text('Flood advisory for the weir')")
        assert "never reported (1) Hill hill/rain" in page.inner_text(".standing-facts")
        page.fill(".log-hand textarea", "Gate 3 sticks: push twice.")
        page.select_option(".log-hand select", "lee")
        assert seen.axe() == []
        page.screenshot(path=ARTEFACTS / "log-handover.png", full_page=True)
        page.click(".log-hand button:has-text('Hand over')")
        page.wait_for_selector(".log-open:has-text('kim hands over to lee')")
        assert page.locator(".log-open button:has-text('Take over')").count() == 0
        assert seen.wrong == []
    with visit(url, "log", cookies=[lee.cookie], **PHONE) as seen:
        page = seen.page
        page.click(".log-open button:has-text('接班')")
        page.wait_for_selector(".log-handed:has-text('push twice')")
        page.wait_for_selector(".timeline li:has-text('接班（自 kim）')")
        assert page.locator(".log-open").count() == 0
        assert "lee 于" in page.inner_text(".log-handed")
        assert page.input_value(".log-text textarea") == "", "what kim began is not lee's"
        assert seen.axe() == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == PHONE["viewport"]["width"]  # type: ignore[index]
        page.screenshot(path=ARTEFACTS / "log-phone-zh.png", full_page=True)
        assert seen.wrong == []


def test_the_log_is_searched_by_kind_text_and_day_and_a_guest_only_reads(
    visit: Any, port: int, until: Any
) -> None:
    with visit(f"http://127.0.0.1:{port}/", "log", **DESK) as seen:
        page = seen.page
        lines = page.locator(".timeline li")
        page.wait_for_selector(".timeline li >> nth=1")
        assert lines.count() == 2
        assert page.locator(".log-form, .log-hand").count() == 0
        page.click(".log-kinds button:has-text('warnings')")
        until(lambda: lines.count() == 1)
        assert "Flood advisory" in lines.first.inner_text()
        page.click(".log-kinds button:has-text('warnings')")
        page.fill("input[type=search]", "UPSTREAM")
        until(lambda: lines.count() == 1)
        assert "upstream" in lines.first.inner_text()
        page.fill("input[type=search]", "")
        page.fill("input[type=date]", "2026-07-11")
        page.wait_for_selector(".calm:has-text('Nothing is in the log')")
        page.click("button[aria-label='+1']")
        page.wait_for_selector(".timeline li >> nth=1")
        assert seen.wrong == []


def test_the_report_reads_and_prints_in_both_languages(visit: Any, port: int) -> None:
    with visit(f"http://127.0.0.1:{port}/", "log", **DESK) as seen:
        page = seen.page
        for language, title, back in (
            ("en", "Situation report", "中文"),
            ("zh", "情况报告", "English"),
        ):
            page.goto(f"http://127.0.0.1:{port}/report?language={language}")
            assert page.inner_text("h1") == title
            assert page.locator(f"nav a:has-text('{back}')").count() == 1
            assert seen.axe() == []
            page.emulate_media(media="print")
            assert not page.is_visible("nav")
            assert page.is_visible("h1")
            page.screenshot(path=ARTEFACTS / f"report-{language}.png", full_page=True)
            page.emulate_media(media="screen")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert seen.wrong == []
