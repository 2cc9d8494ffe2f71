"""The process: plans when the desk stirs and every second, and sends meanwhile."""

import logging
import signal
import threading
import time
from datetime import datetime
from pathlib import Path

import psycopg

from alerts.paging.channels import Ways
from alerts.paging.displays import Displays, ReceiptTaker
from alerts.paging.plan import BATCH, plan
from alerts.paging.sender import Sender
from alerts.people.chain import spans
from alerts.people.directory import People, kinds
from forewarn.domain.clock import WorldClock
from forewarn.domain.errors import ForewarnError
from forewarn.domain.logs import fields
from forewarn.domain.station import Site
from forewarn.runtime import metrics
from forewarn.storage import Connection, connect, migrate
from forewarn.storage.heartbeats import beat, heartbeats, queue_canary
from forewarn.storage.incidents import CHANNEL
from forewarn.storage.paging import Remembered, waiting

log = logging.getLogger("alerts.paging.service")

SENDERS = 4
TICK_S = 1.0
"""Real seconds between two looks at what time alone makes due."""
GATHER_S = 0.05
"""A hundred alerts at once stir the desk a hundred times: what comes so close is planned once."""
PAUSE_S = 2.0
GOODBYE_S = 2.5
"""Less than the supervisor waits; what is under way then goes out again at the next start."""


class Pager:
    """Tells people until `stop`.

    Parameters
    ----------
    people : People | None
        None: the site has no people.toml; the pager says so and pages nobody.
    folder : Path
        Where files of `file` channels are.
    mqtt_url : str
        The broker; empty where nobody has a display.
    console_url : str
        The console as people reach it, for their messages; empty: they name none.
    """

    def __init__(
        self,
        site: Site,
        people: People | None,
        database_url: str,
        *,
        clock: WorldClock,
        folder: Path,
        mqtt_url: str = "",
        console_url: str = "",
    ) -> None:
        self._site, self._people, self._url, self._clock = site, people, database_url, clock
        self._stop = threading.Event()
        self._remembered: Remembered = {}
        displays = Displays(mqtt_url) if people and "mqtt" in kinds(people) else None
        late = spans(clock.speed).late
        self._receipts = ReceiptTaker(displays, database_url, clock, late) if displays else None
        self._ways: Ways | None = None
        if people is not None:
            self._ways = Ways(people, folder, displays=displays, console_url=console_url)
        self._senders = [
            Sender(
                n,
                people=people,
                database_url=database_url,
                clock=clock,
                ways=self._ways,
                speed=clock.speed,
            )
            for n in range(1, SENDERS + 1)
            if people is not None and self._ways is not None
        ]

    def stop(self) -> None:
        """Let `run` return soon; for any thread or signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Serve until `stop`."""
        if self._people is None:
            log.warning("nobody is paged: the site has no people.toml")
        threads: list[Sender | ReceiptTaker] = [
            *self._senders,
            *([self._receipts] if self._receipts else []),
        ]
        if self._ways:
            self._ways.start()
        for thread in threads:
            thread.start()
        try:
            while not self._stop.is_set():
                try:
                    self._watch()
                except (ForewarnError, psycopg.Error) as error:
                    said = " ".join(str(error).split())
                    log.warning("waiting for the database", extra=fields(error=said))
                    self._stop.wait(PAUSE_S)
        finally:
            for thread in threads:
                thread.stop()
            end = time.monotonic() + GOODBYE_S
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
            if self._ways:
                self._ways.stop()

    def _watch(self) -> None:
        with connect(self._url, application="forewarn-pager") as connection:
            migrate(connection)
            connection.execute(f"LISTEN {CHANNEL}".encode())
            log.info(
                "ready", extra=fields(people=len(self._people.contacts) if self._people else 0)
            )
            minute = None
            while not self._stop.is_set():
                queued = self._plan(connection)
                metrics.pages_waiting.set(waiting(connection))
                before, minute = minute, heartbeats(connection).get("alerts")
                if minute and minute != before:
                    self._pass_on(connection, minute)
                rest_s = 0.0 if queued >= BATCH else TICK_S
                # One after the other: psycopg holds the connection's lock between two of them.
                if list(connection.notifies(timeout=rest_s, stop_after=1)):
                    list(connection.notifies(timeout=GATHER_S))

    def _plan(self, connection: Connection) -> int:
        if self._people is None:
            return 0
        now, span = self._clock.now(), spans(self._clock.speed)
        queued = plan(
            connection,
            now,
            people=self._people,
            site=self._site,
            spans=span,
            remembered=self._remembered,
        )
        if queued:
            self._wake()
        return queued

    def _pass_on(self, connection: Connection, minute: datetime) -> None:
        """Let the canary that the alert service had go through the queue and a sender."""
        if self._senders:
            queue_canary(connection, minute)
            self._wake()
        else:
            beat(connection, "pager", minute)

    def _wake(self) -> None:
        for sender in self._senders:
            sender.wake()


def serve(
    site: Site,
    people: People | None,
    database_url: str,
    *,
    clock: WorldClock,
    folder: Path,
    mqtt_url: str,
    console_url: str,
) -> None:
    """Run the pager until SIGTERM or SIGINT."""
    pager = Pager(
        site,
        people,
        database_url,
        clock=clock,
        folder=folder,
        mqtt_url=mqtt_url,
        console_url=console_url,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pager.stop())
    metrics.serve(metrics.PAGER)
    log.info("starting", extra=fields(site=site.id, speed=f"{clock.speed:g}"))
    pager.run()
