"""Officers act at the desk in a real Chromium, with the alert service's keeper behind."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from alerts.desk import Desk
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from forewarn.domain.clock import WorldClock
from forewarn.domain.codec import encode
from forewarn.domain.desk import ApprovalRule
from forewarn.domain.hazard import Assessment, Exceedance, Level, Outcome
from forewarn.storage import incidents, reader

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"
DESK = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE |= {"locale": "zh-CN", "color_scheme": "dark", "device_scale_factor": 2}

HEARS = """() => {
window.rung = 0;
const real = window.AudioContext;
window.AudioContext = class extends real { constructor() { super(); window.rung++; } };
}"""


class Service:
    """The alert service without its channels: takes assessments, acts and the time."""

    def __init__(self, site: Any, database: str, clock: WorldClock, now: datetime) -> None:
        desk = Desk(site, timing=timing(site.alert_rule), status="Exercise", start=now)
        self._keeper = Keeper(desk, database, clock, lambda: None)
        self._clock, self._stop = clock, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._keeper.open()
        self._thread.start()

    def judge(self, level: Level, threshold: float) -> None:
        """Let the weir be expected to exceed `threshold`, of `level`, in half an hour."""
        now = self._clock.now()
        crossing = Exceedance(
            level=level,
            threshold=threshold,
            label="flood warning",
            probability=0.9,
            onset=now + timedelta(minutes=30),
        )
        told = Assessment(
            area="town",
            hazard="flood",
            datastream="weir/stage",
            issue_time=now,
            outcome=Outcome.OK,
            exceedances=[crossing],
            evidence=["weir/stage +0.60 m in 60 min"],
        )
        self._keeper.take([encode(told)])

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._keeper.close()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            self._keeper.tick()


@pytest.fixture
def site(site: Any) -> Any:
    return replace(site, approvals=(ApprovalRule(levels=("orange",), people=2),))


@pytest.fixture
def clock(now: datetime) -> WorldClock:
    return WorldClock(now, time.time(), 1)


@pytest.fixture
def service(world: Any, site: Any, database: str, clock: Any, now: Any) -> Iterator[Service]:
    from forewarn.storage import migrate

    migrate(world.connection)
    running = Service(site, database, clock, now)
    yield running
    running.stop()


@pytest.fixture
def at_desk(
    visit: Any, serve: Any, signed_in: Any, database: str, clock: Any
) -> Callable[..., Any]:
    """Return a function: the desk's page as somebody with a role."""
    port = serve(database, clock=clock).port

    def come(name: str, look: dict[str, Any], role: str = "approver") -> Any:
        person = signed_in(port, name, role)
        return visit(f"http://127.0.0.1:{port}/", "desk", cookies=[person.cookie], **look)

    return come


def acts(world: Any) -> list[tuple[str, str]]:
    """Return who did what, oldest first."""
    rows = world.connection.execute("SELECT author, act FROM action ORDER BY number")
    return [(author, act) for author, act in rows]


def shoot(page: Any, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"desk-{name}.png")


def test_by_keyboard_alone_from_the_first_warning_to_its_end(
    world: Any, service: Service, at_desk: Any, until: Any
) -> None:
    with at_desk("kim", DESK) as kim:
        page, press = kim.page, kim.page.keyboard.press
        page.evaluate(HEARS)
        press("?")
        page.wait_for_selector(".keys dd:text-is('Acknowledge')")
        press("?")
        service.judge(Level.YELLOW, 8.5)
        page.wait_for_selector("[data-row]:has-text('not acknowledged')")
        page.wait_for_function("window.rung === 1")
        assert "yellow: EXERCISE" in page.inner_text("[aria-live=assertive]")
        press("j")
        press("a")  # what is marked is opened and acknowledged
        page.wait_for_selector(".undo p:has-text('already sent to people are not taken back')")
        shoot(page, "undo")
        press("u")
        page.wait_for_selector("[data-row]:has-text('not acknowledged')")
        until(lambda: acts(world) == [("kim", "ack"), ("kim", "unack")])
        page.wait_for_selector(".undo p", state="detached")
        assert kim.axe() == []
        press("g")
        page.wait_for_selector(".ask select[name=to]")
        press("Enter")  # a list opens with the first letter, Enter sends nothing by itself
        page.keyboard.press("Escape")
        press("m")
        page.wait_for_selector(".ask textarea")
        page.keyboard.type("ask x: gate 3 is shut")  # letters that are keys, typed
        press("Control+Enter")
        page.wait_for_selector(".timeline li:has-text('gate 3 is shut')")
        press("x")
        page.wait_for_selector(".ask textarea")
        page.keyboard.type("the gauge was hit by a boat.")
        said = page.inner_text(".ask blockquote [lang=en]")
        assert said == "Cancelled by the duty officer: the gauge was hit by a boat."
        assert kim.axe() == []
        shoot(page, "cancel")
        press("Control+Enter")
        page.wait_for_selector(".incident .state-cancelled")
        page.wait_for_selector(".acts :text('Cancel warning done')")
        told = reader.alerts(world.connection)[0]
        row = reader.alert(world.connection, told.identifier)
        assert row is not None
        assert said in row.cap
        assert page.locator(".acts button").all_inner_texts() == ["Comment… m"]
        page.wait_for_selector(".timeline :text('cancelled by the duty officer')")
        assert kim.wrong == []


def test_two_people_approve_what_they_have_looked_at(
    world: Any, service: Service, at_desk: Any, until: Any
) -> None:
    service.judge(Level.ORANGE, 10.5)
    with at_desk("kim", DESK) as kim, at_desk("lee", PHONE) as lee:
        for seen in (kim, lee):
            seen.page.click("[data-row]")
            seen.page.wait_for_selector(".waiting .countdown")
        kim.page.click("[data-act=approve]")
        told = kim.page.inner_text(".ask")
        for word in ("EXERCISE", "演练", "0 / 2", "left", "goes out at", "1 more must approve"):
            assert word in told, word
        assert kim.axe() == []
        shoot(kim.page, "approve")
        kim.page.click(".ask .primary")
        kim.page.wait_for_selector(":text('it needs another person')")
        assert kim.page.is_disabled("[data-act=approve]")
        lee.page.wait_for_selector(".waiting:has-text('kim')")
        assert lee.axe() == []
        shoot(lee.page, "phone-draft")
        lee.page.click("[data-act=approve]")
        lee.page.wait_for_selector(":text('您是最后一位')")
        assert lee.axe() == []
        shoot(lee.page, "phone-approve")
        lee.page.click(".ask .primary")
        for seen in (kim, lee):
            seen.page.wait_for_selector(".incident .state-issued")
        assert acts(world) == [("kim", "approve"), ("lee", "approve")]
        [alert] = reader.alerts(world.connection)
        assert alert.level == Level.ORANGE
        width = lee.page.evaluate("document.documentElement.scrollWidth")
        assert width == PHONE["viewport"]["width"], "it scrolls sideways"
        assert kim.wrong == lee.wrong == []


def test_a_draft_that_changes_under_ones_hand_is_not_approved(
    world: Any, service: Service, at_desk: Any
) -> None:
    service.judge(Level.ORANGE, 10.5)
    with at_desk("kim", DESK) as kim:
        page = kim.page
        page.click("[data-row]")
        page.click("[data-act=reject]")
        page.fill(".ask textarea", "the gauge is broken")
        page.click(".ask .primary")
        page.wait_for_selector(".incident .state-withdrawn")
        assert "rejected the draft: the gauge is broken" in page.inner_text(".timeline")
        assert reader.alerts(world.connection) == []


def test_what_rises_while_one_types_is_not_cancelled_and_an_answer_closes_its_own_dialog(
    world: Any, now: datetime, at_desk: Any
) -> None:
    from forewarn.storage import migrate

    migrate(world.connection)
    world.alert(1)
    found = incidents.incident(world.connection, "test.flood.weir-stage")
    assert found is not None
    with at_desk("kim", DESK) as kim:
        page = kim.page
        with page.expect_response("**/api/desk/seen") as said:
            page.click("[data-row]")
        assert said.value.status == 200
        page.click("[data-act=comment]")
        page.fill(".ask textarea", "gate 3 is shut")
        held: list[Any] = []
        page.route("**/api/desk/act", lambda route: held.append(route))
        with page.expect_request("**/api/desk/act"):
            page.click(".ask .primary")
        page.keyboard.press("Escape")
        page.wait_for_selector(".ask", state="detached")
        page.keyboard.press("x")
        page.wait_for_selector(".ask textarea[name=reason]")
        page.keyboard.type("the gauge was hit by a boat")
        held[0].continue_()
        page.wait_for_selector(".timeline li:has-text('gate 3 is shut')")
        assert page.input_value(".ask textarea") == "the gauge was hit by a boat"
        incidents.save_incident(world.connection, replace(found, level=Level.RED, changed=now))
        page.wait_for_selector(".ask [role=alert]:has-text('risen while you looked')")
        assert page.is_disabled(".ask .primary")
        assert "red" in page.inner_text(".ask .case-top").lower()
        assert "hit by a boat" in page.inner_text(".ask"), "what was typed can be taken along"
        assert kim.axe() == []
        assert acts(world) == [("kim", "comment")]


def test_what_is_not_done_is_said_and_the_service_that_is_silent_is_named(
    world: Any, service: Service, at_desk: Any, until: Any
) -> None:
    service.judge(Level.YELLOW, 8.5)
    with at_desk("kim", DESK) as kim:
        page = kim.page
        page.click("[data-row]")
        page.wait_for_selector("[data-act=ack]")
        page.route("**/api/desk/act", lambda route: route.abort())
        page.keyboard.press("a")
        page.wait_for_selector(".acts [role=alert]:has-text('did not answer')")
        assert page.locator(".undo p").count() == 0
        page.unroute("**/api/desk/act")
        service.stop()
        page.click("[data-act=cancel]")
        page.fill(".ask textarea", "over")
        page.click(".ask .primary")
        page.wait_for_selector(".acts :text('waits for the alert service')")
        page.wait_for_selector(".acts :text('does not answer')", timeout=20_000)
        assert page.locator(".incident .state-issued").count() == 1, "nothing is pretended"
        shoot(page, "silent-service")
        assert acts(world) == [("kim", "cancel")]


def test_several_are_acknowledged_and_shelved_together(
    world: Any, now: datetime, at_desk: Any
) -> None:
    from forewarn.domain.desk import Incident, IncidentState

    for number in range(5):
        one = Incident(
            incident=f"gauge {number}",
            area="town",
            hazard="rainstorm",
            datastream="hill/rain",
            status="Actual",
            state=IncidentState.ISSUED,
            level=Level.BLUE,
            highest=Level.BLUE,
            headline=f"Heavy rain, gauge {number}",
            opened=now,
            changed=now,
            expires=now + timedelta(hours=2),
        )
        incidents.save_incident(world.connection, one)
    with at_desk("kim", DESK, "duty") as kim:
        page = kim.page
        page.keyboard.press("j")
        page.keyboard.press("v")
        page.wait_for_selector(".selection:has-text('5 selected')")
        assert kim.axe() == []
        shoot(page, "selection")
        page.keyboard.press("a")
        page.wait_for_selector(".undo p")
        page.wait_for_selector("text=5 not acknowledged", state="detached")
        page.keyboard.press("v")
        page.keyboard.press("s")
        page.wait_for_selector(".ask textarea")
        page.fill(".ask textarea", "on site")
        page.click(".ask .primary")
        page.wait_for_selector("[data-row=shelved]:has-text('5')")
        assert [act for _, act in acts(world)] == ["ack"] * 5 + ["shelve"] * 5


def test_who_may_only_read_sees_no_button(world: Any, service: Service, at_desk: Any) -> None:
    service.judge(Level.YELLOW, 8.5)
    with at_desk("vi", DESK, "viewer") as viewer:
        viewer.page.click("[data-row]")
        viewer.page.wait_for_selector(".incident h2")
        viewer.page.keyboard.press("a")
        assert viewer.page.locator(".acts, .pick").count() == 0
        assert acts(world) == []
