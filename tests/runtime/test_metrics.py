"""Figures for Prometheus: pages that parse, every figure documented, and nothing slow."""

import re
import urllib.request
from pathlib import Path

import msgspec
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry

from edge.figures import FIGURES
from forewarn.domain.config import METRICS_VARIABLE
from forewarn.domain.errors import ConfigError
from forewarn.runtime import metrics
from forewarn.runtime.ports import free_port

PAGE = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
REGISTRIES = {
    "gateway": metrics.GATEWAY,
    "stream": metrics.STREAM,
    "watchdog": metrics.WATCHDOG,
    "alerts": metrics.ALERTS,
    "pager": metrics.PAGER,
    "console": metrics.CONSOLE,
}


def names(registry: CollectorRegistry) -> set[str]:
    """Return the names as Prometheus knows them: a counter ends with `_total`."""
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {f"{f.name}_total" if f.type == "counter" else f.name for f in families}


def test_every_figure_is_documented_and_every_documented_figure_is_there() -> None:
    documented = set(re.findall(r"`(forewarn_\w+?)(?:\{\w+\})?`", PAGE))
    edge = {figure.name for figure in FIGURES}
    assert documented == edge.union(*map(names, REGISTRIES.values()))


@pytest.mark.parametrize("service", REGISTRIES)
def test_a_page_is_served_and_holds_the_figures_of_its_service(service: str) -> None:
    port = free_port()
    assert metrics.serve(REGISTRIES[service], {METRICS_VARIABLE: str(port)}) == port
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
        families = list(text_string_to_metric_families(reply.read().decode()))
    assert families
    assert all(family.name.startswith(f"forewarn_{service}_") for family in families)
    assert metrics.serve(REGISTRIES[service], {METRICS_VARIABLE: str(port)}) == 0  # taken: goes on


def test_without_a_port_nothing_is_served_and_nonsense_is_refused() -> None:
    assert metrics.serve(metrics.GATEWAY, {}) == 0
    with pytest.raises(ConfigError, match="FOREWARN_METRICS_PORT=`many`"):
        metrics.serve(metrics.GATEWAY, {METRICS_VARIABLE: "many"})


def test_targets_are_in_the_form_of_file_sd(tmp_path: Path) -> None:
    metrics.write_targets(tmp_path, {"gateway": 9101})
    assert msgspec.json.decode((tmp_path / "metrics.json").read_bytes()) == [
        {"targets": ["127.0.0.1:9101"], "labels": {"service": "gateway"}}
    ]
