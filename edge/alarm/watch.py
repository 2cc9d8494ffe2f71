"""The alarms of a gateway: what was observed goes in, sirens and news come out."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from edge.alarm.evidence import Evidence
from edge.alarm.settings import AlarmConfig, Network
from edge.alarm.siren import Siren
from edge.alarm.standing import Kept, Standing
from edge.drivers.contract import Output
from edge.tasks import cancel
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import CodecError
from forewarn.domain.observation import Observation

log = logging.getLogger("edge.alarm")

TICK_S = 0.2
"""Real seconds between two looks at the network and at the longest times [s]."""

TEST_S = 5.0


class Link:
    """Tells when nobody above hears us. Pure but for what it is told."""

    def __init__(self, settings: Network, now_s: float) -> None:
        self._settings, self._since_s = settings, now_s
        self.lost = False

    def update(self, *, connected: bool, unacked_s: float, now_s: float) -> bool:
        """Return whether the network counts as lost at the real time `now_s` [s]."""
        if connected:
            self._since_s = now_s
        lost = now_s - self._since_s >= self._settings.lost_after_s
        lost |= connected and unacked_s >= self._settings.unacked_after_s
        if lost != self.lost:
            log.warning("network: %s", "lost: local alarms sound" if lost else "there again")
        self.lost = lost
        return lost


class Alarms:
    """All `[[alarm]]`s and their outputs.

    Parameters
    ----------
    memory_s : Mapping
        Alarm → world seconds after which a value says nothing about now [s].
    path : Path
        Where the state is kept over a restart.
    report : callable
        Called with each observation of an alarm's own datastream.
    """

    def __init__(
        self,
        configs: Sequence[AlarmConfig],
        outputs: Mapping[str, Output],
        *,
        memory_s: Mapping[str, float],
        path: Path,
        now: Callable[[], datetime],
        report: Callable[[Observation], None],
    ) -> None:
        self._now, self._report, self._path = now, report, path
        real_s = asyncio.get_running_loop().time()
        kept = _read(path)
        self._evidence = {c.name: Evidence(c, memory_s[c.name]) for c in configs}
        self._standing = {c.name: Standing(c, kept.get(c.name, Kept()), real_s) for c in configs}
        for name, standing in self._standing.items():
            self._evidence[name].beyond = standing.sounding or bool(kept.get(name, Kept()).silenced)
        self._memory_s = dict(memory_s)
        self._sirens = {name: Siren(name, output) for name, output in outputs.items()}
        self._shown: dict[str, bool | None] = {c.name: None for c in configs}
        self._armed = False
        self._kept = kept

    @property
    def hinted(self) -> list[str]:
        """Return the datastreams of which one more value would decide an alarm."""
        return [
            standing.config.datastream
            for name, standing in self._standing.items()
            if self._evidence[name].hinted
        ]

    def take(self, key: str, at_s: float, now_s: float, value: float | None, quality: int) -> None:
        """Take one observation made at `at_s` of the steady world time, now `now_s` [s]."""
        for name, standing in self._standing.items():
            fresh = now_s - at_s <= self._memory_s[name]
            if standing.config.datastream == key and fresh:
                self._evidence[name].take(at_s, value, quality)

    def decide(self, *, network_lost: bool) -> None:
        """Switch what has to be switched; cheap, called with each answer and each tick."""
        real_s, now = asyncio.get_running_loop().time(), self._now()
        wanted = dict.fromkeys(self._sirens, False)
        for name, standing in self._standing.items():
            config = standing.config
            sounds = standing.update(
                beyond=self._evidence[name].beyond,
                armed=network_lost or config.when == "always",
                now_s=real_s,
                now=now,
            )
            for output in config.outputs:
                wanted[output] |= sounds
            if standing.sounding != self._shown[name]:
                self._tell(name, standing, now)
        for output, on in wanted.items():
            self._sirens[output].want(on)

    def _tell(self, name: str, standing: Standing, now: datetime) -> None:
        first, on = self._shown[name] is None, standing.sounding
        self._shown[name] = on
        if on or not first:
            condition = standing.condition(asyncio.get_running_loop().time())
            log.log(logging.ERROR if on else logging.WARNING, "alarm %s: %s", name, condition)
        if standing.config.reported_as:
            self._report(
                Observation(
                    datastream=standing.config.reported_as,
                    phenomenon_time=now,
                    result=float(on),
                )
            )

    async def run(self, network_lost: Callable[[], bool]) -> None:
        """Keep the outputs in the state that is wanted until cancelled."""
        running = [asyncio.create_task(s.run(), name=s.name) for s in self._sirens.values()]
        try:
            while True:
                self.decide(network_lost=network_lost())
                self._keep()
                for task in running:
                    if task.done():
                        task.result()
                await asyncio.sleep(TICK_S)
        finally:
            await cancel(running)

    def acknowledge(self, name: str) -> str:
        """Silence an alarm until it was over; return what came of it, in words."""
        if name not in self._standing:
            return f"no alarm `{name}`; there are: {', '.join(self._standing)}"
        return "acknowledged" if self._standing[name].acknowledge() else f"{name} does not sound"

    def test(self, name: str, seconds: float = TEST_S) -> str:
        """Sound the outputs of an alarm for a moment; return what came of it, in words."""
        if name not in self._standing:
            return f"no alarm `{name}`; there are: {', '.join(self._standing)}"
        self._standing[name].test(asyncio.get_running_loop().time(), seconds)
        return f"{name} sounds for {seconds:g} s"

    def conditions(self) -> dict[str, str]:
        """Return each alarm with `off`, `on since …`, or why it cannot sound."""
        real_s = asyncio.get_running_loop().time()
        found = {}
        for name, standing in self._standing.items():
            troubles = [
                f"{output}: {self._sirens[output].trouble}"
                for output in standing.config.outputs
                if self._sirens[output].trouble
            ]
            found[name] = "; cannot sound ".join([standing.condition(real_s), *troubles[:1]])
        return found

    def _keep(self) -> None:
        kept = {name: standing.kept() for name, standing in self._standing.items()}
        if kept == self._kept:
            return
        part = self._path.with_suffix(".part")
        try:
            part.write_bytes(encode(kept))
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as error:
            log.warning("%s: %s: a restart will not know of the alarms", self._path, error)
        self._kept = kept


def _read(path: Path) -> dict[str, Kept]:
    with suppress(OSError, CodecError):
        return decode(path.read_bytes(), dict[str, Kept])
    return {}
