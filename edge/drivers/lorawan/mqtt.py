"""Uplinks from a network server's MQTT broker: paho in a thread of its own.

A message is acknowledged once the outbox holds what it said, so that a gateway that dies loses
none; but brokers stop after some 20 that are not acknowledged, so beyond `HELD` the oldest are.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from msgspec import Struct
from paho.mqtt.enums import CallbackAPIVersion

HELD = 15
KEEPALIVE_S = 30
RECONNECT_S = (1, 30)


class Letter(Struct):
    """A message on its way to be acknowledged."""

    connection: int
    mid: int
    qos: int
    done: bool = False


class MqttSource:
    """A persistent session at a network server's broker.

    Parameters
    ----------
    url : str
        `mqtt://[user:password@]host[:port]` or `mqtts://…`.
    topics : sequence of str
        To subscribe to.
    take : callable
        Called in the event loop with each payload and what is to be called once it is kept.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        topics: Sequence[str],
        take: Callable[[bytes, Callable[[], None]], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._topics, self._take = list(topics), take
        self._letters: deque[Letter] = deque()
        self._connection = 0
        self.trouble = "not connected yet"
        """Why there is no connection; empty while there is one."""
        parts = urlsplit(url)
        secure = parts.scheme == "mqtts"
        self._host, self._port = parts.hostname or "", parts.port or (8883 if secure else 1883)
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv311,
            clean_session=False,
            manual_ack=True,
        )
        if parts.username:
            password = unquote(parts.password) if parts.password else None
            self._client.username_pw_set(unquote(parts.username), password)
        if secure:
            self._client.tls_set()
        self._client.reconnect_delay_set(*RECONNECT_S)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._failed
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._heard

    async def start(self) -> None:
        """Begin to connect, and to connect again whenever the connection is lost."""
        self._client.connect_async(self._host, self._port, KEEPALIVE_S)
        self._client.loop_start()

    async def aclose(self) -> None:
        """Leave the broker; the session stays, so what comes meanwhile is not lost."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _connected(self, client: mqtt.Client, _: Any, __: Any, reason: Any, *___: Any) -> None:
        if reason.is_failure:
            self._post(self._say, f"the network server refuses us: {reason}")
            return
        client.subscribe([(topic, 1) for topic in self._topics])
        self._post(self._begin)

    def _failed(self, *_: Any) -> None:
        self._post(self._say, f"no network server at {self._host}:{self._port}")

    def _disconnected(self, _: mqtt.Client, __: Any, ___: Any, reason: Any, *____: Any) -> None:
        self._post(self._say, f"{self._host}:{self._port}: connection lost: {reason}")

    def _subscribed(self, _: mqtt.Client, __: Any, ___: Any, codes: Any, *____: Any) -> None:
        if any(code.is_failure for code in codes):
            self._post(self._say, "the network server refuses the subscription")

    def _heard(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        self._post(self._arrived, bytes(message.payload), message.mid, message.qos)

    def _post(self, call: Callable[..., None], *values: object) -> None:
        """Run `call` in the event loop; paho's thread may outlive it by a moment."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *values)

    def _say(self, trouble: str) -> None:
        self.trouble = trouble

    def _begin(self) -> None:
        """Forget what was not acknowledged: the broker sends it again."""
        self.trouble = ""
        self._connection += 1
        self._letters.clear()

    def _arrived(self, payload: bytes, mid: int, qos: int) -> None:
        letter = Letter(self._connection, mid, qos)
        self._letters.append(letter)

        def kept() -> None:
            letter.done = True
            self._acknowledge()

        self._take(payload, kept)
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Acknowledge in the order of arrival, as brokers want it."""
        while self._letters and (self._letters[0].done or len(self._letters) > HELD):
            letter = self._letters.popleft()
            if letter.connection == self._connection:
                self._client.ack(letter.mid, letter.qos)
