"""The Han River, 2021, by the committed model that was fitted on 2020 alone."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.config import load
from forewarn.domain.recording import RecordingMapping, read
from forewarn.domain.station import load_site
from stream.hindcast.record import intervals, load_mapping, load_plan, load_record
from stream.hindcast.score import Score, hindcast, scores
from stream.models.flood.gauges.fit import Record
from stream.models.flood.gauges.model import GaugeModel, Prediction, predict

pytestmark = [pytest.mark.recorded, pytest.mark.soak]

SITE = Path(__file__).parents[2] / "sites" / "han"
HOURS = (1, 2, 3)
RIDGE_CM = {
    "cheongdam/stage": (7.1, 14.4, 18.9),
    "jamsu/stage": (6.1, 13.0, 17.2),
    "hangang/stage": (6.0, 12.4, 16.0),
    "haengju/stage": (8.0, 11.6, 13.2),
}
"""RMSE of ridge regression on lags, 1, 2, 3 h: the floor for a forecaster on this river."""
BOOSTED_CM = {
    "cheongdam/stage": (5.5, 8.8, 12.0),
    "jamsu/stage": (4.7, 8.2, 11.0),
    "hangang/stage": (4.1, 7.4, 10.0),
    "haengju/stage": (4.1, 6.4, 8.8),
}
"""The same with predicted tide and gradient boosting: what a good one must beat."""
KST = timedelta(hours=9)


@pytest.fixture(scope="module")
def model() -> GaugeModel:
    return GaugeModel.from_bytes((SITE / "flood.npz").read_bytes())


@pytest.fixture(scope="module")
def year_2021(recorded_data: Path, model: GaugeModel) -> Record:
    path = recorded_data / "river_rain" / "han_river_seoul_10min_2021.csv"
    return load_record(path, load_mapping(SITE), load_site(SITE), model.inputs)


@pytest.fixture(scope="module")
def score_2021(model: GaugeModel, year_2021: Record) -> dict[tuple[str, int], Score]:
    found = scores(model, hindcast(model, year_2021))
    return {
        (score.gauge, score.lead_s // 3600): score for score in found if not score.lead_s % 3600
    }


@pytest.mark.parametrize("gauge", RIDGE_CM)
def test_no_worse_than_the_ridge_baseline_nor_the_boosted_one(
    score_2021: dict[tuple[str, int], Score], gauge: str
) -> None:
    for hour, ridge, boosted in zip(HOURS, RIDGE_CM[gauge], BOOSTED_CM[gauge], strict=True):
        score = score_2021[gauge, hour]
        assert score.count > 13_000
        assert 100 * score.rmse <= min(ridge, boosted)
        assert score.persistence_index >= (0.87 if gauge == "haengju/stage" else 0.94)


@pytest.mark.parametrize("gauge", RIDGE_CM)
def test_the_80_percent_interval_covers(
    score_2021: dict[tuple[str, int], Score], gauge: str
) -> None:
    covered = [score_2021[gauge, hour].coverage for hour in HOURS]
    assert min(covered) > 0.70
    assert max(covered) < 0.88


def test_the_model_file_is_small() -> None:
    assert (SITE / "flood.npz").stat().st_size < 500_000


@pytest.mark.parametrize("lost", range(9))
def test_a_lost_input_never_narrows(model: GaugeModel, year_2021: Record, lost: int) -> None:
    for end in range(2001, 130_000, 9_370):
        history = year_2021.minutes[:, end - model.history_minutes : end].copy()
        issue_s = year_2021.first_s + 60.0 * (end - 1)
        full = predict(model, history, issue_s)
        history[lost] = np.nan
        for target, found in predict(model, history, issue_s).items():
            before = full[target]
            if isinstance(found, Prediction) and isinstance(before, Prediction):
                assert (np.ptp(found.values, axis=1) > np.ptp(before.values, axis=1)).all()
                assert any(model.inputs[lost] in reason for reason in found.degraded)


@pytest.mark.soak
def test_the_command_in_the_docs_gives_the_committed_model(
    recorded_data: Path, tmp_path: Path, model: GaugeModel, year_2021: Record
) -> None:
    path = recorded_data / "river_rain" / "han_river_seoul_10min_2020.csv"
    out = tmp_path / "flood.npz"
    command = [sys.executable, "-m", "forewarn.cli", "hindcast", "fit", "--site", str(SITE)]
    subprocess.run([*command, "--recording", str(path), "--out", str(out)], check=True)
    again = hindcast(GaugeModel.from_bytes(out.read_bytes()), year_2021)
    committed = hindcast(model, year_2021)
    difference = np.nanmean(np.abs(again.values - committed.values))
    assert difference < 0.01  # exactly 0 where the linear algebra is the same


def test_plan_and_model_agree(model: GaugeModel) -> None:
    site = load_site(SITE)
    assert model.plan == load_plan(SITE, site)
    np.testing.assert_array_equal(model.intervals, intervals(model.plan, site))


@pytest.mark.parametrize(
    ("gauge", "korean_time", "published_m"),
    [
        ("hangang/stage", "2020-08-06 10:50", 8.36),
        ("hangang/stage", "2020-08-06 13:40", 8.72),
        ("hangang/stage", "2020-08-06 14:20", 8.73),
        ("jamsu/stage", "2020-08-05 09:00", 7.63),
        ("jamsu/stage", "2020-08-06 11:40", 11.30),
        ("jamsu/stage", "2020-08-06 14:30", 11.53),
    ],
)
def test_staff_gauges_read_what_was_published(
    recorded_data: Path, gauge: str, korean_time: str, published_m: float
) -> None:
    """The thresholds are staff gauge readings, the record is above sea level: recording.toml
    moves one to the other. Sources of the published stages: sites/han/site.toml."""
    at = datetime.fromisoformat(korean_time).replace(tzinfo=UTC) - KST
    path = recorded_data / "river_rain" / "han_river_seoul_10min_2020.csv"
    mapping = load(SITE / "recording.toml", RecordingMapping)
    [found] = [
        observation.result
        for observation in read(path, mapping, start=at, end=at + timedelta(minutes=10))
        if observation.datastream == gauge
    ]
    assert found == pytest.approx(published_m, abs=0.005)


def test_the_flood_is_trusted_and_the_stray_value_is_not(
    recorded_data: Path, model: GaugeModel, year_2021: Record
) -> None:
    start = datetime(2020, 8, 5, 15, tzinfo=UTC)
    flood = load_record(
        recorded_data / "river_rain" / "han_river_seoul_10min_2020.csv",
        load_mapping(SITE),
        load_site(SITE),
        model.inputs,
        start=start,
        end=start + timedelta(days=2),
    )
    assert np.isfinite(flood.minutes[:, ::10]).all()
    outflow = year_2021.minutes[model.inputs.index("paldang/outflow")]
    assert np.nanmax(outflow) < 4_000  # 25,056 was recorded once, on 9 Jul 2021
