"""docker-compose.yml says what Forewarn understands. No Docker engine is asked."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from forewarn.domain.config import load_services
from forewarn.runtime.services import core_services

ROOT = Path(__file__).resolve().parents[2]
OURS = ("gateway", "stream", "alerts", "pager", "console", "watchdog")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text()
    with_defaults = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    assert "${" not in with_defaults
    found: dict[str, Any] = yaml.safe_load(with_defaults)
    return found


@pytest.mark.parametrize("name", OURS)
def test_urls_are_ones_that_forewarn_accepts(
    compose: dict[str, Any], name: str, tmp_path: Path
) -> None:
    environment = compose["services"][name]["environment"]
    services = load_services(environment, tmp_path / "none.toml")
    hosts = (services.mqtt_url, services.kafka_url, services.database_url)
    for url, host in zip(hosts, ("mosquitto", "kafka", "timescaledb"), strict=True):
        assert re.search(rf"(//|@){host}:\d+", url), url
        assert host in compose["services"]
    assert (ROOT / environment["FOREWARN_SITE"].lstrip("/") / "site.toml").is_file()


def test_the_services_of_a_site_all_run(compose: dict[str, Any]) -> None:
    commands = {name: compose["services"][name]["command"][:2] for name in OURS}
    wanted = {service.name: service.arguments[:2] for service in core_services()}
    assert commands == wanted


def test_everything_comes_back_and_is_published_on_this_machine_only(
    compose: dict[str, Any],
) -> None:
    for name, service in compose["services"].items():
        assert service["restart"] == "unless-stopped", name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_mounted_files_and_volumes_are_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            known = (ROOT / source).exists() if source[0] == "." else source in compose["volumes"]
            assert known, f"{name}: {source}"


def test_image_holds_every_package() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied == packages
