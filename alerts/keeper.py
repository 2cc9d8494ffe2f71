"""The desk with its memory in the database: one transaction for each message and standing."""

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import msgspec
import psycopg
from msgspec.structs import replace

from alerts import AlertError
from alerts.cap_check import check
from alerts.desk import Desk, Key, Refusal, Step
from alerts.lifecycle import Standing
from alerts.practice import Practice
from alerts.signing import Signer
from forewarn.domain.canary import is_canary, seen_by
from forewarn.domain.clock import Clock
from forewarn.domain.codec import decode, encode
from forewarn.domain.desk import Act, Action
from forewarn.domain.drill import Drill
from forewarn.domain.errors import CodecError
from forewarn.domain.hazard import Assessment
from forewarn.domain.logs import fields
from forewarn.storage import (
    Connection,
    connect,
    load_standings,
    migrate,
    save_standing,
    store_alert,
)
from forewarn.storage.alerting import store_draft
from forewarn.storage.drills import (
    begun_drills,
    close_drill,
    end_drill,
    save_drill_standing,
)
from forewarn.storage.heartbeats import beat
from forewarn.storage.incidents import (
    expire_incidents,
    settle_action,
    silences,
    waiting_actions,
)

log = logging.getLogger("alerts")

SERVICE = "alerts"
"""Under which name its heartbeat is kept."""

MEMORY = timedelta(hours=3)
"""World time for which a maintenance that is over counts for what was assessed during it."""


class Keeper:
    """Takes assessments and time to the desk and stores what it answers; for any thread.

    Raises StorageError or psycopg's OperationalError and InterfaceError when the database is
    away; the call may then be repeated, and begins with what the database holds.
    """

    def __init__(
        self,
        desk: Desk,
        database_url: str,
        clock: Clock,
        on_message: Callable[[], None],
        signer: Signer | None = None,
    ) -> None:
        self._desk, self._url, self._clock = desk, database_url, clock
        self._on_message, self._signer = on_message, signer
        self._practice = Practice(desk.site, desk.timing)
        self._broken: set[int | Key] = set()
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def open(self) -> None:
        """Connect, migrate and load the standings, if that is not done yet."""
        with self._lock:
            self._open()

    def take(self, payloads: Iterable[bytes]) -> None:
        """Take in assessments as they came from Kafka, oldest first."""
        with self._lock:
            self._guarded(partial(self._take_all, payloads))

    def tick(self) -> None:
        """Announce what time alone makes necessary."""
        with self._lock:
            self._guarded(self._tick)

    def close(self) -> None:
        """Let go of the database, if nobody is just using it."""
        if self._lock.acquire(timeout=1.0):
            self._drop()
            self._lock.release()

    def _open(self) -> Connection:
        if self._connection is None:
            connection = connect(self._url, application="forewarn-alerts")
            try:
                migrate(connection)
                self._desk.restore(restored(load_standings(connection)))
                self._practice.forget()
            except BaseException:
                connection.close()
                raise
            self._warn_of_the_future()
            self._connection = connection
        return self._connection

    def _guarded(self, work: Callable[[], None]) -> None:
        self._open()
        try:
            work()
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._drop()
            raise

    def _take_all(self, payloads: Iterable[bytes]) -> None:
        self._look_at_silences(self._clock.now())
        for payload in payloads:
            self._take(payload)

    def _take(self, payload: bytes) -> None:
        try:
            assessment = decode(payload, Assessment)
        except CodecError as error:
            log.error("assessment ignored", extra=fields(error=error))
            return
        if is_canary(assessment):
            if (canary := seen_by(assessment)) is not None:
                beat(self._open(), SERVICE, canary)
            return
        if assessment.drill:  # drills are made here: from elsewhere it would be nobody's
            log.error("a drill's assessment from elsewhere", extra=fields(drill=assessment.drill))
            return
        try:
            step = self._desk.take(assessment, self._clock.now())
            if step is not None:
                self._store(self._desk, step)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:  # one assessment that breaks something must not silence the others
            log.exception("assessment ignored", extra=fields(datastream=assessment.datastream))

    def _look_at_silences(self, now: datetime) -> None:
        self._desk.silences = silences(self._open(), after=now - MEMORY)

    def _tick(self) -> None:
        now = self._clock.now()
        self._look_at_silences(now)
        drills = self._drills(now)  # before the acts, some of which are about them
        for action in waiting_actions(self._open()):
            self._do(action, now)
        for key in list(self._desk.standings):
            self._elapse(key, now)
        for desk, drill in drills:
            self._practise(desk, drill, now)
        for name in expire_incidents(self._open(), now):  # after the renewals: what none renewed
            log.error("expired without a successor", extra=fields(incident=name))

    def _elapse(self, key: Key, now: datetime) -> None:
        try:
            step = self._desk.elapse(key, now)
            if step is not None:
                self._store(self._desk, step)
            self._broken.discard(key)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:  # one standing that breaks must not silence the others
            self._broke(key, "standing does not go on", datastream=key[2])

    def _do(self, action: Action, now: datetime) -> None:
        said = {"act": action.act.value, "author": action.author, "incident": action.incident}
        desk = self._practice.desk_of(action.incident) or self._desk
        try:
            step = self._sealed(desk.do(action, now))
            with self._open().transaction():
                self._write(desk, step)
                if desk.drill is not None and action.act is Act.CANCEL:
                    end_drill(self._open(), desk.drill.id, author=action.author, at=now)
                settle_action(self._open(), action.number, taken=now)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # one act that breaks something must not stop the clock
            known = isinstance(error, Refusal)
            log.warning("act refused", exc_info=not known, extra=fields(**said, reason=error))
            reason = str(error) if known else f"it failed: {type(error).__name__}; see the log"
            settle_action(self._open(), action.number, taken=now, refused=reason)
            return
        desk.settle(step)
        self._tell(step)

    def _drills(self, now: datetime) -> list[tuple[Desk, Drill]]:
        """Return the drills that began and are not closed, each with its desk."""
        found = []
        for drill, state in begun_drills(self._open(), now):
            key = drill.area, drill.hazard, str(drill.id)
            try:
                standing = restored({key: state})[key] if state else None
            except AlertError:
                self._broke(drill.id, "drill does not go on", drill=drill.id)
                continue
            found.append((self._practice.desk(drill, standing, now), drill))
        return found

    def _practise(self, desk: Desk, drill: Drill, now: datetime) -> None:
        """Let a drill go on, or bring it to its end: the Cancel and the end are one transaction."""
        try:
            if now < drill.end:
                for step in self._practice.steps(desk, drill, now):
                    self._store(desk, step)
            else:
                self._end(desk, drill, now)
            self._broken.discard(drill.id)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:  # a drill that breaks must not stop the clock of the world
            self._broke(drill.id, "drill does not go on", drill=drill.id)

    def _broke(self, what: int | Key, said: str, **about: object) -> None:
        """Log the exception that is being handled, once for each drill or standing."""
        if what not in self._broken:
            log.exception(said, extra=fields(**about))
        self._broken.add(what)

    def _end(self, desk: Desk, drill: Drill, now: datetime) -> None:
        step = desk.conclude(now)
        step = None if step is None else self._sealed(step)
        with self._open().transaction():
            if step is not None:
                self._write(desk, step)
            close_drill(self._open(), drill.id, at=now)
        self._practice.drop(drill)
        log.info("drill over", extra=fields(drill=drill.id, ended_by=drill.ended_by or "its time"))
        if step is not None:
            self._tell(step)

    def _store(self, desk: Desk, step: Step) -> None:
        step = self._sealed(step)
        self._write(desk, step)
        desk.settle(step)
        self._tell(step)

    def _sealed(self, step: Step) -> Step:
        if step.message is None or self._signer is None:
            return step
        return replace(step, message=self._signer.seal(step.message))

    def _write(self, desk: Desk, step: Step) -> None:
        connection, state = self._open(), encode(step.standing)
        drill = str(desk.drill.id) if desk.drill else ""
        if step.message is not None:
            store_alert(connection, step.message, state, step.draft)
        elif step.incident:
            store_draft(
                connection,
                step.key,
                state,
                incident=step.incident,
                status=desk.status,
                draft=step.draft,
                at=self._clock.now(),
                drill=drill,
            )
        elif drill:
            save_drill_standing(connection, drill, state)
        elif step.durable:
            save_standing(connection, *step.key, state)

    def _tell(self, step: Step) -> None:
        message = step.message
        if message is None:
            return
        for fault in check(message.cap.encode()):
            log.error("CAP fault", extra=fields(id=message.identifier, fault=fault))
        said = fields(id=message.identifier, why=step.reason, headline=message.headline)
        log.info(f"{message.msg_type.lower()} {message.level.name.lower()}", extra=said)
        self._on_message()

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None

    def _warn_of_the_future(self) -> None:
        now = self._clock.now()
        for key, standing in self._desk.standings.items():
            if standing.issue_time is not None and standing.issue_time > now:
                log.warning(
                    "the database is ahead of the clock; assessments before that time are ignored "
                    "(another replay in this database? use an empty one)",
                    extra=fields(datastream=key[2], stored=standing.issue_time, now=now),
                )


def restored(states: dict[Key, bytes]) -> dict[Key, Standing]:
    """Return the standings in `states`; AlertError names one that cannot be read."""
    standings = {}
    for key, state in states.items():
        try:
            standings[key] = msgspec.json.decode(state, type=Standing)
        except msgspec.DecodeError as error:
            raise AlertError(
                f"standing of {'/'.join(key)} in the database: {error}; it was written by another "
                "version of Forewarn: update this one"
            ) from error
    return standings
