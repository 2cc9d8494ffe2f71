"""Pages to displays and handsets over MQTT, and their receipts.

The newest page of each contact is retained, so that who is switched on sees it. Receipts are
taken with a persistent session and acknowledged only after the database has them: what is said
while no pager runs is heard later. After a lost connection the broker may have come back empty:
the newest page is published again, unless its display acknowledged it.
"""

import logging
import queue
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from alerts import ChannelError
from alerts.paging.receipts import LATE, Fate, take
from forewarn.domain import topics
from forewarn.domain.clock import Clock
from forewarn.domain.codec import decode
from forewarn.domain.errors import ForewarnError
from forewarn.domain.logs import fields
from forewarn.domain.paging import Receipt
from forewarn.runtime import metrics
from forewarn.storage import connect

log = logging.getLogger("alerts.paging.displays")

TIMEOUT_S = 3.0
PAUSE_S = 1.0
AT_MOST_BYTES = 1_000
"""Of a receipt; what is longer is none."""


class Displays:
    """One paho client that keeps itself connected; QoS 1; for any thread.

    Parameters
    ----------
    mqtt_url : str
        `mqtt://[user:password@]host[:port]` or `mqtts://…`.
    client_id : str, optional
        The same at every start, and another on every machine: the broker keeps our receipts
        under it.
    """

    def __init__(self, mqtt_url: str, *, client_id: str = "") -> None:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        url = urlsplit(mqtt_url)
        host = url.hostname or "127.0.0.1"
        self._port = url.port or (8883 if url.scheme == "mqtts" else 1883)
        self._place = f"{host}:{self._port}"
        self._retained: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self.arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._client: Any = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or f"forewarn-pager-{socket.gethostname()}",
            clean_session=False,
            manual_ack=True,
        )
        if url.username:
            password = unquote(url.password) if url.password else None
            self._client.username_pw_set(unquote(url.username), password)
        if url.scheme == "mqtts":
            self._client.tls_set()
        self._client.on_connect = self._connected
        self._client.on_message = lambda _client, _data, message: self.arrived.put(message)
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self._client.connect_async(host, self._port, keepalive=20)

    def start(self) -> None:
        """Connect, in a thread of paho's."""
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, contact: str, payload: bytes, *, retain: bool) -> None:
        """Publish one page; ChannelError where the broker does not confirm it."""
        if not self._client.is_connected():
            raise ChannelError(f"mqtt at {self._place}: not connected")
        sent = self._client.publish(topics.pages(contact), payload, qos=1, retain=retain)
        if retain:  # before it is confirmed: the receipt may be quicker
            with self._lock:
                self._retained[contact] = payload
        try:
            sent.wait_for_publish(TIMEOUT_S)
        except (RuntimeError, ValueError) as error:
            raise ChannelError(f"mqtt at {self._place}: {error}") from error
        if not sent.is_published():
            raise ChannelError(f"mqtt at {self._place}: not confirmed within {TIMEOUT_S:g} s")
        if retain:
            self._retained[contact] = payload

    def forget(self, contact: str, key: str) -> None:
        """Do not publish the page `key` of `contact` again after a lost connection."""
        with self._lock:  # a newer page may just take its place
            if key.encode() in self._retained.get(contact, b""):
                del self._retained[contact]

    def done(self, message: Any) -> None:
        """Acknowledge a receipt: the broker may forget it."""
        self._client.ack(message.mid, message.qos)

    def _connected(self, client: Any, *_: Any) -> None:
        client.subscribe(topics.receipts("+"), qos=1)
        with self._lock:
            pages = list(self._retained.items())
        for contact, payload in pages:  # the broker may have come back empty
            client.publish(topics.pages(contact), payload, qos=1, retain=True)


class ReceiptTaker(threading.Thread):
    """Carries out receipts, one after the other, each until the database has it.

    Parameters
    ----------
    late : timedelta
        World time after which an ack is only noted.
    heard : callable
        Called with what became of each.
    """

    def __init__(
        self,
        displays: Displays,
        database_url: str,
        clock: Clock,
        late: timedelta = LATE,
        heard: Callable[[Fate], None] = lambda fate: None,
    ) -> None:
        super().__init__(name="receipts", daemon=True)
        self._displays, self._url, self._clock, self._heard = displays, database_url, clock, heard
        self._late = late
        self._ending = False

    def stop(self) -> None:
        """End after the receipt that is under way."""
        self._ending = True
        self._displays.arrived.put(None)

    def run(self) -> None:
        """Take receipts until `stop`; a lost database is tried again, and nothing is dropped."""
        message: Any = None
        while not self._ending:
            try:
                with connect(self._url, application="forewarn-receipts") as connection:
                    while not self._ending:
                        message = message or self._displays.arrived.get()
                        if message is not None:
                            self._take(connection, message)
                            self._displays.done(message)
                        message = None
            except (ForewarnError, psycopg.Error) as error:
                log.warning("no receipts", extra=fields(error=" ".join(str(error).split())))
                threading.Event().wait(PAUSE_S)

    def _take(self, connection: Any, message: Any) -> None:
        contact = message.topic.split("/")[-2]
        fate = Fate.GARBAGE
        if len(message.payload) <= AT_MOST_BYTES:
            now, real = self._clock.now(), datetime.now(UTC)
            fate = take(connection, contact, message.payload, now=now, real=real, late=self._late)
        if fate not in (Fate.GARBAGE, Fate.UNKNOWN):
            said = decode(message.payload, Receipt)
            if said.receipt == "ack":
                self._displays.forget(contact, said.key)
        self._heard(fate)
        metrics.page_receipts.labels(fate=fate.value).inc()
        log.info("receipt", extra=fields(person=contact, fate=fate.value))
