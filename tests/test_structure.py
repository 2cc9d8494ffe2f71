"""The shape of the project, kept from the first commit."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["forewarn", "edge", "gateway", "stream", "alerts", "console", "simulators"]


def test_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_faust_appears_in_two_files_alone() -> None:
    users = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(
            line.lstrip().startswith(("import faust", "from faust", "from mode", "import mode"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    }
    assert users <= {"stream/app.py", "stream/agents.py"}


COMMANDS = sorted(entry.name for entry in entry_points(group="forewarn.commands"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_examples_and_is_documented(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [entry] = entry_points(group="forewarn.commands", name=command)
    with pytest.raises(SystemExit) as stop:
        entry.load()(["--help"])
    assert stop.value.code == 0
    assert "examples:" in capsys.readouterr().out
    assert f"forewarn {command}" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def test_every_driver_has_the_same_files() -> None:
    drivers = [path for path in (ROOT / "edge/drivers").iterdir() if (path / "driver.py").exists()]
    assert {path.name for path in drivers} >= {"modbus", "nmea", "tipping_bucket"}
    for driver in drivers:
        assert {"driver.py", "sample.toml", "README.md"} <= {p.name for p in driver.iterdir()}, (
            driver
        )


def test_every_setting_topic_and_variable_is_documented() -> None:
    from forewarn.domain import clock, config, topics

    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    words = [*topics.KAFKA_TOPICS, *config.VARIABLES.values(), clock.VARIABLE]
    words += config.WATCHDOG_VARIABLES.values()
    words += ["FOREWARN_SITE", "FOREWARN_STATE"]
    assert [word for word in words if f"`{word}`" not in operations] == []


DRIVER_HEADINGS = {"Configuration", "Datasheet", "Faults"}
MODEL_HEADINGS = {"Configuration", "Validation", "Limits", "What is not believed"}


def headings(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.removeprefix("## ").strip() for line in lines if line.startswith("## ")}


def test_every_driver_is_documented_by_the_same_template() -> None:
    for path in sorted((ROOT / "edge/drivers").glob("*/README.md")):
        found = headings(path)
        assert found >= DRIVER_HEADINGS, f"{path}: {DRIVER_HEADINGS - found}"
        assert found & {"Registers", "Sentences", "Messages"}, path


def test_every_hazard_is_documented_by_the_same_template() -> None:
    from stream.hazards.registry import ROOMS

    pages = {"venues": "venue"}
    for room in ROOMS:
        path = ROOT / "docs/models" / f"{pages.get(room, room)}.md"
        found = headings(path)
        assert found >= MODEL_HEADINGS, f"{path}: {MODEL_HEADINGS - found}"
