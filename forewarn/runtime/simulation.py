"""Adds simulated instruments, and the gateways that read them, to a running site."""

import time
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from forewarn.domain.clock import WorldClock
from forewarn.domain.errors import ConfigError
from forewarn.runtime.errors import EngineError
from forewarn.runtime.services import Service, edge_services
from forewarn.runtime.supervisor import Supervisor

LINES_WITHIN_S = 30.0
SIMULATE = "simulate"


def scenario_clock(site: Path, speed: float) -> WorldClock:
    """Return a clock that begins now at the `start` in scenario.toml of a site.

    `speed` is how many world seconds pass in a real one. Raises ConfigError if the site has
    no scenario, or its start has no zone.
    """
    path = site / "scenario.toml"
    try:
        start = tomllib.loads(path.read_text(encoding="utf-8"))["start"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: no scenario to play: {error}") from error
    if not isinstance(start, datetime) or start.tzinfo is None:
        raise ConfigError(f"{path}: `start` must be a time with a zone, 2024-08-01T00:00:00Z")
    return WorldClock(start, time.time(), speed)


def add_simulation(
    running: Supervisor,
    site_id: str,
    arguments: Sequence[str] = (),
    *,
    firmware_configs: Path | None = None,
) -> list[str]:
    """Start `forewarn simulate run …`, wait for its lines, then start the site's gateways.

    `arguments` go to `simulate run` behind `--site` and `--devices`. `firmware_configs` is
    where the gateways' folders are: beside `sites` by default. Returns the gateways' names
    as processes, `edge-<folder>`. Raises ConfigError if the site has no gateway there,
    EngineError if the simulators do not open their lines within 30 s.
    """
    devices = running.state / "devices.json"
    configs = firmware_configs or running.site.parent.parent / "firmware_configs"
    edges = edge_services(site_id, configs, devices)
    if not edges:
        raise ConfigError(
            f'{configs}: no */gateway.toml there has `site = "{site_id}"`; '
            "a gateway reads the instruments of its site"
        )
    devices.unlink(missing_ok=True)
    place = ["--site", str(running.site), "--devices", str(devices)]
    running.add(Service(name=SIMULATE, arguments=["simulate", "run", *place, *arguments]))
    deadline = time.monotonic() + LINES_WITHIN_S
    while not devices.is_file():
        running.check_hope(SIMULATE)
        if time.monotonic() > deadline:
            raise EngineError(
                f"{SIMULATE}: no {devices} after {LINES_WITHIN_S:g} s; "
                f"the end of its log:\n{running.tail(SIMULATE)}"
            )
        time.sleep(0.05)
    for edge in edges:
        running.add(edge)
    return [edge.name for edge in edges]
