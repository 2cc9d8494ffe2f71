"""`forewarn edge run` as a process: ended, killed, and started again."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from forewarn.runtime.engines import EmbeddedMqtt
from tests.edge.instruments import PROFILES, modbus_tcp, until
from tests.edge.test_logger import START, Logger
from tests.edge.upstream import Upstream

_numbers = count(1)

GATEWAY = """
gateway = "{gateway}"
site = "test"
[clock]
trust = "system"
[publish]
resend_after_s = 0.5
resend_max_s = 1
[device.bus]
url = "tcp://127.0.0.1:1"
timeout_s = 0.5
[[instrument]]
driver = "modbus"
device = "bus"
unit = 3
station = "weir"
profile = "logger8"
interval = "PT0.2S"
channels = {{ "0" = "stage", "1" = "discharge" }}
"""


class Gateway:
    """A gateway's folder, and the process that runs on it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.name = f"edge-process-{os.getpid()}-{next(_numbers)}"
        self.config = folder / "gateway.toml"
        self.config.write_text(GATEWAY.format(gateway=self.name))
        self.devices = folder / "devices.json"
        self.log = folder / "edge.log"
        self._environment = {**os.environ, "FOREWARN_STATE": str(folder), "FOREWARN_MQTT_URL": url}
        self._environment.pop("FOREWARN_CLOCK", None)

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[bytes]"]:
        command = [sys.executable, "-m", "forewarn.cli", "edge", "run"]
        command += ["--config", str(self.config), "--profiles", str(PROFILES)]
        command += ["--devices", str(self.devices)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, stderr=log, env=self._environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def probe(self) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "forewarn.cli", "edge", "probe", "--station", "weir"]
        command += ["--config", str(self.config), "--profiles", str(PROFILES)]
        command += ["--devices", str(self.devices)]
        return subprocess.run(command, capture_output=True, text=True, env=self._environment)


def records(upstream: Upstream) -> set[int]:
    """Return the numbers of the records that arrived; their stage is their number."""
    found = {(time, result) for key, time, result in upstream.values() if key == "weir/stage"}
    for at, result in found:
        assert at == (START + result * 600) * 1000, "each record at its own time"
    return {int(result) for _, result in found if result is not None}


def test_it_waits_for_its_lines_then_publishes_and_ends_on_sigterm(
    mqtt_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        gateway = Gateway(tmp_path, mqtt_url)
        upstream = Upstream(mqtt_url, gateway.name)
        logger = Logger()
        logger.record(1.0, 5.0)
        try:
            with gateway.running() as process:
                await until(lambda: "not there yet" in gateway.log.read_text())
                async with modbus_tcp({3: logger.registers}) as url:
                    gateway.devices.write_text(json.dumps({"bus": url}))
                    await until(lambda: records(upstream) == {1}, within_s=10)
                    process.send_signal(signal.SIGTERM)
                    asked = time.monotonic()
                    assert await asyncio.to_thread(process.wait, 5) == 0
                    assert time.monotonic() - asked < 3
            assert upstream.statuses[-1]["online"] is False
            assert "ready: 1 instruments" in gateway.log.read_text()
        finally:
            upstream.close()

    asyncio.run(run())


def test_it_ends_on_sigterm_without_broker_and_instruments(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, "mqtt://127.0.0.1:1")
    with gateway.running() as process:
        deadline = time.monotonic() + 5
        while "no broker" not in gateway.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(3) == 0
    assert "Traceback" not in gateway.log.read_text()


@pytest.mark.soak
def test_a_logger_loses_nothing_though_agent_and_broker_are_killed(tmp_path: Path) -> None:
    """Killed -9 three times while the broker is away; every record arrives in the end."""

    async def run() -> None:
        broker = EmbeddedMqtt(tmp_path / "broker")
        mqtt = broker.start()
        gateway = Gateway(tmp_path, mqtt)
        upstream = Upstream(mqtt, gateway.name)
        logger = Logger(depth=15)  # its memory alone does not reach back to the start
        moments = random.Random(7)

        async def record() -> None:
            while True:
                logger.record(float(logger.number + 1), 0.0)
                await asyncio.sleep(0.1)

        async with modbus_tcp({3: logger.registers}) as url:
            gateway.devices.write_text(json.dumps({"bus": url}))
            recording = asyncio.create_task(record())
            try:
                with gateway.running():
                    await until(lambda: records(upstream), within_s=10)
                    broker.kill()
                    await asyncio.sleep(moments.uniform(0.2, 0.4))
                for _ in range(2):
                    with gateway.running():
                        await asyncio.sleep(moments.uniform(0.7, 1.0))
                recording.cancel()
                with gateway.running():
                    await asyncio.to_thread(broker.start)
                    expected = set(range(1, logger.number + 1))
                    await until(lambda: records(upstream) == expected, within_s=15)
            finally:
                recording.cancel()
                upstream.close()
                broker.stop()

    asyncio.run(run())


def test_probe_shows_raw_and_converted_values_or_who_is_silent(tmp_path: Path) -> None:
    async def run() -> None:
        gateway = Gateway(tmp_path, "mqtt://127.0.0.1:1")
        logger = Logger()
        logger.record(1.25, 30.0)
        async with modbus_tcp({3: logger.registers}) as url:
            gateway.devices.write_text(json.dumps({"bus": url}))
            shown = await asyncio.to_thread(gateway.probe)
        silent = await asyncio.to_thread(gateway.probe)
        assert shown.returncode == 0
        assert "weir/stage = 1.25" in shown.stdout
        assert silent.returncode == 1
        assert "weir: nobody there at 127.0.0.1" in silent.stderr

    asyncio.run(run())


@pytest.mark.parametrize("command", [[], ["run"], ["probe"], ["check"]])
def test_every_command_has_help_with_examples(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from edge.cli import main

    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "examples:" in capsys.readouterr().out
