"""A warning's whole life as officers see it, on the real services. `make test-browser`.

Kafka → alert service → database → pager and console, each a process of its own; four officers
sign in, on a desk and on a phone, in English and in Chinese. Pictures are in `test-artefacts`.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from console.access.accounts import hash_password
from forewarn.domain import topics
from forewarn.domain.clock import WorldClock
from forewarn.domain.codec import encode
from forewarn.domain.hazard import Assessment, Exceedance, Level, Outcome
from forewarn.runtime.kafka_topics import bootstrap_servers
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, incidents
from forewarn.storage.accounts import AccountRow, add_account
from forewarn.storage.paging import told

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

ARTEFACTS = Path(__file__).parents[2] / "test-artefacts"
BEGIN = datetime(2026, 7, 11, 1, 0, tzinfo=UTC)
SPEED = 240.0
ESCALATION = timedelta(hours=3)
"""45 real seconds: long enough to acknowledge four warnings, and over before one that nobody acts
on comes back to the chain (30 real seconds, then 30 more for its second step)."""
PASSWORD = "a tide turns twice a day"

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
OFFICERS = {
    "desk-en": ("northgate", DESK | {"locale": "en-GB", "color_scheme": "light"}),
    "desk-zh": ("eastgate", DESK | {"locale": "zh-CN", "color_scheme": "dark"}),
    "phone-en": ("southgate", PHONE | {"locale": "en-GB", "color_scheme": "dark"}),
    "phone-zh": ("westgate", PHONE | {"locale": "zh-CN", "color_scheme": "light"}),
}
UNHEEDED = "oldgate"
GATES = [*(gate for gate, _ in OFFICERS.values()), UNHEEDED]

AREA = """
[[area]]
id = "{gate}"
name = "{name} ward"
polygon = [[{south}, 121.8], [{south}, 122.0], [{north}, 122.0], [{south}, 121.8]]
[[station]]
id = "{gate}"
name = "{name} bridge"
area = "{gate}"
latitude = {middle}
longitude = 121.9
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
thresholds = [{{ value = 8.5, level = "orange", label = "flood warning" }}]
"""

PEOPLE = """
[[contact]]
id = "room"
name = "Duty room"
language = "en"
channel = [{ kind = "file", to = "room.jsonl" }]
[[contact]]
id = "chief"
name = "Chief"
language = "zh"
channel = [{ kind = "file", to = "chief.jsonl" }]
[[chain]]
id = "duty"
[[chain.step]]
who = ["room"]
[[chain.step]]
who = ["chief"]
after = "PT3H"
[[responsibility]]
chain = "duty"
[grouping]
wait = "PT0S"
"""


def write_site(folder: Path) -> Path:
    """Write a town with a gauge in each of five wards, and who is told; return its folder."""
    site = 'id = "gates"\nname = "Five Gates"\ntimezone = "Asia/Shanghai"\ngateways = ["gw"]\n'
    for number, gate in enumerate(GATES):
        south = 29.0 + number / 5
        site += AREA.format(
            gate=gate,
            name=gate.capitalize(),
            south=south,
            middle=south + 0.05,
            north=south + 0.1,
        )
    folder.mkdir()
    (folder / "site.toml").write_text(site, encoding="utf-8")
    (folder / "people.toml").write_text(PEOPLE, encoding="utf-8")
    return folder


class Town:
    """The running services, and a river that is expected to rise at some gates."""

    def __init__(self, running: Supervisor, clock: WorldClock) -> None:
        assert running.urls.kafka_url
        assert running.urls.database_url
        self.running, self.clock = running, clock
        self.database = running.urls.database_url
        self.url = (running.state / "console.url").read_text().strip()
        self.high: dict[str, datetime] = {}
        """Gate → when its threshold is expected."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._flow, args=(running.urls.kafka_url,))

    def __enter__(self) -> "Town":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _flow(self, kafka_url: str) -> None:
        producer = KafkaProducer(bootstrap_servers=bootstrap_servers(kafka_url), acks="all")
        try:
            while not self._over.wait(1.0):
                for gate in GATES:
                    said = encode(assessment(gate, self.clock.now(), self.high.get(gate)))
                    producer.send(topics.ASSESSMENTS, key=gate.encode(), value=said)
                producer.flush()
        finally:
            producer.close()

    def expect(self, gate: str) -> None:
        """Let it be expected that the river reaches the threshold at this gate."""
        self.high[gate] = self.clock.now() + timedelta(minutes=150)

    def incident(self, gate: str) -> Any:
        """Return the incident of this gate, None before there is one."""
        with connect(self.database) as connection:
            found = incidents.incidents(connection)
        return next((one for one in found if one.area == gate), None)

    def told(self, gate: str) -> set[str]:
        """Return who was told of this gate's incident."""
        with connect(self.database) as connection:
            rows = told(connection, self.incident(gate).incident)
        return {row.person for row in rows}

    def wait(self, what: str, done: Callable[[], object], timeout_s: float = 60) -> None:
        """Wait until `done`; fails after `timeout_s` with what was waited for."""
        end = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < end, f"not within {timeout_s:g} s: {what}"
            time.sleep(0.2)


def assessment(gate: str, now: datetime, high: datetime | None) -> Assessment:
    """Return what the stream would say of a river that is expected to be `high`, or is not."""
    onset = high or now
    above = Exceedance(
        level=Level.ORANGE,
        threshold=8.5,
        label="flood warning",
        probability=0.83 if high else 0.01,
        observed=high is not None and high <= now,
        onset=high,
        onset_early=onset - timedelta(minutes=25),
        onset_late=onset + timedelta(minutes=30),
    )
    return Assessment(
        area=gate,
        hazard="flood",
        datastream=f"{gate}/stage",
        issue_time=now,
        outcome=Outcome.OK,
        exceedances=[above],
        peak=9.1 if high else 7.2,
        peak_time=max(onset, now) + timedelta(minutes=40),
        evidence=[f"{gate}/stage +0.80 m in 60 min"],
    )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Return the running services, a river that rises, and an account for each officer."""
    site = write_site(tmp_path / "site")
    wanted = {"alerts", "pager", "console"}
    services = [service for service in core_services() if service.name in wanted]
    clock = WorldClock(BEGIN, time.time() + 5, SPEED)
    with Supervisor(tmp_path / "state", site, clock=clock, services=services) as running:
        running.wait_ready(60)
        assert running.urls.database_url
        with connect(running.urls.database_url) as connection:
            for name in OFFICERS:
                add_account(connection, officer(name))
        with Town(running, clock) as town:
            yield town


def officer(name: str) -> AccountRow:
    """Return a duty officer's account."""
    return AccountRow(
        id=name,
        name=name,
        role="duty",
        sites=[],
        password=hash_password(PASSWORD, name),
        totp_secret=None,
        totp_step=0,
        created=datetime.now(UTC),
        disabled=None,
    )


class Officer:
    """Somebody at a browser, looking at the desk."""

    def __init__(self, browser: Any, town: Town, name: str) -> None:
        self.name, self.town = name, town
        self.gate, settings = OFFICERS[name]
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._check)

    def _check(self, request: Any) -> None:
        if not request.url.startswith(self.town.url):
            self.wrong.append(f"request to {request.url}")

    def sign_in(self) -> None:
        self.page.goto(f"{self.town.url}#desk")
        self.page.fill("#account", self.name)
        self.page.fill("#password", PASSWORD)
        self.picture("0-sign-in")
        self.page.click("#enter")
        self.page.wait_for_url(f"{self.town.url}#desk")

    def open(self) -> None:
        """Open the incident of this officer's gate, from the queue."""
        name = self.town.incident(self.gate).incident
        self.page.click(f"[data-row='{name}']")
        self.page.wait_for_selector(f".incident h2:has-text('{self.gate.capitalize()}')")

    def act(self, name: str) -> None:
        """Press the button of an act."""
        self.page.click(f".incident [data-act='{name}']")

    def picture(self, name: str, *, whole: bool = True) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"life-{self.name}-{name}.png"
        self.page.screenshot(path=path, full_page=whole, timeout=60_000)


def test_a_warning_from_its_first_message_to_its_outcome(browser: Any, town: Town) -> None:
    officers = [Officer(browser, town, name) for name in OFFICERS]
    for each in officers:
        each.sign_in()
        each.page.wait_for_selector("#desk .desk-queue")
    for gate in GATES:
        town.expect(gate)
    for each in officers:
        each.page.wait_for_selector(f"#desk [data-row]:has-text('{each.gate.capitalize()}')")
        each.picture("1-appears", whole=False)
        each.open()
        each.act("ack")
        each.page.wait_for_selector(".incident .ack:not(.open)")
        assert town.incident(each.gate).acked_by == each.name

    escalated = max(town.incident(gate).opened for gate in GATES) + ESCALATION
    town.wait("the chain's second step", lambda: town.clock.now() > escalated, 120)
    town.wait("the chief hears of what nobody heeds", lambda: "chief" in town.told(UNHEEDED))
    for each in officers:
        assert town.told(each.gate) == {"room"}, "escalation stops with the ack"
    for each in officers:
        each.picture("2-acknowledged")

    for each in officers:
        each.act("cancel")
        each.page.fill(".ask textarea", "The gauge was hit by a barge. 水位计被驳船撞坏。")
        each.picture("3-cancel")
        each.page.click(".ask .primary")
        each.page.wait_for_selector(".incident .state-cancelled")
        del town.high[each.gate]
        each.picture("4-cancelled")
    for each in officers:
        state = town.incident(each.gate)
        assert (state.state, state.level) == ("cancelled", Level.NONE)
    assert town.incident(UNHEEDED).state == "issued", "nobody cancelled that one"

    for each in officers:
        town.wait("an outcome", lambda gate=each.gate: town.incident(gate).state == "closed", 120)
    for each in officers:
        each.page.wait_for_selector(".incident .state-closed")
        each.picture("5-closed")
        named = town.incident(UNHEEDED).incident
        each.page.goto(f"{town.url}#desk/{named}")  # as in a message
        each.page.wait_for_selector(f".incident h2:has-text('{UNHEEDED.capitalize()}')")
        assert each.wrong == []
        each.context.close()
    with connect(town.database) as connection:
        sent = connection.execute("SELECT area, msg_type FROM alert ORDER BY sent").fetchall()
    for gate, _ in OFFICERS.values():
        mine = [kind for area, kind in sent if area == gate]
        assert (mine[0], mine[-1]) == ("Alert", "Cancel")
    pages = [
        json.loads(line)
        for line in (town.running.state / "pages" / "chief.jsonl").read_text("utf-8").splitlines()
    ]
    assert pages, "the chief's page is in his file"
