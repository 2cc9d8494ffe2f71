"""The whole agent on a machine whose clock is wrong after boot, over a real broker."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.agent import Agent
from edge.lines import Lines
from edge.settings import GatewayConfig
from edge.timekeeping import Timekeeper
from edge.timekeeping.kernel import KernelClock
from edge.timekeeping.settings import ClockSettings
from forewarn.domain.observation import Quality
from tests.edge.instruments import PROFILES, floats, modbus_tcp, until
from tests.edge.test_agent import configuration
from tests.edge.upstream import Upstream

BOOTED_S = time.time() - 40.0
"""When the machine of these tests was really switched on, Unix time [s]."""


class Pi:
    """A machine that runs in real time, with a clock that a test sets wrong and right."""

    def __init__(self) -> None:
        self.error_s, self.synchronised = -86_400.0 * 200, False

    def keeper(self, settings: ClockSettings) -> Timekeeper:
        return Timekeeper(
            settings,
            wall=lambda: time.time() + self.error_s,
            steady=lambda: time.time() - BOOTED_S,
            kernel=lambda: KernelClock(self.synchronised, 0.02, 0.0),
            kept=str,
            boot_id="cafe",
        )


def start(
    config: GatewayConfig, keeper: Timekeeper, url: str, state: Path
) -> tuple["asyncio.Task[None]", asyncio.Event]:
    stop = asyncio.Event()
    agent = Agent(
        config,
        clock=keeper,
        url=url,
        state=state,
        lines=Lines(config.devices),
        profiles=PROFILES,
    )
    return asyncio.create_task(agent.run(stop)), stop


def stages(upstream: Upstream) -> dict[float, float]:
    """Return the time at which each stage was observed, Unix time [s]."""
    return {result: at / 1000 for _, at, result in upstream.values() if result is not None}


def test_what_was_observed_before_ntp_arrives_at_its_true_time(
    mqtt_url: str, tmp_path: Path
) -> None:
    """Two starts of the agent in one boot, the broker away in the first; then NTP answers."""

    async def run() -> None:
        pi, upstream = Pi(), Upstream(mqtt_url, "edge-clock")
        gauge = floats(0, 1.0) | {2: 0}
        settings = ClockSettings(trust="ntp")
        try:
            async with modbus_tcp({1: gauge}) as instrument:
                config = configuration("edge-clock", instrument)
                first = time.time()
                task, stop = start(config, pi.keeper(settings), "mqtt://127.0.0.1:1", tmp_path)
                await asyncio.sleep(0.5)
                stop.set()
                await task
                gauge.update(floats(0, 2.0))
                task, stop = start(config, pi.keeper(settings), mqtt_url, tmp_path)
                await until(lambda: upstream.statuses)
                assert "not set since boot" in upstream.statuses[-1]["clock"]
                await asyncio.sleep(0.3)
                assert upstream.values() == set(), "nothing goes out at a wrong time"
                pi.error_s, pi.synchronised = 0.0, True
                await until(lambda: {1.0, 2.0} <= set(stages(upstream)))
                assert first - 0.1 <= min(at for _, at, r in upstream.values() if r == 1.0) / 1000
                assert abs(stages(upstream)[1.0] - first) < 1.0
                await until(lambda: upstream.statuses[-1]["clock"] == "ok")
                assert upstream.statuses[-1]["clock_error_s"] == pytest.approx(86_400 * 200, abs=1)
                assert {q for b in upstream.batches for q in b.columns.quality} == {2}
                stop.set()
                await task
        finally:
            upstream.close()

    asyncio.run(run())


@pytest.mark.soak
def test_without_ntp_it_goes_on_flagged_after_the_configured_time(
    mqtt_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        pi, upstream = Pi(), Upstream(mqtt_url, "edge-unclock")
        pi.error_s = 3.0
        settings = ClockSettings(trust="ntp", flagged_after=timedelta(seconds=1))
        try:
            async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as instrument:
                config = replace(configuration("edge-unclock", instrument), clock=settings)
                task, stop = start(config, pi.keeper(settings), mqtt_url, tmp_path)
                await until(lambda: len(upstream.seen()) > 12)
                qualities = {q for batch in upstream.batches for q in batch.columns.quality}
                assert qualities == {int(Quality.SUSPECT)}
                await until(lambda: "flagged" in upstream.statuses[-1]["clock"])
                stop.set()
                await task
        finally:
            upstream.close()

    asyncio.run(run())
