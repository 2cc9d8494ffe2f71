"""`forewarn alerts keys|check|verify`, and messages too long to be held."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import AlertError, keys
from alerts.cap_check import MAX_BYTES, check
from alerts.cap_cli import main
from alerts.cap_file import CHUNK, read
from alerts.desk import Desk
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from alerts.signing import Signer, load_pinned, open_signer, verify
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import encode
from forewarn.domain.config import Signing, load_signing
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Assessment
from forewarn.domain.station import Site
from forewarn.storage import connect, reader

Assess = Callable[..., Assessment]


class Endless(io.RawIOBase):
    """A stream of 100 MB that counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        size = min(len(buffer), 100_000_000 - self.taken)
        buffer[:size] = b"<" * size
        self.taken += size
        return size


def test_of_a_hundred_megabytes_only_what_shows_that_it_is_too_long_is_read() -> None:
    endless = Endless()
    held = read(io.BufferedReader(endless))
    assert len(held) == MAX_BYTES + 1
    assert endless.taken <= MAX_BYTES + 2 * CHUNK
    assert "too long" in check(held)[0]


def test_keys_are_made_rotated_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "keys")
    assert main(["keys", "init", folder, "--name", "ews@example.org"]) == 0
    assert "CN=ews@example.org" in capsys.readouterr().out
    assert main(["keys", "rotate", folder]) == 0
    capsys.readouterr()
    assert main(["keys", "list", folder]) == 0
    roles = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert sorted(roles) == ["pinned", "signs"]
    with pytest.raises(AlertError, match="keys rotate"):
        main(["keys", "init", folder, "--name", "ews@example.org"])


def test_keys_without_a_name_or_with_an_absurd_life_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOREWARN_SITE", raising=False)
    with pytest.raises(AlertError, match="--name"):
        main(["keys", "init", str(tmp_path)])
    with pytest.raises(AlertError, match="--days"):
        main(["keys", "init", str(tmp_path), "--name", "a", "--days", "0"])


def test_an_expired_key_is_listed_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.init(tmp_path, name="ews", now=datetime.now(UTC) - timedelta(days=10), days=5)
    assert main(["keys", "list", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("expired")


def test_what_the_keeper_stores_is_signed_and_verifies(
    database: str,
    site: Site,
    assess: Assess,
    start: datetime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys.init(tmp_path, name="ews@example.org", now=datetime.now(UTC))
    signer = open_signer(Signing(key=str(tmp_path / "signing.pem")))
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, ManualClock(start), lambda: None, signer)
    keeper.take([encode(assess(0, blue=0.8))])
    keeper.close()
    with connect(database) as connection:
        stored = reader.alerts(connection)[0].cap
    pinned = load_pinned(tmp_path / "pinned")
    assert verify(stored.encode(), pinned, datetime.now(UTC)).by == "CN=ews@example.org"

    file = tmp_path / "alert.xml"
    file.write_text(stored, encoding="utf-8")
    argv = ["verify", str(file), "--pinned", str(tmp_path / "pinned")]
    assert main(argv) == 0
    assert main(["check", str(file)]) == 0
    file.write_text(stored.replace("Testford", "Nowhere"), encoding="utf-8")
    capsys.readouterr()
    assert main(argv) == 1
    assert "changed after it was signed" in capsys.readouterr().out


def test_a_message_that_cannot_be_signed_still_goes_out(
    site: Site,
    assess: Assess,
    start: datetime,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    keys.init(tmp_path, name="ews@example.org", now=datetime.now(UTC))
    signer = Signer(tmp_path / "signing.pem")
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    step = desk.take(assess(0, blue=0.8), start)
    assert step is not None
    assert step.message is not None
    sealed = signer.seal(step.message)
    assert signer.seal(sealed) == sealed
    assert "unsigned" in caplog.text


def test_faults_and_missing_files_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text("<alert/>", encoding="utf-8")
    assert main(["check", str(bad)]) == 1
    assert str(bad) in capsys.readouterr().out
    with pytest.raises(AlertError, match="No such file"):
        main(["check", str(tmp_path / "none.xml")])


def test_the_settings_of_signing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "forewarn.toml"
    file.write_text('[alerts.signing]\nkey = "a.pem"\n', encoding="utf-8")
    assert load_signing({}, file) == Signing(key="a.pem")
    assert load_signing({"FOREWARN_CAP_KEY": "b.pem"}, file).key == "b.pem"
    file.write_text('[alerts.signing]\nkye = "a.pem"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="Did you mean `key`"):
        load_signing({}, file)
    with pytest.raises(ConfigError, match="private key"):
        load_signing({"FOREWARN_CAP_CERTIFICATE": "c.pem"}, tmp_path / "none.toml")
    assert open_signer(Signing()) is None
    assert "unsigned" in caplog.text
