"""`forewarn alerts foreign` as an officer types it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.cli import main
from alerts.foreign.service import Importer
from alerts.foreign.source import Source
from forewarn.domain.clock import clock_from
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import load_site
from forewarn.storage import connect

SITE = """
id = "testford"
name = "Testford"
timezone = "Asia/Shanghai"
gateways = ["gw"]
station = []

[[area]]
id = "west"
name = "West"
polygon = [[29.4, 121.8], [29.4, 122], [29.5, 122], [29.4, 121.8]]

[[foreign]]
id = "nmc"
url = "drop"
senders = ["ews@example.org"]
"""
Cap = Callable[..., bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "drop").mkdir()
    return tmp_path


def test_check_says_what_a_message_would_be_taken_for(
    folder: Path, cap: Cap, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "warning.xml"
    file.write_bytes(cap(sender="anybody@example.org"))
    command = ["foreign", "check", str(file), "--site", str(folder)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "Actual Alert" in said
    assert "orange by headline; Severe" in said
    assert "areas: west" in said
    file.write_bytes(cap(sent="2026-07-11T02:00:00Z"))
    assert main(command) == 1
    assert "refused" in capsys.readouterr().out


def test_list_says_how_each_source_fares(
    folder: Path,
    cap: Cap,
    database: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOREWARN_DATABASE_URL", database)
    command = ["foreign", "list", "--site", str(folder)]
    assert main(command) == 0
    assert "`forewarn alerts foreign run` never ran" in capsys.readouterr().out
    (folder / "drop" / "a.xml").write_bytes(
        cap(
            sent="2026-07-11T10:00:00+08:00", expires="<expires>2096-07-11T10:00:00+08:00</expires>"
        )
    )
    (folder / "drop" / "b.xml").write_bytes(b"<alert/>")
    site = load_site(folder)
    importer = Importer(Source(site.foreign[0], folder), site, folder, database, clock_from())
    with connect(database) as connection:
        assert importer.once(connection) == 1
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "n-1: live; west" in said
    assert "b.xml: root element is alert" in said


def test_a_source_that_is_there_twice_is_refused(folder: Path) -> None:
    text = SITE + SITE[SITE.index("[[foreign]]") :]
    (folder / "site.toml").write_text(text)
    with pytest.raises(ConfigError, match="two sources have one id"):
        load_site(folder)
