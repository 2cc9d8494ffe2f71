"""Mosquitto, where it is installed: the broker of a larger site, here for the tests."""

import os
import shutil
from pathlib import Path

from forewarn.runtime.engines.engine import Engine
from forewarn.runtime.engines.mqtt import MAX_INFLIGHT, MAX_PAYLOAD_BYTES, accepts_clients
from forewarn.runtime.errors import EngineError
from forewarn.runtime.ports import HOST

PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where packages put it, beside PATH."""

_CONFIG = """
listener {port} {host}
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 10
max_inflight_messages {inflight}
max_queued_messages 100000
max_packet_size {payload}
log_dest stderr
log_type error
log_type warning
"""


class Mosquitto(Engine):
    """Mosquitto on one port for MQTT 3.1.1 and 5; sessions are kept over an orderly restart."""

    name = "mosquitto"
    key = "mqtt_url"

    @property
    def url(self) -> str:
        """`mqtt://127.0.0.1:port`, for both versions."""
        return f"mqtt://{HOST}:{self.port}"

    @property
    def url_v5(self) -> str:
        """The same."""
        return self.url

    def command(self) -> list[str]:
        """Write mosquitto.conf and return the command."""
        binary = mosquitto_binary()
        if binary is None:
            raise EngineError("mosquitto is not installed: `apt-get install mosquitto`")
        config = self.folder / "mosquitto.conf"
        text = _CONFIG.format(
            port=self.port,
            host=HOST,
            folder=self.folder,
            inflight=MAX_INFLIGHT,
            payload=MAX_PAYLOAD_BYTES,
        )
        text += "user root\n" if os.geteuid() == 0 else ""
        config.write_text(text, encoding="utf-8")
        return [str(binary), "-c", str(config)]

    def answers(self) -> bool:
        """Return whether a client is let in."""
        return accepts_clients(self.port)


def mosquitto_binary() -> Path | None:
    """Return the installed broker, or None."""
    found = shutil.which("mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))
    return Path(found) if found else None
