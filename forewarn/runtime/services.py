"""Which processes make up a running site, and the environment that tells them so."""

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from forewarn.domain.clock import VARIABLE as CLOCK_VARIABLE
from forewarn.domain.config import VARIABLES, Services
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site


class Service(Struct, frozen=True, kw_only=True):
    """One command, of `forewarn` unless told otherwise, that is kept running."""

    name: str
    """Unique; names its log, and it in `status` and `kill`."""
    arguments: list[str]
    """After `forewarn`, e.g. `["gateway", "run"]`."""
    environment: dict[str, str] = {}
    """Beside what all services get."""
    metrics: bool = False
    """Whether it serves figures for Prometheus where FOREWARN_METRICS_PORT says so."""
    program: tuple[str, ...] = (sys.executable, "-P", "-m", "forewarn.cli")

    def command(self) -> list[str]:
        """Return program and arguments."""
        return [*self.program, *self.arguments]


def core_services(*, workers: int = 1, console_port: int = 0) -> list[Service]:
    """Return what every site needs: `workers` stream workers, and one of each other service."""
    names = ["stream"] if workers == 1 else [f"stream-{n}" for n in range(1, workers + 1)]
    return [
        Service(name="gateway", arguments=["gateway", "run"], metrics=True),
        *(Service(name=name, arguments=["stream", "run"], metrics=True) for name in names),
        Service(name="alerts", arguments=["alerts", "run"], metrics=True),
        Service(name="pager", arguments=["alerts", "page"], metrics=True),
        Service(
            name="console",
            arguments=["console", "run", "--port", str(console_port)],
            metrics=True,
        ),
        Service(name="watchdog", arguments=["watchdog", "run"], metrics=True),
    ]


def foreign_services(site: Site) -> list[Service]:
    """Return what takes in messages of other authorities, if the site names any."""
    return [Service(name="foreign", arguments=["alerts", "foreign", "run"])] if site.foreign else []


def edge_services(
    site_id: str, firmware_configs: Path, devices: Path | None = None
) -> list[Service]:
    """Return an edge agent for each `firmware_configs/*/gateway.toml` of the site.

    `devices` is the JSON file in which simulators write the addresses of their lines.
    """
    services = []
    for config in sorted(firmware_configs.glob("*/gateway.toml")):
        if _site_of(config) != site_id:
            continue
        arguments = ["edge", "run", "--config", str(config.absolute())]
        arguments += ["--devices", str(devices)] if devices else []
        name = f"edge-{config.parent.name}"
        services.append(Service(name=name, arguments=arguments, metrics=True))
    return services


def environment(
    *, urls: Services, site: Path, state: Path, clock: str, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the environment of a service: ours, and where everything is."""
    ours = {VARIABLES[key]: getattr(urls, key) for key in VARIABLES if getattr(urls, key)}
    ours |= {"FOREWARN_SITE": str(site.absolute()), "FOREWARN_STATE": str(state.absolute())}
    ours |= {CLOCK_VARIABLE: clock} if clock else {}
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return one_thread | dict(base) | ours | {"PYTHONUNBUFFERED": "1"}


def check_names(services: Sequence[Service]) -> None:
    """Raise ConfigError if two services have the same name."""
    names = [service.name for service in services]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"two services are called `{twice[0]}`; names must differ")


def _site_of(config: Path) -> str:
    try:
        return str(tomllib.loads(config.read_text(encoding="utf-8")).get("site", ""))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{config}: {error}") from error
