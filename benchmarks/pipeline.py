"""The whole path: MQTT → gateway → Kafka → Faust with quality control → database → durable ack.

Latency at 1,000 observations/s: from the stamp at the edge to the durable ack back on MQTT, which
is later than the commit, so the figure errs against us. Throughput: as fast as a sender
with a bounded number of unacked batches can push batches of 100; and the processor time that each
process spent, so that the slowest stage is known. The site is made up here: 8
gateways with 125 stages each, all with every quality test switched on.
"""

import statistics
import tempfile
import threading
import time
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import psutil

from benchmarks.machine import describe, verdict
from forewarn.domain import topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.observation import Batch, Columns, DurableAck
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader

GATEWAYS, STAGES, BATCH = 8, 125, 100
LATENCY_RATE, LATENCY_SECONDS = 1_000, 30
THROUGHPUT_SECONDS, UNACKED = 40, 400


def site(folder: Path) -> Path:
    """Write a site of `GATEWAYS` × `STAGES` datastreams; return its folder."""
    head = [
        'id = "bench"\nname = "Benchmark"\ntimezone = "UTC"\ninvented = "all of it"',
        f"gateways = {[f'bench-{g}' for g in range(GATEWAYS)]}".replace("'", '"'),
        '[[area]]\nid = "all"\nname = "All"\npolygon = [[0, 0], [0, 1], [1, 1], [0, 0]]',
    ]
    station = (
        '[[station]]\nid = "s{0}"\nname = "S{0}"\narea = "all"\nlatitude = 0\nlongitude = 0\n'
        '[[station.datastream]]\nproperty = "stage"\nunit = "m"\ninterval = "PT1S"\n'
        "[station.datastream.limits]\nfail = [-5, 50]\nsuspect = [-2, 20]\nspike_suspect = 1\n"
        'spike_fail = 3\nmax_rate_per_s = 0.5\nflat_after = "PT2H"\nflat_tolerance = 0.001\n'
    )
    folder.mkdir(parents=True)
    text = "\n".join([*head, *(station.format(n) for n in range(GATEWAYS * STAGES))])
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return folder


class Sender:
    """One connection that publishes batches of all gateways and hears their durable acks."""

    def __init__(self, url: str) -> None:
        self.boot = f"{time.time_ns():x}"
        self.latencies: list[float] = []
        self.acked = 0
        self._seq = [0] * GATEWAYS
        self._turn = [0] * GATEWAYS
        self._newest = [0] * GATEWAYS
        self._sent: dict[tuple[str, int], tuple[float, int]] = {}
        self._lock = threading.Condition()
        self._random = Random(1)
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"bench-{self.boot}")
        self._client.max_inflight_messages_set(400)
        self._client.on_message = self._heard
        where = urlsplit(url)
        self._client.connect(where.hostname or "127.0.0.1", where.port or 1883)
        self._client.subscribe([(topics.ack(f"bench-{g}"), 1) for g in range(GATEWAYS)])
        self._client.loop_start()

    @property
    def unacked(self) -> int:
        """Batches on their way."""
        return len(self._sent)

    def send(self, gateway: int, rows: int) -> None:
        """Publish `rows` observations, stamped now, of the next stages of `gateway`."""
        name = f"bench-{gateway}"
        now = max(round(time.time() * 1000), self._newest[gateway] + 1)
        self._newest[gateway] = now
        first = self._turn[gateway]
        self._turn[gateway] = (first + rows) % STAGES
        stages = [gateway * STAGES + (first + i) % STAGES for i in range(rows)]
        self._seq[gateway] += 1
        columns = Columns(
            datastreams=[f"s{stage}/stage" for stage in stages],
            of=list(range(rows)),
            time=[now] * rows,
            result=[round(3 + self._random.random() / 10, 3) for _ in stages],
            quality=[2] * rows,
        )
        batch = Batch(
            gateway=name,
            boot_id=self.boot,
            seq=self._seq[gateway],
            created=now,
            columns=columns,
        )
        with self._lock:
            self._sent[name, batch.seq] = (time.monotonic(), rows)
        self._client.publish(topics.observations(name), encode(batch), qos=1)

    def wait_below(self, unacked: int, timeout: float) -> bool:
        """Wait until at most `unacked` batches are on their way."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._sent) <= unacked, timeout)

    def close(self) -> None:
        """Disconnect."""
        self._client.loop_stop()
        self._client.disconnect()

    def _heard(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        now = time.monotonic()
        with self._lock:
            for ack in decode(message.payload, list[DurableAck]):
                if ack.boot_id != self.boot:
                    continue
                done = [
                    key
                    for key in self._sent
                    if key[0] == ack.gateway and any(a <= key[1] <= b for a, b in ack.stored)
                ]
                for key in done:
                    sent, rows = self._sent.pop(key)
                    self.latencies += [now - sent] * rows
                    self.acked += rows
            self._lock.notify_all()


def latency(sender: Sender) -> list[float]:
    """Send 1,000 observations/s for a while in batches of 25; return their latencies [s]."""
    rows = 25
    pause = rows / LATENCY_RATE
    began = time.monotonic()
    for number in range(int(LATENCY_SECONDS / pause)):
        sender.send(number % GATEWAYS, rows)
        time.sleep(max(0.0, began + (number + 1) * pause - time.monotonic()))
    sender.wait_below(0, 20)
    return sorted(sender.latencies)


def throughput(sender: Sender, seconds: float) -> float:
    """Push batches of 100 with at most `UNACKED` on their way; return observations/s acked."""
    before, began, number = sender.acked, time.monotonic(), 0
    while time.monotonic() - began < seconds:
        sender.wait_below(UNACKED - 1, 10)
        sender.send(number % GATEWAYS, BATCH)
        number += 1
    sender.wait_below(0, 30)
    return (sender.acked - before) / (time.monotonic() - began)


def processor_seconds(pids: dict[str, int]) -> dict[str, float]:
    """Return the processor time of each process, with all below it [s]."""
    spent = {}
    for name, pid in pids.items():
        process = psutil.Process(pid)
        times = [p.cpu_times() for p in [process, *process.children(recursive=True)]]
        ended = process.cpu_times()
        spent[name] = sum(t.user + t.system for t in times)
        spent[name] += ended.children_user + ended.children_system
    return spent


def main() -> int:
    """Measure, print, and return 0 if the budgets are kept."""
    print(describe())
    with tempfile.TemporaryDirectory(prefix="forewarn-bench-") as scratch:
        state = Path(scratch) / "state"
        services = [s for s in core_services() if s.name in ("gateway", "stream")]
        with Supervisor(state, site(Path(scratch) / "bench"), services=services) as running:
            running.wait_ready(60)
            return _measure(running)


def _measure(running: Supervisor) -> int:
    sender = Sender(running.urls.mqtt_url)
    sender.send(0, 10)
    sender.wait_below(0, 30)
    sender.latencies.clear()
    found = latency(sender)
    p50, p99 = statistics.median(found), found[int(len(found) * 0.99)]
    kept = verdict("stamped → acked at 1,000/s, p50", p50, "s", most=1.0)
    kept &= verdict("stamped → acked at 1,000/s, p99", p99, "s", most=3.0)
    before = {**processor_seconds(running.pids), "sender": time.process_time()}
    sent = sender.acked
    rate = throughput(sender, THROUGHPUT_SECONDS)
    after = {**processor_seconds(running.pids), "sender": time.process_time()}
    kept &= verdict("sustained, batches of 100", rate, "observations/s", least=20_000)
    rows = sender.acked - sent
    print("processor time for each 100,000 observations, and what a core of it alone would carry:")
    for name in sorted(after, key=lambda name: before[name] - after[name]):
        spent = after[name] - before[name]
        alone = rows / spent if spent else float("inf")
        print(f"  {name:10} {spent / rows * 1e5:6.2f} s {alone:12,.0f} observations/s")
    sender.close()
    with connect(running.urls.database_url) as connection:
        stored = reader.totals(connection).observations
    unacked, total = sender.unacked, sender.acked
    print(f"acked {total:,}, stored {stored:,}, batches without ack {unacked}")
    return 0 if kept and unacked == 0 and stored == total else 1
