"""What the gateway does by itself: judges what it observes, sounds its sirens, sets its pace."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge.alarm.outputs import open_named
from edge.alarm.settings import AlarmConfig
from edge.alarm.watch import Alarms, Link
from edge.broker import Broker
from edge.drivers.contract import Answer
from edge.lines import Lines
from edge.poller import Poller
from edge.sampling import Sampler
from edge.sampling.settings import Pace
from edge.settings import GatewayConfig
from edge.timekeeping import ABSOLUTE_MS
from edge.timekeeping.keeper import Timekeeper
from edge.timekeeping.world import TrustedClock
from forewarn.domain import topics
from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.observation import Observation

log = logging.getLogger("edge")

MEMORY_INTERVALS = 3
"""A value says something about now for so many intervals for each value that has to agree."""

MEMORY_MIN_S = 60.0

EPOCH_S = ABSOLUTE_MS / 1000


class Autonomy:
    """Alarms and sampling of one agent.

    Parameters
    ----------
    report : callable
        Takes the observations of alarms' own datastreams.
    """

    def __init__(
        self,
        config: GatewayConfig,
        *,
        clock: Timekeeper | TrustedClock,
        lines: Lines,
        profiles: Path,
        state: Path,
        report: Callable[[Observation], None],
    ) -> None:
        self._config, self._clock = config, clock
        self.sampler = Sampler(config.sampling)
        rising = {rule.datastream for rule in config.sampling.rise}
        alarmed = {alarm.datastream for alarm in config.alarms}
        self._watched = rising | alarmed | {config.sampling.battery}
        self._link = Link(config.network, asyncio.get_running_loop().time())
        self.alarms = Alarms(
            config.alarms,
            {
                name: open_named(name, output, lines, profiles)
                for name, output in config.outputs.items()
            },
            memory_s={alarm.name: _memory_s(config, alarm) for alarm in config.alarms},
            path=state / "alarms.json",
            now=clock.shown,
            report=report,
        )
        self._pollers: list[Poller] = []

    def attend(self, pollers: list[Poller], broker: Broker) -> None:
        """Pace these pollers, and listen to the alerts of the configured areas."""
        self._pollers = pollers
        for area in self._config.sampling.alerts:
            broker.subscribe(topics.alerts(area), partial(self._alert, area))

    def take(self, answer: Answer) -> None:
        """Judge what an instrument said; sirens are switched without waiting for anything."""
        watched = [o for o in answer.observations if o.datastream in self._watched]
        now_s, steady = self._clock.now().timestamp(), self._clock.steady_s()
        times = [o.phenomenon_time.timestamp() for o in watched]
        newest_s = max(times, default=now_s)
        # an instrument that knows the time tells nothing of ours while we do not
        now_s = newest_s if now_s < EPOCH_S <= newest_s else now_s
        for observation, at_s in zip(watched, times, strict=True):
            key, value = observation.datastream, observation.result
            at = steady - (now_s - at_s)
            self.alarms.take(key, at, steady, value, observation.quality)
            self.sampler.take(key, at, value, observation.quality)
        self.alarms.decide(network_lost=self._link.lost)
        self._pace()

    async def run(self, connected: Callable[[], bool], unacked_s: Callable[[], float]) -> None:
        """Watch network, outputs and pace until cancelled."""
        loop = asyncio.get_running_loop()

        def lost() -> bool:
            self._pace()
            return self._link.update(
                connected=connected(), unacked_s=unacked_s(), now_s=loop.time()
            )

        await self.alarms.run(lost)

    def steady_s(self) -> float:
        """Return the clock on which a command's end is told [s]."""
        return self._clock.steady_s()

    def pace(self, mode: Pace) -> None:
        """Follow a command of how to sample; `until_s` is on `steady_s` of the clock."""
        self.sampler.command(mode)
        self._pace()

    def _pace(self) -> None:
        changed = self.sampler.decide(self._clock.steady_s(), self._clock.now(), self.alarms.hinted)
        if changed:
            log.info("sampling: %s", self.sampler.condition)
            for poller in self._pollers:
                poller.hurry()

    def _alert(self, area: str, payload: bytes) -> None:
        try:
            self.sampler.hear(area, decode(payload, AlertMessage) if payload else None)
        except CodecError as error:
            log.warning("an alert of %s that cannot be read: %s", area, error)
        self._pace()


def _memory_s(config: GatewayConfig, alarm: AlarmConfig) -> float:
    intervals = [
        instrument.interval.total_seconds()
        for instrument in config.instruments
        if alarm.datastream in map(instrument.key, instrument.properties())
    ]
    return max(MEMORY_INTERVALS * alarm.of * max(intervals, default=0.0), MEMORY_MIN_S)
