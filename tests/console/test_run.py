"""`forewarn console run` as the supervisor starts it."""

import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from console.cli import main
from forewarn.domain.errors import ForewarnError


def test_it_says_where_it_is_and_ends_soon_although_a_page_is_open(
    folder: Path, database: str, client_at: Any, run_console: Any
) -> None:
    process, address = run_console(database)
    client = client_at(int(address.rstrip("/").rpartition(":")[2]))
    with client.events() as following:
        following()
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert time.monotonic() - asked < 3
    log = process.stderr.read()
    assert "ready" in log
    assert "Traceback" not in log
    assert not (folder / "state/console.url").exists()


def test_a_port_in_use_is_a_clear_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = rf"cannot listen on 127\.0\.0\.1:{port}: Address already in use; .*`--port 0`"
        with pytest.raises(ForewarnError, match=said):
            main(["run", "--site", str(folder), "--port", str(port)])


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_an_impossible_port_is_a_clear_error(
    folder: Path, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREWARN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(ForewarnError, match="cannot listen"):
        main(["run", "--site", str(folder), "--port", port])


def test_without_a_site_it_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOREWARN_SITE", raising=False)
    with pytest.raises(ForewarnError, match="--site sites/han"):
        main(["run"])


def test_help_says_who_sees_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "who has none sees nothing, except with --guests" in told
    assert "examples:" in told


def test_guests_are_for_this_machine_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(ForewarnError, match="would read without sign-in"):
        main(["run", "--site", str(folder), "--host", "0.0.0.0", "--guests"])
