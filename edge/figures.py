"""Figures of an agent for Prometheus, from its newest status; served where the port says so.

Written by hand in the text format: the agent carries no library for it.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from msgspec import Struct

from forewarn.domain.config import metrics_port
from forewarn.domain.gateway import GatewayStatus

log = logging.getLogger("edge")

HOST = "127.0.0.1"
MEGABYTE = 1_000_000

Values = dict[str, float]


class Figure(Struct, frozen=True):
    """One figure; its values are by label value, `""` where it has no label."""

    name: str
    means: str
    values: Callable[[GatewayStatus], Values]
    kind: str = "gauge"
    label: str = ""


def _one(value: float | None) -> Values:
    return {} if value is None else {"": value}


FIGURES = (
    Figure(
        "forewarn_edge_status_timestamp_seconds",
        "World time of these figures, Unix: an agent that hangs shows old ones",
        lambda s: _one(s.time.timestamp()),
    ),
    Figure(
        "forewarn_edge_backlog",
        "Batches not yet known to be in the database",
        lambda s: _one(s.backlog),
    ),
    Figure(
        "forewarn_edge_backlog_oldest_timestamp_seconds",
        "World time at which the oldest of them was made, Unix; absent where none waits",
        lambda s: _one(s.backlog_oldest.timestamp() if s.backlog_oldest else None),
    ),
    Figure(
        "forewarn_edge_memory_batches",
        "Batches that are only in memory, because the disk refuses them",
        lambda s: _one(s.in_memory),
    ),
    Figure(
        "forewarn_edge_lost_batches_total",
        "Batches given up since the outbox was made",
        lambda s: _one(s.lost_batches),
        kind="counter",
    ),
    Figure(
        "forewarn_edge_lost_observations_total",
        "Observations given up since the outbox was made",
        lambda s: _one(s.lost_observations),
        kind="counter",
    ),
    Figure(
        "forewarn_edge_disk_free_bytes",
        "Room on the disk of the outbox",
        lambda s: _one(None if s.disk_free_mb is None else s.disk_free_mb * MEGABYTE),
    ),
    Figure(
        "forewarn_edge_clock_trusted",
        "Whether its clock is trusted",
        lambda s: _one(s.clock == "ok"),
    ),
    Figure(
        "forewarn_edge_clock_error_seconds",
        "How far its clock was off when it last learned the time",
        lambda s: _one(s.clock_error_s),
    ),
    Figure("forewarn_edge_battery_ratio", "Charge of its battery", lambda s: _one(s.battery)),
    Figure(
        "forewarn_edge_instrument_ok",
        "Whether an instrument answers without a remark",
        lambda s: {name: condition == "ok" for name, condition in s.instruments.items()},
        label="instrument",
    ),
)


def page(status: GatewayStatus) -> str:
    """Return what `status` says in Prometheus's text format; what is not known is absent."""
    return "\n".join(_lines(status)) + "\n"


def _lines(status: GatewayStatus) -> Iterator[str]:
    for figure in FIGURES:
        yield f"# HELP {figure.name} {figure.means}"
        yield f"# TYPE {figure.name} {figure.kind}"
        for of, value in figure.values(status).items():
            said = of.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
            label = f'{{{figure.label}="{said}"}}' if figure.label else ""
            yield f"{figure.name}{label} {float(value)!r}"


def serve(
    newest: Callable[[], GatewayStatus | None], environment: Mapping[str, str] = os.environ
) -> int:
    """Serve `newest` on 127.0.0.1 in a thread, if a port is given; return it, 0 for none.

    A port that is taken is logged: an agent works without its figures.
    """

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer any path; 503 before there is a status."""
            status = newest()
            body = page(status).encode() if status else b""
            self.send_response(200 if status else 503)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    port = metrics_port(environment)
    if port:
        try:
            server = ThreadingHTTPServer((HOST, port), Answer)
        except OSError as error:
            log.error("no metrics at port %d: %s", port, error)
            return 0
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return port
