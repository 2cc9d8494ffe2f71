"""The Faust app of one worker: topics, settings, life and death. Faust is here and in agents."""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver

from forewarn.domain.canary import is_canary
from forewarn.domain.codec import encode
from forewarn.domain.errors import ForewarnError
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.hazard import Assessment, Forecast, Inundation
from forewarn.domain.logs import fields
from forewarn.domain.observation import CheckedColumns
from forewarn.domain.topics import (
    ACKS,
    ASSESSMENTS,
    CHECKED,
    FORECASTS,
    GATEWAYS,
    INUNDATIONS,
    PARTITIONS,
    PROGRAMMES,
    RAW,
    REJECTED,
    VITALS,
    partition_of,
)
from forewarn.runtime import metrics
from forewarn.runtime.kafka_topics import bootstrap_servers
from stream.agents import hear, intake
from stream.hazards.contract import Findings
from stream.keeper import Round
from stream.settle import Settled
from stream.worker import Settings, Worker

log = logging.getLogger("stream")

END_WITHIN_S = 2.0
"""Real seconds for an orderly end; then the process ends all the same: nothing is lost by it."""
SESSION_TIMEOUT_S = 6.0
"""Real seconds after which a worker that died is missed. The least that Apache Kafka takes;
the embedded broker lets a group's first member wait for half of it."""
BUFFERED_BATCHES = 64
"""Messages that wait in each stream; Faust stops fetching beyond."""
FETCH_WAIT_MS = 100
"""How long a broker may keep a fetch waiting for the first record. Faust asks for 1,500, and
tansu lets a fetch wait to the end even when records come: 0.75 s for each hop."""
EXIT_OK, EXIT_FAILED = 0, 1

QUIET = {"faust": logging.ERROR, "mode": logging.ERROR, "aiokafka": logging.CRITICAL}
QUIET |= {__name__: logging.ERROR}
"""Faust tells of every step it takes, here in the name of our subclasses; what matters of it we
say ourselves, as `stream`."""


class Fate:
    """How this process ends: at once if something failed, in order if it was told to."""

    def __init__(self) -> None:
        self.told_to_end = False

    def fail(self, error: BaseException) -> None:
        """End now: the supervisor starts a fresh process, and nothing that counts is lost by it.

        What fails because we end already, a thread that is gone, is no failure.
        """
        if self.told_to_end:
            log.debug("while ending: %s: %s", type(error).__name__, error)
            return
        unexpected = None if isinstance(error, ForewarnError) else error
        log.critical("worker ends: %s: %s", type(error).__name__, error, exc_info=unexpected)
        _exit(EXIT_FAILED)

    def task(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Return `work` as a task whose failure is that of the process."""

        async def task() -> None:
            try:
                await work()
            except Exception as error:
                self.fail(error)

        return task


def _exit(code: int) -> None:
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(code)


def build(settings: Settings, worker: Worker, fate: Fate) -> faust.App:
    """Return the app whose agents and tasks drive `worker`."""
    app = faust.App(
        settings.group,
        broker=[f"kafka://{server}" for server in bootstrap_servers(settings.kafka_url)],
        datadir=str(settings.state / "stream"),
        autodiscover=False,
        store="memory://",
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=2.0,
        broker_request_timeout=20.0,
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        producer_request_timeout=20.0,
        stream_buffer_maxsize=BUFFERED_BATCHES,
        stream_wait_empty=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.transport.Consumer = _Consumer
    _wire(app, worker, fate)
    return app


class _ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer with a shorter wait, for which Faust has no setting."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class _Consumer(driver.Consumer):  # type: ignore[misc]
    """Faust's consumer on a thread of ours."""

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


def _wire(app: faust.App, worker: Worker, fate: Fate) -> None:
    """Connect the agents to their topics, and the rounds to the life of the app."""
    received, checked = _topic(app, RAW, REJECTED), _topic(app, CHECKED)
    acks, forecasts, assessments = (_topic(app, t) for t in (ACKS, FORECASTS, ASSESSMENTS))
    inundations, vitals, programmes = (_topic(app, t) for t in (INUNDATIONS, VITALS, PROGRAMMES))

    async def tell(settled: Settled) -> None:
        for ack in settled.acks:
            await acks.send(key=ack.gateway.encode(), value=encode(ack))
        for news in settled.checked:
            key, partition = news.area.encode(), partition_of(news.area)
            await checked.send(key=key, value=encode(news), partition=partition)

    async def tell_forecasts(made: Sequence[Forecast], judged: Sequence[Assessment]) -> None:
        for assessment in judged:
            await assessments.send(key=assessment.area.encode(), value=encode(assessment))
        for forecast in made:
            await forecasts.send(key=forecast.area.encode(), value=encode(forecast))

    async def publish(made: Sequence[Forecast], judged: Sequence[Assessment]) -> None:
        await tell_forecasts(made, judged)
        kept = [assessment for assessment in judged if not is_canary(assessment)]
        worker.keeper.keep(Round(forecasts=list(made), assessments=kept))

    async def publish_findings(found: Findings) -> None:
        await tell_forecasts(found.forecasts, found.assessments)
        for signs in found.vitals:
            await vitals.send(key=signs.area.encode(), value=encode(signs))
        for programme in found.programmes:
            await programmes.send(key=programme.area.encode(), value=encode(programme))
        worker.keeper.keep(
            Round(
                forecasts=list(found.forecasts),
                assessments=list(found.assessments),
                vitals=list(found.vitals),
                programmes=list(found.programmes),
            )
        )

    async def publish_map(
        drawn: Inundation, made: Sequence[Forecast], judged: Sequence[Assessment]
    ) -> None:
        await tell_forecasts(made, judged)
        await inundations.send(key=drawn.area.encode(), value=encode(drawn))
        worker.keeper.keep(Round(forecasts=list(made), assessments=list(judged), maps=[drawn]))

    def keep_status(status: GatewayStatus) -> None:
        worker.keeper.keep(Round(gateways=[(worker.clock.now(), status)]))

    async def assigned(_app: Any, partitions: Any, **_: Any) -> None:
        worker.assigned(tp.partition for tp in partitions if tp.topic == CHECKED)

    settle = intake(worker.settler.settle, worker.sink_thread, tell, fate.fail)
    app.agent(received, name="intake")(settle)
    app.agent(checked, name="watch")(hear(CheckedColumns, worker.rounds.add))
    app.agent(_topic(app, GATEWAYS), name="gateways")(hear(GatewayStatus, keep_status))
    app.on_partitions_assigned.connect(assigned, weak=False)
    app.task(fate.task(worker.keeper.work))
    app.task(fate.task(worker.look_after_broker))
    app.task(fate.task(lambda: worker.tick(publish)))
    app.task(fate.task(lambda: worker.draw(publish_map)))
    app.task(fate.task(lambda: worker.judge_hazards(publish_findings)))


def _topic(app: faust.App, *names: str) -> Any:
    return app.topic(
        *names,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        internal=True,
    )


class _Life(faust.Worker):  # type: ignore[misc]
    """Faust's worker with our end: in order if that is quick, and quick in any case."""

    def __init__(
        self, app: faust.App, worker: Worker, fate: Fate, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
        self._worker, self._fate = worker, fate

    async def on_startup_finished(self) -> None:
        log.info("stream worker is ready")

    def _schedule_shutdown(self, signal: Any) -> None:
        log.info("told to end")
        self._fate.told_to_end = True
        timer = threading.Timer(END_WITHIN_S, _exit, (EXIT_OK,))
        timer.daemon = True
        timer.start()
        self._worker.stop()
        super()._schedule_shutdown(signal)

    async def _sentinel_task(self) -> None:
        """Do not wait the second that Faust would."""

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        """Leave the process its name."""


def run(settings: Settings) -> int:
    """Run a worker until it is told to end; return its exit code."""
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    settings.state.joinpath("stream").mkdir(parents=True, exist_ok=True)
    metrics.serve(metrics.STREAM)
    worker = Worker(settings)
    worker.topics.wait()
    log.info("joining Kafka", extra=fields(group=settings.group))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    fate = Fate()
    life = _Life(build(settings, worker, fate), worker, fate, loop)
    try:
        life.execute_from_commandline()
    except SystemExit as end:
        return int(end.code or EXIT_OK)
    except Exception as error:
        fate.fail(error)
    finally:
        worker.stop()
    return EXIT_OK
