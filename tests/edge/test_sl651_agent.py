"""A whole agent, a remote station, a broker: nothing is acknowledged before the disk has it."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.agent import Agent
from edge.drivers.sl651.config import Sl651Config
from edge.lines import Lines
from edge.outbox import Outbox
from edge.settings import Device, GatewayConfig, Mqtt, OutboxLimits, Publishing
from edge.sl651 import Body, Element, End, Frame, StationMark, Telegram, TimeMark, decode, encode
from forewarn.domain.clock import REAL
from tests.edge.instruments import PROFILES
from tests.edge.upstream import Upstream

ADDRESS = "0012345678"


def report(serial: int) -> bytes:
    beijing = (datetime.now(UTC) + timedelta(hours=8)).replace(tzinfo=None, microsecond=0)
    items = (StationMark(ADDRESS, "H"), TimeMark(beijing.replace(second=0)), Element.of("Z", 2.5))
    frame = Frame(station=ADDRESS, function=0x32)
    return encode(Telegram(frame=frame, body=Body(serial=serial, sent=beijing, items=items)))


def configuration(gateway: str, port: int) -> GatewayConfig:
    instrument = Sl651Config(
        device="rtus",
        station="pond",
        interval=timedelta(seconds=0.2),
        address=ADDRESS,
        elements={"Z": "stage"},
    )
    return GatewayConfig(
        gateway=gateway,
        site="test",
        mqtt=Mqtt(),
        outbox=OutboxLimits(),
        publish=Publishing(flush_after_s=0.02),
        devices={"rtus": Device(url=f"listen://127.0.0.1:{port}")},
        instruments=(instrument,),
    )


async def dialled(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(200):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
    raise AssertionError("nobody listens")


def test_the_outbox_holds_what_was_acknowledged(tmp_path: Path, mqtt_url: str) -> None:
    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = configuration("edge-sl651", port)
        upstream = Upstream(mqtt_url, "edge-sl651")
        stop = asyncio.Event()
        agent = Agent(
            config,
            clock=REAL,
            url=mqtt_url,
            state=tmp_path,
            lines=Lines(config.devices),
            profiles=PROFILES,
        )
        running = asyncio.create_task(agent.run(stop))
        reader, writer = await dialled(port)
        writer.write(report(7))
        async with asyncio.timeout(10):
            reply = decode(await reader.readexactly(25))
        stop.set()
        await running
        writer.close()
        upstream.close()
        assert reply.body is not None
        assert (reply.frame.end, reply.body.serial) == (End.ESC, 7)
        path = tmp_path / "edge/edge-sl651/outbox.db"
        outbox = Outbox(path, limit_bytes=10**6, memory_bytes=10**6)
        assert outbox.state().batches == 1  # nobody upstream has it yet: the disk does
        outbox.close()

    asyncio.run(run())
