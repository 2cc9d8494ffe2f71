"""What the agent costs a small gateway: memory, disk and the time until the first batch is out.

A fresh virtual environment gets `pip install .[edge]` and nothing else, as on a gateway. There the
agent runs ten instruments: five loggers with full memories and three radar
gauges over Modbus TCP, an NMEA talker and a tipping bucket on pseudo-terminals. The start is
measured from the process's birth to the first batch in a subscriber's hands, with the files of
Python in the machine's cache.
"""

import asyncio
import os
import struct
import subprocess
import sys
import tempfile
import time
import tty
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from benchmarks.machine import describe, verdict

ROOT = Path(__file__).resolve().parents[1]

MEMORY_MB, DISK_MB, START_S = 60.0, 15.0, 3.0
LOGGERS, RADARS = 5, 3
CHANNELS, DEPTH = 8, 720
RUN_S = 20.0
STARTS = 3


def main() -> int:
    """Print the figures and whether they keep their budgets; return 1 if one does not."""
    print(describe())
    with tempfile.TemporaryDirectory(prefix="forewarn-footprint-") as folder:
        python, installed_mb = _install(Path(folder))
        starts_s, memory_mb, cpu_share = asyncio.run(_run(Path(folder), python))
    print(f"edge: processor, 10 instruments every second: {100 * cpu_share:.1f} % of one core")
    kept = [
        verdict("edge: installed, without pip and setuptools", installed_mb, "MB", most=DISK_MB),
        verdict(f"edge: birth to first batch, slowest of {STARTS}", starts_s, "s", most=START_S),
        verdict("edge: resident with 10 instruments, peak", memory_mb, "MB", most=MEMORY_MB),
    ]
    return 0 if all(kept) else 1


def _install(folder: Path) -> tuple[Path, float]:
    """Install `.[edge]` into a fresh environment; return its Python and its size [MB]."""
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = venv / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, f"{ROOT}[edge]"], check=True)
    [packages] = (venv / "lib").glob("python*/site-packages")
    size = 0
    for entry in packages.iterdir():
        if not entry.name.startswith(("pip", "setuptools", "pkg_resources", "_distutils")):
            files = entry.rglob("*") if entry.is_dir() else [entry]
            size += sum(file.stat().st_size for file in files if file.is_file())
    return python, size / 1e6


async def _run(folder: Path, python: Path) -> tuple[float, float, float]:
    """Start the agent a few times, let the last one run; return (start [s], peak [MB], cpu)."""
    from forewarn.runtime.engines import EmbeddedMqtt

    with EmbeddedMqtt(folder / "broker") as url:
        async with _Instruments() as instruments:
            config = folder / "gateway.toml"
            config.write_text(instruments.configuration())
            slowest_s = 0.0
            for start in range(STARTS):
                environment = os.environ | {
                    "FOREWARN_MQTT_URL": url,
                    "FOREWARN_STATE": str(folder / f"state-{start}"),
                }
                environment.pop("FOREWARN_CLOCK", None)
                profiles = ROOT / "firmware_configs" / "profiles"
                command = [str(python), "-m", "forewarn.cli", "edge", "run"]
                command += ["--config", str(config), "--profiles", str(profiles)]
                first = _first_batch(url)
                born = time.monotonic()
                with (folder / "edge.log").open("ab") as log:
                    agent = subprocess.Popen(command, stderr=log, env=environment, cwd=folder)
                try:
                    await asyncio.wait_for(first, 30)
                    slowest_s = max(slowest_s, time.monotonic() - born)
                    if start == STARTS - 1:
                        memory_mb, cpu_share = await _observe(agent.pid)
                finally:
                    await asyncio.to_thread(_end, agent)
    return slowest_s, memory_mb, cpu_share


def _end(agent: "subprocess.Popen[bytes]") -> None:
    agent.terminate()
    try:
        agent.wait(5)
    except subprocess.TimeoutExpired:
        agent.kill()
        agent.wait()
        raise


async def _observe(pid: int) -> tuple[float, float]:
    """Return the peak resident memory [MB] and the share of a core over the last half."""
    import psutil

    process = psutil.Process(pid)
    await asyncio.sleep(RUN_S / 2)
    before, began = process.cpu_times(), time.monotonic()
    await asyncio.sleep(RUN_S / 2)
    after, ended = process.cpu_times(), time.monotonic()
    spent_s = after.user + after.system - before.user - before.system
    status = Path(f"/proc/{pid}/status")
    if status.is_file():
        [peak] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(peak.split()[1]) * 1024 / 1e6, spent_s / (ended - began)
    return process.memory_info().rss / 1e6, spent_s / (ended - began)


def _first_batch(url: str) -> "asyncio.Future[None]":
    """Return a future that is done when a batch of the gateway is published."""
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    loop = asyncio.get_running_loop()
    heard: asyncio.Future[None] = loop.create_future()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)

    def note(*_: Any) -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: heard.done() or heard.set_result(None))

    client.on_message = note
    parts = urlsplit(url)
    client.connect(parts.hostname or "", parts.port or 1883)
    client.subscribe("forewarn/v1/footprint/observations", qos=0)
    client.loop_start()

    def end(_: object) -> None:
        client.disconnect()
        client.loop_stop()

    heard.add_done_callback(end)
    return heard


class _Instruments:
    """Ten instruments on this machine."""

    async def __aenter__(self) -> "_Instruments":
        from pymodbus.server import ModbusTcpServer
        from pymodbus.simulator import DataType, SimData, SimDevice

        devices = []
        for unit in range(1, LOGGERS + RADARS + 1):
            words = _logger_memory() if unit <= LOGGERS else [0x40F0, 0, 0]
            data = [SimData(0, values=words, datatype=DataType.REGISTERS)]
            devices.append(SimDevice(unit, simdata=data))
        self._server = ModbusTcpServer(devices, address=("127.0.0.1", 0))
        await self._server.serve_forever(background=True)
        self._port = cast(asyncio.Server, self._server.transport).sockets[0].getsockname()[1]
        self._lines = [os.openpty() for _ in range(2)]
        for _, slave in self._lines:
            tty.setraw(slave)
        self._talking = asyncio.create_task(self._talk())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._talking.cancel()
        await asyncio.gather(self._talking, return_exceptions=True)
        await self._server.shutdown()
        for master, slave in self._lines:
            os.close(master)
            os.close(slave)

    async def _talk(self) -> None:
        (nmea, _), (pulse, _) = self._lines
        for master, _ in self._lines:
            os.set_blocking(master, False)
        while True:
            with suppress(BlockingIOError):
                os.write(nmea, b"$WIMWV,297.5,T,5.6,N,A*2F\r\n$INMTW,17.9,C*1B\r\n")
                os.write(pulse, b"T")
            await asyncio.sleep(1)

    def configuration(self) -> str:
        """Return the gateway.toml for these instruments."""
        text = 'gateway = "footprint"\nsite = "benchmark"\n[clock]\ntrust = "system"\n'
        text += f'[device.bus]\nurl = "tcp://127.0.0.1:{self._port}"\n'
        for name, (_, slave) in zip(("nmea", "pulse"), self._lines, strict=True):
            text += f'[device.{name}]\nurl = "serial://{os.ttyname(slave)}?baud=9600"\n'
        common = (
            '[[instrument]]\ndriver = "{}"\ndevice = "{}"\nstation = "s{}"\ninterval = "PT1S"\n'
        )
        for unit in range(1, LOGGERS + RADARS + 1):
            text += common.format("modbus", "bus", unit) + f"unit = {unit}\n"
            names = ", ".join(f'"{c}" = "property-{c}"' for c in range(CHANNELS))
            logger = f'profile = "logger8"\nchannels = {{ {names} }}\n'
            radar = 'profile = "radar_level"\nchannels = { distance = "stage" }\n'
            text += logger if unit <= LOGGERS else radar
        text += common.format("nmea", "nmea", 9)
        text += 'fields = { "MWV.speed_true" = "wind_speed", "MTW.temperature" = "water" }\n'
        return text + common.format("tipping_bucket", "pulse", 10)


def _logger_memory() -> list[int]:
    """Return the registers of a logger whose memory is full."""
    now = int(time.time())
    words = [0, CHANNELS, 60, DEPTH, *_uint32(now), *_uint32(DEPTH), 0, 0]
    words += _floats() + [0] * (100 - 10 - 2 * CHANNELS)
    for number in range(1, DEPTH + 1):
        words += [*_uint32(now - (DEPTH - number) * 60), *_floats()]
    return words


def _uint32(value: int) -> tuple[int, int]:
    return value >> 16, value & 0xFFFF


def _floats() -> list[int]:
    raw = struct.pack(f">{CHANNELS}f", *[1.25 + channel for channel in range(CHANNELS)])
    return list(struct.unpack(f">{2 * CHANNELS}H", raw))


if __name__ == "__main__":
    sys.exit(main())
