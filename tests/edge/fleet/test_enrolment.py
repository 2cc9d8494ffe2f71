"""Enrolment over real TLS; configurations and commands that are signed, and those that are not."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge import EdgeError
from edge.cli import main
from edge.fleet.enrol import enrol, read_token
from edge.fleet.envelope import open_envelope, read_key
from edge.fleet.remote import Remote
from edge.fleet.versions import Versions
from forewarn.domain.clock import clock_from
from forewarn.domain.fleet import COMMAND_KIND, CONFIG_KIND, Command, Configuration
from gateway.fleet.authority import Authority
from gateway.fleet.server import EnrolmentServer
from gateway.fleet.signing import command, configuration
from gateway.fleet.tokens import Tokens

ROOT = Path(__file__).parents[3]
PROFILES = ROOT / "firmware_configs/profiles"
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
CONFIG = (ROOT / "firmware_configs/han-river/gateway.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("fleet") / "keys", "han", "127.0.0.1", NOW)


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[EnrolmentServer]:
    clock = clock_from()
    made = EnrolmentServer(authority, {"han-river": CONFIG}, clock, host="127.0.0.1", port=0)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.close()
    thread.join()


def token(
    authority: Authority, server: EnrolmentServer, gateway: str = "han-river", ca: str = ""
) -> str:
    url = f"https://127.0.0.1:{server.port}"
    fingerprint = ca or authority.fingerprint
    return Tokens(authority.folder).give(url, gateway, fingerprint, NOW, HOUR)


def test_a_token_becomes_a_certificate_and_a_configuration(
    authority: Authority,
    server: EnrolmentServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "etc"
    assert main(["enroll", token(authority, server), "--out", str(out)]) == 0
    assert "han-river" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        "gateway.key",
        "gateway.crt",
        "ca.crt",
        "fleet.key",
        "gateway.toml",
    }
    assert (out / "gateway.key").stat().st_mode & 0o777 == 0o600
    assert (out / "gateway.toml").read_text(encoding="utf-8") == CONFIG
    key = read_key(out / "fleet.key")
    assert key is not None
    assert key.hex() == authority.verify_key


def test_it_works_once_and_never_over_a_gateway_that_is_there(
    authority: Authority, server: EnrolmentServer, tmp_path: Path
) -> None:
    given = token(authority, server)
    enrol(given, tmp_path / "first")
    with pytest.raises(EdgeError, match="was used at"):
        enrol(given, tmp_path / "second")
    assert not (tmp_path / "second" / "gateway.toml").exists()
    with pytest.raises(EdgeError, match="--replace"):
        enrol(token(authority, server), tmp_path / "first")


def test_a_server_of_another_fleet_gets_no_secret(
    authority: Authority, server: EnrolmentServer, tmp_path: Path
) -> None:
    with pytest.raises(EdgeError, match="is not the server that the token is for"):
        enrol(token(authority, server, ca="00" * 32), tmp_path)


def test_a_gateway_without_configuration_is_refused_and_its_token_stays_good(
    authority: Authority, server: EnrolmentServer, tmp_path: Path
) -> None:
    given = token(authority, server, gateway="nobody")
    for _ in range(2):
        with pytest.raises(EdgeError, match=r"no gateway\.toml for `nobody`"):
            enrol(given, tmp_path)


@pytest.mark.parametrize("torn", ["", "abc", "e30"])
def test_a_torn_token_is_named(torn: str) -> None:
    with pytest.raises(EdgeError, match="no whole token"):
        read_token(torn)


class Fleet:
    """A gateway's ear for its fleet, with what it was made to do."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self.versions = Versions(folder / "state", folder / "installed.toml")
        self.restarts = 0
        self.done: list[str] = []
        key = bytes.fromhex(authority.verify_key)
        self.now: datetime | None = NOW
        self.remote = Remote(
            "han-river", key, self.versions, PROFILES, restart=self._restart, now=lambda: self.now
        )

    def _restart(self) -> None:
        self.restarts += 1

    def command(self, payload: bytes) -> None:
        self.remote.command(payload, {"alarm-test": self._test})

    def _test(self, argument: str) -> str:
        self.done.append(argument)
        return "done"


@pytest.fixture
def fleet(authority: Authority, tmp_path: Path) -> Fleet:
    return Fleet(authority, tmp_path)


def signed(authority: Authority, text: str = CONFIG, at: datetime = NOW) -> bytes:
    return configuration(authority, "han-river", text, at, timedelta(seconds=30))


def test_a_signed_configuration_goes_on_trial_and_comes_again_without_effect(
    authority: Authority, fleet: Fleet
) -> None:
    fleet.remote.configure(signed(authority))
    assert fleet.restarts == 1
    choice = fleet.versions.choose()
    assert (choice.on_trial, choice.trial_s) == (True, 30.0)
    fleet.versions.keep()
    for at in (NOW, NOW - HOUR):  # retained, and an old one that somebody replays
        fleet.remote.configure(signed(authority, at=at))
    assert fleet.restarts == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CONFIG.replace('gateway = "han-river"', 'gateway = "another"'), "for gateway `another`"),
        (CONFIG + "\nnonsense = = 1", "not TOML"),
        (CONFIG + "\n[publsh]\nwindow = 1", "publsh"),
        (CONFIG.replace('profile = "logger8"', 'profile = "nothing"'), "no such profile"),
    ],
)
def test_what_cannot_work_is_refused_untried_and_the_status_says_why(
    authority: Authority, fleet: Fleet, text: str, said: str
) -> None:
    fleet.remote.configure(signed(authority, text))
    assert fleet.restarts == 0
    assert said in fleet.versions.says(fleet.versions.choose())


def test_what_is_not_signed_by_the_fleet_does_nothing(
    authority: Authority, fleet: Fleet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    stranger = Authority.create(tmp_path / "stranger", "x", "127.0.0.1", NOW)
    good = signed(authority)
    minute = timedelta(minutes=1)
    as_command = command(authority, "han-river", "alarm-test", "", NOW, minute)
    for payload in (signed(stranger), good[:-9], b"{}", b"\xff", as_command):
        fleet.remote.configure(payload)
    fleet.remote.configure(b"")
    assert (fleet.restarts, fleet.versions.newest()) == (0, 0)
    assert len(caplog.records) == 5
    key = bytes.fromhex(authority.verify_key)
    with pytest.raises(EdgeError, match="not for us"):
        open_envelope(good, CONFIG_KIND, Configuration, key, "another")


def test_a_command_is_done_once_while_it_is_valid_and_the_time_is_known(
    authority: Authority, fleet: Fleet, tmp_path: Path
) -> None:
    minute = timedelta(minutes=1)
    told = command(authority, "han-river", "alarm-test", "siren", NOW, minute)
    late = command(authority, "han-river", "alarm-test", "late", NOW - 2 * minute, minute)
    strange = command(authority, "han-river", "format-disk", "", NOW, minute)
    for payload in (late, strange, told, told):
        fleet.command(payload)
    assert fleet.done == ["siren"]
    again = Fleet(authority, tmp_path)  # after a restart
    again.command(told)
    fresh = command(authority, "han-river", "alarm-test", "x", NOW + minute / 60, minute)
    again.now = None  # a boot without NTP: it may have expired
    again.command(fresh)
    assert again.done == []
    key = bytes.fromhex(authority.verify_key)
    opened = open_envelope(told, COMMAND_KIND, Command, key, "han-river")
    assert (opened.name, opened.argument) == ("alarm-test", "siren")
