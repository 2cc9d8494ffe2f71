"""Storm tide live: from minutes to a forecast and an assessment by four levels."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level, Outcome
from forewarn.domain.station import load_site
from stream.hazards.contract import Findings, View
from stream.hazards.tide import HISTORY_MINUTES, StormTide, load
from stream.models.tide import outlook
from stream.models.tide.prediction import predict

SITE = Path(__file__).parents[3] / "sites/yongjiang"
ISSUE = datetime(2026, 8, 20, 3, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def gauge() -> StormTide:
    [found] = load(SITE, load_site(SITE))
    assert isinstance(found, StormTide)
    return found


def judged(gauge: StormTide, surge_m: float, fault: slice | None = None) -> Findings:
    """Return what is found three hours before high water, with a surge on top."""
    times = ISSUE - 60.0 * np.arange(HISTORY_MINUTES)[::-1]
    rising = surge_m / (1 + np.exp(-(times - ISSUE + 7200) / 3600))
    history = (predict(gauge.fitted.constants, times) + rising)[None]
    if fault is not None:
        history[:, fault] = np.nan
    return gauge.judge(View(ISSUE, history, {}, {}))


def test_the_plan_asks_for_what_the_model_looks_at(gauge: StormTide) -> None:
    assert gauge.history_minutes == outlook.HISTORY_MINUTES
    assert gauge.inputs == ("zhenhai-tide/tide",)
    assert gauge.targets == {"zhenhai-tide/tide": "storm_tide"}
    assert gauge.area == "zhenhai"


def test_a_calm_tide_calls_for_nothing_and_lists_its_high_waters(gauge: StormTide) -> None:
    [forecast], [assessment] = judged(gauge, 0.0)[:2]
    assert assessment.outcome is Outcome.OK
    assert all(one.probability <= 0.05 for one in assessment.exceedances)
    assert assessment.peak == pytest.approx(0.83, abs=0.1)
    assert any("high water 20 Aug 06:01 UTC" in line for line in assessment.evidence)
    assert any("astronomical high waters" in line for line in assessment.evidence)
    assert forecast.leads_s[-1] == 6 * 3600
    assert (np.diff(forecast.values, axis=1) >= 0).all()


def test_a_surge_before_high_water_is_seen_coming(gauge: StormTide) -> None:
    [_], [assessment] = judged(gauge, 1.9)[:2]
    levels = {one.level: one for one in assessment.exceedances}
    assert levels[Level.BLUE].probability > 0.6
    assert levels[Level.BLUE].observed is False
    assert levels[Level.BLUE].onset is not None
    assert levels[Level.BLUE].probability >= levels[Level.RED].probability


@pytest.mark.parametrize(
    ("gone", "words"),
    [(slice(-90, None), "silent for 90 min"), (slice(None), "no level observed")],
)
def test_a_silent_gauge_is_degraded_and_wider(gauge: StormTide, gone: slice, words: str) -> None:
    [fresh], [_] = judged(gauge, 0.5)[:2]
    [late], [assessment] = judged(gauge, 0.5, gone)[:2]
    assert assessment.outcome is Outcome.DEGRADED
    assert words in assessment.reason
    assert np.ptp(late.values[6]) > np.ptp(fresh.values[6])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('datastream = "nowhere/tide"', "no datastream of site.toml"),
        ('model = "other.npz"', "forewarn tide fit"),
        ('modell = "tide.npz"', "model"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, wrong: str, message: str) -> None:
    folder = tmp_path / "yongjiang"
    shutil.copytree(SITE, folder)
    key = "model" if wrong.startswith("model") else "datastream"
    lines = (SITE / "tide.toml").read_text(encoding="utf-8").split("\n")
    changed = [wrong if line.startswith(f"{key} =") else line for line in lines]
    (folder / "tide.toml").write_text("\n".join(changed), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load(folder, load_site(folder))


def test_a_constituent_that_nobody_knows_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "yongjiang"
    shutil.copytree(SITE, folder)
    text = (SITE / "tide.toml").read_text(encoding="utf-8").replace("M4 =", "M99 =")
    (folder / "tide.toml").write_text(text, encoding="utf-8")
    [gauge] = load(folder, load_site(folder))
    assert isinstance(gauge, StormTide)
    with pytest.raises(ConfigError, match="no constituent `M99`"):
        _ = gauge.fitted


def test_a_site_without_a_plan_has_no_storm_tide(tmp_path: Path) -> None:
    assert load(tmp_path, load_site(SITE)) == []
