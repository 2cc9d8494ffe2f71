"""`forewarn edge run`: the agent as a process that ends on SIGTERM, one configuration at a time."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from edge import EdgeError, figures
from edge.agent import Agent
from edge.fleet.commands import commands
from edge.fleet.enrol import VERIFY_KEY
from edge.fleet.envelope import read_key
from edge.fleet.remote import Remote
from edge.fleet.versions import Choice, Versions
from edge.lines import Lines
from edge.settings import GatewayConfig, load_gateway
from edge.tasks import cancel
from edge.timekeeping import Timekeeper
from forewarn.domain import logs, topics
from forewarn.domain.clock import VARIABLE, Clock, clock_from
from forewarn.domain.errors import ConfigError

log = logging.getLogger("edge")

LOOK_S = 0.2
"""Real seconds between two looks whether a configuration on trial has reported [s]."""


def run(
    installed: Path,
    *,
    broker: Callable[[Path, GatewayConfig], str],
    state: Path,
    devices: Path | None,
    profiles: Path,
) -> int:
    """Run the agent of the gateway.toml at `installed` until SIGTERM or SIGINT; return 0.

    `broker` returns the URL of the broker of a configuration, or raises ConfigError.
    """
    logs.setup()
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # our errors name the instrument
    asyncio.run(_Process(installed, broker, state, devices, profiles).run())
    return 0


class _Process:
    """One process: agent after agent, each with the configuration that is its turn."""

    def __init__(
        self,
        installed: Path,
        broker: Callable[[Path, GatewayConfig], str],
        state: Path,
        devices: Path | None,
        profiles: Path,
    ) -> None:
        self._files = installed.parent
        first = load_gateway(installed)
        self._gateway, self._broker = first.gateway, broker
        self._state, self._devices, self._profiles = state, devices, profiles
        self._clock = machine_clock(first)
        self._versions = Versions(state / "edge" / first.gateway / "config", installed)
        self._key = read_key(installed.parent / VERIFY_KEY)
        self._told_to_end = False
        self._agent: Agent | None = None
        self._end = asyncio.Event()

    async def run(self) -> None:
        """Run until told to end."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_note)
        figures.serve(lambda: self._agent.newest if self._agent else None)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._tell_to_end)
        while not self._told_to_end:
            self._end.clear()
            choice = self._versions.choose()
            try:
                await self._run(choice)
            except (ConfigError, EdgeError) as error:
                if not choice.on_trial:
                    raise
                self._give_up(choice, str(error))

    async def _run(self, choice: Choice) -> None:
        config = load_gateway(choice.path, files=self._files)
        agent = self._agent = Agent(
            config,
            clock=self._clock,
            url=self._broker(choice.path, config),
            state=self._state,
            lines=Lines(config.devices, self._devices),
            profiles=self._profiles,
            listen=self._ears(lambda: agent),
            configured=lambda: self._versions.says(self._versions.running(choice)),
        )
        trial = asyncio.create_task(self._try(agent, choice), name="trial")
        try:
            await agent.run(self._end)
        finally:
            await cancel([trial])

    def _ears(self, agent: Callable[[], Agent]) -> dict[str, Callable[[bytes], None]]:
        """Return what listens to the fleet; nothing where this gateway was never enrolled."""
        if self._key is None:
            return {}
        remote = Remote(
            self._gateway,
            self._key,
            self._versions,
            self._profiles,
            restart=self._end.set,
            now=self._time,
        )

        def obey(payload: bytes) -> None:
            remote.command(payload, commands(agent().autonomy))

        return {
            topics.config(self._gateway): remote.configure,
            topics.command(self._gateway): obey,
        }

    async def _try(self, agent: Agent, choice: Choice) -> None:
        """Keep a configuration on trial once it has reported, or give it up in time."""
        if not choice.on_trial:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(choice.trial_s):
                await agent.started.wait()
                while not agent.reported():
                    await asyncio.sleep(LOOK_S)
                self._versions.keep()
                log.info("configuration %d has reported and is kept", choice.version)
                return
        self._give_up(choice, f"nothing it observed was stored within {choice.trial_s:g} s")
        self._end.set()

    def _give_up(self, choice: Choice, why: str) -> None:
        log.error("configuration %d is given up: %s", choice.version, why)
        self._versions.refuse(why)

    def _time(self) -> datetime | None:
        known = not isinstance(self._clock, Timekeeper) or self._clock.trusted
        return self._clock.now() if known else None

    def _tell_to_end(self) -> None:
        self._told_to_end = True
        self._end.set()


def machine_clock(config: GatewayConfig) -> Clock:
    """Return the world's clock where FOREWARN_CLOCK tells it, else one that finds the time out."""
    return clock_from() if os.environ.get(VARIABLE) else Timekeeper(config.clock)


def _note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log in one line what a library let fall, e.g. a Modbus frame that is none."""
    log.warning("%s: %s", context["message"], context.get("exception", ""))
