import os
import subprocess
import sys

import pytest

from forewarn import cli


def test_without_a_command_it_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    shown = capsys.readouterr().out
    for command in cli.SUMMARIES:
        assert f"\n  {command} " in shown


def test_an_unknown_command_lists_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["stat"]) == 2
    assert "status" in capsys.readouterr().err


def test_a_missing_extra_says_what_to_install() -> None:
    hide = "import sys; sys.modules['kafka'] = None; from forewarn.cli import main; "
    urls = {"FOREWARN_MQTT_URL": "mqtt://127.0.0.1:1", "FOREWARN_KAFKA_URL": "kafka://127.0.0.1:1"}
    run = subprocess.run(
        [sys.executable, "-c", hide + "sys.exit(main(['gateway', 'run', '--site', 'sites/han']))"],
        capture_output=True,
        text=True,
        env=os.environ | urls,
    )
    assert run.returncode == 2
    assert "pip install 'forewarn[gateway]'" in run.stderr
    assert "Traceback" not in run.stderr
