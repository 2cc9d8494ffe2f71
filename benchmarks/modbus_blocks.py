"""What 40,000 Modbus values a second cost the agent: from the wire to batches in the outbox.

A hundred units with 100 registers each, behind ten Modbus TCP servers in a process of their own,
are asked four times a second, one block of 100 registers a request: 400 requests and 40,000
values a second. The agent runs as on a gateway, `forewarn edge run`: decode, scale, batches,
outbox on disk (SQLite, WAL, synchronous FULL), MQTT at QoS 1 to a broker in another process. Only
the agent's processor time counts. Nobody acks durably, so that everything stays in the outbox and
can be counted.

The peer in the reference, a thingsboard-gateway, takes 69 % of a core for as many values.
"""

import asyncio
import multiprocessing
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.machine import describe, verdict

SERVERS, UNITS, REGISTERS = 10, 10, 100
ASKED_PER_S = 4
VALUES_PER_S = SERVERS * UNITS * REGISTERS * ASKED_PER_S
SETTLE_S, RUN_S = 5.0, 20.0
MOST_OF_A_CORE = 60.0
LEAST_VALUES_PER_S = 0.985 * VALUES_PER_S
"""The outbox is looked at between two of its writes: a tenth of a second's values may lack."""
MEMORY_MB = 80.0


def main() -> int:
    """Print the figures and whether they keep their budgets; return 1 if one does not."""
    print(describe())
    with tempfile.TemporaryDirectory(prefix="forewarn-blocks-") as folder:
        cpu_percent, values_per_s, memory_mb = run(Path(folder))
    kept = [
        verdict(
            "modbus blocks: values into the outbox", values_per_s, "/s", least=LEAST_VALUES_PER_S
        ),
        verdict("modbus blocks: of one core", cpu_percent, "%", most=MOST_OF_A_CORE),
        verdict("modbus blocks: resident", memory_mb, "MB", most=MEMORY_MB),
    ]
    return 0 if all(kept) else 1


def run(folder: Path, *, run_s: float = RUN_S) -> tuple[float, float, float]:
    """Return (share of a core [%], values into the outbox [/s], memory [MB])."""
    import psutil

    from forewarn.runtime.engines import EmbeddedMqtt

    with _process(_serve) as ports, EmbeddedMqtt(folder / "broker") as url:
        _configure(folder, ports)
        environment = os.environ | {"FOREWARN_MQTT_URL": url, "FOREWARN_STATE": str(folder)}
        environment.pop("FOREWARN_CLOCK", None)
        command = [sys.executable, "-m", "forewarn.cli", "edge", "run"]
        command += ["--config", str(folder / "gateway.toml"), "--profiles", str(folder)]
        with (folder / "edge.log").open("wb") as log:
            agent = subprocess.Popen(command, stderr=log, env=environment)
        try:
            process = psutil.Process(agent.pid)
            outbox = folder / "edge" / "blocks" / "outbox.db"
            time.sleep(SETTLE_S)
            before, stored, began = process.cpu_times(), _stored(outbox), time.monotonic()
            time.sleep(run_s)
            after, ended = process.cpu_times(), time.monotonic()
            took = ended - began
            spent = after.user + after.system - before.user - before.system
            values = _stored(outbox) - stored
            memory_mb = process.memory_info().rss / 1e6
        finally:
            agent.terminate()
            agent.wait(20)
    return 100 * spent / took, values / took, memory_mb


def _stored(outbox: Path) -> int:
    """Return the observations in the outbox."""
    reader = sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)
    try:
        return int(reader.execute("SELECT sum(observations) FROM batch").fetchone()[0] or 0)
    finally:
        reader.close()


def _configure(folder: Path, ports: list[int]) -> None:
    value = '[[value]]\nname = "v{0}"\nregister = {0}\ntype = "uint16"\nscale = 0.1\nunit = "m"\n'
    profile = 'title = "block"\ndatasheet = "invented for this benchmark"\n'
    (folder / "block.toml").write_text(profile + "".join(map(value.format, range(REGISTERS))))
    text = 'gateway = "blocks"\nsite = "benchmark"\n[outbox]\nlimit_mb = 2000\n'
    names = ", ".join(f'v{place} = "p{place}"' for place in range(REGISTERS))
    for server, port in enumerate(ports):
        text += f'[device.bus{server}]\nurl = "tcp://127.0.0.1:{port}"\n'
        for unit in range(1, UNITS + 1):
            text += f'[[instrument]]\ndriver = "modbus"\ndevice = "bus{server}"\nunit = {unit}\n'
            text += f'station = "s{server}-{unit}"\ninterval = "PT{1 / ASKED_PER_S:g}S"\n'
            text += f'profile = "block"\nchannels = {{ {names} }}\n'
    (folder / "gateway.toml").write_text(text)


@contextmanager
def _process(serve: Any) -> Iterator[list[int]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection) -> None:
    """Answer every read of 100 registers; the values change with each answer."""
    asyncio.run(_serve_all(told))


async def _serve_all(told: Connection) -> None:
    servers = [await asyncio.start_server(_answer, "127.0.0.1", 0) for _ in range(SERVERS)]
    told.send([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    count = 0
    while True:
        try:
            request = await reader.readexactly(12)
        except asyncio.IncompleteReadError:
            writer.close()
            return
        transaction, _, _, unit, function, _, asked = struct.unpack(">HHHBBHH", request)
        count += 1
        words = [(count + place) & 0x7FFF for place in range(asked)]
        head = struct.pack(">HHHBBB", transaction, 0, 3 + 2 * asked, unit, function, 2 * asked)
        writer.write(head + struct.pack(f">{asked}H", *words))


if __name__ == "__main__":
    sys.exit(main())
