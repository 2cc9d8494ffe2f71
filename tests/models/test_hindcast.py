import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forewarn.domain.errors import ConfigError, ForewarnError
from stream.hindcast.cli import main
from stream.models.flood.gauges.model import GaugeModel

SITE = """
id = "invented"
name = "Invented river"
timezone = "UTC"
gateways = ["gw"]
invented = "all of it"
[[area]]
id = "valley"
name = "Valley"
polygon = [[30.0, 120.0], [30.1, 120.0], [30.1, 120.1], [30.0, 120.0]]
"""
STATION = """
[[station]]
id = "{station}"
name = "{station}"
area = "valley"
latitude = 30.0
longitude = 120.0
[[station.datastream]]
property = "{property}"
unit = "m"
interval = "PT10M"
limits = {{ fail = [-50.0, 9000.0] }}
"""
PLAN = """
name = "invented-1"
step = "PT10M"
horizon = "PT2H"
targets = ["upper/stage"]
level_lags = [10, 30, 60]
flow_lags = [0, 30, 60]
hidden = 2
epochs = 1
[[input]]
datastream = "upper/stage"
role = "level"
[[input]]
datastream = "dam/outflow"
role = "flow"
"""
COLUMNS = ("upper/stage", "lower/stage", "dam/outflow", "sea/tide", "hill/rain")


@pytest.fixture
def site(tmp_path: Path, invented_river: Any) -> Path:
    """Return a site folder with `storm.csv`, ten days of the invented river."""
    text = SITE
    mapping = 'time = "time"\nformat = "%Y-%m-%d %H:%M"\ninterval = "PT10M"\n[columns]\n'
    for key in COLUMNS:
        station, of = key.split("/")
        text += STATION.format(station=station, property=of)
        mapping += f'{of}_{station} = {{ datastream = "{key}" }}\n'
    (tmp_path / "site.toml").write_text(text)
    (tmp_path / "recording.toml").write_text(mapping)
    (tmp_path / "flood.toml").write_text(PLAN)
    record = invented_river.unseen
    with (tmp_path / "storm.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["time", *("_".join(reversed(key.split("/"))) for key in COLUMNS)])
        for minute in range(0, record.minutes.shape[1], 10):
            at = datetime.fromtimestamp(record.first_s + 60 * minute, UTC)
            values = [f"{value:.4f}" for value in record.minutes[:, minute]]
            if minute == 5000:
                values[0] = "9999"
            rows.writerow([f"{at:%Y-%m-%d %H:%M}", *values])
    return tmp_path


def run(site: Path, command: str, *more: str) -> int:
    return main([command, "--site", str(site), "--recording", str(site / "storm.csv"), *more])


def test_fit_then_score(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site, "fit", "--json") == 0
    fitted = json.loads(capsys.readouterr().out)
    assert fitted["inputs"] == ["upper/stage", "dam/outflow"]
    assert fitted["bytes"] == (site / "flood.npz").stat().st_size < 300_000
    assert run(site, "score", "--json") == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert [score["lead_s"] for score in scores] == list(range(600, 7201, 600))
    assert all(score["rmse"] < score["persistence_rmse"] for score in scores[2:])
    assert 0.7 < scores[5]["coverage"] < 0.95


def test_tables_are_for_people(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site, "fit") == 0
    text = capsys.readouterr().out
    assert "inputs: upper/stage, dam/outflow" in text
    assert run(site, "score") == 0
    assert "upper/stage            1 h" in capsys.readouterr().out


@pytest.mark.soak
def test_run_writes_one_report_that_needs_nothing_else(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The invented river rises above 1.5 m: a threshold there has crossings and leads."""
    text = (site / "site.toml").read_text()
    stage = text.index("[[station.datastream]]")
    threshold = '[[station.datastream.thresholds]]\nvalue = 1.5\nlevel = "red"\nlabel = "<wet>"\n'
    limits = text.index("\n", text.index("limits", stage)) + 1
    (site / "site.toml").write_text(text[:limits] + threshold + text[limits:])
    run(site, "fit", "--json")
    capsys.readouterr()
    out = site / "report.html"
    assert run(site, "run", "--json", "--out", str(out)) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["report"] == str(out)
    assert [skill["lead_s"] for skill in found["skills"]] == [3600, 7200]
    two_hours = found["skills"][1]
    assert two_hours["rmse"] < min(two_hours["others"].values())
    assert set(two_hours["others"]) == {"persistence", "autoregression alone"}
    assert found["crossings"]
    assert {row["lead_s"] for row in found["detections"]} == {3600, 7200}
    page = out.read_text()
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") >= 4
    assert "all of it" in page  # what is invented is said
    assert "<wet>" not in page
    assert "src=" not in page
    assert 'href="http' not in page
    assert run(site, "run", "--out", str(out)) == 0
    assert "upper/stage" in capsys.readouterr().out


def test_a_report_that_cannot_be_written_is_named(site: Path) -> None:
    run(site, "fit")
    with pytest.raises(ForewarnError, match=r"none/report.html: No such file"):
        run(site, "run", "--out", str(site / "none/report.html"))


def test_what_quality_control_refused_is_neither_fitted_nor_scored(
    site: Path, invented_river: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(site, "fit", "--json")
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert 900 < rows < 1440 - 6
    assert GaugeModel.from_bytes((site / "flood.npz").read_bytes()).high.max() < 9.0


def test_until_leaves_out_what_came_later(
    site: Path, invented_river: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(site, "fit", "--json")
    all_rows = json.loads(capsys.readouterr().out)["rows"]
    first = datetime.fromtimestamp(invented_river.unseen.first_s, UTC)
    run(site, "fit", "--json", "--until", f"{first.replace(day=first.day + 5):%Y-%m-%d}")
    assert json.loads(capsys.readouterr().out)["rows"] < 0.6 * all_rows


@pytest.mark.parametrize(
    ("command", "more", "message"),
    [
        ("score", [], r"flood.npz: No such file.*forewarn hindcast fit"),
        ("score", ["--model", "{site}/site.toml"], r"site.toml: not a gauge model"),
        ("fit", ["--until", "yesterday"], r"`yesterday` is no date; give e.g. 2020-08-05"),
        ("fit", ["--from", "2099-01-01"], r"storm.csv: no observation in the time"),
        ("fit", ["--recording", "{site}/none.csv"], r"none.csv: No such file"),
        ("fit", ["--out", "{site}/none/flood.npz"], r"none/flood.npz: No such file"),
    ],
)
def test_what_cannot_be_used_is_named(
    site: Path, command: str, more: list[str], message: str
) -> None:
    with pytest.raises(ForewarnError, match=message):
        run(site, command, *(part.format(site=site) for part in more))


def test_wrong_plans_are_named(site: Path) -> None:
    plan = site / "flood.toml"
    plan.write_text(PLAN.replace("dam/outflow", "dam/inflow"))
    with pytest.raises(ConfigError, match=r"flood.toml: `dam/inflow` is no datastream of"):
        run(site, "fit")
    plan.write_text(PLAN.replace("hidden", "hiden"))
    with pytest.raises(ConfigError, match="Did you mean `hidden`"):
        run(site, "fit")
    plan.unlink()
    with pytest.raises(ForewarnError, match=r"no flood.toml there"):
        run(site, "fit")


def test_a_silent_record_of_the_target_is_named(site: Path) -> None:
    storm = site / "storm.csv"
    lines = storm.read_text().splitlines()
    empty = [
        lines[0],
        *(",,".join([r.split(",")[0], ",".join(r.split(",")[2:])]) for r in lines[1:]),
    ]
    storm.write_text("\n".join(empty) + "\n")
    with pytest.raises(ForewarnError, match="no trusted value of upper/stage"):
        run(site, "fit")


def test_nothing_is_nan_in_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(site, "fit")
    capsys.readouterr()
    run(site, "score", "--json")
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert all(np.isfinite(score["crps"]) for score in scores)
