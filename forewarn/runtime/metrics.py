"""Figures for Prometheus: every metric a service may show, and the page that shows them.

All are here with their units and help so that docs/operations.md can be held against them.
A service counts always; it serves the page where FOREWARN_METRICS_PORT says so.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from prometheus_client import (
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.registry import CollectorRegistry

from forewarn.domain.config import metrics_port
from forewarn.domain.logs import fields

log = logging.getLogger("forewarn.metrics")

FILE = "metrics.json"
HOST = "127.0.0.1"

disable_created_metrics()  # type: ignore[no-untyped-call]
GATEWAY, STREAM, WATCHDOG = CollectorRegistry(), CollectorRegistry(), CollectorRegistry()
ALERTS, PAGER, CONSOLE = CollectorRegistry(), CollectorRegistry(), CollectorRegistry()

QUICK_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)

messages_taken = Counter(
    "forewarn_gateway_messages", "MQTT messages taken", ["to"], registry=GATEWAY
)
values_rejected = Counter(
    "forewarn_gateway_rejected", "Values and payloads refused", ["reason"], registry=GATEWAY
)
window = Gauge(
    "forewarn_gateway_unconfirmed", "Messages sent that Kafka has not confirmed", registry=GATEWAY
)
rows_stored = Counter("forewarn_stream_rows", "Observations committed", registry=STREAM)
batches_stored = Counter("forewarn_stream_batches", "Messages settled", registry=STREAM)
round_seconds = Histogram(
    "forewarn_stream_round_seconds",
    "Real seconds to judge one area for one minute, the model included",
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
    registry=STREAM,
)
judged_minute = Gauge(
    "forewarn_stream_judged_timestamp_seconds",
    "World time of the newest minute judged of an area, Unix",
    ["area"],
    registry=STREAM,
)
stage_late = Gauge(
    "forewarn_watchdog_stage_late", "1 where a stage lacks its canary", ["stage"], registry=WATCHDOG
)
canary_age = Gauge(
    "forewarn_watchdog_canary_age_seconds",
    "Real seconds since the newest canary that has passed a stage was sent",
    ["stage"],
    registry=WATCHDOG,
)

assessments_taken = Counter(
    "forewarn_alerts_assessments", "Assessments taken from Kafka", registry=ALERTS
)
deliveries = Counter(
    "forewarn_alerts_deliveries",
    "Attempts to deliver an alert message",
    ["channel", "outcome"],
    registry=ALERTS,
)
delivery_seconds = Histogram(
    "forewarn_alerts_delivery_seconds",
    "Real seconds from the sending time of a message until its channel took it",
    ["channel"],
    buckets=QUICK_S,
    registry=ALERTS,
)
undelivered = Gauge(
    "forewarn_alerts_undelivered", "Messages a channel has not taken", ["channel"], registry=ALERTS
)
pages_sent = Counter(
    "forewarn_pager_attempts",
    "Attempts to give a message to a channel of a person",
    ["channel", "outcome"],
    registry=PAGER,
)
page_seconds = Histogram(
    "forewarn_pager_accept_seconds",
    "Real seconds from queueing a message until a channel took it",
    buckets=QUICK_S,
    registry=PAGER,
)
pages_failed = Counter(
    "forewarn_pager_failed", "Messages that no channel of their person took", registry=PAGER
)
pages_waiting = Gauge("forewarn_pager_waiting", "Messages queued or being sent", registry=PAGER)
page_receipts = Counter(
    "forewarn_pager_receipts", "Receipts of displays and handsets", ["fate"], registry=PAGER
)
requests_answered = Counter(
    "forewarn_console_requests", "Requests answered", ["status"], registry=CONSOLE
)
request_seconds = Histogram(
    "forewarn_console_request_seconds",
    "Real seconds until a request was answered, event streams left out",
    buckets=(0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
    registry=CONSOLE,
)
streams_open = Gauge("forewarn_console_streams", "Pages that listen to events", registry=CONSOLE)


def serve(registry: CollectorRegistry, environment: Mapping[str, str] = os.environ) -> int:
    """Serve `registry` on 127.0.0.1 in a thread, if a port is given; return it, 0 for none.

    A port that is taken is logged: a service works without its figures. Raises ConfigError
    where the variable is no port.
    """
    port = metrics_port(environment)
    if port:
        try:
            start_http_server(port, addr=HOST, registry=registry)
        except OSError as error:
            log.error("no metrics", extra=fields(port=port, error=error))
            return 0
    return port


def write_targets(state: Path, ports: Mapping[str, int]) -> None:
    """Write `metrics.json`, the pages by service, for Prometheus's `file_sd_configs`."""
    targets = [
        {"targets": [f"{HOST}:{port}"], "labels": {"service": name}} for name, port in ports.items()
    ]
    part = state / f"{FILE}.part"
    part.write_bytes(msgspec.json.format(msgspec.json.encode(targets), indent=1))
    part.replace(state / FILE)
