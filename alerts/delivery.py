"""One thread for each channel: what the database says is pending goes out, oldest first.

The database is the queue, so a service that was killed goes on where it was. A channel that
is down is tried again with a growing pause and keeps nobody else waiting.
"""

import logging
import threading
import time
from datetime import timedelta

import psycopg

from alerts import ChannelError, Refused
from alerts.channels import Channel
from forewarn.domain.clock import WorldClock
from forewarn.domain.errors import ForewarnError
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.logs import fields
from forewarn.runtime import metrics
from forewarn.storage import (
    AlertRow,
    Connection,
    connect,
    mark_delivered,
    mark_failed,
    pending_deliveries,
    reader,
)

log = logging.getLogger("alerts.delivery")

IDLE_S = 1.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
FORGET_AFTER = timedelta(days=1)
"""World time after which an undelivered message is history, not a warning; at least ten
real minutes. Keeps a newly configured channel from shouting the past."""
FORGET_AFTER_REAL_S = 600.0
ACTIVE_AT_MOST = 1_000


class Delivery(threading.Thread):
    """Delivers what is pending for one channel until `stop` is called.

    Parameters
    ----------
    channel : Channel
        Closed when the thread ends.
    database_url : str
        The thread has a connection of its own.
    clock : WorldClock
        Tells which messages are history.
    """

    def __init__(self, channel: Channel, database_url: str, clock: WorldClock) -> None:
        super().__init__(name=f"delivery-{channel.name}", daemon=True)
        self._channel, self._url, self._clock = channel, database_url, clock
        self._wake, self._ending = threading.Event(), False
        self._trouble = ""
        self._refused: dict[str, tuple[float, int]] = {}
        self._forget_after = max(FORGET_AFTER, timedelta(seconds=FORGET_AFTER_REAL_S * clock.speed))

    def wake(self) -> None:
        """Look for pending messages now."""
        self._wake.set()

    def stop(self) -> None:
        """End soon; the message that is under way may still go out."""
        self._ending = True
        self._wake.set()

    def run(self) -> None:
        """Deliver until stopped; a lost database or channel is tried again."""
        try:
            while not self._ending:
                try:
                    with connect(self._url, application=self.name) as connection:
                        failures = 0
                        while not self._ending:
                            failures = 0 if self._round(connection) else failures + 1
                            self._rest(pause_after(failures))
                except psycopg.errors.UndefinedTable:  # the keeper migrates, and says if it cannot
                    self._rest(IDLE_S)
                except (ForewarnError, psycopg.Error) as error:
                    self._say(" ".join(str(error).split()))
                    self._rest(IDLE_S)
        finally:
            self._channel.close()

    def _rest(self, seconds: float) -> None:
        """Wait, but not longer than until there is something new: warnings do not queue."""
        self._wake.wait(seconds)
        self._wake.clear()

    def _round(self, connection: Connection) -> bool:
        """Deliver all that is pending; return whether the channel works."""
        try:
            self._channel.keep(lambda: self._active(connection))
            while not self._ending:
                due = pending_deliveries(connection, self._channel.name, but=self._set_back())
                metrics.undelivered.labels(channel=self._channel.name).set(len(due))
                if not due:
                    break
                for message in due:
                    self._deliver(connection, message)
        except ChannelError as error:
            self._say(str(error))
            return False
        self._say("")
        return True

    def _deliver(self, connection: Connection, message: AlertMessage) -> None:
        name = self._channel.name
        if self._clock.now() - message.sent > self._forget_after:
            log.warning("too old to deliver", extra=fields(channel=name, id=message.identifier))
            mark_delivered(connection, message.identifier, name)
            return
        try:
            self._channel.deliver(message, lambda: self._active(connection))
        except Refused as error:
            metrics.deliveries.labels(channel=name, outcome="refused").inc()
            mark_failed(connection, message.identifier, name, str(error))
            _, failures = self._refused.get(message.identifier, (0.0, 0))
            due = time.monotonic() + pause_after(failures + 1)
            self._refused[message.identifier] = due, failures + 1
            self._say(f"{message.identifier}: {error}")
        except ChannelError as error:
            metrics.deliveries.labels(channel=name, outcome="failed").inc()
            mark_failed(connection, message.identifier, name, str(error))
            raise
        else:
            mark_delivered(connection, message.identifier, name)
            metrics.deliveries.labels(channel=name, outcome="taken").inc()
            took = (self._clock.now() - message.sent).total_seconds() / self._clock.speed
            metrics.delivery_seconds.labels(channel=name).observe(max(0.0, took))
            self._refused.pop(message.identifier, None)
            log.info("delivered", extra=fields(channel=name, id=message.identifier))

    def _set_back(self) -> list[str]:
        """Return what was refused and is not to be tried again yet."""
        now = time.monotonic()
        return [identifier for identifier, (due, _) in self._refused.items() if due > now]

    def _active(self, connection: Connection) -> list[AlertMessage]:
        now = self._clock.now()
        found = reader.alerts(connection, active_only=True, limit=ACTIVE_AT_MOST)
        return [as_message(row) for row in found if row.expires > now]

    def _say(self, trouble: str) -> None:
        """Log trouble once, and once that it is over."""
        if trouble and trouble != self._trouble:
            log.warning("cannot deliver", extra=fields(channel=self._channel.name, error=trouble))
        elif self._trouble and not trouble:
            log.info("delivering again", extra=fields(channel=self._channel.name))
        self._trouble = trouble


def pause_after(failures: int) -> float:
    """Return the real seconds to rest after so many failures in a row; 0 is no failure."""
    return min(FIRST_PAUSE_S * 2 ** (failures - 1), LONGEST_PAUSE_S) if failures else IDLE_S


def as_message(row: AlertRow) -> AlertMessage:
    """Return the message in `row`, without what became of it."""
    return AlertMessage(**{name: getattr(row, name) for name in AlertMessage.__struct_fields__})
