"""What the page of venues costs: `/api/venues` for 10 venues with 200 zones, a day stored.

Each zone has an assessment a minute and a forecast each ten; each venue four events with six limits
of five bands. Asked as the console asks, at most once each other second whoever looks: database,
translation, JSON and compression.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.machine import describe, verdict
from console.readings import Readings
from console.venues.routes import Venues
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import encode
from forewarn.domain.config import convert
from forewarn.domain.hazard import Assessment, Exceedance, Level, Outcome
from forewarn.domain.station import Site
from forewarn.domain.venue import Advice, EventState, LimitState, Programme, Stretch
from forewarn.runtime.engines import EmbeddedPostgres
from forewarn.storage import connect, migrate, store_programmes

NOW = datetime(2026, 8, 17, 4, tzinfo=UTC)
VENUES, ZONES, ROUNDS = 10, 200, 15
MINUTE = timedelta(minutes=1)

_STREAMS = "INSERT INTO datastream (key) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
_ASSESSMENTS = """
INSERT INTO assessment (datastream_id, issue_time, area, hazard, outcome, body)
SELECT id, %(now)s - n * interval '1 min', 'town', 'crowd', 'ok', %(body)s::jsonb
    || jsonb_build_object('datastream', key, 'issue_time', %(now)s - n * interval '1 min',
                          'observed', 1 + 0.01 * (n %% 60))
FROM datastream, generate_series(0, 1439) AS n WHERE key LIKE 'zone-%%'
"""
_FORECASTS = """
INSERT INTO forecast (datastream_id, issue_time, area, model, leads_s, probabilities, quantiles,
    degraded)
SELECT id, %(now)s - n * interval '10 min', 'town', 'test', ARRAY[300, 600, 900, 1200, 1500, 1800],
    ARRAY[0.1, 0.5, 0.9],
    ARRAY[[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]]::double precision[],
    ARRAY[]::text[]
FROM datastream, generate_series(0, 143) AS n WHERE key LIKE 'zone-%%'
"""


def site() -> Site:
    """Return a site of so many venues and zones."""
    square = [(30, 121), (30, 122), (31, 122), (30, 121)]
    where = {"area": "town", "latitude": 30.0, "longitude": 121.0}
    lines = [{"value": 2.0 + k, "level": n, "label": n} for k, n in enumerate(("blue", "red"))]
    zone = {"kind": "zone", "property": "density", "unit": "1/m2", "hazard": "crowd", **where}
    places: list[dict[str, Any]] = [
        {"id": f"venue-{k}", "name": f"Venue {k}", "kind": "venue", **where} for k in range(VENUES)
    ]
    places += [
        {
            "id": f"zone-{k}",
            "name": f"Zone {k}",
            "venue": f"venue-{k % VENUES}",
            "thresholds": lines,
            **zone,
        }
        for k in range(ZONES)
    ]
    raw = {
        "id": "bench",
        "name": "Bench",
        "timezone": "UTC",
        "gateways": [],
        "area": [{"id": "town", "name": "Town", "polygon": square}],
        "station": [],
        "place": places,
    }
    return convert(raw, Site, source="benchmark")


def programme(venue: str) -> Programme:
    """Return four events with six limits each."""
    kinds = (Advice.GO, Advice.CAUTION, Advice.STOP, Advice.CAUTION, Advice.GO)
    bands = [
        Stretch(start=NOW + 72 * k * MINUTE, end=NOW + 72 * (k + 1) * MINUTE, advice=kind)
        for k, kind in enumerate(kinds)
    ]
    limits = [
        LimitState(
            name=f"limit {k}", datastream="m/w", unit="m/s", advice=Advice.GO, timeline=bands
        )
        for k in range(6)
    ]
    events = [
        EventState(
            event=f"event-{k}",
            name=f"Event {k}",
            start=NOW,
            end=NOW + 60 * MINUTE,
            advice=Advice.GO,
            limits=limits,
            timeline=bands,
        )
        for k in range(4)
    ]
    return Programme(venue=venue, name=venue, area="town", issue_time=NOW, events=events)


def fill(url: str, of: Site) -> None:
    """Store a day."""
    levels = [Exceedance(level=Level.BLUE, threshold=2.0, label="blue", probability=0.6)]
    body = Assessment(
        area="town",
        hazard="crowd",
        datastream="",
        issue_time=NOW,
        outcome=Outcome.OK,
        exceedances=levels,
        evidence=["1240 ± 40 persons of 2400 (licence), 0.62/m2, level of service C"],
        leads_s=[300, 1800],
        figures={"persons": 1240.0, "capacity": 2400.0, "flow_in": 12.0, "flow_out": 8.0},
    )
    with connect(url) as connection:
        connection.execute(_STREAMS, ([place.key for place in of.places],))
        connection.execute(_ASSESSMENTS, {"now": NOW, "body": encode(body).decode()})
        connection.execute(_FORECASTS, {"now": NOW})
        connection.execute("ANALYZE")
        store_programmes(connection, [programme(f"venue-{k}") for k in range(VENUES)])


async def ask(venues: Venues) -> tuple[list[float], int, int]:
    """Return the milliseconds of each round, and the bytes of the answer, plain and compressed."""
    took: list[float] = []
    for _ in range(ROUNDS):
        venues.forget()
        began = time.perf_counter()
        found = await venues.newest()
        took.append(1000 * (time.perf_counter() - began))
    return took, len(found.body), len(found.compressed)


def main() -> int:
    """Print the figures; exit 1 if a budget is broken."""
    print(describe())
    of = site()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder), durable=False) as url,
    ):
        with connect(url) as connection:
            migrate(connection)
        fill(url, of)
        readings = Readings(url)
        began = time.process_time()
        took, plain, compressed = asyncio.run(ask(Venues(of, readings, ManualClock(NOW))))
        own_ms = 1000 * (time.process_time() - began) / ROUNDS
        readings.close()
    print(f"{VENUES} venues, {ZONES} zones: {plain / 1000:.0f} kB, {compressed / 1000:.0f} kB gzip")
    print(f"{ROUNDS} times, the database included: slowest {max(took):.0f} ms")
    kept = [
        verdict("the console's own processor time", own_ms, "ms", most=100),
        verdict("with the database, median", statistics.median(took), "ms", most=1000),
        verdict("sent to a page", compressed / 1000, "kB", most=150),
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
