"""The page of forecasts and outcomes in a real Chromium. `make test-browser`."""

from datetime import timedelta
from math import sin
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.desk import Incident, IncidentState
from forewarn.domain.hazard import Forecast, Level
from forewarn.domain.verdict import EventOutcome, EventVerdict, Why
from forewarn.storage import store_forecast
from forewarn.storage.incidents import save_incident
from forewarn.storage.outcomes import add_misses, close_incident

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS = {
    "light": DESK | {"color_scheme": "light"},
    "dark-zh": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "phone": PHONE | {"color_scheme": "light"},
    "wall": {"viewport": {"width": 1920, "height": 1080}, "color_scheme": "dark"},
}
LEADS = [600 * k for k in range(1, 19)]


def stage(hours: float) -> float:
    """Return the water `hours` before now: a wave every 9 h."""
    return 8.0 + 1.2 * sin(hours * 0.7)


@pytest.fixture
def past(world: Any, now: Any) -> Any:
    """Return the world with two days of forecasts and observations, and a month of warnings."""
    steps = range(2 * 24 * 60)
    observed = [(now - k * MINUTE, stage(-k / 60), 1) for k in reversed(steps)]
    world.observe("weir/stage", *observed)
    issued = []
    for k in range(4 * 47):
        at = now - k * 15 * MINUTE
        values = [
            [stage(s / 3600 - k / 4) + 0.1 + w * s / 10800 for w in (-0.7, -0.4, 0.0, 0.4, 0.7)]
            for s in LEADS
        ]
        issued.append(
            Forecast(
                area="town",
                datastream="weir/stage",
                issue_time=at,
                model="test",
                leads_s=LEADS,
                probabilities=[0.05, 0.1, 0.5, 0.9, 0.95],
                values=values,
            )
        )
    store_forecast(world.connection, issued)
    opened = now - 20 * HOUR
    known = {"area": "town", "hazard": "flood", "datastream": "weir/stage", "level": Level.NONE}
    for name, status, drill in (("test.flood.1", "Actual", ""), ("test.drill.1", "Exercise", "d1")):
        told = Incident(
            **known,
            incident=name,
            status=status,
            drill=drill,
            state=IncidentState.EXPIRED,
            highest=Level.ORANGE,
            headline="Flood warning for the weir",
            opened=opened,
            changed=opened,
            ended=opened + 2 * HOUR,
        )
        save_incident(world.connection, told)
    judged = {"area": "town", "hazard": "flood", "datastream": "weir/stage", "began": opened}
    outcomes = [
        EventOutcome(
            **judged,
            event="test.flood.1",
            status="Actual",
            level=Level.YELLOW,
            verdict=EventVerdict.HIT,
            why=Why.WARNED,
            threshold=8.5,
            warned=opened,
            crossed=opened + HOUR,
            promised=opened + 2 * HOUR,
            lead_s=3600.0,
        ),
        EventOutcome(
            **judged,
            event="test.flood.1",
            status="Actual",
            level=Level.ORANGE,
            verdict=EventVerdict.UNKNOWN,
            why=Why.GAP,
            threshold=10.5,
            warned=opened,
        ),
    ]
    close_incident(world.connection, "test.flood.1", outcomes, now)
    close_incident(world.connection, "test.drill.1", [], now)
    missed = EventOutcome(
        **judged,
        event="miss.flood.weir-stage.1",
        status="Exercise",
        level=Level.YELLOW,
        verdict=EventVerdict.MISS,
        why=Why.NEVER,
        threshold=8.5,
        crossed=opened,
    )
    add_misses(world.connection, [missed], apart_s=60)
    return world


@pytest.fixture
def signed_in(console: Any) -> tuple[str, list[dict[str, str]]]:
    """Return the address of a console and the cookie of kim, who is on duty."""
    browser = console()
    assert browser.sign_in() == 200
    name, _, value = browser.cookie.partition("=")
    return f"http://127.0.0.1:{browser.port}/", [{"name": name, "value": value}]


@pytest.mark.usefixtures("past")
def test_forecasts_beside_what_came_and_what_became_of_warnings(visit: Any, signed_in: Any) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    url, cookies = signed_in
    for name, look in LOOKS.items():
        with visit(url, "models", cookies=cookies, **look) as seen:
            page = seen.page
            page.wait_for_selector("#models .slide input")
            page.wait_for_selector("#models .events > li >> nth=2")
            page.wait_for_selector("#models .sort")
            told = page.inner_text("#models")
            zh = "zh" in name
            for word in (
                ("演习", "命中", "未曾预警") if zh else ("EXERCISE", "hit", "Nobody was warned")
            ):
                assert word in told, (name, word)
            page.wait_for_timeout(300)
            page.screenshot(path=ARTEFACTS / f"models-{name}.png", full_page=True)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width == look["viewport"]["width"], f"{name} scrolls sideways"
            assert seen.axe() == [], name
            assert seen.wrong == []


@pytest.mark.usefixtures("past")
def test_by_keyboard_through_issue_times_and_a_remark(visit: Any, signed_in: Any) -> None:
    url, cookies = signed_in
    with visit(url, "models", cookies=cookies, **DESK) as seen:
        page = seen.page
        slider = page.locator("#models .slide input")
        slider.wait_for()
        first = slider.get_attribute("aria-valuetext")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        assert slider.get_attribute("aria-valuetext") != first
        assert "18 of 18 leads" in page.inner_text("#models [role=status]")
        page.keyboard.press("End")
        assert "may still come" in page.inner_text("#models [role=status]")
        page.locator("#models .events li:has-text('unknown') summary").click()
        form = page.locator("#models .events li:has-text('orange: unknown') form")
        form.locator("select").select_option("confirmed")
        form.locator("textarea").fill("the road was under water")
        form.locator("textarea").press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#models .events li:has-text('orange: hit'):has-text('by kim')")
        assert "the road was under water" in page.inner_text("#models")
        page.click("#models [aria-label='Month before']")
        page.wait_for_selector("#models >> text=No warning of this month has ended.")
        with page.expect_download() as download:
            page.click("#models >> text=CSV")
        assert download.value.suggested_filename == "forewarn-test-2026-06.csv"
        assert seen.wrong == []
