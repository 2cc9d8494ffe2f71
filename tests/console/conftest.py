"""A small site, its stored world, and the console over real HTTP."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from console.access.accounts import hash_password
from console.access.sessions import cookie_name, csrf_of, digest, new_token
from console.access.signin import Access
from console.app import create_app
from console.server import listen
from forewarn.domain.clock import Clock, ManualClock
from forewarn.domain.config import convert
from forewarn.domain.hazard import (
    AlertMessage,
    Assessment,
    Exceedance,
    Forecast,
    Level,
    Outcome,
)
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import Connection, connect
from forewarn.storage.accounts import AccountRow, add_account

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site() -> Site:
    """Return a river with a gauge that has two thresholds, and a rain gauge."""
    stage = {
        "property": "stage",
        "unit": "m",
        "interval": "PT1M",
        "thresholds": [
            {"value": 8.5, "level": "yellow", "label": "flood advisory"},
            {"value": 10.5, "level": "orange", "label": "flood warning"},
        ],
    }
    rain = {"property": "rain", "unit": "mm", "interval": "PT10M"}
    place = {"area": "town", "latitude": 30.0, "longitude": 121.0}
    square = [(30, 121), (30, 122), (31, 122), (30, 121)]
    dip = {
        "id": "dip",
        "name": "Mill Lane underpass",
        "kind": "underpass",
        "thresholds": [{"value": 0.3, "level": "orange", "label": "closed to cars"}],
    }
    raw = {
        "id": "test",
        "name": "River at Town",
        "timezone": "Asia/Shanghai",
        "invented": "River, town and every number are made up.",
        "gateways": ["gw"],
        "area": [{"id": "town", "name": "Town", "polygon": square}],
        "station": [
            {"id": "weir", "name": "Weir", **place, "datastream": [stage], "datum": "gauge zero"},
            {"id": "hill", "name": "Hill", **place, "datastream": [rain], "invented": True},
        ],
        "place": [{**dip, **place}],
    }
    return convert(raw, Site, source="test")


class World:
    """What the tests put into the database."""

    def __init__(self, url: str) -> None:
        from forewarn.storage import connect

        self.connection = connect(url)

    def observe(self, key: str, *values: tuple[datetime, float | None, int]) -> None:
        """Store (time, result, quality) of one datastream."""
        from forewarn.storage import store

        rows = [
            (key, to_milliseconds(at), result, quality, to_milliseconds(at), False)
            for at, result, quality in values
        ]
        store(self.connection, rows, [], [])

    def forecast(self, at: datetime, *, probability: float = 0.83) -> Assessment:
        """Store a forecast of the weir issued `at`, and its assessment."""
        from forewarn.storage import store_assessments, store_forecast

        leads = [600 * k for k in range(1, 19)]
        spread = [-0.6, -0.2, 0.0, 0.2, 0.6]
        forecast = Forecast(
            area="town",
            datastream="weir/stage",
            issue_time=at,
            model="test",
            leads_s=leads,
            probabilities=[0.05, 0.25, 0.5, 0.75, 0.95],
            values=[[7.5 + s / 8000 + w * s / 10800 for w in spread] for s in leads],
        )
        exceedance = Exceedance(
            level=Level.YELLOW,
            threshold=8.5,
            label="flood advisory",
            probability=probability,
            onset=at + timedelta(minutes=155),
            onset_early=at + timedelta(minutes=125),
            onset_late=at + timedelta(minutes=200),
        )
        assessment = Assessment(
            area="town",
            hazard="flood",
            datastream="weir/stage",
            issue_time=at,
            outcome=Outcome.OK,
            exceedances=[exceedance],
            peak=8.85,
            peak_time=at + timedelta(hours=3),
            evidence=["weir/stage +0.60 m in 60 min"],
        )
        store_forecast(self.connection, [forecast])
        store_assessments(self.connection, [assessment])
        return assessment

    def alert(
        self,
        number: int,
        *,
        msg_type: str = "Alert",
        sent: datetime = NOW,
        key: str = "weir/stage",
        headline: str = "Flood advisory for the weir",
    ) -> AlertMessage:
        """Store message `number` of the weir's incident."""
        from forewarn.storage import store_alert

        level = Level.NONE if msg_type == "Cancel" else Level.YELLOW
        message = AlertMessage(
            identifier=f"test.flood/{number}",
            incident="test.flood.weir-stage",
            msg_type=msg_type,
            status="Exercise",
            sent=sent,
            expires=sent + timedelta(hours=6),
            area="town",
            hazard="flood",
            datastream=key,
            level=level,
            previous_level=Level.NONE if msg_type == "Alert" else Level.YELLOW,
            headline=headline,
            probability=0.83,
            onset=sent + timedelta(minutes=155),
            lead_s=9300,
            threshold=8.5,
            references=[],
            cap="<alert><info><description>Water will rise.</description></info></alert>",
        )
        store_alert(self.connection, message, b"{}")
        return message


@pytest.fixture
def world(database: str) -> Iterator[World]:
    """Return a way to fill the test's database."""
    filled = World(database)
    yield filled
    filled.connection.close()


class Client:
    """Asks a console over HTTP."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (lower case) and body."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body

    def json(self, path: str, status: int = 200) -> Any:
        """Return the decoded body, checking the status."""
        found, _, body = self.get(path)
        assert found == status, body
        return json.loads(body)

    @contextmanager
    def events(self, last: str = "") -> Iterator[Callable[[], tuple[str, str, Any]]]:
        """Open the stream; the function inside returns the next (kind, id, message)."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", "/events", headers={"Last-Event-ID": last} if last else {})
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.headers.get_content_type() == "text/event-stream"

            def following() -> tuple[str, str, Any]:
                fields: dict[str, str] = {}
                while line := answer.readline():
                    name, _, value = line.decode().rstrip("\r\n").partition(": ")
                    if name:
                        fields[name] = value
                    elif "data" in fields:
                        return fields["event"], fields["id"], json.loads(fields["data"])
                raise EOFError("the stream has ended")

            with closing(answer):
                yield following


Serve = Callable[..., Client]


@pytest.fixture
def serve(site: Site) -> Iterator[Serve]:
    """Return a function that starts a console on a database URL, polling 20 times a second."""
    started: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(url: str, *, clock: Clock | None = None, **settings: Any) -> Client:
        settings = {"interval_s": 0.05, "heartbeat_s": 0.3, "inundation_s": 0.05, **settings}
        of = settings.pop("site", site)
        settings.setdefault("access", Access(of.id, url, guests=True))
        app = create_app(of, url, clock or ManualClock(NOW), **settings)
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
        server, listener = uvicorn.Server(config), listen("127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        started.append((server, thread))
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        return Client(listener.getsockname()[1])

    yield start
    for server, thread in started:
        server.config.app.state.feed.close()  # type: ignore[union-attr]
        server.should_exit = True
        thread.join(10)


def until(check: Callable[[], Any], seconds: float = 8.0) -> Any:
    """Return the first true answer of `check`, asked again and again."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
    return answer


@pytest.fixture(name="until")
def _until() -> Callable[..., Any]:
    return until


@pytest.fixture
def client_at() -> type[Client]:
    """Return the client's class: called with a port."""
    return Client


@pytest.fixture
def now() -> datetime:
    """Return the world's time in these tests."""
    return NOW


SITE_TOML = """
id = "test"
name = "Test"
timezone = "UTC"
gateways = ["gw"]
area = [{ id = "town", name = "Town", polygon = [[0, 0], [0, 1], [1, 1], [0, 0]] }]

[[station]]
id = "weir"
name = "Weir"
area = "town"
latitude = 0
longitude = 0
datastream = [{ property = "stage", unit = "m", interval = "PT1M" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a site."""
    (tmp_path / "site.toml").write_text(SITE_TOML)
    return tmp_path


@pytest.fixture
def run_console(folder: Path) -> Iterator[Callable[[str], tuple[subprocess.Popen[str], str]]]:
    """Return a function that starts `forewarn console run` and returns process and address."""
    running: list[subprocess.Popen[str]] = []

    def start(database: str) -> tuple[subprocess.Popen[str], str]:
        environment = os.environ | {
            "FOREWARN_DATABASE_URL": database,
            "FOREWARN_SITE": str(folder),
            "FOREWARN_STATE": str(folder / "state"),
            "FOREWARN_CLOCK": f"epoch={NOW.isoformat()},origin={time.time()!r},speed=1",
        }
        command = [sys.executable, "-m", "forewarn.cli", "console", "run", "--port", "0"]
        command.append("--guests")
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        running.append(process)
        address = folder / "state/console.url"
        until(address.exists)
        return process, address.read_text().strip()

    yield start
    for process in running:
        process.terminate()
        process.wait(10)
        if process.stderr:
            process.stderr.close()


class Person:
    """Asks a console as somebody who is signed in."""

    def __init__(self, port: int, token: str, site_id: str = "test") -> None:
        self._port = port
        self.cookie = {"name": cookie_name(site_id), "value": token}
        self._headers = {
            "Cookie": f"{cookie_name(site_id)}={token}",
            "X-Forewarn-CSRF": csrf_of(token),
        }

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of a GET, or of a POST where there is a `body`."""
        method, text = ("GET", None) if body is None else ("POST", body)
        if text is not None and not isinstance(text, bytes):
            text = json.dumps(text)
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)) as connection:
            connection.request(method, path, text, self._headers | headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())


@pytest.fixture
def signed_in(database: str) -> Callable[..., Person]:
    """Return a function: a session of a new account `name` with `role` at a console's port.

    For `visit`: `cookies=[person.cookie]`.
    """
    from forewarn.storage import connect, migrate
    from forewarn.storage.accounts import AccountRow, add_account, find_account, open_session

    def sign_in(port: int, name: str, role: str = "duty", at: datetime | None = None) -> Person:
        at, token = at or datetime.now(UTC), new_token()
        row = AccountRow(
            id=name,
            name=name.title(),
            role=role,
            sites=[],
            password="",
            totp_secret=None,
            totp_step=0,
            created=at,
            disabled=None,
        )
        with closing(connect(database)) as connection:
            migrate(connection)
            if find_account(connection, name) is None:
                add_account(connection, row)
            open_session(connection, digest(token), name, at)
        return Person(port, token)

    return sign_in


PASSWORD = "long enough a word"


class RealTime:
    """The time that the console takes for real."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 12, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


class Browser:
    """Asks as a browser does: with its cookie, and the CSRF word once it is known."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie, self.csrf = port, "", ""

    def ask(
        self, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Return status, headers (lower case) and the JSON, None where it is something else."""
        told = {"Cookie": self.cookie} if self.cookie else {}
        told |= {"X-Forewarn-CSRF": self.csrf} if self.csrf and method != "GET" else {}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if isinstance(body, bytes) else json.dumps(body)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, text if body is not None else None, told)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            raw = answer.read()
        is_json = said.get("content-type", "").startswith("application/json")
        return answer.status, said, json.loads(raw) if is_json else None

    def text(self, path: str) -> str:
        """Return a body that is no JSON document."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path, headers={"Cookie": self.cookie})
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read().decode()

    def sign_in(self, account: str = "kim", password: str = PASSWORD, code: str = "") -> int:
        """Return the status."""
        said = {"account": account, "password": password, "code": code}
        status, headers, me = self.ask("/api/sign-in", "POST", said)
        if status == 200:
            self.cookie, self.csrf = headers["set-cookie"].partition(";")[0], me["csrf"]
        return status


@pytest.fixture
def real_time() -> RealTime:
    return RealTime()


@pytest.fixture
def accounts_in(database: str, real_time: RealTime) -> Iterator[Connection]:
    """Return a connection to a database with one duty officer, kim."""
    with closing(connect(database)) as connection:
        kim = AccountRow(
            id="kim",
            name="Kim 金",
            role="duty",
            sites=[],
            password=hash_password(PASSWORD, "kim"),
            totp_secret=None,
            totp_step=0,
            created=real_time.now,
            disabled=None,
        )
        add_account(connection, kim)
        yield connection


@pytest.fixture
def console(
    serve: Any, database: str, accounts_in: Connection, real_time: RealTime
) -> Callable[[], Browser]:
    """Return a function that opens a browser at one console without guests."""
    access = Access("test", database, now=real_time)
    client = serve(database, access=access)
    return lambda: Browser(client.port)


FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    path = os.environ.get("FOREWARN_CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("no chromium on PATH; install it or set FOREWARN_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Visit:
    """One open page, and everything it should not have done."""

    def __init__(
        self,
        browser: Any,
        url: str,
        view: str = "stations",
        cookies: list[dict[str, str]] | None = None,
        **settings: Any,
    ) -> None:
        self.context = browser.new_context(**settings)
        self.context.add_cookies([{**cookie, "url": url} for cookie in cookies or []])
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda m: self.wrong.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._check)
        self._url = url
        self.page.goto(f"{url}#{view}")
        if view == "map":
            self.page.wait_for_selector("#chart .leaflet-marker-pane .mark")
        elif view == "desk":
            self.page.wait_for_selector("#desk .desk-queue [data-row], #desk .desk-queue .calm")
        elif view != "stations":
            self.page.wait_for_selector(f"#{view.partition('/')[0]} > :visible")
        else:
            self.page.wait_for_selector(".uplot canvas")
            self.page.wait_for_selector("#rows .value .number:not(:text-is('–'))")

    def _check(self, request: Any) -> None:
        if not request.url.startswith(self._url):
            self.wrong.append(f"request to {request.url}")

    def axe(self) -> list[str]:
        """Return what axe-core finds wrong with the page as it is now, `rule: elements`."""
        source = Path(__file__).parents[2] / "console/web/node_modules/axe-core/axe.min.js"
        if not source.is_file():
            pytest.skip("no axe-core: run `npm ci` in console/web")
        self.page.evaluate(source.read_text("utf-8"))
        found = self.page.evaluate("axe.run()")["violations"]
        return [f"{v['id']}: {', '.join(str(n['target']) for n in v['nodes'])}" for v in found]

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.fixture
def visit(browser: Any) -> Callable[..., Visit]:
    """Return a function that opens the page at a URL, by default at its stations."""
    return partial(Visit, browser)
