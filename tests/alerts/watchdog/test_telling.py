"""The watchdog's own ways, and what `forewarn watchdog status` says."""

import logging
import shlex
import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest

from alerts import AlertError
from alerts.watchdog import channels
from alerts.watchdog.alarm import Kind, Notice
from alerts.watchdog.cli import main
from alerts.watchdog.service import FILE, Report, StageRow
from forewarn.domain.config import WatchdogSettings, load_watchdog
from forewarn.domain.errors import ConfigError

NOTICE = Notice(kind=Kind.ALARM, site="han", stages=["gateway"], text="stops\n中断")


def told(settings: WatchdogSettings, notice: Notice = NOTICE) -> None:
    for thread in channels.tell(notice, channels.ways(settings)):
        thread.join(10)


def test_a_webhook_gets_the_notice_as_json() -> None:
    got: list[Notice] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(msgspec.json.decode(body, type=Notice))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        told(WatchdogSettings(webhook_url=f"http://127.0.0.1:{server.server_port}/"))
        thread.join(5)
    assert got == [NOTICE]


def test_a_command_gets_the_text_though_another_way_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{nobody.getsockname()[1]}"
        script = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"
        command = shlex.join([sys.executable, "-c", script, str(tmp_path / "told")])
        with caplog.at_level(logging.INFO, "watchdog"):
            settings = WatchdogSettings(
                webhook_url=f"http://{dead}/",
                mail_to="a@example.org",
                smtp_url=f"smtp://{dead}",
                command=command,
            )
            told(settings)
    assert (tmp_path / "told").read_text(encoding="utf-8") == NOTICE.text
    failed = {r.fields["way"] for r in caplog.records if r.message == "not told"}  # type: ignore[attr-defined]
    assert failed == {"webhook", "mail"}


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("FOREWARN_WATCHDOG_PING_URL", "ftp://x", "ping_url `ftp://x` is not a http URL"),
        ("FOREWARN_WATCHDOG_MAIL_TO", "a@example.org", "`mail_to` and `smtp_url` go together"),
    ],
)
def test_wrong_settings_say_what_would_help(
    variable: str, value: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        load_watchdog({variable: value}, tmp_path / "none.toml")


def written(state: Path, *, culprits: list[str], age_s: float = 0.0) -> None:
    now = datetime.now(UTC) - timedelta(seconds=age_s)
    row = StageRow(stage="gateway", means="it works", late=bool(culprits), passed=now, waiting=None)
    report = Report(site="han", written=now, patience_s=90.0, culprits=culprits, stages=[row])
    (state / FILE).write_bytes(msgspec.json.encode(report))


def test_status_tells_well_from_stopped_from_no_watchdog(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["status", "--state", str(tmp_path)]
    with pytest.raises(AlertError, match="no watchdog has reported"):
        main(ask)
    written(tmp_path, culprits=[])
    assert main(ask) == 0
    assert "gateway    ok" in capsys.readouterr().out
    written(tmp_path, culprits=["gateway"])
    assert main(ask) == 1
    assert "gateway    STOPS" in capsys.readouterr().out
    written(tmp_path, culprits=[], age_s=60.0)
    assert main(ask) == 1
    assert "THE WATCHDOG DOES NOT RUN" in capsys.readouterr().out
