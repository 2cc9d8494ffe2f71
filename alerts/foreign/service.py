"""The process that takes in foreign messages: one thread for each source.

It is not the alert service: whatever a foreign host does, no warning of ours waits for it.
"""

import logging
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from cryptography import x509

from alerts import AlertError
from alerts.foreign.message import read_message
from alerts.foreign.source import Found, Source
from alerts.signing import load_pinned
from forewarn.domain.clock import Clock
from forewarn.domain.errors import ForewarnError
from forewarn.domain.logs import fields
from forewarn.domain.station import Site
from forewarn.storage import Connection, StorageError, connect, migrate
from forewarn.storage.foreign import drop_old, store_foreign, store_source

log = logging.getLogger("alerts.foreign")

PAUSE_S = 2.0
"""Real seconds until the database is asked again."""
GOODBYE_S = 1.0


class Importer(threading.Thread):
    """Looks at one source until `stop`.

    Parameters
    ----------
    source : Source
    site : Site
    folder : Path
        Of the site: `pinned` is relative to it.
    database_url : str
    clock : Clock
        World time, by which old messages are forgotten.
    """

    def __init__(
        self, source: Source, site: Site, folder: Path, database_url: str, clock: Clock
    ) -> None:
        super().__init__(name=f"foreign-{source.source.id}", daemon=True)
        self._source, self._site, self._folder = source, site, folder
        self._url, self._clock = database_url, clock
        self._stopped = threading.Event()
        self._said = ""

    def stop(self) -> None:
        """Let it end soon."""
        self._stopped.set()

    def run(self) -> None:
        """Look, store, rest, until `stop`."""
        every_s = self._source.source.every.total_seconds()
        while not self._stopped.is_set():
            try:
                with connect(self._url, application="forewarn-foreign") as connection:
                    migrate(connection)
                    while not self._stopped.is_set():
                        self.once(connection)
                        self._stopped.wait(every_s)
            except (ForewarnError, psycopg.Error) as error:
                self._say(f"the database: {' '.join(str(error).split())}")
                self._stopped.wait(PAUSE_S)

    def once(self, connection: Connection) -> int:
        """Look once; return how many messages are new. psycopg.Error: the database went away."""
        source, asked, new, error = self._source.source, datetime.now(UTC), 0, ""
        try:
            pinned = load_pinned(self._folder / source.pinned) if source.pinned else ()
            for found in self._source.look():
                new += self._take(connection, found, pinned, asked)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except ForewarnError as trouble:
            error = str(trouble)
        except Exception as trouble:  # nor must a feed end the thread
            log.exception("look failed", extra=fields(source=source.id))
            error = f"it failed: {type(trouble).__name__}; see the log"
        error = error or self._source.trouble
        store_source(connection, source, asked=asked, error=error, refused=self._source.refused)
        drop_old(connection, self._clock.now())
        self._say(error)
        return new

    def _take(
        self,
        connection: Connection,
        found: Found,
        pinned: Sequence[x509.Certificate],
        asked: datetime,
    ) -> bool:
        source = self._source.source
        try:
            message = read_message(found.body, source, self._site, pinned, asked)
            new = store_foreign(connection, message)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # one message that breaks something must not hide the others
            known = isinstance(error, AlertError | StorageError)
            why = str(error) if known else f"it failed: {type(error).__name__}; see the log"
            said = fields(source=source.id, name=found.name, why=why)
            log.warning("refused", exc_info=not known, extra=said)
            self._source.settle(found, refused=why)
            return False
        self._source.settle(found)
        if new:
            where = ",".join(message.areas) or ("none of ours" if message.located else "in words")
            said = fields(source=source.id, id=message.identifier, areas=where)
            log.info(f"{message.status} {message.msg_type}", extra=said)
        return new

    def _say(self, trouble: str) -> None:
        """Log trouble once, and once that it is over."""
        if trouble and not self._said:
            log.warning("no answer", extra=fields(source=self._source.source.id, error=trouble))
        elif self._said and not trouble:
            log.info("answers again", extra=fields(source=self._source.source.id))
        self._said = trouble


def serve(site: Site, folder: Path, database_url: str, clock: Clock) -> None:
    """Look at every source of the site until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    importers = [
        Importer(Source(source, folder), site, folder, database_url, clock)
        for source in site.foreign
    ]
    for importer in importers:
        importer.start()
    log.info("ready", extra=fields(site=site.id, sources=len(importers)))
    stop.wait()
    for importer in importers:
        importer.stop()
    for importer in importers:
        importer.join(GOODBYE_S)
