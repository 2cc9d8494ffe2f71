"""Beside an incident in a real Chromium: what another authority warns of. `make test-browser`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from forewarn.domain.clock import ManualClock
from forewarn.domain.foreign import Foreign, ForeignAlert
from forewarn.storage.foreign import store_foreign, store_source

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"
DESK = {"viewport": {"width": 1440, "height": 1000}}
LOOKS = {
    "foreign-light": DESK | {"color_scheme": "light"},
    "foreign-dark-zh": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "foreign-phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True},
}


@pytest.mark.parametrize("look", LOOKS)
def test_it_stands_beside_the_incident_of_its_area(
    look: str,
    world: Any,
    serve: Any,
    database: str,
    visit: Any,
    message: ForeignAlert,
    nmc: Foreign,
    site: Any,
    now: datetime,
) -> None:
    world.forecast(now)
    alert = world.alert(1, sent=now - timedelta(minutes=9))
    [chinese] = message.infos
    english = replace(chinese, language="en-US", headline="Orange rainstorm warning")
    words = replace(
        chinese,
        headline="Gale",
        areas=(),
        located=False,
        where="The coast",
        level=3,
        level_from="severity",
    )
    store_foreign(world.connection, replace(message, infos=(chinese, english)))
    store_foreign(world.connection, replace(message, identifier="n-2", infos=(words,)))
    store_source(world.connection, nmc, asked=datetime.now(UTC), refused=["x.xml: not XML"])
    silent = replace(nmc, id="city")
    client = serve(database, site=replace(site, foreign=(nmc, silent)), clock=ManualClock(now))
    with visit(f"http://127.0.0.1:{client.port}/", "desk", **LOOKS[look]) as page:
        page.page.locator(f'#desk [data-row="{alert.incident}"]').click()
        part = page.page.locator(".part-abroad")
        part.wait_for(timeout=15_000)
        said = part.inner_text()
        wanted = "暴雨橙色预警信号" if "zh" in look else "Orange rainstorm warning"
        assert wanted in said
        assert "The coast" in said
        assert "city" in said
        assert page.axe() == []
        ARTEFACTS.mkdir(exist_ok=True)
        part.screenshot(path=ARTEFACTS / f"{look}.png")
        assert page.wrong == []
