"""The agent: instruments → batches → outbox → broker."""

import asyncio
import fcntl
import logging
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time
from functools import partial
from math import inf
from pathlib import Path

from edge import OutboxError
from edge.autonomy import Autonomy
from edge.backlog import Drain
from edge.drivers.contract import Answer
from edge.drivers.registry import open_drivers
from edge.lines import Lines
from edge.outbox import Outbox
from edge.poller import Poller
from edge.publisher import Publisher
from edge.raws import within_budget
from edge.schedule import own_day
from edge.settings import GatewayConfig
from edge.tasks import cancel
from edge.timekeeping import Dating, Timekeeper, is_stamp, restamp, suspect
from edge.timekeeping.world import TrustedClock
from forewarn import __version__
from forewarn.domain import topics
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode, split
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import (
    MAX_BATCH_VALUES,
    Batch,
    Columns,
    Observation,
    to_milliseconds,
)

log = logging.getLogger("edge")

MEGABYTE = 1_000_000
STATUS_EVERY_S = 30.0
STATUS_SOONEST_S = 1.0
"""Real seconds between two statuses: at most, and at least [s]."""

CLOCK_EVERY_S = 1.0
"""Real seconds between two looks at the machine's clock [s]."""

NEXT_LOOK_S = 0.1
"""Real seconds until we look again whether there is a broker [s]."""


class Agent:
    """One start of the agent of one gateway.

    Parameters
    ----------
    clock : Clock
        A Timekeeper where the machine's time has to be found out; any other is believed.
    url : str
        The broker, `mqtt://…`.
    state : Path
        State directory; the outbox is `edge/<gateway>/outbox.db` in it unless configured.
    profiles : Path
        Folder of the Modbus profiles.
    listen : mapping
        Further topics → what takes each payload.
    configured : callable
        Returns what the status says of the configuration.
    """

    def __init__(
        self,
        config: GatewayConfig,
        *,
        clock: Clock,
        url: str,
        state: Path,
        lines: Lines,
        profiles: Path,
        listen: Mapping[str, Callable[[bytes], None]] | None = None,
        configured: Callable[[], str] = str,
    ) -> None:
        self._listen, self._configured = listen or {}, configured
        self._config, self._url = config, url
        self._clock = clock if isinstance(clock, Timekeeper) else TrustedClock(clock)
        path = config.outbox.path or state / "edge" / config.gateway / "outbox.db"
        self._path = Path(path)
        self._lines, self._profiles = lines, profiles
        self._boot_id = ""
        self._seq = 0
        self._pending: list[tuple[date | None, Observation]] = []
        self._to_tell: list[Callable[[], None]] = []
        self._filled = asyncio.Event()
        self._full = asyncio.Event()
        self._ending = False
        self._pollers: list[Poller] = []
        self.started = asyncio.Event()
        """Set once it works."""
        self.newest: GatewayStatus | None = None
        """What it last had to say of itself."""
        self._dating: Dating | None = None
        self._drain = Drain()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then write what is pending to disk and disconnect.

        Raises OutboxError where another agent of this gateway is running, ConfigError where
        the configuration cannot work.
        """
        drivers = open_drivers(self._config, self._lines, self._clock, self._profiles)
        with _alone(self._path):
            outbox = await asyncio.to_thread(self._open_outbox)
            self._clock.look()
            self._publisher = Publisher(self._config, self._url, outbox, encode(self._will()))
            self.autonomy = Autonomy(
                self._config,
                clock=self._clock,
                lines=self._lines,
                profiles=self._profiles,
                state=self._path.parent,
                report=self._report,
            )
            for name, instrument, driver in drivers:
                interval = partial(self.autonomy.sampler.interval, instrument)
                self._pollers.append(Poller(name, driver, interval, self._clock, self._take))
            self.autonomy.attend(self._pollers, self._publisher.broker)
            for topic, call in self._listen.items():
                self._publisher.broker.subscribe(topic, call)
            log.info(
                "ready: %d instruments of gateway %s, boot %s, %d batches in the outbox",
                *(len(drivers), self._config.gateway, self._boot_id, outbox.state().batches),
            )
            self.started.set()
            await self._work(stop)

    def reported(self) -> bool:
        """Return whether the database is known to hold something that was observed since start."""
        return self._boot_id in self._publisher.acked_boots

    def _open_outbox(self) -> Outbox:
        limits = self._config.outbox
        outbox = Outbox(
            self._path,
            limit_bytes=int(limits.limit_mb * MEGABYTE),
            memory_bytes=int(limits.memory_mb * MEGABYTE),
        )
        known = outbox.boots()
        while not self._boot_id or self._boot_id in known:
            self._boot_id = f"{self._clock.boot}-{secrets.token_hex(4)}"
        if isinstance(self._clock, Timekeeper):
            self._dating = Dating(self._clock)
            self._dating.begin(outbox)
        return outbox

    async def _work(self, stop: asyncio.Event) -> None:
        publishing = asyncio.create_task(self._publisher.run(), name="publisher")
        flushing = asyncio.create_task(self._flush(), name="flush")
        telling = asyncio.create_task(self._tell(), name="status")
        timing = asyncio.create_task(self._keep_time(), name="clock")
        broker = self._publisher.broker
        guarding = asyncio.create_task(
            self.autonomy.run(lambda: broker.connected, self._publisher.unacked_s), name="alarms"
        )
        pollers = [asyncio.create_task(p.run(), name=p.name) for p in self._pollers]
        stopping = asyncio.create_task(stop.wait(), name="stop")
        vital = [publishing, flushing, telling, timing, guarding, stopping, *pollers]
        try:
            done, _ = await asyncio.wait(vital, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()  # raises what ended it
        finally:
            await cancel([*pollers, timing, guarding])
            self._ending = True
            self._filled.set()
            self._full.set()
            await asyncio.wait([flushing])
            await cancel([publishing, telling, stopping])
            last = self._status(online=False)
            await self._publisher.aclose(encode(last))
            log.info("stopped: %d batches in the outbox", last.backlog)

    def _take(self, answer: Answer) -> None:
        """Judge at once, and put aside for the next batch; never waits."""
        self.autonomy.take(answer)
        now, told = self._clock.now(), answer.instrument_time
        if told and is_stamp(now):
            now = told  # an instrument that knows the time, while we do not
        doubted = self._clock.correction() is not None and not self._clock.trusted
        self._pending += [
            (
                own_day(o.phenomenon_time, now=now, instrument_time=told),
                suspect(o) if doubted and told is None else o,
            )
            for o in answer.observations
        ]
        if answer.kept:
            self._to_tell.append(answer.kept)
        self._wake_flush()

    def _report(self, observation: Observation) -> None:
        self._pending.append((None, observation))
        self._wake_flush()

    def _wake_flush(self) -> None:
        self._filled.set()
        if len(self._pending) >= MAX_BATCH_VALUES:
            self._full.set()

    async def _flush(self) -> None:
        """Write what is pending: at once after a pause, else with what follows within a moment."""
        loop, written_s = asyncio.get_running_loop(), -inf
        while self._pending or not self._ending:
            await self._filled.wait()
            rest_s = written_s + self._config.publish.flush_after_s - loop.time()
            if rest_s > 0 and not self._full.is_set():
                with suppress(asyncio.TimeoutError):
                    async with asyncio.timeout(rest_s):
                        await self._full.wait()
            written_s = loop.time()
            taken, self._pending = self._pending, []
            to_tell, self._to_tell = self._to_tell, []
            self._filled.clear()
            self._full.clear()
            if taken:
                await self._publisher.keep(self._batches(taken))
            for tell in to_tell:
                tell()

    def _batches(self, pending: Sequence[tuple[date | None, Observation]]) -> list[Batch]:
        return [
            self._batch(day, columns)
            for day in dict.fromkeys(day for day, _ in pending)
            for columns in split([observation for of, observation in pending if of == day])
        ]

    def _batch(self, day: date | None, columns: Columns) -> Batch:
        self._seq += 1
        end_of_day = datetime.combine(day, time.max, UTC) if day else self._clock.now()
        batch = Batch(
            gateway=self._config.gateway,
            boot_id=self._boot_id,
            seq=self._seq,
            created=to_milliseconds(end_of_day),
            columns=columns,
        )
        correction = self._clock.correction()
        return restamp(batch, correction) if correction else batch

    async def _keep_time(self) -> None:
        """Look at the machine's clock each second, and date what was written before."""
        while True:
            self._clock.look(broker=self._publisher.broker.connected)
            if self._dating:
                await self._publisher.date(self._dating)
            await asyncio.sleep(CLOCK_EVERY_S)

    async def _tell(self) -> None:
        """Publish the status when something changed, and every half minute."""
        told: tuple[object, ...] = ()
        told_at = 0.0
        loop, broker = asyncio.get_running_loop(), self._publisher.broker
        while True:
            status = self.newest = self._status(online=True)
            # at a new connection the broker has published our will: say anew that we are there
            news = (broker.connections, *self._essence(status))
            if news != told or loop.time() - told_at >= STATUS_EVERY_S:
                topic = topics.status(self._config.gateway)
                if broker.publish(topic, encode(status), retain=True):
                    told, told_at = news, loop.time()
            await asyncio.sleep(STATUS_SOONEST_S if broker.connected else NEXT_LOOK_S)

    def _essence(self, status: GatewayStatus) -> tuple[object, ...]:
        """Return what of a status is worth telling at once."""
        behind = status.backlog > self._config.publish.window
        return (
            *(status.instruments, behind, status.lost_batches > 0, status.outbox),
            *(status.findings, status.clock, status.sampling, status.alarms, status.config),
        )

    def _status(self, *, online: bool) -> GatewayStatus:
        state = self._publisher.state()
        raw, left_out = within_budget(poller.raw for poller in self._pollers)
        return GatewayStatus(
            online=online,
            gateway=self._config.gateway,
            version=__version__,
            boot_id=self._boot_id,
            time=self._clock.shown(),
            backlog=state.batches,
            backlog_oldest=self._publisher.oldest(),
            backlog_left_s=self._drain.left_s(asyncio.get_running_loop().time(), state.batches),
            instruments={poller.name: poller.condition for poller in self._pollers},
            last_errors={p.name: p.last_error for p in self._pollers if p.last_error},
            raw=raw,
            raw_left_out=left_out,
            disk_free_mb=_free_mb(self._path.parent),
            lost_batches=state.lost_batches,
            lost_observations=state.lost_observations,
            in_memory=state.in_memory,
            outbox=state.fault or "ok",
            findings=state.findings,
            clock=self._clock.condition,
            clock_error_s=self._clock.error_s,
            battery=self.autonomy.sampler.battery,
            sampling=self.autonomy.sampler.condition,
            alarms=self.autonomy.alarms.conditions(),
            config=self._configured(),
        )

    def _will(self) -> GatewayStatus:
        return GatewayStatus(
            online=False,
            gateway=self._config.gateway,
            version=__version__,
            boot_id=self._boot_id,
            time=self._clock.shown(),
        )


def _free_mb(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free // MEGABYTE
    except OSError:
        return None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process: two agents on one outbox would confuse acks."""
    lock = path.with_name(path.name + ".lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise OutboxError(f"{lock}: another agent of this gateway is running") from error
