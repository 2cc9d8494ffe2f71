"""The way of an observation without Kafka and Faust: the real gateway's and stream's own parts.

What is sent on MQTT is checked by `gateway.decode`, judged by `stream.qc`, stored and acked as
the services do it; tests/system has the services themselves.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from msgspec.structs import replace
from paho.mqtt.client import Client as Mqtt
from paho.mqtt.enums import CallbackAPIVersion

from console.access.sessions import digest, new_token
from console.access.signin import Access
from forewarn.domain import topics
from forewarn.domain.guest import GATEWAY
from forewarn.domain.station import Limits, Site
from forewarn.storage import connect, store
from forewarn.storage.accounts import TokenRow, add_token
from gateway.acks import AckBook
from gateway.decode import receive
from gateway.registry import Registry
from stream.qc import QualityControl
from stream.sink import fold

_numbers = count(1)


@pytest.fixture
def site(site: Site) -> Site:
    """Return the site with a gauge of which quality control knows the range."""
    weir, *others = site.stations
    gauge = replace(weir.datastreams[0], limits=Limits(fail=(-1.0, 250.0)))
    return replace(site, stations=(replace(weir, datastreams=(gauge,)), *others))


class Way:
    """Takes what the gateway `things-api` publishes, and says when it is stored."""

    def __init__(self, mqtt_url: str, database: str, site: Site, now: Callable[[], datetime]):
        self._registry, self._now, self._book = Registry.of(site), now, AckBook()
        self._control = QualityControl({key: stream for key, _, stream in site.datastreams()})
        self._connection = connect(database)
        self.batches: list[bytes] = []
        self.broken = False
        self._ready = threading.Event()
        where = urlsplit(mqtt_url)
        self._client = Mqtt(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._take
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect(where.hostname or "", where.port or 1883)
        self._client.subscribe(topics.observations(GATEWAY), qos=1)
        self._client.loop_start()
        assert self._ready.wait(5)

    def _take(self, client: Any, _: Any, message: Any) -> None:
        self.batches.append(message.payload)
        if self.broken:
            return
        batch = receive(message.topic, message.payload, self._registry, self._now())
        intake = fold([batch], self._control, {})
        stored = store(self._connection, intake.rows, intake.rejections, intake.batches)
        for ack in stored.acks:
            self._book.note(ack)
        client.publish(topics.ack(GATEWAY), self._book.payload(GATEWAY), qos=1, retain=True)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._connection.close()


@pytest.fixture
def way(mqtt_url: str, database: str, site: Site, now: datetime) -> Iterator[Way]:
    """Return the way of observations into the test's database."""
    found = Way(mqtt_url, database, site, lambda: now)
    yield found
    found.close()


class Things:
    """Asks `/v1.1` of a console as a machine with a token."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.url = f"http://127.0.0.1:{port}/v1.1"

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Return status, headers in lower case, and the decoded answer."""
        path = quote("/v1.1/" + path.removeprefix(self.url + "/"), safe="/?&=$();,:%")
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        said = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, b"" if body is None else sent, said)
            answer = connection.getresponse()
            text = answer.read()
        told = json.loads(text) if text.startswith((b"{", b"[", b'"')) else text
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, told

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        """Return the answer to POST: the new id where it is created."""
        found, headers, told = self.ask("POST", path, body)
        assert found == status, told
        if found != 201 or isinstance(told, list):
            return told
        assert headers["location"] == told["@iot.selfLink"]
        return told["@iot.id"]

    def get(self, path: str, status: int = 200) -> Any:
        """Return the answer to GET."""
        found, _, told = self.ask("GET", path)
        assert found == status, told
        return told


@pytest.fixture
def console_with(serve: Any, database: str, site: Site) -> Callable[..., Things]:
    """Return a function that gives a machine its role, at a console of its own or at `port`."""

    def start(role: str, port: int = 0, **settings: Any) -> Things:
        token, access = new_token(), Access(site.id, database)
        row = TokenRow(
            name=f"{role}-{next(_numbers)}",
            role=role,
            sites=[],
            created=access.now(),
            expires=access.now() + timedelta(days=1),
            revoked=None,
        )
        with closing(connect(database)) as connection:
            add_token(connection, row, digest(token))
        return Things(port or serve(database, access=access, **settings).port, token)

    return start


@pytest.fixture
def console(console_with: Any, mqtt_url: str, way: Way, until: Any) -> Things:
    """Return a console with a machine that may change things, its observations on their way."""
    things: Things = console_with("technician", mqtt_url=mqtt_url)
    things.get("Things")
    until(lambda: things.ask("POST", "CreateObservations", [])[0] == 201)
    return things
