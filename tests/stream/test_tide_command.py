"""forewarn tide: fit on a recording, score, predict, and published tables."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.errors import ConfigError
from stream.hindcast.tide_cli import TideCommandError, main
from stream.hindcast.tide_score import autoregression
from stream.hindcast.tide_tables import TideTableError
from stream.models.tide.constants import from_table
from stream.models.tide.prediction import predict

VLISSINGEN = Path(__file__).parents[2] / "sites/vlissingen"
START = datetime(1992, 1, 1, tzinfo=UTC)
DAYS = 110


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a site like Vlissingen with an invented record of 110 days beside it."""
    folder = tmp_path / "vlissingen"
    shutil.copytree(VLISSINGEN, folder)
    (folder / "tide.npz").unlink()
    times = START.timestamp() + 3600.0 * np.arange(DAYS * 24)
    constants = from_table({"M2": (1.7, 30.0), "S2": (0.5, 87.0)}, latitude=51.4)
    draw = np.random.default_rng(1)
    weather = np.convolve(draw.normal(0, 0.02, len(times)), np.exp(-np.arange(48) / 12))
    levels = 100 * (predict(constants, times) + weather[: len(times)])
    rows = ["time_met_utc+1,level_cm_nap,quality"]
    for hour, level in enumerate(levels):
        stamp = START + timedelta(hours=hour + 1)
        rows.append(f"{stamp:%Y-%m-%d %H:%M:%S},{level:.0f},0")
    (folder / "record.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_recording_is_fitted_scored_and_predicted(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = ["--site", str(site), "--recording", str(site / "record.csv")]
    assert main(["fit", *recording, "--until", "1992-03-25", "--json"]) == 0
    fitted = json.loads(capsys.readouterr().out)
    first = fitted["constituents"][0]
    assert (first["constituent"], first["amplitude"]) == ("M2", pytest.approx(1.7, abs=0.01))
    assert first["lag_deg"] == pytest.approx(30.0, abs=0.5)
    assert main(["score", *recording, "--from", "1992-03-25", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert [one["lead_h"] for one in scores] == [1, 3, 6]
    assert all(one["rmse"] < one["persistence"] for one in scores)
    assert main(["predict", "--site", str(site), "--from", "1992-05-01", "--hours", "25"]) == 0
    turns = capsys.readouterr().out.split()
    assert turns[0] == "time_utc,tide,turn"
    assert {line.rsplit(",", 1)[1] for line in turns[1:]} == {"high", "low"}


def test_what_cannot_be_used_is_named(site: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="forewarn tide fit"):
        main(["predict", "--site", str(site)])
    with pytest.raises(TideCommandError, match="no gauge `x/tide`"):
        main(["predict", "--site", str(site), "--gauge", "x/tide"])
    recording = ["--site", str(site), "--recording", str(site / "record.csv")]
    with pytest.raises(TideCommandError, match="needs 60"):
        main(["fit", *recording, "--until", "1992-02-01"])
    (site / "tide.toml").unlink()
    with pytest.raises(TideCommandError, match=r"no tide\.toml"):
        main(["predict", "--site", str(site)])


def test_published_constants_become_lines_of_a_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"name": "M2", "amplitude": 1.8769, "phase": 22.33},
        {"name": "MSQM", "amplitude": 0.01, "phase": 1.0},
        {"name": "M8", "amplitude": 0.0, "phase": 1.0},
    ]
    stations = [
        {"name": name, "source": {"name": "TICON-4"}, "harmonic_constituents": rows}
        for name in ("Kanmen", "Lusi")
    ]
    path = tmp_path / "constants.json"
    path.write_text(json.dumps(stations))
    assert main(["table", str(path), "--station", "Kanmen"]) == 0
    told = capsys.readouterr().out
    assert "M2 = [1.8769, 22.33]" in told
    assert "left out: MSQM 0.0100" in told
    assert "M8" not in told
    with pytest.raises(TideTableError, match="one of Kanmen, Lusi"):
        main(["table", str(path)])
    path.write_text("[]")
    with pytest.raises(TideTableError, match="give --station"):
        main(["table", str(path)])
    with pytest.raises(TideTableError, match="No such file"):
        main(["table", str(tmp_path / "none.json")])


@pytest.mark.recorded
def test_every_published_table_can_be_read(
    recorded_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted((recorded_data / "tide_constants").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        for one in found if isinstance(found, list) else [found]:
            assert main(["table", str(path), "--station", one["name"]]) == 0
            assert "M2 = [" in capsys.readouterr().out


def test_the_autoregression_finds_what_is_autoregressive() -> None:
    draw, series = np.random.default_rng(2), np.zeros(3000)
    for at in range(2, 3000):
        series[at] = 1.5 * series[at - 1] - 0.7 * series[at - 2] + draw.normal()
    train = np.arange(3000) < 2000
    found = autoregression(series, train, 1)
    error = (found[:-1] - series[1:])[2000:]
    assert np.std(error) == pytest.approx(1.0, abs=0.06)
    series[2500] = np.nan
    assert np.isnan(autoregression(series, train, 1)[2500:2548]).all()
