"""Starts brokers, database and services, keeps them running, and leaves nothing behind."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from os import getpid
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import psutil

from forewarn.domain.clock import REAL, WorldClock
from forewarn.domain.config import METRICS_VARIABLE, Services
from forewarn.runtime import metrics
from forewarn.runtime.engines import EmbeddedKafka, EmbeddedMqtt, EmbeddedPostgres, Engine
from forewarn.runtime.errors import EngineError
from forewarn.runtime.lifeline import Lifeline
from forewarn.runtime.logfiles import bound, tail
from forewarn.runtime.parts import Kept, Part, ServiceProcess
from forewarn.runtime.ports import kept_port
from forewarn.runtime.reach import check_reachable
from forewarn.runtime.run import ProcessRecord, Run, create_time, remove_run, write_run
from forewarn.runtime.services import Service, check_names, environment
from forewarn.runtime.state import Claim, check_space, low_space

TICK_S = 0.2
CHECK_S = 5.0
"""How often logs and memory are looked at."""

log = logging.getLogger("forewarn.runtime")


class Supervisor:
    """All processes of one site on one machine.

    Use it as a context manager::

        with Supervisor(state, site, services=core_services()) as running:
            running.wait_ready(60)
            running.kill("gateway")          # comes back by itself

    Parameters
    ----------
    state : Path
        State directory: data, logs, ports, `run.json`.
    site : Path
        Folder of the site.
    clock : WorldClock, optional
        World time for all services; real time by default.
    services : sequence of Service, optional
        What runs beside the engines; more can be added later.
    given : Services, optional
        URLs that are given: no engine is started for these. They must answer.
    engines : sequence of Engine, optional
        Instead of the embedded ones, for what is not given.
    command : str
        Who we are, for `status` and error messages.
    report : callable
        Gets a line of text whenever something noteworthy happens; logs by default.
    """

    def __init__(
        self,
        state: Path,
        site: Path,
        *,
        clock: WorldClock = REAL,
        services: Sequence[Service] = (),
        given: Services | None = None,
        engines: Sequence[Engine] | None = None,
        command: str = "up",
        report: Callable[[str], None] = log.warning,
    ) -> None:
        check_names(services)
        self.state, self.site = state.absolute(), site.absolute()
        self.urls = given or Services()
        """Where everything is; complete once started."""
        self._clock = "" if clock is REAL else clock.variable()
        self._services = list(services)
        self._engines = embedded(self.state, self.urls) if engines is None else list(engines)
        self._command, self._report = command, report
        self._parts: dict[str, Kept] = {}
        self._metrics: dict[str, int] = {}
        self._lifeline = Lifeline()
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._monitor: threading.Thread | None = None
        self._claim: Claim | None = None
        self._started = datetime.now(UTC)
        self._warned = False
        self._recorded: list[tuple[str, int, int, bool]] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the engines side by side, then the services; see `wait_ready`.

        Raises StateError if the directory is in use, full or not writable, EngineError if an
        engine does not start or a given URL does not answer. Then nothing is left running.
        """
        self._claim = Claim(self.state)
        try:
            self._tell_of_earlier_run(self._claim)
            check_space(self.state)
            check_reachable(self.urls)
            (self.state / "console.url").unlink(missing_ok=True)
            self._start_engines()
            for service in self._services:
                self.add(service)
            self._monitor = threading.Thread(target=self._watch, name="supervisor", daemon=True)
            self._monitor.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop services, then engines; kill what does not end in time. Harmless if repeated."""
        self._ending.set()
        if self._monitor is not None:
            self._monitor.join()
            self._monitor = None
        engines = {engine.name for engine in self._engines}
        _stop_all(kept.part for name, kept in self._parts.items() if name not in engines)
        _stop_all(kept.part for name, kept in self._parts.items() if name in engines)
        self._parts.clear()
        self._lifeline.end()
        if self._claim is not None:
            remove_run(self.state)
            (self.state / "console.url").unlink(missing_ok=True)
            self._claim.release()
            self._claim = None

    def add(self, service: Service) -> None:
        """Start one more service and keep it running."""
        with self._lock:
            if service.name in self._parts:
                raise EngineError(f"a process called `{service.name}` runs already")
            everything = environment(
                urls=self.urls, site=self.site, state=self.state, clock=self._clock
            )
            if service.metrics:
                port = kept_port(self.state, f"metrics-{service.name}")
                self._metrics[service.name] = port
                everything[METRICS_VARIABLE] = str(port)
                metrics.write_targets(self.state, self._metrics)
            path = self.state / "log" / f"{service.name}.log"
            kept = Kept(ServiceProcess(service, everything, path))
            self._parts[service.name] = kept
            kept.launch(time.monotonic())
            self._record()

    def remove(self, name: str) -> None:
        """Stop one process in order, for good."""
        with self._lock:
            self._kept(name).part.stop()
            del self._parts[name]
            self._record()

    def kill(self, name: str) -> int:
        """Kill one process with SIGKILL, as a crash would; return its pid. It comes back."""
        with self._lock:
            kept = self._kept(name)
            kept.part.kill()
            kept.ready = False
            return kept.part.pid

    def wait_ready(self, timeout: float, names: Iterable[str] | None = None) -> None:
        """Wait until all processes, or those in `names`, do their work.

        Raises EngineError with the end of the log of the first that does not within
        `timeout` [s], or that keeps dying without ever being ready.
        """
        deadline = time.monotonic() + timeout
        while late := self._not_ready(names):
            for name in late:
                self.check_hope(name)
            if time.monotonic() > deadline:
                raise EngineError(
                    f"{late[0]} is not ready after {timeout:g} s; "
                    f"the end of {self._kept(late[0]).part.log}:\n{self.tail(late[0])}"
                )
            time.sleep(0.05)

    def check_hope(self, name: str) -> None:
        """Raise EngineError if a process keeps dying without ever being ready."""
        kept = self._kept(name)
        if kept.hopeless:
            raise EngineError(
                f"{name} does not start; the end of {kept.part.log}:\n{self.tail(name)}"
            )

    def tail(self, name: str) -> str:
        """Return the last lines of a process's log."""
        return tail(self._kept(name).part.log)

    @property
    def names(self) -> list[str]:
        """What runs: engines first."""
        return list(self._parts)

    @property
    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return {name: kept.restarts for name, kept in self._parts.items()}

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each, of its newest start."""
        return {name: kept.part.pid for name, kept in self._parts.items()}

    @property
    def console_url(self) -> str | None:
        """Where the console is, once it is there."""
        path = self.state / "console.url"
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None

    def _kept(self, name: str) -> Kept:
        if name not in self._parts:
            raise EngineError(f"no process `{name}`; there are: {', '.join(self._parts)}")
        return self._parts[name]

    def _not_ready(self, names: Iterable[str] | None) -> list[str]:
        wanted = list(self._parts) if names is None else list(names)
        return [name for name in wanted if not self._kept(name).ready]

    def _start_engines(self) -> None:
        """Start them side by side; a service finds them all when it starts."""
        self._parts |= {engine.name: Kept(engine) for engine in self._engines}
        self._record()
        with ThreadPoolExecutor(max(1, len(self._engines))) as threads:
            starts = [(engine, threads.submit(engine.start)) for engine in self._engines]
            for engine, start in starts:
                url = start.result()
                self.urls = msgspec.structs.replace(self.urls, **{engine.key: url})
                self._parts[engine.name].ready = self._parts[engine.name].was_ready = True
                self._record()

    def _watch(self) -> None:
        """Look after all parts until the end comes; the thread `supervisor` runs this."""
        checked = 0.0
        while not self._ending.wait(TICK_S):
            now = time.monotonic()
            try:
                with self._lock:
                    for kept in list(self._parts.values()):
                        self._say(kept.tick(now))
                    if now - checked > CHECK_S:
                        checked = now
                        self._bound()
                    self._record()
            except OSError as error:
                self._say(f"{self.state}: {error.strerror or error}")
                self._ending.wait(CHECK_S)

    def _bound(self) -> None:
        """Keep logs and memory within their limits, and warn of a disk that fills up."""
        warning = low_space(self.state)
        if warning and not self._warned:
            self._say(warning)
        self._warned = warning is not None
        for kept in self._parts.values():
            bound(kept.part.log)
            limit = kept.part.memory_limit
            if limit and kept.part.alive and _resident(kept.part.pid) > limit:
                name = kept.part.name
                self._say(f"{name} holds {limit / 1e6:.0f} MB of old records; it starts anew")
                kept.part.stop()

    def _record(self) -> None:
        """Write run.json if anything changed, and tell the guard."""
        now = [(name, k.part.pid, k.restarts, k.ready) for name, k in self._parts.items()]
        if now == self._recorded:
            return
        self._lifeline.watch({pid for _, pid, _, _ in now if pid})
        processes = [
            ProcessRecord(
                name=name, pid=pid, create_time=create_time(pid), restarts=restarts, ready=ready
            )
            for name, pid, restarts, ready in now
        ]
        run = Run(
            pid=getpid(),
            create_time=create_time(getpid()),
            command=self._command,
            site=str(self.site),
            started=self._started,
            clock=self._clock,
            urls=self.urls,
            processes=processes,
        )
        write_run(self.state, run)
        self._recorded = now

    def _say(self, text: str | None) -> None:
        if text:
            self._report(text)

    def _tell_of_earlier_run(self, claim: Claim) -> None:
        if claim.earlier is None:
            return
        left = f", and left {', '.join(claim.orphans)}: ended now" if claim.orphans else ""
        self._say(
            f"{self.state}: an earlier `forewarn {claim.earlier.command}` "
            f"(pid {claim.earlier.pid}) did not end in order{left}"
        )


def embedded(state: Path, given: Services) -> list[Engine]:
    """Return the embedded engines for everything that is not given."""
    engines: list[Engine] = [EmbeddedMqtt(state), EmbeddedKafka(state), EmbeddedPostgres(state)]
    return [engine for engine in engines if not getattr(given, engine.key)]


def _stop_all(parts: Iterable[Part]) -> None:
    stopping = list(parts)
    if stopping:
        with ThreadPoolExecutor(len(stopping)) as threads:
            list(threads.map(lambda part: part.stop(), stopping))


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
