"""A paho client from a URL: persistent session, acknowledgements by hand, reconnects forever."""

from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

KEEPALIVE_S = 30
RECONNECT_S = (1, 5)
MAX_QUEUED_ACKS = 10_000
"""Ack messages that wait for a connection; each replaces the one before on its topic anyway."""


def make_client(url: str, client_id: str) -> Client:
    """Return a client for `mqtt://[user:password@]host[:port]` or `mqtts://…`, not connected.

    The session is persistent: what comes on its subscriptions while it is away, and what it
    has not acknowledged, is delivered when it is back. `loop_start` connects and reconnects.
    """
    parts = urlsplit(url)
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=False,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=True,
    )
    if parts.username:
        password = None if parts.password is None else unquote(parts.password)
        client.username_pw_set(unquote(parts.username), password)
    if parts.scheme == "mqtts":
        client.tls_set()
    client.max_queued_messages_set(MAX_QUEUED_ACKS)
    client.reconnect_delay_set(*RECONNECT_S)
    port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    client.connect_async(parts.hostname or "127.0.0.1", port, keepalive=KEEPALIVE_S)
    return client
