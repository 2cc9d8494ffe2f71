"""The watchdog's process: sends canaries, hears its witnesses, and speaks."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec

from alerts.watchdog import channels
from alerts.watchdog.alarm import Alarm
from alerts.watchdog.stages import Watch
from alerts.watchdog.witnesses import (
    ConsoleWitness,
    DatabaseWitness,
    KafkaWitness,
    MqttWitness,
    keep,
)
from forewarn.domain.canary import canary
from forewarn.domain.clock import Clock
from forewarn.domain.config import Services, WatchdogSettings, required
from forewarn.domain.logs import fields
from forewarn.domain.observation import AwareTime
from forewarn.runtime import metrics

log = logging.getLogger("watchdog")

TICK_S = 0.5
FILE = "watchdog.json"
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class StageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `forewarn watchdog status`; times are real."""

    stage: str
    means: str
    late: bool
    passed: AwareTime | None
    """When the newest canary that has passed it was sent."""
    waiting: AwareTime | None
    """When the oldest canary was sent that has not passed it."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the watchdog writes into the state directory, for `forewarn watchdog status`."""

    site: str
    written: AwareTime
    """Real time: a report that is old means that the watchdog does not run."""
    patience_s: float
    culprits: list[str]
    stages: list[StageRow]


class Watchdog:
    """One running watchdog; witnesses call `seen`, `stored` and `works` from their threads.

    Parameters
    ----------
    site : str
        Id of the site, for texts.
    services : Services
        What is watched.
    clock : Clock
        World time, in which canaries are dated.
    settings : WatchdogSettings
        Whom to tell, how often to look.
    state : Path
        State directory: the console's address is there, and the report goes there.
    """

    def __init__(
        self,
        site: str,
        services: Services,
        *,
        clock: Clock,
        settings: WatchdogSettings,
        state: Path,
    ) -> None:
        self._site, self._clock, self._settings, self._state = site, clock, settings, state
        self._boot_id = uuid4().hex
        self._lock = threading.Lock()
        self._watch = Watch(settings.patience_s)
        self._alarm = Alarm(site, self._real)
        self._ways = channels.ways(settings)
        self._stop = threading.Event()
        self._minutes: list[datetime] = []
        self._due_s = 0.0
        self._mqtt = MqttWitness(required(services, "mqtt_url"), self._boot_id, self)
        kafka = KafkaWitness(required(services, "kafka_url"), self)
        url = required(services, "database_url")
        self._database = DatabaseWitness(url, self._boot_id, self)
        console = ConsoleWitness(settings.console_url, state, self)
        self._witnesses = {
            "kafka": kafka.look,
            "postgres": lambda: self._database.look(self._stop),
            "console": lambda: console.look(self._stop),
        }

    def stop(self) -> None:
        """Let `run` return soon; for any thread or signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Watch until `stop`."""
        for name, look in self._witnesses.items():
            keep(name, look, self._stop)
        if not self._ways:
            log.warning("no way to tell anybody but this log: see [watchdog] of forewarn.toml")
        log.info("ready", extra=fields(site=self._site, ways=",".join(self._ways) or "log"))
        while not self._stop.wait(TICK_S):
            self.tick()
        self._mqtt.close()

    def tick(self) -> None:
        """Send a canary if one is due, speak if there is something to say, and report."""
        now_s = time.monotonic()
        if now_s >= self._due_s:
            self._send(now_s)
        with self._lock:
            culprits, late = self._watch.culprits(now_s), self._watch.late(now_s)
            table = self._watch.table(now_s)
        notice = self._alarm.look(culprits, late, now_s)
        if notice is not None:
            channels.tell(notice, self._ways)
        rows = [
            StageRow(
                stage=row.stage,
                means=row.means,
                late=row.late,
                passed=None if row.passed_s is None else self._real(row.passed_s),
                waiting=None if row.waiting_s is None else self._real(row.waiting_s),
            )
            for row in table
        ]
        for row in table:
            metrics.stage_late.labels(stage=row.stage).set(row.late)
            age = float("inf") if row.passed_s is None else now_s - row.passed_s
            metrics.canary_age.labels(stage=row.stage).set(age)
        self._write([culprit.stage.name for culprit in culprits], rows)

    def seen(self, stage: str, canary: datetime) -> None:
        """Note that `canary` has passed `stage`."""
        with self._lock:
            self._watch.seen(stage, canary, time.monotonic())

    def stored(self, stage: str, seq: int) -> None:
        """Note that the canaries of this start up to number `seq` have passed `stage`."""
        minutes = self._minutes
        if 0 < seq <= len(minutes):
            self.seen(stage, minutes[seq - 1])

    def works(self, stage: str) -> None:
        """Note that `stage` answers now."""
        with self._lock:
            self._watch.works(stage, time.monotonic())

    def _send(self, now_s: float) -> None:
        """Send the canary of this minute, unless the world is still in the last one's."""
        now = self._clock.now()
        minute = now - (now - BEGIN) % MINUTE
        if self._minutes and self._minutes[-1] - now > MINUTE:
            self._begin_anew(now)
        if self._minutes and minute <= self._minutes[-1]:
            return
        self._due_s = now_s + self._settings.interval_s
        with self._lock:
            self._minutes.append(minute)
            self._watch.sent(minute, now_s)
        self._mqtt.send(canary(minute, boot_id=self._boot_id, seq=len(self._minutes)), minute)
        if self._settings.ping_url:
            url = self._settings.ping_url
            threading.Thread(target=channels.ping, args=(url,), daemon=True).start()

    def _begin_anew(self, now: datetime) -> None:
        """Forget all canaries: the clock was put back, and until it caught up none would be sent.

        What was late stays late until a new canary comes through.
        """
        log.warning("the clock was put back", extra=fields(now=now, before=self._minutes[-1]))
        self._boot_id = self._mqtt.boot_id = self._database.boot_id = uuid4().hex
        with self._lock:
            self._minutes = []
            self._watch.forget()

    def _real(self, monotonic_s: float) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=time.monotonic() - monotonic_s)

    def _write(self, culprits: list[str], rows: list[StageRow]) -> None:
        report = Report(
            site=self._site,
            written=datetime.now(UTC),
            patience_s=self._settings.patience_s,
            culprits=culprits,
            stages=rows,
        )
        part = self._state / f"{FILE}.part"
        try:
            part.write_bytes(msgspec.json.encode(report))
            part.replace(self._state / FILE)
        except OSError as error:  # a full disk must not end the watchdog
            log.debug("no report", extra=fields(error=error))
