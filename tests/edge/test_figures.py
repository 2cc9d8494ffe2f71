"""An agent's figures, as Prometheus itself reads them."""

import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.figures import FIGURES, page, serve
from forewarn.domain.config import METRICS_VARIABLE
from forewarn.domain.gateway import GatewayStatus
from forewarn.runtime.ports import free_port

AT = datetime(2026, 7, 11, tzinfo=UTC)
STATUS = GatewayStatus(
    online=True,
    gateway="gw",
    version="1",
    boot_id="b",
    time=AT,
    backlog=7,
    backlog_oldest=AT,
    lost_batches=2,
    instruments={'weir/"modbus"': "ok", "weir/sdi12": "no answer"},
    disk_free_mb=3,
    clock="not set since boot",
    clock_error_s=-1.5,
    battery=0.5,
)


def samples(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_reads_what_a_status_says() -> None:
    found = samples(page(STATUS))
    assert {name for name, _ in found} == {figure.name for figure in FIGURES}
    assert found["forewarn_edge_backlog", ""] == 7
    assert found["forewarn_edge_lost_batches_total", ""] == 2
    assert found["forewarn_edge_disk_free_bytes", ""] == 3e6
    assert found["forewarn_edge_clock_trusted", ""] == 0
    assert found["forewarn_edge_instrument_ok", 'weir/"modbus"'] == 1
    assert found["forewarn_edge_instrument_ok", "weir/sdi12"] == 0
    bare = GatewayStatus(online=True, gateway="gw", version="1", boot_id="b", time=AT)
    assert ("forewarn_edge_battery_ratio", "") not in samples(page(bare))


def test_they_are_served_and_before_there_are_any_it_says_so() -> None:
    port, known = free_port(), []
    where = f"http://127.0.0.1:{port}/metrics"
    environment = {METRICS_VARIABLE: str(port)}
    assert serve(lambda: known[0] if known else None, environment) == port
    with pytest.raises(urllib.error.HTTPError, match="503") as error:
        urllib.request.urlopen(where, timeout=5)
    error.value.close()
    known.append(STATUS)
    with urllib.request.urlopen(where, timeout=5) as reply:
        assert samples(reply.read().decode())["forewarn_edge_backlog", ""] == 7
    assert serve(lambda: None, environment) == 0  # taken: the agent goes on
    assert serve(lambda: None, {}) == 0
