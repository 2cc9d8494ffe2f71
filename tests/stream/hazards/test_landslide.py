"""The landslide hazard of the demonstration: what it says, and what it says when blind."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Outcome
from forewarn.domain.station import Site, load_site
from stream.hazards.contract import Findings, View
from stream.hazards.landslide import load

SITE = Path(__file__).parents[3] / "sites/yongjiang"
ISSUE = 1_786_900_200.0
DAY = 1440
NORTH = "siming-north-slopes/landslide_index"


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(SITE)


def history(site: Site, mm_h: float, days: float = 2.0) -> np.ndarray:
    """Return rain that is the same everywhere for so long, and instruments at rest."""
    hazard = load(SITE, site)[0]
    found = np.full((len(hazard.inputs), hazard.history_minutes), np.nan)
    late = slice(-round(days * DAY), None)
    for row, key in enumerate(hazard.inputs):
        calm = {"rain": mm_h / 60, "crack": 1.0, "tilt": 0.1, "soil_moisture": 0.2}
        found[row, late] = calm.get(key.partition("/")[2], 1.0)
    return found


def judged(site: Site, seen: np.ndarray, issue: float = ISSUE) -> Findings:
    return load(SITE, site)[0].judge(View(issue, seen, {}, {}))


def medians(found: Findings) -> dict[str, float]:
    return {f.datastream: max(row[3] for row in f.values) for f in found.forecasts}


def test_it_judges_every_slope_and_channel(site: Site) -> None:
    [hazard] = load(SITE, site)
    assert set(hazard.targets.values()) == {"landslide", "debris_flow"}
    found = judged(site, history(site, 1.0))
    assert {a.datastream for a in found.assessments} == set(hazard.targets)
    for forecast in found.forecasts:
        assert forecast.leads_s == list(range(0, 10_801, 600))
        assert all(row == sorted(row) and 0 <= row[0] <= row[-1] <= 1 for row in forecast.values)
    assert all(a.outcome is Outcome.OK for a in found.assessments)


def test_heavy_rain_raises_all_and_names_where(site: Site) -> None:
    calm = judged(site, history(site, 0.5))
    wild = judged(site, history(site, 12.0, days=1.0))
    assert all(medians(wild)[key] > value for key, value in medians(calm).items())
    [north] = [a for a in wild.assessments if a.datastream == NORTH]
    assert north.exceedances[2].probability > 0.5
    assert 1 <= len(north.where) <= 3
    assert all(ring[0] == ring[-1] and len(ring) <= 100 for ring in north.where)
    [patient] = [a for a in calm.assessments if a.datastream == NORTH]
    assert patient.where == []


def test_one_gauge_silent_is_said_and_the_others_speak_for_it(site: Site) -> None:
    seen = history(site, 12.0, days=1.0)
    whole = medians(judged(site, seen))
    seen[0, -90:] = np.nan
    found = judged(site, seen)
    assert all(a.outcome is Outcome.DEGRADED for a in found.assessments)
    assert "siming-rain/rain silent for 90 min" in found.assessments[0].reason
    assert medians(found)[NORTH] == pytest.approx(whole[NORTH], abs=0.1)


def test_negative_rain_is_left_out_and_said(site: Site) -> None:
    seen = history(site, 12.0, days=1.0)
    whole = medians(judged(site, seen))
    seen[0, -5] = -0.1
    found = judged(site, seen)
    assert all(a.outcome is Outcome.DEGRADED for a in found.assessments)
    assert "siming-rain/rain told negative rain in the last day" in found.assessments[0].reason
    assert medians(found) == pytest.approx(whole, abs=0.01)


def test_blind_is_failed_and_never_all_clear(site: Site) -> None:
    found = judged(site, np.full_like(history(site, 0.0), np.nan))
    assert not found.forecasts
    assert all(a.outcome is Outcome.FAILED for a in found.assessments)
    assert "no rain gauge and no instrument" in found.assessments[0].reason


def test_without_rain_the_instruments_speak_alone(site: Site) -> None:
    seen = history(site, 0.0)
    seen[:4] = np.nan
    crack = load(SITE, site)[0].inputs.index("siming-slope-1/crack")
    seen[crack, -DAY:] = 6.0 * np.arange(DAY) / 60
    found = judged(site, seen)
    [north] = [a for a in found.assessments if a.datastream == NORTH]
    assert north.outcome is Outcome.DEGRADED
    assert north.exceedances[-1].probability > 0.5
    assert any("siming-slope-1/crack 6 per hour" in line for line in north.evidence)


def test_a_silent_instrument_widens_upwards_only(site: Site) -> None:
    seen = history(site, 3.0)
    spoken = judged(site, seen).forecasts[0].values[-1]
    seen[4:, -60:] = np.nan
    found = judged(site, seen)
    silent = found.forecasts[0].values[-1]
    assert silent[:4] == pytest.approx(spoken[:4], abs=1e-4)
    assert silent[-1] > spoken[-1]
    assert "siming-slope-1/tilt silent for 60 min" in found.assessments[0].reason


def test_rain_that_comes_late_counts_as_if_it_had_been_there(site: Site) -> None:
    [hazard] = load(SITE, site)
    whole = history(site, 8.0)
    gap = whole.copy()
    gap[:4, -600:-300] = np.nan
    before = medians(hazard.judge(View(ISSUE, gap, {}, {})))
    after = hazard.judge(View(ISSUE, whole, {}, {}))
    assert medians(after)[NORTH] > before[NORTH]
    assert after == judged(site, whole)


def test_minute_by_minute_is_smooth(site: Site) -> None:
    [hazard] = load(SITE, site)
    seen = history(site, 5.0)
    said = [medians(hazard.judge(View(ISSUE + 60 * m, seen, {}, {})))[NORTH] for m in range(12)]
    assert np.ptp(said) < 0.1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("siming-rain/rain", "simming-rain/rain", "no datastream `simming-rain/rain`"),
        ('place = "shallow-brook"', 'place = "brook"', "no place `brook`"),
        ('place = "shallow-brook"', 'place = "xikou-west-slopes"', "needs hazard"),
        ('group = "xikou-west"', 'group = "xikou"', "groups: siming-north, xikou-west"),
        ("share = 0.05", "shares = 0.05", "Did you mean `share`?"),
        ("caution = 1.0", "caution = 9.0", "`caution` must lie below"),
        ("slopes.csv", "slope.csv", "cannot read slope units"),
    ],
)
def test_mistakes_in_the_plan_are_explained(
    tmp_path: Path, site: Site, old: str, new: str, said: str
) -> None:
    shutil.copy(SITE / "slopes.csv", tmp_path)
    text = (SITE / "landslide.toml").read_text(encoding="utf-8")
    changed = text.replace(old, new)
    (tmp_path / "landslide.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"landslide\.toml|slope\.csv") as error:
        load(tmp_path, site)
    assert said in str(error.value)


def test_a_bad_row_and_an_outline(tmp_path: Path, site: Site) -> None:
    from stream.hazards.landslide.slope_units import read_units

    text = (SITE / "slopes.csv").read_text(encoding="utf-8").replace(",35.2,", ",95.2,", 1)
    (tmp_path / "slopes.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 2: .*slope_deg"):
        read_units(tmp_path / "slopes.csv")
    feature = (
        '{"features": [{"properties": {"id": "a", "group": "g", "slope_deg": 30, "depth_m": 1,'
        '"water_depth_m": 1, "cohesion_kpa": 5, "friction_deg": 30, "diffusivity_m2_s": 1e-5,'
        '"conductivity_m_s": 1e-6, "soil_water_mm": 200}, "geometry": {"coordinates":'
        "[[[121.2, 29.7], [121.3, 29.7], [121.3, 29.8], [121.2, 29.7]]]}}]}"
    )
    (tmp_path / "slopes.geojson").write_text(feature, encoding="utf-8")
    [unit] = read_units(tmp_path / "slopes.geojson")
    assert unit.outline[0] == (29.7, 121.2)
    assert unit.latitude == pytest.approx(29.7333, abs=1e-3)


def test_no_plan_no_hazard(tmp_path: Path, site: Site) -> None:
    assert load(tmp_path, site) == []
