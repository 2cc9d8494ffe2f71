"""The marine hazard of the demonstration: levels by the upper end, silence is never calm."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Assessment, Forecast, Outcome
from forewarn.domain.station import Site, load_site
from stream.hazards.contract import Findings, View
from stream.hazards.marine import load

SITE = Path(__file__).parents[3] / "sites/yongjiang"
ISSUE = 1_786_900_200.0
GALE, WAVE = "youshan-buoy/wind_speed", "youshan-buoy/wave_height"


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(SITE)


def sea(site: Site, wind: float, wave: float) -> np.ndarray:
    """Return a day of a sea that stays as it is."""
    hazard = load(SITE, site)[0]
    found = np.full((2, hazard.history_minutes), np.nan)
    random = np.random.default_rng(1)
    found[0, -1440:] = wind + 0.5 * random.standard_normal(1440)
    found[1, -1440:] = wave + 0.06 * random.standard_normal(1440)
    return found


def judged(site: Site, seen: np.ndarray) -> Findings:
    return load(SITE, site)[0].judge(View(ISSUE, seen, {}, {}))


def of(found: Findings, key: str) -> tuple[Forecast, Assessment]:
    [forecast] = [f for f in found.forecasts if f.datastream == key]
    [assessment] = [a for a in found.assessments if a.datastream == key]
    return forecast, assessment


def test_targets_and_leads(site: Site) -> None:
    [hazard] = load(SITE, site)
    assert hazard.targets == {GALE: "gale", WAVE: "wave"}
    forecast, assessment = of(judged(site, sea(site, 8.0, 1.0)), WAVE)
    assert forecast.leads_s == list(range(0, 10_801, 600))
    assert all(row == sorted(row) for row in forecast.values)
    assert assessment.outcome is Outcome.OK
    assert max(e.probability for e in assessment.exceedances) <= 0.06


def test_the_level_follows_the_upper_end(site: Site) -> None:
    """A median below the limit and an upper end above it: the level is called for."""
    forecast, assessment = of(judged(site, sea(site, 16.0, 2.4)), WAVE)
    blue = assessment.exceedances[0]
    assert max(row[3] for row in forecast.values) < 2.5 < max(row[5] for row in forecast.values)
    assert blue.probability >= 0.5
    assert assessment.peak is not None
    assert assessment.peak < 2.5 < (assessment.peak_high or 0)
    assert any("upper end" in line for line in assessment.evidence)
    assert any("by itself" in line for line in assessment.evidence)


def test_what_is_observed_counts_as_it_is(site: Site) -> None:
    _, assessment = of(judged(site, sea(site, 20.0, 3.8)), WAVE)
    assert [e.observed for e in assessment.exceedances] == [True, True, False, False]


def test_gusts_lower_the_limits_of_the_mean(site: Site) -> None:
    _, assessment = of(judged(site, sea(site, 8.0, 1.0)), GALE)
    assert [e.threshold for e in assessment.exceedances] == [10.69, 16.0, 21.92, 28.46]


def test_a_silent_buoy_is_degraded_then_failed(site: Site) -> None:
    seen = sea(site, 12.0, 2.0)
    seen[:, -45:] = np.nan
    for key in (GALE, WAVE):
        _, assessment = of(judged(site, seen), key)
        assert assessment.outcome is Outcome.DEGRADED
        assert "silent or not trusted for 45 min" in assessment.reason
    seen[:, -200:] = np.nan
    found = judged(site, seen)
    assert not found.forecasts
    assert all(a.outcome is Outcome.FAILED for a in found.assessments)
    assert "adrift" in found.assessments[0].reason
    seen[:] = np.nan
    assert all(a.outcome is Outcome.FAILED for a in judged(site, seen).assessments)


def test_without_wind_waves_are_known_worse(site: Site) -> None:
    seen = sea(site, 6.0, 2.0)
    whole, _ = of(judged(site, seen), WAVE)
    seen[0] = np.nan
    blind, assessment = of(judged(site, seen), WAVE)
    assert assessment.outcome is Outcome.DEGRADED
    assert blind.values[-1][5] - blind.values[-1][1] > whole.values[-1][5] - whole.values[-1][1]


def test_a_short_history_is_said_and_widens(site: Site) -> None:
    whole = sea(site, 12.0, 2.0)
    seen = np.full_like(whole, np.nan)
    seen[:, -1] = whole[:, -1]
    for key in (GALE, WAVE):
        known, _ = of(judged(site, whole), key)
        lone, assessment = of(judged(site, seen), key)
        assert assessment.outcome is Outcome.DEGRADED
        assert f"{key}: history of 1 h only" in assessment.reason
        assert lone.values[-1][5] - lone.values[-1][1] > known.values[-1][5] - known.values[-1][1]
    seen[:, -180:] = whole[:, -180:]
    assert all(a.outcome is Outcome.OK for a in judged(site, seen).assessments)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wave_height", "wave_hight", "no datastream `youshan-buoy/wave_hight`"),
        ("wave_height", "pressure", "has no thresholds"),
        ("fetch_km = 50.0", "fetch = 50.0", "fetch_km"),
    ],
)
def test_mistakes_in_the_plan_are_explained(
    tmp_path: Path, site: Site, old: str, new: str, said: str
) -> None:
    shutil.copy(SITE / "site.toml", tmp_path)
    text = (SITE / "marine.toml").read_text(encoding="utf-8").replace(old, new)
    (tmp_path / "marine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"marine\.toml") as error:
        load(tmp_path, site)
    assert said in str(error.value)


def test_no_plan_no_hazard(tmp_path: Path, site: Site) -> None:
    assert load(tmp_path, site) == []
