"""From an observation above a threshold to the alert on MQTT, through the whole live system.

One area per gauge; the world's clock runs 60 times fast, so that the minute in which a forecast
cycle is due lasts one real second and is counted in full. What is measured: publish on MQTT →
gateway → Kafka → quality control → database → minute series → forecast cycle → assessment →
alert service → database → MQTT. The site has no fitted model: the cycle is the one that
judges what is observed; a model adds its own time, about 5 ms for a site (docs/models/flood.md).
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt

from benchmarks.machine import describe, verdict
from forewarn.domain import topics
from forewarn.domain.clock import WorldClock
from forewarn.domain.codec import encode
from forewarn.domain.observation import Batch, Columns, to_milliseconds
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor

GAUGES, SPEED, QUIET_MINUTES = 20, 60.0, 5
HEAD = (
    'id = "bench"\nname = "Benchmark"\ntimezone = "UTC"\ninvented = "all"\ngateways = ["bench-0"]\n'
)
AREA = '[[area]]\nid = "a{0}"\nname = "A{0}"\npolygon = [[0, 0], [0, 1], [1, 1], [0, 0]]\n'
STATION = (
    '[[station]]\nid = "s{0}"\nname = "S{0}"\narea = "a{0}"\nlatitude = 0\nlongitude = 0\n'
    '[[station.datastream]]\nproperty = "stage"\nunit = "m"\ninterval = "PT1M"\n'
    'thresholds = [{{ value = 5.0, level = "orange", label = "bank full" }}]\n'
)


def site(folder: Path, gauges: int = GAUGES) -> Path:
    """Write a site of `gauges` areas with a gauge each; return its folder."""
    folder.mkdir(parents=True)
    areas = "".join(AREA.format(n) for n in range(gauges))
    stations = "".join(STATION.format(n) for n in range(gauges))
    (folder / "site.toml").write_text(HEAD + areas + stations, encoding="utf-8")
    return folder


class River:
    """Publishes all gauges each minute; some rise above their threshold when told."""

    def __init__(self, url: str, clock: WorldClock, gauges: int = GAUGES) -> None:
        self.heard: dict[str, float] = {}
        self._clock, self._seq, self._lock = clock, 0, threading.Lock()
        self._level = [3.0] * gauges
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bench-river")
        self._client.on_message = self._hear
        where = urlsplit(url)
        self._client.connect(where.hostname or "127.0.0.1", where.port or 1883)
        self._client.subscribe(topics.alerts("+"), 1)
        self._client.loop_start()

    def minute(self) -> None:
        """Publish every gauge once."""
        self._publish(range(len(self._level)))

    def rise(self, gauges: Sequence[int]) -> float:
        """Publish `gauges` above their threshold; return when, in monotonic real time [s]."""
        for gauge in gauges:
            self._level[gauge] = 6.0
        began = time.monotonic()
        self._publish(gauges)
        return began

    def close(self) -> None:
        """Disconnect."""
        self._client.loop_stop()
        self._client.disconnect()

    def _publish(self, gauges: Sequence[int]) -> None:
        self._seq += 1
        now = to_milliseconds(self._clock.now())
        columns = Columns(
            datastreams=[f"s{g}/stage" for g in gauges],
            of=list(range(len(gauges))),
            time=[now] * len(gauges),
            result=[self._level[g] for g in gauges],
            quality=[2] * len(gauges),
        )
        batch = Batch(gateway="bench-0", boot_id="b", seq=self._seq, created=now, columns=columns)
        self._client.publish(topics.observations("bench-0"), encode(batch), qos=1)

    def _hear(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        self.heard.setdefault(message.topic.rpartition("/")[2], time.monotonic())


def main() -> int:
    """Measure, print, and return 0 if the budget is kept."""
    print(describe())
    clock = WorldClock(datetime(2026, 7, 1, tzinfo=UTC), time.time(), SPEED)
    with tempfile.TemporaryDirectory(prefix="forewarn-bench-") as scratch:
        folder = site(Path(scratch) / "bench")
        services = [s for s in core_services() if s.name != "console"]
        with Supervisor(Path(scratch) / "state", folder, clock=clock, services=services) as running:
            running.wait_ready(60)
            river = River(running.urls.mqtt_url, clock)
            took = _measure(river)
            river.close()
    missing = GAUGES - len(took)
    if missing:
        print(f"{missing} of {GAUGES} alerts did not come within 20 s")
        return 1
    kept = verdict("observation → alert published, median", statistics.median(took), "s", most=2.0)
    return (
        0
        if verdict("observation → alert published, slowest", max(took), "s", most=3.0) & kept
        else 1
    )


def _measure(river: River) -> list[float]:
    for _ in range(QUIET_MINUTES):
        river.minute()
        time.sleep(60 / SPEED)
    took = []
    for gauge in range(GAUGES):
        river.minute()
        time.sleep(0.37)  # anywhere within the minute
        began = river.rise([gauge])
        while f"a{gauge}" not in river.heard and time.monotonic() - began < 20:
            time.sleep(0.005)
        if f"a{gauge}" in river.heard:
            took.append(river.heard[f"a{gauge}"] - began)
    return took
