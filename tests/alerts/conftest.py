"""A made-up site with two gauges, assessments of them, and a webhook that can misbehave."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from forewarn.domain.config import convert
from forewarn.domain.hazard import Assessment, Exceedance, Level, Outcome
from forewarn.domain.station import Site

START = datetime(2026, 7, 11, 1, 0, tzinfo=UTC)
BLUE_M, YELLOW_M, RED_M = 8.5, 9.5, 10.5

SITE = {
    "id": "testford",
    "name": "Testford 试验",
    "timezone": "Asia/Shanghai",
    "sender": "ews@example.org",
    "gateways": ["gw"],
    "area": [
        {
            "id": "west",
            "name": "West bank",
            "polygon": [[29.4, 121.8], [29.4, 122.0], [29.52, 122.0], [29.4, 121.8]],
        }
    ],
    "place": [
        {
            "id": "market-underpass",
            "name": "Market underpass",
            "kind": "underpass",
            "area": "west",
            "latitude": 29.412,
            "longitude": 121.815,
        }
    ],
    "station": [
        {
            "id": station,
            "name": station.capitalize() + " bridge",
            "area": "west",
            "latitude": 29.45,
            "longitude": 121.9,
            "datastream": [
                {
                    "property": "stage",
                    "unit": "m",
                    "interval": "PT1M",
                    "thresholds": [{"value": BLUE_M, "level": "blue", "label": "advisory"}],
                }
            ],
        }
        for station in ("town", "mill")
    ],
}

Assess = Callable[..., Assessment]


def _assess(
    minutes: float = 0.0,
    *,
    blue: float = 0.0,
    yellow: float = 0.0,
    red: float = 0.0,
    lead: float | None = 120.0,
    observed: bool = False,
    outcome: Outcome = Outcome.OK,
    datastream: str = "town/stage",
    start: datetime = START,
) -> Assessment:
    """Return an assessment issued `minutes` after `start`; probabilities per level.

    The onset is `lead` minutes after the issue; `observed` refers to blue.
    """
    at = start + timedelta(minutes=minutes)
    onset = None if lead is None else at + timedelta(minutes=lead)
    chances = (
        (Level.BLUE, BLUE_M, blue),
        (Level.YELLOW, YELLOW_M, yellow),
        (Level.RED, RED_M, red),
    )
    exceedances = [
        Exceedance(
            level=level,
            threshold=threshold,
            label="advisory",
            probability=chance,
            observed=observed and level is Level.BLUE,
            onset=onset,
            onset_early=onset and onset - timedelta(minutes=20),
            onset_late=onset and onset + timedelta(minutes=30),
        )
        for level, threshold, chance in chances
    ]
    return Assessment(
        area="west",
        hazard="flood",
        datastream=datastream,
        issue_time=at,
        outcome=outcome,
        exceedances=[] if outcome is Outcome.FAILED else exceedances,
        peak=9.0,
        peak_time=at + timedelta(minutes=150),
        evidence=["mill/stage +1.20 m in 60 min"],
        reason="" if outcome is Outcome.OK else "mill/stage silent for 40 min",
    )


@pytest.fixture(scope="session")
def assess() -> Assess:
    """Return a function that makes assessments."""
    return _assess


@pytest.fixture(scope="session")
def site() -> Site:
    """Return a site whose zone is +08:00, with one area and two gauges."""
    return convert(SITE, Site, source="tests")


@pytest.fixture(scope="session")
def start() -> datetime:
    """Return the world time at which the histories begin: 09:00 in Shanghai."""
    return START


class Hook(HTTPServer):
    """A webhook that remembers what it took, and answers `status` to what it does not take."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Answer)
        self.url = f"http://127.0.0.1:{self.server_port}/in"
        self.status = 200
        self.only: str | None = None
        """The one identifier that `status` is answered to; None: to all."""
        self.received: list[tuple[str, dict[str, Any]]] = []

    @property
    def identifiers(self) -> list[str]:
        """Those of the messages taken, in order."""
        return [body["identifier"] for _, body in self.received]


class _Answer(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        hook = self.server
        troubled = hook.status != 200 and hook.only in (None, body["identifier"])
        if not troubled:
            hook.received.append((self.headers["Idempotency-Key"], body))
        self.send_response(hook.status if troubled else 204)
        if troubled:
            self.send_header("Location", "https://example.org/new")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


Serve = Callable[..., AbstractContextManager[Hook]]


@pytest.fixture(scope="session")
def serve_hook() -> Serve:
    """Return a context manager that serves a webhook, on a free port if none is given."""

    @contextmanager
    def serve(port: int = 0) -> Iterator[Hook]:
        with Hook(port) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    return serve


@pytest.fixture
def hook(serve_hook: Serve) -> Iterator[Hook]:
    """Return a webhook that is served during this test."""
    with serve_hook() as server:
        yield server
