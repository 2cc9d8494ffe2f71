"""The page in a real Chromium, and its build. `make test-browser`."""

import shutil
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.clock import WorldClock

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "test-artefacts"
WEB = ROOT / "console/web"

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE["device_scale_factor"] = 2


@pytest.fixture
def stormy(world: Any, now: Any) -> Any:
    """Return the world with six rising hours, a gap, a doubted value, a forecast and an alert."""
    rows = []
    for minute in range(360, 0, -1):
        if not 150 < minute < 175:
            at = now - timedelta(minutes=minute)
            rows.append((at, 7.5 - minute / 120, 1))
    rows[100] = (rows[100][0], 6.9, 3)
    world.observe("weir/stage", *rows)
    rain = [(now - timedelta(minutes=10 * k), k % 5 * 0.7, 1) for k in range(1, 36)]
    world.observe("hill/rain", *rain[::-1])
    world.forecast(now)
    world.alert(1, sent=now - timedelta(minutes=2))
    return world


LOOKS = {
    "desk-light": DESK | {"color_scheme": "light"},
    "desk-dark": DESK | {"color_scheme": "dark"},
    "phone-light": PHONE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
    "desk-zh": DESK | {"color_scheme": "light", "locale": "zh-CN"},
}


@pytest.mark.usefixtures("stormy")
def test_the_page_on_desk_and_phone_light_and_dark(
    visit: Any, serve: Any, database: str, now: Any
) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    url = f"http://127.0.0.1:{serve(database, clock=WorldClock(now, time.time(), 1)).port}/"
    for name, look in LOOKS.items():
        with visit(url, **look) as seen:
            seen.page.wait_for_timeout(300)
            seen.page.screenshot(path=ARTEFACTS / f"console-{name}.png", full_page=True)
            width = seen.page.evaluate("document.documentElement.scrollWidth")
            assert width == look["viewport"]["width"], f"{name} scrolls sideways"
            assert seen.wrong == []


@pytest.mark.usefixtures("stormy")
def test_the_page_says_what_an_officer_needs(
    visit: Any, serve: Any, database: str, now: Any
) -> None:
    url = f"http://127.0.0.1:{serve(database, clock=WorldClock(now, time.time(), 1)).port}/"
    with visit(url, **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#outlook .crossings")
        told = page.inner_text("#outlook").replace("\u00a0", " ")
        assert "crosses 8.50 m in 2 h 35 (80 %: 2 h 05 – 3 h 20), p = 0.83" in told
        assert "yellow: flood advisory" in told
        assert "every number are made up" in page.inner_text("#invented")
        assert page.inner_text("#link-text") == "live"
        warning = page.inner_text("#alerts").replace("\u00a0", " ")
        for words in ("YELLOW", "EXERCISE", "not acknowledged", "2 h 35 ahead", "Flood advisory"):
            assert words in warning, words
        assert "good" in page.inner_text("#rows")
        assert page.title() == "yellow – River at Town"
        page.click(".alert summary")
        page.wait_for_selector("text=Water will rise.")
        page.click("#tables summary")
        page.wait_for_selector("#table-box table:nth-child(2)")
        assert seen.wrong == []


def test_the_page_lives(visit: Any, serve: Any, database: str, stormy: Any, now: Any) -> None:
    from forewarn.storage import acknowledge

    url = f"http://127.0.0.1:{serve(database, clock=WorldClock(now, time.time(), 1)).port}/"
    with visit(url, **DESK) as seen:
        page = seen.page
        page.wait_for_selector("#link.live")
        stormy.observe("weir/stage", (now, 10.61, 1))
        page.wait_for_selector("#rows .number:text-is('10.61')")
        page.wait_for_selector("#rows .badge.level-3:has-text('flood warning')")
        acknowledge(stormy.connection, "test.flood.weir-stage", "kim", "seen", now)
        page.wait_for_selector("text=acknowledged by kim")
        page.focus("#rows tr:nth-child(2) button")
        page.keyboard.press("Enter")
        page.wait_for_selector("#gauge-name:text-is('Hill')")
        page.click("#language")
        page.wait_for_selector("#gauge-property:text-is('雨量')")
        assert seen.wrong == []


@pytest.mark.usefixtures("stormy")
def test_a_lost_link_is_told_within_30_s_and_found_again(
    visit: Any, run_console: Any, database: str, until: Any
) -> None:
    process, address = run_console(database)
    with visit(address, **DESK) as seen:
        seen.page.wait_for_selector("#link.live, #link.stale")
        process.send_signal(signal.SIGSTOP)
        try:
            seen.page.wait_for_selector("#alarm.lost:has-text('Link lost')", timeout=30_000)
            seen.page.screenshot(path=ARTEFACTS / "console-link-lost.png")
        finally:
            process.send_signal(signal.SIGCONT)
        seen.page.wait_for_selector("#link.live, #link.stale", timeout=30_000)


def test_building_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("no npm on PATH")
    web, out = tmp_path / "web", tmp_path / "static"
    shutil.copytree(WEB, web, ignore=shutil.ignore_patterns("node_modules"))
    for command in (
        [npm, "ci", "--no-audit", "--no-fund"],
        [npm, "run", "check"],
        [npm, "test"],
        ["node", "build.mjs", str(out)],
    ):
        run = subprocess.run(command, cwd=web, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stdout + run.stderr
    committed = {path.name: path.read_bytes() for path in (ROOT / "console/static").iterdir()}
    assert {path.name: path.read_bytes() for path in out.iterdir()} == committed
