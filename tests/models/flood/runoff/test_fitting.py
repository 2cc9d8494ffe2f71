"""A basin's parameters found again from rain and flow, and written into basin.toml."""

import json
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from stream.hindcast import basin_fit
from stream.hindcast.basin_fit import edited, evaporation, fit_site, fit_text, load_basin, report
from stream.hindcast.record import HindcastError
from stream.models.flood.basin import Basin
from stream.models.flood.runoff.efficiency import kge
from stream.models.flood.runoff.fitting import (
    CatchmentFit,
    Forcing,
    fit_basin,
    fit_catchment,
    fitted,
    flow_m3_s,
)
from stream.models.flood.runoff.parameters import RunoffError

TEXT = """# A valley.
name = "valley-1"

[[rain_gauge]]
datastream = "hill/rain"
latitude = 50.0
longitude = 10.0

# The upper part.
[[catchment]]
id = "upper"  # of two
latitude = 50.0
longitude = 10.0
area_km2 = 12.0
rain_factor = 1.1

[catchment.runoff]
impervious = 0.0
curve = 0.5

# The lower part, without a gauge.
[[catchment]]
id = "lower"
latitude = 50.1
longitude = 10.0
area_km2 = 30.0
runoff = { impervious = 0.1 }

[[gauge]]
discharge = "beck/discharge"
catchment = "upper"
"""
BASIN = msgspec.toml.decode(TEXT, type=Basin)
UPPER = BASIN.catchments[0]
SITE = """
id = "valley"
name = "Valley"
timezone = "UTC"
gateways = []
[[area]]
id = "all"
name = "All"
polygon = [[50.0, 10.0], [50.1, 10.0], [50.1, 10.1], [50.0, 10.0]]
[[station]]
id = "hill"
name = "Hill"
area = "all"
latitude = 50.0
longitude = 10.0
[[station.datastream]]
property = "rain"
unit = "mm"
interval = "PT30M"
[[station]]
id = "beck"
name = "Beck"
area = "all"
latitude = 50.0
longitude = 10.0
[[station.datastream]]
property = "discharge"
unit = "m3/s"
interval = "PT1H"
"""
RECORDING = """
time = "time"
format = "%Y-%m-%dT%H:%M"
interval = "PT30M"
[columns]
rain = { datastream = "hill/rain" }
flow = { datastream = "beck/discharge" }
"""
DT_S = 3600.0
TRUTH = {"curve": 0.9, "free_mm": 12.0, "lag_h": 2.5, "rain_factor": 1.3, "wetness": 0.8}


def invented(hours: int = 360, seed: int = 1) -> Forcing:
    random = np.random.default_rng(seed)
    storms = np.repeat(random.random(hours // 8) < 0.2, 8)
    rain = storms * random.gamma(1.0, 3.0, hours)
    forcing = Forcing(rain, np.full(hours, 0.05), np.full(hours, 0.4), DT_S)
    return forcing._replace(observed_m3_s=flow_m3_s(UPPER, forcing, TRUTH)[0])


def test_a_fit_forecasts_what_it_has_not_seen() -> None:
    forcing = invented(1080)
    forcing.observed_m3_s[20:60] = np.nan
    said: list[float] = []
    found = fit_catchment(
        UPPER,
        forcing,
        hold_back=0.4,
        generations=80,
        progress=lambda what, part: said.append(part),
    )
    assert found.score > 0.97
    assert found.held_back > 0.9
    assert found.rain_factor == pytest.approx(1.3, rel=0.15)
    assert found.runoff["lag_h"] == pytest.approx(2.5, rel=0.2)
    assert said == sorted(said)
    other = invented(seed=9)
    mine = flow_m3_s(
        UPPER,
        other,
        {**found.runoff, "rain_factor": found.rain_factor, "wetness": found.wetness},
    )
    assert kge(mine[0], other.observed_m3_s) > 0.9


def test_only_gauged_catchments_are_fitted_and_the_others_stay() -> None:
    forcing = invented(160)
    rain = np.stack([forcing.rain_mm, np.zeros(160)])
    fits = fit_basin(
        BASIN, rain, forcing.pet_mm, {"upper": forcing.observed_m3_s}, DT_S, generations=3
    )
    assert [fit.catchment for fit in fits] == ["upper"]
    found = fitted(BASIN, fits)
    assert found.catchments[1] == BASIN.catchments[1]
    assert found.catchments[0].runoff["impervious"] == 0.0
    assert found.catchments[0].runoff["lag_h"] == pytest.approx(fits[0].runoff["lag_h"], rel=1e-3)
    assert found.catchments[0].rain_factor == pytest.approx(fits[0].rain_factor, rel=1e-3)


def test_too_little_to_fit_to_is_said() -> None:
    forcing = invented(48)
    with pytest.raises(RunoffError, match="catchment `upper`: 38 observed steps after the warm-up"):
        fit_catchment(UPPER, forcing, warm_up=10)
    with pytest.raises(RunoffError, match=r"0–0\.8 of the record, not 0\.9"):
        fit_catchment(UPPER, forcing, hold_back=0.9)
    with pytest.raises(RunoffError, match="no flow was recorded at the outlet of any catchment"):
        fit_basin(BASIN, np.zeros((2, 48)), np.zeros(48), {}, DT_S)
    forcing.rain_mm[3] = np.nan
    with pytest.raises(RunoffError, match=r"rain .* is nan"):
        fit_catchment(UPPER, forcing, generations=1)


# ---------------------------------------------------------------- basin.toml

FOUND = CatchmentFit("upper", {"curve": 0.81234567, "lag_h": 2.0}, 1.25, 0.9, 0.9, 0.8, ())


def test_basin_toml_keeps_its_comments_and_its_other_tables() -> None:
    wanted = fitted(BASIN, [FOUND])
    text = edited(Path("basin.toml"), TEXT, wanted, [FOUND])
    assert msgspec.toml.decode(text, type=Basin) == wanted
    assert wanted.catchments[0].runoff == {"impervious": 0.0, "curve": 0.8123, "lag_h": 2.0}
    for line in ("# A valley.", "# The upper part.", 'id = "upper"  # of two'):
        assert line in text
    assert "\n# The lower part, without a gauge.\n[[catchment]]\n" in text
    assert edited(Path("basin.toml"), text, wanted, [FOUND]) == text
    lower = FOUND._replace(catchment="lower")
    both = fitted(wanted, [lower])
    assert msgspec.toml.decode(edited(Path("x"), text, both, [lower]), type=Basin) == both


def test_a_basin_toml_that_cannot_be_edited_is_left_alone() -> None:
    odd = TEXT.replace("[[catchment]]", "[[ catchment ]]")
    with pytest.raises(HindcastError, match=r"basin.toml: cannot be edited; .*'lag_h': 2.0"):
        edited(Path("basin.toml"), odd, fitted(BASIN, [FOUND]), [FOUND])


def test_evaporation_follows_the_months() -> None:
    january_s, july_s = 1_704_067_200.0, 1_719_792_000.0
    found = evaporation(BASIN, np.array([january_s, july_s]), 21_600.0)
    np.testing.assert_allclose(found, [0.25, 1.25])


def site(folder: Path, rain: np.ndarray, flow: np.ndarray) -> Path:
    """Write a site with a half-hourly record: rain in halves, flow at full hours."""
    (folder / "site.toml").write_text(SITE)
    (folder / "recording.toml").write_text(RECORDING)
    (folder / "basin.toml").write_text(TEXT)
    rows = ["time,rain,flow"]
    for half in range(2 * len(rain) + 1):
        hour = half // 2
        fell = rain[(half - 1) // 2] / 2 if half else 0.0
        cell = "" if np.isnan(fell) else f"{fell:.5f}"
        runs = f"{flow[hour - 1]:.5f}" if half % 2 == 0 and hour else ""
        day, minute = divmod(30 * half, 1440)
        rows.append(f"2024-03-{day + 1:02d}T{minute // 60:02d}:{minute % 60:02d},{cell},{runs}")
    path = folder / "record.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_site_is_fitted_from_its_recording(tmp_path: Path) -> None:
    forcing = invented(240)
    rain = forcing.rain_mm.copy()
    rain[200] = np.nan
    path = site(tmp_path, rain, forcing.observed_m3_s)
    found = fit_site(tmp_path, path, generations=40, hold_back=0.0)
    assert found.fits[0].score > 0.97
    assert found.fits[0].rain_factor == pytest.approx(1.3, rel=0.2)
    (tmp_path / "basin.toml").write_text(found.text)
    assert load_basin(tmp_path) == found.basin
    assert report(found.fits)[0]["held_back"] is None
    said = fit_text(found.fits, tmp_path / "basin.toml")
    assert "upper" in said
    assert "written: " in said


def test_the_command_writes_basin_toml_and_says_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forcing = invented(240)
    path = site(tmp_path, forcing.rain_mm, forcing.observed_m3_s)
    monkeypatch.setattr(basin_fit, "fit_site", partial(fit_site, generations=3))
    assert basin_fit.command(tmp_path, [path], as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["catchments"][0]["catchment"] == "upper"
    assert 0.5 < said["catchments"][0]["held_back"] <= 1
    assert load_basin(tmp_path).catchments[0].rain_factor != UPPER.rain_factor
    assert (tmp_path / "basin.toml").read_text().startswith("# A valley.")
    with pytest.raises(HindcastError, match="one recording without a break, not 2"):
        basin_fit.command(tmp_path, [path, path])
    with pytest.raises(HindcastError, match=r"nowhere.basin.toml: No such file"):
        basin_fit.command(tmp_path, [path], out=tmp_path / "nowhere/basin.toml")


def test_a_record_without_rain_is_refused(tmp_path: Path) -> None:
    forcing = invented(240)
    rain = forcing.rain_mm.copy()
    rain[100:180] = np.nan
    path = site(tmp_path, rain, forcing.observed_m3_s)
    with pytest.raises(HindcastError, match=r"no rain is known for 33% of the time; .*--from"):
        fit_site(tmp_path, path)
    (tmp_path / "basin.toml").unlink()
    with pytest.raises(HindcastError, match=r"no basin.toml there: it says what drains where"):
        fit_site(tmp_path, path)
