"""What `people check` and `rota` say of the site that is shown, and of one with a hole."""

from pathlib import Path

import pytest

from alerts.people_cli import main
from forewarn.domain.errors import ConfigError

YONGJIANG = Path(__file__).parents[2] / "sites" / "yongjiang"


def test_the_people_of_yongjiang_cover_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", "check", "--site", str(YONGJIANG)]) == 0
    assert "4 contacts" in capsys.readouterr().out
    assert main(["rota", "--days", "1", "--site", str(YONGJIANG)]) == 0
    said = capsys.readouterr().out
    assert "zhou-min" in said
    assert "NOBODY" not in said


def test_levels_that_nobody_is_told_of_and_hours_without_duty_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("people.toml", "rota.ics"):
        text = (YONGJIANG / name).read_bytes().decode()
        text = text.replace('[[responsibility]]\nchain = "duty"\n', "")
        text = text.replace("DTEND:20200101T120000Z", "DTEND:20200101T110000Z")
        (tmp_path / name).write_bytes(text.encode())
    (tmp_path / "site.toml").write_bytes((YONGJIANG / "site.toml").read_bytes())
    assert main(["people", "check", "--site", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "area `city`: no responsibility for every hazard at blue, yellow" in said
    assert "nobody on duty in 30 of the next 720 hours" in said


def test_a_site_without_people_says_what_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"no people\.toml"):
        main(["people", "check", "--site", str(YONGJIANG.parent / "han")])
