"""What a user sees who gives `forewarn gateway` too little."""

from pathlib import Path

import pytest

from forewarn.domain.errors import ConfigError
from gateway.cli import main

SITE = Path(__file__).parents[2] / "sites" / "han"


def test_without_a_site_it_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOREWARN_SITE", raising=False)
    with pytest.raises(ConfigError, match="give --site sites/han, or set FOREWARN_SITE"):
        main(["run"])


def test_without_a_broker_it_says_how_to_give_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FOREWARN_MQTT_URL", raising=False)
    with pytest.raises(ConfigError, match="no mqtt_url: set FOREWARN_MQTT_URL"):
        main(["run", "--site", str(SITE)])


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"]])
def test_help_shows_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 0
    assert "examples:\n  forewarn gateway run --site sites/han" in capsys.readouterr().out
