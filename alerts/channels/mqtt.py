"""`forewarn/v1/alerts/<area>`: displays and sirens hear each message; latecomers the worst.

Every message is published; retained is the worst one that stands in the area, or the
Cancel that ended the last. A broker that restarted empty gets its retained messages back.
"""

import threading
from typing import Any
from urllib.parse import unquote, urlsplit

from alerts import ChannelError
from alerts.channels import Active
from alerts.routing import to_retain, worst
from forewarn.domain import topics
from forewarn.domain.codec import encode
from forewarn.domain.hazard import AlertMessage

TIMEOUT_S = 5.0


class MqttChannel:
    """One paho client that keeps itself connected; QoS 1."""

    name = "mqtt"

    def __init__(self, mqtt_url: str, *, client_id: str = "forewarn-alerts") -> None:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        url = urlsplit(mqtt_url)
        host = url.hostname or "127.0.0.1"
        port = url.port or (8883 if url.scheme == "mqtts" else 1883)
        self._place = f"{host}:{port}"
        self._stale = threading.Event()
        self._retained: dict[str, str] = {}
        self._client: Any = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.on_connect = self._connected
        if url.username:
            password = unquote(url.password) if url.password else None
            self._client.username_pw_set(unquote(url.username), password)
        if url.scheme == "mqtts":
            self._client.tls_set()
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self._client.connect_async(host, port, keepalive=20)
        self._client.loop_start()

    def deliver(self, message: AlertMessage, active: Active) -> None:
        """Publish `message`, and make its area's topic retain what it should."""
        retained = to_retain(message, active())
        itself = retained is not None and retained.identifier == message.identifier
        self._publish(message, retain=itself)
        if retained is not None and retained.identifier != self._retained.get(message.area):
            self._publish(retained, retain=True)

    def keep(self, active: Active) -> None:
        """After a new connection, retain the worst message of each area again."""
        if not self._stale.is_set():
            return
        self._stale.clear()
        self._retained.clear()
        try:
            standing = active()
            for area in sorted({message.area for message in standing}):
                found = worst(standing, area)
                if found is not None:
                    self._publish(found, retain=True)
        except ChannelError:
            self._stale.set()
            raise

    def close(self) -> None:
        """Disconnect and end paho's thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, message: AlertMessage, *, retain: bool) -> None:
        if not self._client.is_connected():
            raise ChannelError(f"mqtt at {self._place}: not connected")
        sent = self._client.publish(
            topics.alerts(message.area), encode(message), qos=1, retain=retain
        )
        try:
            sent.wait_for_publish(TIMEOUT_S)
        except (RuntimeError, ValueError) as error:
            raise ChannelError(f"mqtt at {self._place}: {error}") from error
        if not sent.is_published():
            raise ChannelError(f"mqtt at {self._place}: not confirmed within {TIMEOUT_S:g} s")
        if retain:
            self._retained[message.area] = message.identifier

    def _connected(self, client: Any, userdata: Any, flags: Any, code: Any, more: Any) -> None:
        self._stale.set()
