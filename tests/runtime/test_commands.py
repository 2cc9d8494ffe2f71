"""`forewarn down` and `forewarn status`, on real runs, brokers and databases."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from forewarn import cli
from forewarn.commands.condition import gather, read_status
from forewarn.domain import topics
from forewarn.domain.config import Services
from forewarn.domain.observation import Rejection, to_milliseconds
from forewarn.runtime.run import read_run
from forewarn.storage import connect, store

StartRun = Callable[[Path], "subprocess.Popen[str]"]
Using = Callable[[Path], list[str]]
NOON = datetime(2020, 8, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_given_services(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_URL", "KAFKA_URL", "DATABASE_URL", "STATE", "SITE", "CLOCK"):
        monkeypatch.delenv(f"FOREWARN_{name}", raising=False)


def test_status_and_down_of_a_run(
    state: Path, start_run: StartRun, using: Using, capsys: pytest.CaptureFixture[str]
) -> None:
    run = start_run(state)
    assert cli.main(["status", "--state", str(state), "--json"]) == 1
    seen = json.loads(capsys.readouterr().out)
    assert seen["running"] is True
    assert [p["name"] for p in seen["processes"]] == ["postgres", "kafka", "parent"]
    assert all(p["state"] == "ready" and p["memory_mb"] > 1 for p in seen["processes"])
    assert seen["problems"] == ["database: no tables there yet: no service has been started on it"]
    assert "@" not in seen["urls"]["database_url"]
    assert cli.main(["status", "--state", str(state)]) == 1
    shown = capsys.readouterr().out
    assert "postgres" in shown
    assert "no tables there yet" in shown
    assert cli.main(["down", "--state", str(state)]) == 0
    assert f"stopped `forewarn up` of {Path('sites/han').absolute()}" in capsys.readouterr().out
    assert run.wait(5) == 0
    assert using(state) == []


def test_down_after_a_crash_ends_what_is_left(
    state: Path, start_run: StartRun, using: Using, capsys: pytest.CaptureFixture[str]
) -> None:
    run = start_run(state)
    run.kill()
    run.wait()
    assert cli.main(["down", "--state", str(state)]) == 0
    assert f"(pid {run.pid}) did not end in order" in capsys.readouterr().out
    assert read_run(state) is None


def test_down_and_status_where_nothing_runs(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["down", "--state", str(state)]) == 0
    assert cli.main(["status", "--state", str(state)]) == 1
    out = capsys.readouterr().out
    assert out.count("nothing runs on") == 2
    assert not state.exists()


def test_status_tells_gateways_rejections_and_what_is_stored(
    state: Path, mqtt_url: str, database: str
) -> None:
    said = {"online": False, "backlog": 12, "instruments": {"a/modbus": "no answer"}}
    _retain(mqtt_url, topics.status("status-test"), json.dumps(said).encode())
    rejection = Rejection(reason="unknown datastream", detail="x/stage", datastream="x/stage")
    with connect(database) as connection:
        row = ("a/stage", to_milliseconds(NOON), 1.5, 1, to_milliseconds(NOON), False)
        store(connection, [row], [("status-test", NOON, rejection)], [("status-test", "b", 1)])
    condition = gather(state, None, Services(mqtt_url=mqtt_url, database_url=database))
    [gateway] = [g for g in condition.gateways if g.gateway == "status-test"]
    assert (gateway.state, gateway.backlog) == ("offline", 12)
    assert gateway.instruments == {"a/modbus": "no answer"}
    assert condition.stored is not None
    assert (condition.stored.observations, condition.stored.newest) == (1, NOON)
    [rejected] = condition.stored.rejected
    assert (rejected.reason, rejected.count) == ("unknown datastream", 1)
    assert condition.stored.forecast_age_s is None
    assert condition.problems == []


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[1]", b"{"])
def test_foreign_status_is_shown_not_believed(payload: bytes) -> None:
    assert read_status("g", payload).state == "unreadable status"


def test_status_with_foreign_fields_is_read_as_far_as_it_goes() -> None:
    odd = b'{"online": 1, "backlog": "many", "instruments": ["a"], "time": 5}'
    gateway = read_status("g", odd)
    assert (gateway.state, gateway.backlog, gateway.instruments) == ("offline", None, {})


def test_unreachable_services_are_problems_not_crashes(state: Path) -> None:
    given = Services(mqtt_url="mqtt://127.0.0.1:1", database_url="postgresql://a@127.0.0.1:1/b")
    problems = gather(state, None, given).problems
    assert [problem.partition(":")[0] for problem in problems] == ["MQTT", "database"]


def test_up_without_a_site_says_how_to_give_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["up"]) == 2
    assert "give --site" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main([command, "--help"])
    assert f"forewarn {command}" in capsys.readouterr().out.partition("examples:")[2]


def _retain(url: str, topic: str, payload: bytes) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", urlsplit(url).port or 1883)
    client.loop_start()
    client.publish(topic, payload, qos=1, retain=True).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()
