"""Sirens over real Modbus, MQTT and (mock) GPIO, with the network gone and the broker killed."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from edge.agent import Agent
from edge.alarm.outputs import open_named
from edge.alarm.settings import (
    AlarmConfig,
    GpioOutputConfig,
    MqttOutputConfig,
    Network,
    OutputConfig,
)
from edge.drivers.modbus.config import ModbusOutputConfig
from edge.lines import Lines
from edge.settings import Device, GatewayConfig
from forewarn.domain.clock import REAL
from forewarn.domain.codec import decode
from forewarn.domain.observation import Batch
from forewarn.runtime.engines import EmbeddedMqtt
from tests.edge.instruments import Registers, floats, modbus_tcp, until
from tests.edge.test_agent import configuration, outbox_of
from tests.edge.test_modbus_output import Relays, on_tcp, profiles
from tests.edge.upstream import Upstream

__all__ = ["profiles"]

NOBODY = "mqtt://127.0.0.1:1"
SIREN = ModbusOutputConfig(device="relays", unit=9, profile="relay", output="siren")


def gateway(
    gauge: str, relays: str, *, outputs: dict[str, OutputConfig] | None = None, **more: Any
) -> GatewayConfig:
    """Return a gateway with one gauge and one alarm on it."""
    plain = configuration("edge-alarm", gauge)
    settings: dict[str, Any] = {
        "name": "weir",
        "datastream": "weir-1/stage",
        "above": 5.0,
        "clear": 4.5,
        "range": (-1.0, 20.0),
        "outputs": tuple(outputs or {"siren": SIREN}),
        "reported_as": "weir-1/alarm",
        **more,
    }
    return replace(
        plain,
        devices={**plain.devices, "relays": Device(url=relays, timeout_s=0.5)},
        outputs=outputs or {"siren": SIREN},
        alarms=(AlarmConfig(**settings),),
        network=Network(lost_after_s=0.2),
    )


@asynccontextmanager
async def running(
    config: GatewayConfig, url: str, state: Path, profiles: Path
) -> AsyncIterator[Agent]:
    stop = asyncio.Event()
    agent = Agent(
        config,
        clock=REAL,
        url=url,
        state=state,
        lines=Lines(config.devices),
        profiles=profiles,
    )
    task = asyncio.create_task(agent.run(stop))
    await until(lambda: hasattr(agent, "autonomy"))
    try:
        yield agent
    finally:
        stop.set()
        await asyncio.wait_for(task, 4.0)


def show(gauge: Registers, stage: float) -> float:
    """Let the gauge show `stage`; return when that was [s]."""
    gauge.update(floats(0, stage))
    return time.monotonic()


def events(state: Path) -> list[float | None]:
    """Return what the outbox holds of the alarm's own datastream, in order."""
    outbox = outbox_of("edge-alarm", state)
    batches = [decode(entry.payload, Batch) for entry in outbox.after(0, 10_000)]
    outbox.close()
    return [
        result for b in batches for key, _, result, _ in b.columns.rows() if key == "weir-1/alarm"
    ]


def test_the_siren_sounds_within_2_s_when_the_broker_is_killed(
    tmp_path: Path, profiles: Path
) -> None:
    """From the value in the gauge's register to the coil, the agreement of two values included."""

    async def run() -> float:
        broker = EmbeddedMqtt(tmp_path / "broker")
        board, gauge = Relays(), floats(0, 1.0) | {2: 0}
        try:
            url = await asyncio.to_thread(broker.start)
            async with modbus_tcp({1: gauge}) as instrument, on_tcp(board) as relays:
                config = replace(gateway(instrument, relays), network=Network())
                async with running(config, url, tmp_path, profiles) as agent:
                    conditions = agent.autonomy.alarms.conditions
                    await until(lambda: agent._publisher.broker.connected)
                    show(gauge, 6.0)
                    await until(lambda: "network is there" in conditions()["weir"])
                    assert not board.coils[3]
                    show(gauge, 1.0)
                    await until(lambda: conditions()["weir"] == "off")
                    broker.kill()
                    await until(lambda: not agent._publisher.broker.connected)
                    shown = show(gauge, 6.0)
                    await until(lambda: board.coils[3])
                    return time.monotonic() - shown
        finally:
            broker.stop()

    assert asyncio.run(run()) < 2.0
    assert events(tmp_path) == [0.0, 1.0]


@pytest.mark.soak
def test_it_works_from_the_start_without_any_network_and_over_a_restart(
    tmp_path: Path, profiles: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        board, gauge = Relays(), floats(0, 6.0) | {2: 0}
        async with modbus_tcp({1: gauge}) as instrument, on_tcp(board) as relays:
            config = gateway(instrument, relays)
            async with running(config, NOBODY, tmp_path, profiles) as agent:
                await until(lambda: board.coils[3])
                conditions = agent.autonomy.alarms.conditions
                gauge[-1] = 0  # the gauge dies: silence ends nothing
                await until(lambda: "failed" in agent._pollers[0].condition)
                assert conditions()["weir"].startswith("on since")
            assert board.coils[3], "it goes on without its gateway"
            async with running(config, NOBODY, tmp_path, profiles) as agent:
                await asyncio.sleep(0.3)
                assert board.coils[3]
                assert agent.autonomy.alarms.conditions()["weir"].startswith("on since")
                del gauge[-1]
                show(gauge, 4.0)
                await until(lambda: not board.coils[3])

    with caplog.at_level(logging.INFO, "edge.alarm"):
        asyncio.run(run())
    assert events(tmp_path) == [0.0, 1.0, 1.0, 0.0]
    assert "alarm weir: on since" in caplog.text
    assert "alarm weir: off" in caplog.text


def test_a_siren_that_does_not_obey_is_told_again_and_named(tmp_path: Path, profiles: Path) -> None:
    async def run() -> None:
        board, gauge = Relays(), floats(0, 6.0) | {2: 0}
        async with modbus_tcp({1: gauge}) as instrument, on_tcp(board) as relays:
            board.stuck = True
            config = gateway(instrument, relays, when="always", latch=True)
            async with running(config, NOBODY, tmp_path, profiles) as agent:
                alarms = agent.autonomy.alarms
                await until(lambda: "cannot sound siren" in alarms.conditions()["weir"])
                assert "did not go on" in alarms.conditions()["weir"]
                board.stuck = False
                await until(lambda: board.coils[3])
                await until(lambda: "cannot" not in alarms.conditions()["weir"])
                assert alarms.acknowledge("weir") == "acknowledged"
                await until(lambda: not board.coils[3])
                assert "there are: weir" in alarms.acknowledge("wier")
                assert "sounds for" in alarms.test("weir", 0.5)
                await until(lambda: board.coils[3])
                await until(lambda: not board.coils[3])

    asyncio.run(run())


@pytest.mark.parametrize("state_topic", ["", "siren/state"])
def test_a_siren_on_a_local_broker(mqtt_url: str, tmp_path: Path, state_topic: str) -> None:
    async def run() -> None:
        config = MqttOutputConfig(url=mqtt_url, topic="siren/set", state_topic=state_topic)
        output = open_named("horn", config, Lines({}), tmp_path)
        upstream = Upstream(mqtt_url, "siren-test")
        heard: list[bytes] = []
        upstream._client.message_callback_add(
            "siren/set",
            lambda client, _, message: (
                heard.append(message.payload),
                client.publish("siren/state", message.payload, 1),
            ),
        )
        upstream._client.subscribe("siren/set", 1)
        try:
            await output.set(True)
            await until(lambda: heard[-1:] == [b"on"])
            assert await output.state()
            await output.set(False)
            await until(lambda: heard[-1:] == [b"off"])
            assert not await output.state()
        finally:
            await output.aclose()
            upstream.close()

    asyncio.run(run())


def test_a_relay_on_a_pin(tmp_path: Path) -> None:
    gpiozero = pytest.importorskip("gpiozero")
    from gpiozero.pins.mock import MockFactory

    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()

    async def run() -> None:
        output = open_named(
            "lamp", GpioOutputConfig(pin=17, active_high=False), Lines({}), tmp_path
        )
        pin = gpiozero.Device.pin_factory.pin(17)
        await output.set(True)
        assert not pin.state, "a board that switches on when the pin is low"
        assert await output.state()
        await output.set(False)
        assert pin.state
        await output.aclose()

    try:
        asyncio.run(run())
    finally:
        gpiozero.Device.pin_factory = before


@pytest.mark.soak
def test_several_alarms_share_a_siren(tmp_path: Path, profiles: Path) -> None:
    async def run() -> None:
        board, gauge = Relays(), floats(0, 6.0) | {2: 0}
        async with modbus_tcp({1: gauge}) as instrument, on_tcp(board) as relays:
            first = gateway(instrument, relays)
            higher = replace(
                first.alarms[0],
                name="higher",
                above=9.0,
                clear=8.0,
                reported_as="",
                max_on=timedelta(seconds=0.3),
            )
            config = replace(first, alarms=(*first.alarms, higher))
            async with running(config, NOBODY, tmp_path, profiles):
                await until(lambda: board.coils[3])
                show(gauge, 10.0)
                await asyncio.sleep(0.8)  # the higher one began and fell silent
                assert board.coils[3]
                show(gauge, 1.0)
                await until(lambda: not board.coils[3])

    asyncio.run(run())
