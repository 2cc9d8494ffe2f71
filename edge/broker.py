"""The MQTT connection: paho in a thread of its own, its news brought into the event loop."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.settings import Mqtt
from forewarn.domain import topics
from forewarn.domain.errors import ConfigError

log = logging.getLogger("edge.broker")

QUEUED_BY_PAHO = 200
"""Messages that paho may hold; all else waits in the outbox."""

RECONNECT_MIN_S, RECONNECT_MAX_S = 1, 15
SESSION_EXPIRY_S = 7 * 24 * 3600
END_WITHIN_S = 1.0


class Broker:
    """A persistent session at the broker.

    Parameters
    ----------
    url : str
        `mqtt://[user:password@]host[:port]` or `mqtts://…`.
    on_connected : callable
        Called in the event loop at each connection with True where the broker knows us still.

    `subscribe` registers who is told what comes on a topic.
    """

    def __init__(
        self,
        gateway: str,
        url: str,
        settings: Mqtt,
        will: bytes,
        *,
        on_connected: Callable[[bool], None],
    ) -> None:
        self._gateway, self._url, self._settings = gateway, urlsplit(url), settings
        self._loop = asyncio.get_running_loop()
        self._on_connected = on_connected
        self._heard_by: dict[str, Callable[[bytes], None]] = {}
        self.connected = False
        self.connections = 0
        """How often a connection was made since the start."""
        self.trouble = "not connected yet"
        """Why there is no connection; empty while there is one."""
        self._ending = False
        self._client = self._new_client()
        self._client.will_set(topics.status(gateway), will, qos=1, retain=True)

    @property
    def address(self) -> str:
        """Return host and port of the broker."""
        default = 8883 if self._url.scheme == "mqtts" else 1883
        return f"{self._url.hostname}:{self._url.port or default}"

    def start(self) -> None:
        """Begin to connect, and to connect again whenever the connection is lost."""
        host, port = self._url.hostname or "", int(self.address.rpartition(":")[2])
        keepalive_s = self._settings.keepalive_s
        if self._settings.version == "5":
            session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            session.SessionExpiryInterval = SESSION_EXPIRY_S
            self._client.connect_async(
                host, port, keepalive_s, clean_start=False, properties=session
            )
        else:
            self._client.connect_async(host, port, keepalive_s)
        self._client.loop_start()

    def subscribe(self, topic: str, call: Callable[[bytes], None]) -> None:
        """Have `call` run in the event loop with each payload on `topic`, no wildcards, QoS 1.

        It holds for this and every later connection.
        """
        self._heard_by[topic] = call
        if self.connected:
            self._client.subscribe(topic, qos=1)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Hand a message to the connection, QoS 1; False where it cannot take it now."""
        if not self.connected:
            return False
        return (
            self._client.publish(topic, payload, qos=1, retain=retain).rc == mqtt.MQTT_ERR_SUCCESS
        )

    async def stop(self, last_status: bytes) -> None:
        """Say goodbye with a last status and disconnect, within about two seconds."""
        self._ending = True
        if self.connected:
            said = self._client.publish(topics.status(self._gateway), last_status, 1, retain=True)
            deadline = self._loop.time() + END_WITHIN_S
            while not said.is_published() and self.connected and self._loop.time() < deadline:
                await asyncio.sleep(0.02)
        self._client.disconnect()
        ender = threading.Thread(target=self._client.loop_stop, daemon=True)
        ender.start()  # loop_stop may wait for a connection attempt: do not wait with it
        deadline = self._loop.time() + END_WITHIN_S
        while ender.is_alive() and self._loop.time() < deadline:
            await asyncio.sleep(0.01)

    def _new_client(self) -> mqtt.Client:
        settings, modern = self._settings, self._settings.version == "5"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"forewarn-edge-{self._gateway}",
            protocol=mqtt.MQTTv5 if modern else mqtt.MQTTv311,
            clean_session=None if modern else False,
        )
        client.max_queued_messages_set(QUEUED_BY_PAHO)
        client.reconnect_delay_set(RECONNECT_MIN_S, RECONNECT_MAX_S)
        if self._url.username:
            password = unquote(self._url.password) if self._url.password else None
            client.username_pw_set(unquote(self._url.username), password)
        if self._url.scheme == "mqtts":
            try:
                client.tls_set(
                    settings.ca_file or None, settings.cert_file or None, settings.key_file or None
                )
            except OSError as error:
                raise ConfigError(f"[mqtt] ca_file, cert_file or key_file: {error}") from error
        client.on_connect = self._connected
        client.on_connect_fail = self._failed
        client.on_disconnect = self._disconnected
        client.on_message = self._heard
        return client

    def _connected(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, *__: Any) -> None:
        if reason.is_failure:
            self._post(self._lost, f"{self.address} refuses us: {reason}")
            return
        if self._heard_by:
            client.subscribe([(topic, 1) for topic in self._heard_by])
        self._post(self._found, bool(flags.session_present))

    def _failed(self, *_: Any) -> None:
        self._post(self._lost, f"nobody there at {self.address}")

    def _disconnected(self, _: mqtt.Client, __: Any, ___: Any, reason: Any, *____: Any) -> None:
        self._post(self._lost, f"{self.address}: connection lost: {reason}")

    def _heard(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        self._post(self._tell, message.topic, bytes(message.payload))

    def _post(self, call: Callable[..., None], *values: object) -> None:
        """Run `call` in the event loop; paho's thread may outlive it by a moment."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *values)

    def _tell(self, topic: str, payload: bytes) -> None:
        call = self._heard_by.get(topic)
        if call:
            call(payload)

    def _found(self, remembered: bool) -> None:
        log.info("connected to the broker at %s", self.address)
        self.connected, self.trouble = True, ""
        self.connections += 1
        self._on_connected(remembered)

    def _lost(self, why: str) -> None:
        if why != self.trouble and not self._ending:
            log.warning("no broker: %s", why)
        self.connected, self.trouble = False, why
