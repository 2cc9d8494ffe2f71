"""A counter on a Modbus device, the agent as a process, a broker, and who counts at the far end."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from random import Random
from typing import Any, cast
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from msgspec import Struct, field
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from benchmarks.fault_claims import Held, held_in, in_vain, named_lacking, unsaid
from forewarn.domain import topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import Batch, DurableAck
from forewarn.runtime.engines import EmbeddedMqtt, Engine, Mosquitto
from forewarn.runtime.engines.mosquitto import mosquitto_binary

VALUES, EVERY_S = 4, 0.2
"""Numbers that each question is shown, and the time between two questions: 20 values/s."""

IN_HAND_S = 0.05
"""What was shown so close to a `kill -9`, asked for before it, cannot be on disk yet [s]."""

GATEWAY = """
gateway = "faults"
site = "benchmark"
[publish]
resend_after_s = {resend_s}
[clock]
trust = "system"
[device.bus]
url = "{url}"
timeout_s = 1
[[instrument]]
driver = "modbus"
device = "bus"
unit = 1
station = "s"
profile = "counter"
interval = "PT0.2S"
channels = {{ {channels} }}
"""

VALUE = '[[value]]\nname = "v{0}"\nregister = {1}\ntable = "input"\ntype = "int32"\nunit = "1"\n'


class Counter:
    """An instrument that shows the next numbers whenever it is asked."""

    def __init__(self) -> None:
        self.shown: dict[int, float] = {}
        """Number → when it was shown, monotonic [s]."""
        self.silent = False

    async def _answer(
        self, function: int, start: int, address: int, count: int, current: list[int], _: Any
    ) -> ExcCodes | None:
        if self.silent:
            return ExcCodes.DEVICE_FAILURE
        for place in range(VALUES):
            number = len(self.shown) + 1
            self.shown[number] = time.monotonic()
            current[2 * place - start : 2 * place + 2 - start] = divmod(number, 65536)
        return None

    async def serve(self) -> str:
        """Listen; return the URL."""
        words = [SimData(0, values=[0] * 2 * VALUES, datatype=DataType.REGISTERS)]
        device = SimDevice(1, simdata=words, action=self._answer)
        self._server = ModbusTcpServer([device], address=("127.0.0.1", 0))
        await self._server.serve_forever(background=True)
        port = cast(asyncio.Server, self._server.transport).sockets[0].getsockname()[1]
        return f"tcp://127.0.0.1:{port}"

    async def close(self) -> None:
        """Hang up."""
        await self._server.shutdown()


class FarEnd:
    """Takes what the broker delivers, keeps it, and acks it durably as the database would."""

    def __init__(self, url: str) -> None:
        self.times: dict[int, set[int]] = {}
        """Number → the phenomenon times under which it arrived [ms]."""
        self.repeated = 0
        self.findings: set[str] = set()
        self._seqs: dict[str, set[int]] = {}
        self._lock = threading.Lock()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="far-end", clean_session=False
        )
        self._client.on_connect = self._connected
        self._client.on_message = self._heard
        self._client.reconnect_delay_set(1, 1)
        where = urlsplit(url)
        self._client.connect_async(where.hostname or "", where.port or 1883, keepalive=5)
        self._client.loop_start()

    @property
    def batches(self) -> int:
        """Return how many different batches arrived."""
        with self._lock:
            return sum(len(seqs) for seqs in self._seqs.values())

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topics.observations("faults"), 1), (topics.status("faults"), 1)])
        self._ack()

    def _heard(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == topics.status("faults"):
            self.findings |= set(decode(message.payload, GatewayStatus).findings)
            return
        batch = decode(message.payload, Batch)
        with self._lock:
            seqs = self._seqs.setdefault(batch.boot_id, set())
            self.repeated += len(batch.columns) if batch.seq in seqs else 0
            seqs.add(batch.seq)
            for _, at, result, _ in batch.columns.rows():
                if result is not None:
                    self.times.setdefault(int(result), set()).add(at)
        self._ack()

    def _ack(self) -> None:
        with self._lock:
            acks = [
                DurableAck(gateway="faults", boot_id=boot, stored=ranges(seqs))
                for boot, seqs in self._seqs.items()
            ]
        self._client.publish(topics.ack("faults"), encode(acks), qos=1, retain=True)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def ranges(numbers: set[int]) -> list[tuple[int, int]]:
    """Return `numbers` as inclusive ranges."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


class Tally(Struct):
    """What became of what the instrument showed in one run."""

    shown: int = 0
    lost: int = 0
    in_hand: int = 0
    """Of the lost, shown within 50 ms of a kill."""
    oldest_in_hand_s: float = 0.0
    """Longest time between a lost number and the kill that took it [s]."""
    unsaid: int = 0
    """Of the lost and not in hand, in no batch that the status names as lacking."""
    named: int = 0
    """Batches that the status names as lacking."""
    named_in_vain: int = 0
    """Of those, batches of which nothing is lost: the database had them already."""
    doubled: int = 0
    """Numbers that arrived under more than one time."""
    repeated: int = 0
    """Values that came over the wire again under their own time: the database keeps one."""
    unread: int = 0
    """Values that nobody asked for while the agent was dead: 20/s."""
    drained_s: float = 0.0
    findings: list[str] = field(default_factory=list)


class Rig:
    """All parts of one run in a folder of its own."""

    def __init__(self, folder: Path, random: Random, *, outage_s: float, resend_s: float) -> None:
        self.folder, self.random, self.outage_s = folder, random, outage_s
        self._resend_s = resend_s
        self.broker: Engine = (Mosquitto if mosquitto_binary() else EmbeddedMqtt)(folder / "broker")
        self.counter = Counter()
        self._agent: subprocess.Popen[bytes] | None = None
        self._kills: list[float] = []
        self._dead_s = 0.0
        self._held: Held = {}

    @property
    def outbox(self) -> Path:
        """Return where the agent keeps what is not acked."""
        return self.folder / "edge" / "faults" / "outbox.db"

    async def start(self) -> None:
        """Start everything and wait until numbers flow."""
        self._url = await asyncio.to_thread(self.broker.start)
        profiles = self.folder / "profiles"
        profiles.mkdir()
        values = "\n".join(VALUE.format(place, 2 * place) for place in range(VALUES))
        (profiles / "counter.toml").write_text(f'title = "c"\ndatasheet = "none"\n{values}')
        channels = ", ".join(f'v{place} = "v{place}"' for place in range(VALUES))
        text = GATEWAY.format(
            url=await self.counter.serve(), resend_s=self._resend_s, channels=channels
        )
        (self.folder / "gateway.toml").write_text(text)
        self.far = FarEnd(self._url)
        self.start_agent()
        await self.until(lambda: len(self.far.times) > 20, 30)

    def start_agent(self) -> None:
        """Start the agent."""
        command = [sys.executable, "-m", "forewarn.cli", "edge", "run", "--config"]
        command += [str(self.folder / "gateway.toml"), "--profiles", str(self.folder / "profiles")]
        environment = os.environ | {
            "FOREWARN_MQTT_URL": self._url,
            "FOREWARN_STATE": str(self.folder),
        }
        environment.pop("FOREWARN_CLOCK", None)
        with (self.folder / "edge.log").open("ab") as log:
            self._agent = subprocess.Popen(command, stderr=log, env=environment)

    async def kill_agent(self, *, meanwhile: Callable[[], None] | None = None) -> None:
        """Kill -9 the agent and start it again a moment later, `meanwhile` in between."""
        assert self._agent is not None
        self._agent.kill()
        self._kills.append(time.monotonic())
        await asyncio.to_thread(self._agent.wait)
        before = len(self.counter.shown)
        if meanwhile:
            meanwhile()
        await asyncio.sleep(self.random.uniform(0.2, 1.0))
        self.start_agent()
        await self.until(lambda: len(self.counter.shown) > before, 30)
        self._dead_s += time.monotonic() - self._kills[-1]

    def tear(self, path: Path) -> None:
        """Cut `path` in half, and note what the outbox held until then."""
        self._held = held_in(self.outbox)
        os.truncate(path, path.stat().st_size // 2)

    def written(self) -> int:
        """Return what the agent has caused to be written to disk [B]."""
        assert self._agent is not None
        counted = Path(f"/proc/{self._agent.pid}/io").read_text().split("\nwrite_bytes: ")[1]
        return int(counted.split()[0])

    def limit_disk(self, size: int) -> None:
        """Let the agent's files grow no further than `size` bytes: what it writes is refused."""
        assert self._agent is not None
        resource.prlimit(self._agent.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def freeze_broker(self) -> None:
        """Stop the broker without closing its connections."""
        os.kill(self.broker.pid, signal.SIGSTOP)

    async def until(self, condition: Callable[[], bool], within_s: float) -> None:
        """Wait until `condition` holds."""
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                said = (self.folder / "edge.log").read_text().splitlines()[-8:]
                raise TimeoutError(f"waited in vain for {within_s:g} s: {said}")
            await asyncio.sleep(0.05)

    async def finish(self, quiet_s: float) -> Tally:
        """Silence the instrument, wait until all arrived or none does for `quiet_s`, and count."""
        self.counter.silent = True
        began = progress = time.monotonic()
        arrived = -1
        while len(self.far.times) < len(self.counter.shown):
            if len(self.far.times) != arrived:
                arrived, progress = len(self.far.times), time.monotonic()
            if time.monotonic() - progress > quiet_s:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.5)  # the status is told once a second
        lost = [number for number in self.counter.shown if number not in self.far.times]
        named = named_lacking(self.far.findings)
        kept = [number for number in lost if not self._in_hand(self.counter.shown[number])]
        return Tally(
            shown=len(self.counter.shown),
            lost=len(lost),
            in_hand=len(lost) - len(kept),
            oldest_in_hand_s=max(
                (self._until_kill(self.counter.shown[n]) for n in lost), default=0
            ),
            unsaid=len(unsaid(kept, self._held, named)),
            named=len(named),
            named_in_vain=len(in_vain(lost, self._held, named)),
            doubled=sum(len(times) > 1 for times in self.far.times.values()),
            repeated=self.far.repeated,
            unread=round(self._dead_s * VALUES / EVERY_S),
            drained_s=progress - began,
            findings=sorted(self.far.findings),
        )

    def _in_hand(self, shown_s: float) -> bool:
        return self._until_kill(shown_s) <= IN_HAND_S

    def _until_kill(self, shown_s: float) -> float:
        """Return how far a number was shown from the nearest kill, before or after it [s].

        What is shown just after it was asked for just before.
        """
        return min((abs(kill_s - shown_s) for kill_s in self._kills), default=inf)

    async def close(self) -> None:
        """End all parts."""
        if self._agent:
            self._agent.kill()
            await asyncio.to_thread(self._agent.wait)
        if hasattr(self, "far"):
            await asyncio.to_thread(self.far.close)
        await asyncio.to_thread(self.broker.stop)
        await self.counter.close()
