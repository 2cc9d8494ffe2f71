"""`forewarn edge run`: the agent as a process that ends on SIGTERM."""

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Any

from edge.agent import Agent
from edge.lines import Lines
from edge.settings import GatewayConfig
from edge.timekeeping import Timekeeper
from forewarn.domain import logs
from forewarn.domain.clock import VARIABLE, Clock, clock_from

log = logging.getLogger("edge")


def run(
    config: GatewayConfig, *, url: str, state: Path, devices: Path | None, profiles: Path
) -> int:
    """Run the agent until SIGTERM or SIGINT; return the exit code."""
    logs.setup()
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # our errors name the instrument
    asyncio.run(_run(config, url, state, devices, profiles))
    return 0


async def _run(
    config: GatewayConfig, url: str, state: Path, devices: Path | None, profiles: Path
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_note)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    agent = Agent(
        config,
        clock=machine_clock(config),
        url=url,
        state=state,
        lines=Lines(config.devices, devices),
        profiles=profiles,
    )
    await agent.run(stop)


def machine_clock(config: GatewayConfig) -> Clock:
    """Return the world's clock where FOREWARN_CLOCK tells it, else one that finds the time out."""
    return clock_from() if os.environ.get(VARIABLE) else Timekeeper(config.clock)


def _note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log in one line what a library let fall, e.g. a Modbus frame that is none."""
    log.warning("%s: %s", context["message"], context.get("exception", ""))
