"""Drills and silences in a real Chromium, by keyboard and by touch, in both languages."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.desk import Silence, SilenceKind
from forewarn.storage.drills import drills
from forewarn.storage.incidents import add_silence, silences

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE["device_scale_factor"] = 2
LOOKS = {
    "desk-light": DESK | {"color_scheme": "light"},
    "desk-dark-zh": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "phone-dark-zh": PHONE | {"color_scheme": "dark", "locale": "zh-CN"},
}


@pytest.fixture
def come(serve: Any, database: str, world: Any, signed_in: Any, visit: Any, now: Any) -> Callable:
    """Return a function that opens the page as a duty officer, or as another role."""
    world.observe("weir/stage", (now - timedelta(minutes=1), 8.1, 1))
    world.forecast(now)
    port = serve(database, clock=WorldClock(now, time.time(), 1)).port

    def opened(view: str = "quiet", role: str = "duty", **look: Any) -> Any:
        person = signed_in(port, f"kim-{role}", role)
        return visit(f"http://127.0.0.1:{port}/", view, cookies=[person.cookie], **look)

    return opened


def test_a_drill_is_started_by_keyboard_seen_everywhere_and_ended(
    come: Callable, world: Any, now: Any
) -> None:
    with come(**LOOKS["desk-light"]) as seen:
        page = seen.page
        form = page.locator("form[aria-label='Start a drill']")
        form.locator("label:has-text('Reason') input").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Give a reason.")
        page.keyboard.type("spring drill")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.wait_for_selector("text=SIRENS SOUND in Town")
        form.locator("button").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Confirm that people near the sirens know of it.")
        form.locator("label:has-text('know of it') input").check()
        form.locator("button").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Start this drill?")
        assert drills(world.connection, after=now) == []
        page.keyboard.press("Enter")  # the focus is on the button that starts it
        page.wait_for_selector(".run.drill")
        [drill] = drills(world.connection, after=now)
        assert (drill.reason, drill.siren, drill.author) == ("spring drill", True, "kim-duty")
        banner = page.locator("#drill")
        banner.wait_for(state="visible")
        assert "EXERCISE until" in banner.inner_text()
        for view in ("map", "stations", "desk"):
            page.goto(page.url.partition("#")[0] + f"#{view}")
            assert banner.is_visible()
        page.goto(page.url.partition("#")[0] + "#quiet")
        page.click(".run.drill >> text=End it")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=everybody is being told")
        page.wait_for_selector("#drill", state="hidden")
        assert drills(world.connection, after=now)[0].ended_by == "kim-duty"
        assert seen.wrong == []


def test_a_maintenance_shows_what_it_matches_and_a_silence_too(
    come: Callable, world: Any, now: Any
) -> None:
    with come(role="technician", **PHONE) as seen:
        page = seen.page
        page.wait_for_selector("text=Your role may not start drills.")
        form = page.locator("form[aria-label='Silence or maintenance']")
        form.locator("label:has-text('Maintenance') input").check()
        assert form.locator("label:has-text('Area')").count() == 0
        form.locator("label:has-text('Datastreams') input").fill("nothing/*")
        page.wait_for_selector("text=Matches no datastream")
        form.locator("label:has-text('Datastreams') input").fill("weir/*")
        page.wait_for_selector("text=Matches 1: weir/stage")
        form.locator("label:has-text('Reason') input").fill("new cable")
        form.locator("button").tap()
        page.wait_for_selector(".run >> text=weir/*")
        [made] = silences(world.connection, after=now)
        assert (made.kind, made.datastream) == (SilenceKind.MAINTENANCE, "weir/*")
        page.tap(".run >> text=End it")
        page.tap(".run .danger")
        page.wait_for_selector("text=No drill, silence or maintenance")
        assert silences(world.connection, after=now + timedelta(minutes=1)) == []
        assert seen.wrong == []


def test_it_looks_right_and_axe_finds_nothing(come: Callable, world: Any, now: Any) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    for kind, pattern in ((SilenceKind.SILENCE, "*"), (SilenceKind.MAINTENANCE, "weir/*")):
        silence = Silence(
            kind=kind,
            author="wu",
            reason="the crew is there",
            start=now + timedelta(hours=kind is SilenceKind.SILENCE),
            end=now + timedelta(hours=3),
            datastream=pattern,
        )
        add_silence(world.connection, silence)
    for name, look in LOOKS.items():
        with come(**look) as seen:
            page = seen.page
            page.wait_for_selector(".run")
            if not drills(world.connection, after=now):
                page.fill("form >> nth=0 >> input[type=text]", "spring drill")
                page.click("form >> nth=0 >> button")
                page.click(".danger")
            page.wait_for_selector(".run.drill")
            page.wait_for_selector("#drill:visible")
            chinese = name.endswith("-zh")
            assert ("演习至" in page.inner_text("#drill")) == chinese
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.click(".run.drill button")
            page.fill("form >> nth=0 >> input[type=text]", "x")
            page.click("form >> nth=0 >> button")
            assert seen.axe() == []
            page.screenshot(path=ARTEFACTS / f"quiet-{name}.png", full_page=True)
            assert seen.wrong == []


def test_a_viewer_sees_and_has_no_buttons(come: Callable) -> None:
    with come(role="viewer", **LOOKS["desk-light"]) as seen:
        seen.page.wait_for_selector("text=Your role may not silence anything.")
        assert seen.page.locator("#quiet button").count() == 0
