"""One round of planning: what is due now becomes rows, each person, incident and state once."""

from datetime import datetime, timedelta

from alerts.people.chain import Spans, due
from alerts.people.directory import People
from alerts.people.grouping import pages
from forewarn.domain.station import Site
from forewarn.storage import Connection
from forewarn.storage.incidents import silences
from forewarn.storage.paging import Remembered, cases, enqueue, paged_since, withdraw

HOUR = timedelta(hours=1)
BATCH = 500
"""Messages queued in one round, the most urgent first: what is more urgent and comes meanwhile
is not behind thousands."""


def plan(
    connection: Connection,
    now: datetime,
    *,
    people: People,
    site: Site,
    spans: Spans,
    remembered: Remembered | None = None,
) -> int:
    """Queue the messages that are due at `now`; return how many: `BATCH` if there may be more.

    Whoever else plans at the same time queues none of them again. `remembered` is for the next
    call: thousands who were told are not read again each second.
    """
    withdraw(connection)
    ended_after = now - spans.late
    found_cases = cases(connection, ended_after=ended_after, remembered=remembered)
    known = {case.incident.incident: case for case in found_cases}
    quiet = silences(connection, after=now)
    dues = [
        one
        for case in known.values()
        for one in due(case, now, people=people, silences=quiet, spans=spans)
    ]
    if not dues:
        return 0
    found = pages(
        dues,
        known,
        now,
        rule=people.directory.grouping,
        languages={contact.id: contact.language for contact in people.contacts.values()},
        names={area.id: area.name for area in site.areas},
        counts=paged_since(connection, now - HOUR),
    )
    with connection.transaction():
        return sum(enqueue(connection, page, now) for page in found[:BATCH])
