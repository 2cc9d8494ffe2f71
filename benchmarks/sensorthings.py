"""The data API: observations through CreateObservations, and what hostile questions cost.

Throughput: eight clients post arrays of 1,000 observations (100 gauges, 10 times each) to the real
console; each answer comes when the real gateway, Kafka and stream worker with every quality test
have carried them into the database. Then questions meant to hurt are asked while the duty page's
own question is timed beside them.
"""

import http.client
import json
import statistics
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from benchmarks.machine import describe, verdict
from benchmarks.pipeline import processor_seconds, site
from console.access.sessions import digest, new_token
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader
from forewarn.storage.accounts import TokenRow, add_token

CLIENTS, SECONDS = 8, 30
GAUGES, TIMES = 100, 10

_AREA = "geography'POLYGON((0 0,0 1,1 1,0 0))'"
HOSTILE = {
    "a thousand or": "Observations?$filter=" + " or ".join(f"result eq {k}" for k in range(110)),
    "all by value": "Observations?$orderby=result desc&$top=1000&$count=true",
    "all by value, of all things": (
        "Things?$expand=Datastreams($expand=Observations($orderby=result desc;$top=200);$top=100)"
    ),
    "text of all": "Observations?$filter=substringof('x',concat(Datastream/Thing/name,'y'))",
    "places of all": f"Observations?$filter=st_within(FeatureOfInterest/feature,{_AREA})",
    "seconds of all": "Observations?$filter=second(phenomenonTime) mul 2 eq 61&$count=true",
    "far": "Observations?$skip=1000000&$top=1000",
    "deep brackets": "Observations?$filter=" + "(" * 200 + "1 eq 1" + ")" * 200,
    "deep expansion": "Things?$expand=" + "Datastreams/Thing/" * 10 + "Locations",
}
_MANY = (
    "INSERT INTO observation SELECT s, timestamptz '2026-01-01' + n * interval '1 s', n %% 97, 1,"
    " now() FROM unnest(%s::int[]) AS s, generate_series(1, 100000) AS n"
)
"""A million observations, so that what is costly costs."""


class Client:
    """Posts arrays one after the other, each with the next seconds of its gauges."""

    def __init__(self, url: str, token: str, streams: list[int], start: datetime) -> None:
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=240)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._streams, self._at = streams, start
        self.took: list[float] = []
        self.created = 0

    def run(self, until: float) -> None:
        """Post until the monotonic time `until`."""
        while time.monotonic() < until:
            body = self._body()
            began = time.monotonic()
            self._connection.request("POST", "/v1.1/CreateObservations", body, self._headers)
            answer = self._connection.getresponse()
            told = json.loads(answer.read())
            self.took.append(time.monotonic() - began)
            if answer.status == 201:
                self.created += sum(link != "error" for link in told)

    def _body(self) -> bytes:
        self._at += timedelta(seconds=TIMES)
        times = [
            (self._at + timedelta(seconds=k)).isoformat(timespec="milliseconds")
            for k in range(TIMES)
        ]
        return json.dumps(
            [
                {
                    "Datastream": {"@iot.id": stream},
                    "components": ["phenomenonTime", "result"],
                    "dataArray": [[at, 3 + (k % 7) / 100] for k, at in enumerate(times)],
                }
                for stream in self._streams
            ]
        ).encode()


def main() -> int:
    """Measure, print, and return 0 if the budgets are kept."""
    print(describe())
    with tempfile.TemporaryDirectory(prefix="forewarn-bench-") as scratch:
        state = Path(scratch) / "state"
        wanted = ("gateway", "stream", "console")
        services = [s for s in core_services(console_port=0) if s.name in wanted]
        with Supervisor(state, site(Path(scratch) / "bench"), services=services) as running:
            running.wait_ready(90)
            url = (state / "console.url").read_text(encoding="utf-8").strip()
            return _measure(running, url)


def _measure(running: Supervisor, url: str) -> int:
    token, now = new_token(), datetime.now(UTC)
    row = TokenRow(
        name="bench",
        role="technician",
        sites=[],
        created=now,
        expires=now + timedelta(days=1),
        revoked=None,
    )
    with closing(connect(running.urls.database_url)) as connection:
        add_token(connection, row, digest(token))
    _ask(url, token, "Things?$top=1")
    with closing(connect(running.urls.database_url)) as connection:
        found = connection.execute("SELECT id FROM datastream WHERE key LIKE 's%' ORDER BY id")
        streams = [number for (number,) in found]
    start = now - timedelta(hours=20)
    clients = [
        Client(url, token, streams[c * GAUGES : (c + 1) * GAUGES], start) for c in range(CLIENTS)
    ]
    clients[0].run(time.monotonic() + 2)  # until everything is warm
    warm = clients[0].created
    clients[0].took.clear()
    before, began = processor_seconds(running.pids), time.monotonic()
    threads = [
        threading.Thread(target=client.run, args=(began + SECONDS,), daemon=True)
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed, after = time.monotonic() - began, processor_seconds(running.pids)
    created = sum(client.created for client in clients)
    took = sorted(second for client in clients for second in client.took)
    kept = verdict("created", (created - warm) / passed, "observations/s", least=5_000)
    kept &= verdict("1,000 observations, p50", statistics.median(took), "s", most=2.0)
    kept &= verdict("1,000 observations, p99", took[int(len(took) * 0.99)], "s", most=5.0)
    for name in after:
        spent = (after[name] - before[name]) / (created - warm) * 1e5
        print(f"  {name:10} {spent:6.2f} s of processor for each 100,000")
    with closing(connect(running.urls.database_url)) as connection:
        stored = reader.totals(connection).observations
    print(f"created {created:,}, stored {stored:,}")
    with closing(connect(running.urls.database_url)) as connection:
        connection.execute(_MANY, (streams[-10:],))
    return 0 if _hostile(url, token) and kept and stored == created else 1


def _hostile(url: str, token: str) -> bool:
    """Ask what is meant to hurt; return whether limits hold and others are answered meanwhile."""
    worst, beside = 0.0, [_ask(url, token, "", path="/api/site")[1]]
    for name, question in HOSTILE.items():
        told: list[tuple[int, float]] = []
        asked = threading.Thread(target=lambda q=question, t=told: t.append(_ask(url, token, q)))
        asked.start()
        while asked.is_alive():
            beside.append(_ask(url, token, "", path="/api/stations")[1])
            time.sleep(0.05)
        status, took = told[0]
        worst = max(worst, took)
        print(f"  {name}: {status} after {took:.2f} s")
        if status not in (200, 400, 503):
            return False
    kept = verdict("the most hostile question", worst, "s", most=6.0)
    return verdict("/api/stations beside it, longest", max(beside), "s", most=3.0) and kept


def _ask(url: str, token: str, question: str, path: str = "/v1.1/") -> tuple[int, float]:
    where, began = urlsplit(url), time.monotonic()
    with closing(
        http.client.HTTPConnection(where.hostname or "", where.port, timeout=240)
    ) as connection:
        target = path + quote(question, safe="/?&=$();,:%'")
        connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
    return answer.status, time.monotonic() - began
