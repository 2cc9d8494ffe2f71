"""Threads that send what is queued, the most urgent first, one claimed message at a time."""

import logging
import threading

import psycopg

from alerts import ChannelError
from alerts.paging.channels import Ways
from alerts.people.directory import ChannelOf, People
from forewarn.domain import canary
from forewarn.domain.clock import Clock
from forewarn.domain.errors import ForewarnError
from forewarn.domain.logs import fields
from forewarn.domain.paging import Claimed
from forewarn.runtime import metrics
from forewarn.storage import Connection, connect
from forewarn.storage.heartbeats import canary_claimed
from forewarn.storage.paging import accepted, claim, failed, try_later

log = logging.getLogger("alerts.paging.sender")

LEASE_S = 10.0
"""Longer than any channel's timeout; a message whose pager died goes out again after it."""
IDLE_S = 0.5
TRIES = 3
"""On one channel before the next one of the person is tried."""
PAUSES_S = (1.0, 3.0)
"""Real seconds after the first and the second failure on one channel."""


class Sender(threading.Thread):
    """Sends until `stop`; a lost database is tried again. `speed` is the clock's."""

    def __init__(
        self,
        number: int,
        *,
        people: People,
        database_url: str,
        clock: Clock,
        ways: Ways,
        speed: float = 1.0,
    ) -> None:
        super().__init__(name=f"pager-{number}", daemon=True)
        self._people, self._url, self._clock, self._ways = people, database_url, clock, ways
        self._speed = speed
        self._wake, self._ending = threading.Event(), False

    def wake(self) -> None:
        """Look for queued messages now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the message that is under way."""
        self._ending = True
        self._wake.set()

    def run(self) -> None:
        """Claim and send, over and over."""
        while not self._ending:
            try:
                with connect(self._url, application=self.name) as connection:
                    while not self._ending:
                        if not self.send_one(connection):
                            self._rest()
            except psycopg.errors.UndefinedTable:  # the pager migrates, and says if it cannot
                self._rest()
            except (ForewarnError, psycopg.Error) as error:
                log.warning("cannot page", extra=fields(error=" ".join(str(error).split())))
                self._rest()

    def send_one(self, connection: Connection) -> bool:
        """Send one message that is due; return whether there was one."""
        claimed = claim(connection, lease_s=LEASE_S)
        if claimed is None:
            return False
        if claimed.person == canary.NAME:
            canary_claimed(connection, claimed.id, claimed.due_at)
            return True
        contact = self._people.contacts.get(claimed.person)
        channels = contact.channels if contact else ()
        if claimed.channel >= len(channels):
            error = f"people.toml has no channel {claimed.channel + 1} for `{claimed.person}`"
            failed(connection, claimed.id, error=error, at=self._clock.now())
            metrics.pages_failed.inc()
            return True
        channel = channels[claimed.channel]
        try:
            self._ways.send(channel, claimed, connection)
        except psycopg.Error:
            raise
        except Exception as error:  # whatever is wrong with one message, others are sent
            if not isinstance(error, ChannelError):
                log.exception("a message could not be made", extra=fields(id=claimed.id))
            last = claimed.channel + 1 == len(channels)
            self._put_off(connection, claimed, channel, str(error), last=last)
        else:
            now = self._clock.now()
            accepted(connection, claimed.id, via=channel.kind, at=now)
            metrics.pages_sent.labels(channel=channel.kind, outcome="taken").inc()
            took = (now - claimed.due_at).total_seconds() / self._speed
            metrics.page_seconds.observe(max(0.0, took))
            log.info("paged", extra=fields(person=claimed.person, via=channel.kind))
        return True

    def _put_off(
        self,
        connection: Connection,
        claimed: Claimed,
        channel: ChannelOf,
        error: str,
        *,
        last: bool,
    ) -> None:
        used_up = claimed.attempts + 1 >= TRIES
        metrics.pages_sent.labels(channel=channel.kind, outcome="failed").inc()
        log.warning("not paged", extra=fields(person=claimed.person, error=error))
        if used_up and last:
            failed(connection, claimed.id, error=error, at=self._clock.now())
            metrics.pages_failed.inc()
            return
        pause_s = 0.0 if used_up else PAUSES_S[min(claimed.attempts, len(PAUSES_S) - 1)]
        try_later(
            connection, claimed, via=channel.kind, error=error, pause_s=pause_s, onward=used_up
        )

    def _rest(self) -> None:
        self._wake.wait(IDLE_S)
        self._wake.clear()
