"""A month of backlog arrives at once, and live observations still go through within 3 s.

A gateway was without network for 30 days: its outbox holds a batch for each minute with the
observations of ten instruments. It reconnects to the whole real chain (MQTT, gateway, Kafka, stream
worker with quality control, database) while it goes on asking the ten instruments each second. Live
latency runs from the stamp of a batch to its durable ack back on MQTT, while backlog is under way.
In the end every observation of the month must be in the database.

    python -m benchmarks.backlog [--days 30]
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from msgspec import Struct
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from benchmarks.machine import describe, verdict
from edge.outbox import Outbox
from forewarn.domain import topics
from forewarn.domain.codec import decode
from forewarn.domain.observation import Batch, Columns, DurableAck
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader

ROOT = Path(__file__).resolve().parents[1]
GATEWAY, INSTRUMENTS = "bench-backlog", 10
MINUTE_MS = 60_000
LIVE_S = 3.0
"""Budget of the live latency, p99 [s]."""

SITE = """
id = "bench"
name = "Benchmark"
timezone = "UTC"
invented = "all of it"
gateways = ["bench-backlog"]
[[area]]
id = "all"
name = "All"
polygon = [[0, 0], [0, 1], [1, 1], [0, 0]]
"""

STATION = """
[[station]]
id = "s{0}"
name = "S{0}"
area = "all"
latitude = 0
longitude = 0
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
[station.datastream.limits]
fail = [-5, 50]
suspect = [-2, 20]
spike_suspect = 1
spike_fail = 3
max_rate_per_s = 0.5
flat_after = "PT2H"
flat_tolerance = 0.001
"""

INSTRUMENT = """
[[instrument]]
driver = "modbus"
device = "bus"
unit = {0}
station = "s{0}"
profile = "radar_level"
interval = "PT1S"
channels = {{ distance = "stage" }}
"""


class Found(Struct):
    """What was measured."""

    latencies_s: list[float]
    """Of live batches that were acked while backlog was under way, ascending [s]."""
    drained_s: float
    batches: int
    stored: int
    """Observations in the database with a time of the past month."""
    expected: int


class Watcher:
    """Hears live batches and durable acks on the broker."""

    def __init__(self, url: str) -> None:
        self.latencies_s: list[float] = []
        self.old_acked = 0
        self._stamped: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()
        where = urlsplit(url)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._heard
        self._client.connect(where.hostname or "", where.port or 1883)
        self._client.subscribe([(topics.observations(GATEWAY), 1), (topics.ack(GATEWAY), 1)])
        self._client.loop_start()

    def _heard(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        now = time.time()
        with self._lock:
            if message.topic == topics.observations(GATEWAY):
                batch = decode(message.payload, Batch)
                if batch.boot_id != "old":
                    self._stamped.setdefault(
                        (batch.boot_id, batch.seq), min(batch.columns.time) / 1000
                    )
                return
            for ack in decode(message.payload, list[DurableAck]):
                if ack.boot_id == "old":
                    self.old_acked = sum(high - low + 1 for low, high in ack.stored)
                for key in [
                    key
                    for key in self._stamped
                    if key[0] == ack.boot_id and any(a <= key[1] <= b for a, b in ack.stored)
                ]:
                    self.latencies_s.append(now - self._stamped.pop(key))

    def close(self) -> None:
        """Disconnect."""
        self._client.loop_stop()
        self._client.disconnect()


def fill(path: Path, days: float, until_ms: int) -> int:
    """Write the month into an outbox; return how many batches it holds."""
    outbox = Outbox(path, limit_bytes=10**9, memory_bytes=10**7)
    total = round(days * 24 * 60)
    keys = [f"s{number}/stage" for number in range(1, INSTRUMENTS + 1)]
    batches = []
    for seq in range(1, total + 1):
        at = until_ms - (total - seq + 2) * MINUTE_MS
        columns = Columns(
            datastreams=keys,
            of=list(range(INSTRUMENTS)),
            time=[at] * INSTRUMENTS,
            result=[round(3 + seq % 97 / 100, 2) for _ in keys],
            quality=[2] * INSTRUMENTS,
        )
        batches.append(Batch(gateway=GATEWAY, boot_id="old", seq=seq, created=at, columns=columns))
    for first in range(0, total, 500):
        outbox.add(batches[first : first + 500])
    outbox.close()
    return total


async def _serve() -> ModbusTcpServer:
    devices = [
        SimDevice(unit, simdata=[SimData(0, values=[0x4040, 0, 0], datatype=DataType.REGISTERS)])
        for unit in range(1, INSTRUMENTS + 1)
    ]
    server = ModbusTcpServer(devices, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    return server


def _agent(folder: Path, url: str, port: int) -> "subprocess.Popen[bytes]":
    text = f'gateway = "{GATEWAY}"\nsite = "bench"\n[clock]\ntrust = "system"\n'
    text += f'[device.bus]\nurl = "tcp://127.0.0.1:{port}"\n'
    text += "".join(INSTRUMENT.format(number) for number in range(1, INSTRUMENTS + 1))
    (folder / "gateway.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "forewarn.cli", "edge", "run"]
    command += ["--config", str(folder / "gateway.toml")]
    command += ["--profiles", str(ROOT / "firmware_configs" / "profiles")]
    environment = os.environ | {"FOREWARN_MQTT_URL": url, "FOREWARN_STATE": str(folder)}
    environment.pop("FOREWARN_CLOCK", None)
    with (folder / "edge.log").open("ab") as log:
        return subprocess.Popen(command, stderr=log, env=environment)


async def measure(days: float, *, within_s: float) -> Found:
    """Fill an outbox with `days`, reconnect, and watch until all is acked."""
    with tempfile.TemporaryDirectory(prefix="forewarn-backlog-") as scratch:
        folder = Path(scratch)
        (folder / "bench").mkdir()
        text = SITE + "".join(STATION.format(number) for number in range(1, INSTRUMENTS + 1))
        (folder / "bench" / "site.toml").write_text(text, encoding="utf-8")
        now_ms = time.time_ns() // 1_000_000 // MINUTE_MS * MINUTE_MS
        batches = fill(folder / "edge" / GATEWAY / "outbox.db", days, now_ms)
        services = [s for s in core_services() if s.name in ("gateway", "stream")]
        with Supervisor(folder / "state", folder / "bench", services=services) as running:
            await asyncio.to_thread(running.wait_ready, 90)
            server = await _serve()
            port = cast(asyncio.Server, server.transport).sockets[0].getsockname()[1]
            watcher = Watcher(running.urls.mqtt_url)
            agent = _agent(folder, running.urls.mqtt_url, port)
            began = time.monotonic()
            try:
                while watcher.old_acked < batches and time.monotonic() - began < within_s:
                    await asyncio.sleep(0.2)
                drained_s = time.monotonic() - began
            finally:
                agent.kill()
                agent.wait()
                watcher.close()
                await server.shutdown()
            stored = _stored(running.urls.database_url, now_ms - MINUTE_MS)
    return Found(
        latencies_s=sorted(watcher.latencies_s),
        drained_s=drained_s,
        batches=watcher.old_acked,
        stored=stored,
        expected=batches * INSTRUMENTS,
    )


def _stored(url: str, before_ms: int) -> int:
    with connect(url) as connection:
        total = reader.totals(connection).observations
        row = connection.execute(
            "SELECT count(*) FROM observation WHERE phenomenon_time >= to_timestamp(%s)",
            (before_ms / 1000,),
        ).fetchone()
    return total - (int(row[0]) if row else 0)


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; return 1 where live waited too long or some of the month is lacking."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=30.0)
    given = parser.parse_args([] if arguments is None else arguments)
    print(describe())
    found = asyncio.run(measure(given.days, within_s=120 + 90 * given.days))
    latencies = found.latencies_s
    p50, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.99))
    rate = found.batches / found.drained_s
    print(
        f"backlog: {found.batches:,} batches in {found.drained_s:.0f} s, {rate:.0f}/s, "
        f"{rate * INSTRUMENTS:,.0f} observations/s; {len(latencies)} live batches meanwhile"
    )
    print(f"live, stamped → acked: p50 {p50:.2f} s, longest {latencies[-1]:.2f} s")
    kept = [
        verdict("live meanwhile, stamped → acked, p99", p99, "s", most=LIVE_S),
        verdict("of the month in the database", found.stored / found.expected, "", least=1.0),
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
