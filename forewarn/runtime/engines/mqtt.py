"""The MQTT broker in the wheel `iotcore`: rumqttd, MQTT 3.1.1 and 5 on two ports."""

import socket
import sys

from forewarn.runtime.engines.engine import Engine
from forewarn.runtime.engines.wheels import folder_of
from forewarn.runtime.ports import HOST, kept_port

MAX_PAYLOAD_BYTES = 262_144
MAX_INFLIGHT = 1000
"""QoS 1 messages a client may leave unacknowledged; the rest waits in the broker."""

_LISTENER = """
[{version}.1]
name = "{version}"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[{version}.1.connections]
connection_timeout_ms = 10000
max_payload_size = {payload}
max_inflight_count = {inflight}
dynamic_filters = true
"""

_ROUTER = """id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 1000
max_segment_size = 16777216
max_segment_count = 8
"""

_SERVE = """
import logging, sys
logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
from iotcore.iotcore import IotCoreBroker
IotCoreBroker(config_path=sys.argv[1]).run_forever()
"""
"""rumqttd reports its per-message tracing as errors, so its log is worth nothing."""

_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"
"""MQTT 3.1.1 CONNECT: clean session, keep-alive 10 s, empty client id."""


class EmbeddedMqtt(Engine):
    """rumqttd in a child process. It keeps sessions and retained messages in memory only.

    `url` speaks MQTT 3.1.1, `url_v5` MQTT 5; both see the same messages.
    """

    name = "mqtt"
    key = "mqtt_url"

    @property
    def url(self) -> str:
        """MQTT 3.1.1, `mqtt://127.0.0.1:port`."""
        return f"mqtt://{HOST}:{self.port}"

    @property
    def url_v5(self) -> str:
        """MQTT 5, `mqtt://127.0.0.1:port`."""
        return f"mqtt://{HOST}:{kept_port(self.state, 'mqtt5')}"

    def ports(self) -> dict[str, int]:
        """Return both ports."""
        return {"mqtt": self.port, "mqtt5": kept_port(self.state, "mqtt5")}

    def command(self) -> list[str]:
        """Write rumqttd.toml and return the command."""
        folder_of("iotcore")
        config = self.folder / "rumqttd.toml"
        ports = self.ports()
        config.write_text(
            _ROUTER + _listener("v4", ports["mqtt"]) + _listener("v5", ports["mqtt5"]),
            encoding="utf-8",
        )
        return [sys.executable, "-P", "-c", _SERVE, str(config)]

    def answers(self) -> bool:
        """Return whether a client is let in."""
        return accepts_clients(self.port)


def accepts_clients(port: int) -> bool:
    """Return whether an MQTT 3.1.1 broker on `port` of 127.0.0.1 answers CONNECT."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            connection.sendall(_CONNECT)
            return connection.recv(4)[:1] == b"\x20"
    except OSError:
        return False


def _listener(version: str, port: int) -> str:
    return _LISTENER.format(
        version=version, host=HOST, port=port, payload=MAX_PAYLOAD_BYTES, inflight=MAX_INFLIGHT
    )
