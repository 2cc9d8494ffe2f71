"""Gathers how a running site is: processes, gateways, database. `status` shows it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from forewarn.domain import topics
from forewarn.domain.clock import VARIABLE as CLOCK_VARIABLE
from forewarn.domain.clock import clock_from
from forewarn.domain.config import Services
from forewarn.domain.errors import ForewarnError
from forewarn.domain.station import load_site
from forewarn.runtime.reach import without_password
from forewarn.runtime.retained import retained
from forewarn.runtime.run import Run, is_process


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the run."""

    name: str
    pid: int
    state: str
    """`ready`, `starting` or `dead`."""
    restarts: int
    memory_mb: float


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker retains of a gateway."""

    gateway: str
    state: str
    """`online`, `offline`, or `never heard of`."""
    backlog: int | None = None
    """Batches that it holds until the database has them."""
    time: str = ""
    """World time of the status, as the gateway wrote it."""
    instruments: dict[str, str] = {}
    """`station/driver` → `ok` or what is wrong."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """Rejections of one kind."""

    gateway: str
    reason: str
    count: int
    newest: datetime


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that stands."""

    incident: str
    level: str
    headline: str
    sent: datetime
    acknowledged_by: str | None


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the database holds."""

    observations: int
    repeats: int
    newest: datetime | None
    """Phenomenon time of the newest observation."""
    forecast_issued: datetime | None
    forecast_age_s: float | None
    """World seconds since the newest forecast's issue time."""
    rejected: list[Rejected]
    alerts: list[Alert]


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """All that `forewarn status` says."""

    running: bool
    command: str = ""
    site: str = ""
    pid: int = 0
    started: datetime | None = None
    world_time: datetime
    console: str = ""
    urls: dict[str, str] = {}
    """Without user and password."""
    processes: list[Process] = []
    gateways: list[Gateway] = []
    stored: Stored | None = None
    problems: list[str] = []
    """What could not be asked, and why."""

    @property
    def healthy(self) -> bool:
        """Whether everything runs and could be asked."""
        ready = all(process.state == "ready" for process in self.processes)
        return self.running and ready and not self.problems


def gather(state: Path, run: Run | None, given: Services) -> Condition:
    """Ask everything that can be asked; what cannot is named in `problems`."""
    alive = run is not None and run.alive
    urls = run.urls if run is not None and alive else given
    clock = clock_from({CLOCK_VARIABLE: run.clock} if run is not None and alive else {})
    problems: list[str] = []
    gateways, stored = [], None
    if urls.mqtt_url:
        try:
            expected = _gateways_of(Path(run.site)) if run is not None else []
            gateways = _gateways(urls.mqtt_url, expected)
        except (ForewarnError, OSError) as error:
            problems.append(f"MQTT: {error}")
    if urls.database_url:
        try:
            stored = _stored(urls.database_url, clock.now())
        except ForewarnError as error:
            problems.append(f"database: {error}")
    console = state / "console.url"
    return Condition(
        running=alive,
        command=run.command if run is not None and alive else "",
        site=run.site if run is not None and alive else "",
        pid=run.pid if run is not None and alive else 0,
        started=run.started if run is not None and alive else None,
        world_time=clock.now(),
        console=console.read_text(encoding="utf-8").strip() if console.is_file() else "",
        urls={key: without_password(url) for key, url in _urls(urls).items() if url},
        processes=_processes(run) if run is not None and alive else [],
        gateways=gateways,
        stored=stored,
        problems=problems,
    )


def read_status(gateway: str, payload: bytes) -> Gateway:
    """Return what a retained status message says; a foreign one is shown as unreadable."""
    try:
        said: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Gateway(gateway=gateway, state="unreadable status")
    backlog, instruments = said.get("backlog"), said.get("instruments")
    return Gateway(
        gateway=gateway,
        state="online" if said.get("online") is True else "offline",
        backlog=backlog if isinstance(backlog, int) and not isinstance(backlog, bool) else None,
        time=str(said.get("time", "")),
        instruments={str(key): str(value) for key, value in instruments.items()}
        if isinstance(instruments, dict)
        else {},
    )


def _gateways(mqtt_url: str, expected: Sequence[str]) -> list[Gateway]:
    messages = retained(mqtt_url, topics.status("+"))
    heard = {
        gateway: read_status(gateway, payload)
        for gateway, payload in (
            (topics.gateway_of(topic), payload) for topic, payload in messages.items()
        )
    }
    silent = [Gateway(gateway=name, state="never heard of") for name in expected]
    return sorted(
        [*heard.values(), *(gateway for gateway in silent if gateway.gateway not in heard)],
        key=lambda gateway: gateway.gateway,
    )


def _gateways_of(site: Path) -> list[str]:
    return list(load_site(site).gateways)


def _stored(database_url: str, now: datetime) -> Stored:
    import psycopg

    from forewarn.storage import connect, reader

    connection = connect(database_url, application="forewarn status")
    try:
        totals = reader.totals(connection)
        issued = totals.newest_issue_time
        return Stored(
            observations=totals.observations,
            repeats=totals.repeats,
            newest=totals.newest_phenomenon_time,
            forecast_issued=issued,
            forecast_age_s=None if issued is None else (now - issued).total_seconds(),
            rejected=[
                Rejected(gateway=r.gateway, reason=r.reason, count=r.count, newest=r.newest)
                for r in reader.rejection_counts(connection)
            ],
            alerts=[
                Alert(
                    incident=row.incident,
                    level=row.level.name.lower(),
                    headline=row.headline,
                    sent=row.sent,
                    acknowledged_by=row.acknowledged_by,
                )
                for row in reader.alerts(connection, active_only=True)
            ],
        )
    except psycopg.errors.UndefinedTable as error:
        raise ForewarnError("no tables there yet: no service has been started on it") from error
    except psycopg.Error as error:
        raise ForewarnError(str(error).strip()) from error
    finally:
        connection.close()


def _processes(run: Run) -> list[Process]:
    found = []
    for record in run.processes:
        lives = is_process(record.pid, record.create_time)
        state = ("ready" if record.ready else "starting") if lives else "dead"
        memory = _memory_mb(record.pid) if lives else 0.0
        found.append(
            Process(
                name=record.name,
                pid=record.pid,
                state=state,
                restarts=record.restarts,
                memory_mb=memory,
            )
        )
    return found


def _memory_mb(pid: int) -> float:
    """Return the resident memory of a process and its children, without what they share."""
    import psutil

    try:
        process = psutil.Process(pid)
        own = process.memory_info()
        total: int = own.rss
        for child in process.children(recursive=True):
            memory = child.memory_info()
            total += memory.rss - getattr(memory, "shared", 0)
    except psutil.Error:
        return 0.0
    return round(total / 1e6, 1)


def _urls(urls: Services) -> dict[str, str]:
    return dict(msgspec.structs.asdict(urls))
