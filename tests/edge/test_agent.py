"""The agent against a real broker and real instruments: nothing is forgotten before the ack."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from edge import OutboxError
from edge.agent import Agent
from edge.drivers.modbus.config import ModbusConfig
from edge.lines import Lines
from edge.outbox import Outbox
from edge.settings import Device, GatewayConfig, Mqtt, OutboxLimits, Publishing
from forewarn.domain.clock import REAL
from forewarn.runtime.engines import EmbeddedMqtt
from tests.edge.instruments import PROFILES, Registers, floats, modbus_tcp, until
from tests.edge.upstream import Upstream

_numbers = count(1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def gateway() -> str:
    return f"edge-test-{next(_numbers)}"


@pytest.fixture
def upstream(mqtt_url: str, gateway: str) -> Iterator[Upstream]:
    upstream = Upstream(mqtt_url, gateway)
    yield upstream
    upstream.close()


def configuration(
    gateway: str, url: str, *, units: int = 1, version: str = "3.1.1", window: int = 20
) -> GatewayConfig:
    instruments = tuple(
        ModbusConfig(
            device="bus",
            station=f"weir-{unit}",
            interval=timedelta(seconds=0.2),
            unit=unit,
            profile="radar_level",
            channels={"distance": "stage"},
        )
        for unit in range(1, units + 1)
    )
    return GatewayConfig(
        gateway=gateway,
        site="test",
        mqtt=Mqtt(version=version, keepalive_s=2),  # type: ignore[arg-type]
        outbox=OutboxLimits(),
        publish=Publishing(window=window, resend_after_s=0.5, resend_max_s=1.0, flush_after_s=0.02),
        devices={"bus": Device(url=url, timeout_s=0.2)},
        instruments=instruments,
    )


@asynccontextmanager
async def running(config: GatewayConfig, mqtt_url: str, state: Path) -> AsyncIterator[Agent]:
    """Run an agent, and end it as SIGTERM would."""
    stop = asyncio.Event()
    agent = Agent(
        config,
        clock=REAL,
        url=mqtt_url,
        state=state,
        lines=Lines(config.devices),
        profiles=PROFILES,
    )
    task = asyncio.create_task(agent.run(stop))
    try:
        yield agent
    finally:
        stop.set()
        await asyncio.wait_for(task, 3.0)


def outbox_of(gateway: str, state: Path) -> Outbox:
    path = state / "edge" / gateway / "outbox.db"
    return Outbox(path, limit_bytes=10**8, memory_bytes=10**6)


def kept(gateway: str, state: Path) -> int:
    outbox = outbox_of(gateway, state)
    batches = outbox.state().batches
    outbox.close()
    return batches


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_what_the_gauge_shows_arrives_and_is_forgotten_when_acked(
    request: pytest.FixtureRequest, gateway: str, tmp_path: Path, version: str
) -> None:
    url = request.getfixturevalue("mqtt5_url" if version == "5" else "mqtt_url")
    upstream = Upstream(request.getfixturevalue("mqtt_url"), gateway)
    registers: Registers = floats(0, 2.41) | {2: 0}

    async def run() -> None:
        async with modbus_tcp({1: registers}) as instrument:
            config = configuration(gateway, instrument, version=version)
            async with running(config, url, tmp_path):
                await until(lambda: len(upstream.seen()) >= 2)
                upstream.ack(*upstream.seen()[:2])
                await until(lambda: len(upstream.seen()) >= 3)
                await until(lambda: upstream.seen().count(upstream.seen()[2]) >= 2)
        boot = upstream.seen()[0][0]
        assert upstream.seen()[:3] == [(boot, 1), (boot, 2), (boot, 3)]
        assert upstream.seen().count((boot, 1)) == 1
        assert {row[0] for row in upstream.values()} == {"weir-1/stage"}
        assert {row[2] for row in upstream.values()} == {2.41}

    try:
        asyncio.run(run())
        sent = len(set(upstream.seen()))
        assert kept(gateway, tmp_path) in (sent - 2, sent - 1)  # the last may not have gone out
        first, last = upstream.statuses[0], upstream.statuses[-1]
        assert first["online"] is True
        assert last["raw"]["weir-1/stage"][0] == pytest.approx(2.41)
        assert last["backlog_oldest"].endswith("Z")
        assert last["disk_free_mb"] > 0
        assert last["online"] is False
        assert last["instruments"] == {"weir-1/modbus": "ok"}
    finally:
        upstream.close()


def test_one_dead_instrument_does_not_disturb_the_others(
    upstream: Upstream, mqtt_url: str, gateway: str, tmp_path: Path
) -> None:
    async def run() -> None:
        alive, broken = floats(0, 1.0) | {2: 0}, {-1: 0}
        async with modbus_tcp({1: alive, 2: broken, 3: alive}) as instrument:
            config = configuration(gateway, instrument, units=3)
            async with running(config, mqtt_url, tmp_path):
                await until(lambda: len({v for v in upstream.values() if "weir-3" in v[0]}) > 5)
                await until(lambda: "failed" in str(upstream.statuses))
        assert {row[0] for row in upstream.values()} == {"weir-1/stage", "weir-3/stage"}
        conditions = upstream.statuses[-1]["instruments"]
        assert conditions["weir-1/modbus"] == "ok"
        assert "weir-2: unit 2 at 127.0.0.1" in conditions["weir-2/modbus"]

    asyncio.run(run())


@pytest.mark.soak
def test_the_backlog_of_earlier_starts_goes_out_bounded_after_live_batches(
    upstream: Upstream, mqtt_url: str, gateway: str, tmp_path: Path
) -> None:
    from tests.edge.test_outbox import batch

    outbox = outbox_of(gateway, tmp_path)
    outbox.add([batch(seq, "earlier") for seq in range(1, 61)])
    outbox.close()

    async def run() -> None:
        async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as instrument:
            config = configuration(gateway, instrument, window=10)
            async with running(config, mqtt_url, tmp_path) as agent:
                live = lambda: [key for key in upstream.seen() if key[0] != "earlier"]  # noqa: E731
                await until(lambda: len(live()) >= 4)
                assert len({key for key in upstream.seen() if key[0] == "earlier"}) == 10
                for _ in range(40):  # the database takes all that comes
                    upstream.ack(*upstream.seen())
                    await asyncio.sleep(0.05)
                await until(lambda: len(set(upstream.seen()) - set(live())) == 60)
                await until(lambda: upstream.ack(*upstream.seen()) or agent_is_empty(agent))

    asyncio.run(run())
    order = list(dict.fromkeys(seq for boot, seq in upstream.seen() if boot == "earlier"))
    assert order == list(range(1, 61)), "oldest first"
    assert kept(gateway, tmp_path) <= 3


def agent_is_empty(agent: Agent) -> bool:
    return agent._publisher.state().batches <= 1


def test_nothing_is_lost_when_the_broker_is_killed_and_forgets(
    gateway: str, tmp_path: Path
) -> None:
    """The broker is killed -9 while values come, and starts again without memory."""

    async def run() -> None:
        broker = EmbeddedMqtt(tmp_path / "broker")
        url = broker.start()
        upstream = Upstream(url, gateway)
        try:
            async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as instrument:
                async with running(configuration(gateway, instrument), url, tmp_path) as agent:
                    await until(lambda: len(upstream.seen()) > 3)
                    broker.kill()
                    before = agent._seq
                    await until(lambda: agent._seq > before + 3)
                    await asyncio.to_thread(broker.start)
                    taken = agent._seq
                    await until(
                        lambda: set(range(1, taken + 1)) <= {seq for _, seq in upstream.seen()},
                        within_s=15,
                    )
                    seen = len(set(upstream.seen()))
                    await until(lambda: len(set(upstream.seen())) > seen)
        finally:
            upstream.close()
            broker.stop()

    asyncio.run(run())


def test_it_can_be_stopped_at_any_moment(mqtt_url: str, gateway: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as instrument:
            config = configuration(gateway, instrument)
            for moment in range(12):
                async with running(config, mqtt_url, tmp_path):
                    await asyncio.sleep(moment * 0.011)

    asyncio.run(run())


def test_garbage_on_the_ack_topic_deletes_nothing(
    upstream: Upstream, mqtt_url: str, gateway: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as instrument:
            config = configuration(gateway, instrument)
            async with running(config, mqtt_url, tmp_path):
                await until(lambda: len(upstream.seen()) >= 2)
                boot = upstream.seen()[0][0]
                for garbage in (
                    b"\xff\xfe",
                    b"{}",
                    b'[{"gateway":"%s"}]' % gateway.encode(),
                    b'[{"gateway":"other","boot_id":"%s","stored":[[1,99]]}]' % boot.encode(),
                    b'[{"gateway":"%s","boot_id":"%s","stored":[[9,1],[-5,0]]}]'
                    % (gateway.encode(), boot.encode()),
                ):
                    upstream.say(garbage)
                seen = len(set(upstream.seen()))
                await until(lambda: len(set(upstream.seen())) >= seen + 3)

    asyncio.run(run())
    assert kept(gateway, tmp_path) >= len(set(upstream.seen()))


def test_a_second_agent_of_the_same_gateway_is_refused(
    upstream: Upstream, mqtt_url: str, gateway: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as instrument:
            config = configuration(gateway, instrument)
            async with running(config, mqtt_url, tmp_path):
                await until(upstream.seen)
                with pytest.raises(OutboxError, match="another agent of this gateway is running"):
                    async with running(config, mqtt_url, tmp_path):
                        await asyncio.sleep(0.5)

    asyncio.run(run())


def test_a_torn_outbox_is_told_in_the_status(
    upstream: Upstream, mqtt_url: str, gateway: str, tmp_path: Path
) -> None:
    path = tmp_path / "edge" / gateway / "outbox.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"torn" * 5000)

    async def run() -> None:
        async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as instrument:
            async with running(configuration(gateway, instrument), mqtt_url, tmp_path):
                await until(upstream.seen)
                await until(lambda: upstream.statuses)

    asyncio.run(run())
    [finding] = upstream.statuses[0]["findings"]
    assert "set aside as outbox.db.torn-" in finding
