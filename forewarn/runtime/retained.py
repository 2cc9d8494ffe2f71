"""Reads what an MQTT broker retains below a topic filter."""

import ssl
import time
from typing import Any
from urllib.parse import unquote, urlsplit

from forewarn.runtime.errors import EngineError
from forewarn.runtime.reach import PORTS, without_password

QUIET_S = 0.3
"""Retained messages come at once after the subscription; this long without one is the end."""


def retained(mqtt_url: str, topic_filter: str, timeout: float = 3.0) -> dict[str, bytes]:
    """Return the retained messages under `topic_filter`, by topic.

    Raises EngineError if the broker cannot be reached or refuses us within `timeout` [s].
    """
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    parts = urlsplit(mqtt_url)
    found: dict[str, bytes] = {}
    last = [0.0]
    refused: list[str] = []

    def on_connect(client: Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            refused.append(str(reason))
        else:
            client.subscribe(topic_filter, qos=1)

    def on_subscribe(*_: Any) -> None:
        last[0] = time.monotonic()

    def on_message(_: Client, __: Any, message: Any) -> None:
        last[0] = time.monotonic()
        if message.retain and message.payload:
            found[message.topic] = bytes(message.payload)

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set_context(ssl.create_default_context())
    client.connect_timeout = timeout
    deadline = time.monotonic() + timeout
    try:
        client.connect(parts.hostname or "", parts.port or PORTS[parts.scheme])
        while time.monotonic() < deadline and not refused:
            client.loop(0.05)
            if last[0] and time.monotonic() - last[0] > QUIET_S:
                return found
    except OSError as error:
        raise EngineError(f"{without_password(mqtt_url)}: {error.strerror or error}") from error
    finally:
        client.disconnect()
    raise EngineError(f"{without_password(mqtt_url)}: {refused[0] if refused else 'no answer'}")
