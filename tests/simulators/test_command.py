"""`forewarn simulate` as its users and the supervisor run it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError
from forewarn.domain.recording import RecordingMapping, read
from forewarn.domain.station import load_site
from simulators.cli import main
from simulators.record import scenarios
from simulators.scenario import load_instruments
from simulators.world.place import Place
from simulators.world.replay import ReplayWorld
from simulators.world.typhoon import TyphoonWorld

ROOT = Path(__file__).parents[2]
YONGJIANG = str(ROOT / "sites/yongjiang")


@contextmanager
def running(devices: Path, clock: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "forewarn.cli", "simulate", "run", "--devices", str(devices)]
    process = subprocess.Popen(
        [*command, *args],
        env={**os.environ, "FOREWARN_CLOCK": clock},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(1200):
            if devices.exists() or process.poll() is not None:
                break
            time.sleep(0.01)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def test_run_opens_every_line_says_ready_and_goes_on_sigterm(
    tmp_path: Path, raw_tcp: Callable[[str], Any], raw_serial: Callable[[str], Any]
) -> None:
    devices = tmp_path / "new" / "devices.json"
    clock = f"epoch=2026-08-16T20:00:00+00:00,origin={time.time()!r},speed=600"
    with running(devices, clock, "--site", YONGJIANG) as process:
        urls = json.loads(devices.read_text())
        assert set(urls) == set(load_instruments(Path(YONGJIANG))[1].device)
        header = raw_tcp(urls["bus"]).read(4, 0, 8)
        newest = int.from_bytes(header[8:12], "big")
        start = datetime(2026, 8, 16, 20, tzinfo=UTC).timestamp()
        assert start <= newest <= start + 3600 * 2
        assert b"$WIMWV" in raw_serial(urls["estuary-nmea"]).read(2.0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(3) == 0
        assert process.stderr is not None
        log = process.stderr.read()
    assert "ready" in log
    assert "Traceback" not in log
    assert not devices.exists(), "lines that are closed are not offered any more"


def test_a_world_that_is_not_now_needs_a_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOREWARN_CLOCK", raising=False)
    scenario = tmp_path / "long-ago.toml"
    text = (ROOT / "sites/yongjiang/scenario.toml").read_text().replace("2026-08", "2001-08")
    scenario.write_text(text)
    args = ["run", "--site", YONGJIANG, "--scenario", str(scenario), "--devices", "x.json"]
    with pytest.raises(ConfigError, match=r"FOREWARN_CLOCK is not set.*epoch=2001-08-16T20:00"):
        main(args)


def test_an_unknown_fault_stops_the_start(tmp_path: Path) -> None:
    args = ["run", "--site", YONGJIANG, "--devices", str(tmp_path / "d.json")]
    with pytest.raises(ConfigError, match="no instrument at `nowhere`"):
        main([*args, "--fault", "nowhere:silence:+1m:+2m"])


@pytest.mark.soak
def test_record_writes_what_the_world_shows_and_replay_reads_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "storms.csv"
    assert main(["record", "--site", YONGJIANG, "--storms", "1", "--out", str(out)]) == 0
    assert "1/1 storms" in capsys.readouterr().err
    folder = Path(YONGJIANG)
    mapping = load(folder / "recording.toml", RecordingMapping)
    replayed = ReplayWorld(read(out, mapping), interval=timedelta(minutes=1))
    [scenario] = scenarios(1000, 1)
    world = TyphoonWorld(load_site(folder), load(folder / "world.toml", Place), scenario)
    assert (replayed.first, replayed.last) == (world.first, world.last)
    assert set(replayed.datastreams().values()) == {96 * 60 + 1}
    for key in replayed.datastreams():
        for hour in (0, 7, 41.5, 96):
            at = world.first + hour * 3600
            assert replayed.recorded(key, at) == pytest.approx(world.recorded(key, at), rel=1e-5)


def test_the_model_must_not_see_the_demos_storm(tmp_path: Path) -> None:
    args = ["record", "--site", YONGJIANG, "--out", str(tmp_path / "x.csv")]
    with pytest.raises(ConfigError, match="not the demo's seed 7"):
        main([*args, "--seed", "1", "--storms", "12"])


def test_storms_are_of_all_kinds_and_do_not_overlap() -> None:
    storms = list(scenarios(1000, 12))
    depths = sorted(storm.storm.depth_hpa for storm in storms)
    assert depths[0] < 20
    assert depths[-1] > 55
    ends = [storm.epoch + timedelta(hours=storm.hours) for storm in storms]
    assert all(end < later.epoch for end, later in zip(ends, storms[1:], strict=False))
