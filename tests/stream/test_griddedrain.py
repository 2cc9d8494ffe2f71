"""Rain to come from radar frames and weather-model files, and what happens without them."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import h5py
import msgspec
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import stream.citymap
import stream.griddedrain
from stream.citymap import CityMap
from stream.griddedrain import Coming, GriddedRain, Refused, gridded_rain
from stream.grids.formats import frames
from stream.models.flood.basin import Basin, Catchment, Grids, RainGauge, Updating
from stream.models.flood.chain import Chain
from stream.models.flood.rain.outlook import gauge_ensemble
from stream.raingrid import RainGrid
from tests.stream.grids.written import write_netcdf, write_odim

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
"""Time of the newest frame, and of the issue where nothing else is said."""
FIVE = timedelta(minutes=5)
GRIDS = Grids(radar="radar", prediction="prediction", crs="EPSG:32651", cell_km=4.0)
BASIN = Basin(
    name="invented",
    horizon_min=240,
    rain_gauges=tuple(
        RainGauge(datastream=f"{name}/rain", latitude=latitude, longitude=longitude)
        for name, latitude, longitude in (
            ("west", 29.30, 121.20),
            ("east", 29.30, 121.45),
            ("north", 29.45, 121.30),
        )
    ),
    catchments=(
        Catchment(id="west", latitude=29.30, longitude=121.20, area_km2=100.0),
        Catchment(id="east", latitude=29.30, longitude=121.45, area_km2=100.0),
    ),
    grids=GRIDS,
    updating=Updating(members=8),
)
SIZE = 110
"""Cells of the written radar, each 2 km wide: over all of the grid."""


def pattern() -> np.ndarray:
    """Return (SIZE, 2 SIZE) of showers, mm/h, 3 on the average."""
    noise = gaussian_filter(np.random.default_rng(5).standard_normal((SIZE, 2 * SIZE)), 5.0)
    rain = np.maximum(noise, 0.0)
    return 3.0 * rain / rain.mean()


def radar_file(
    folder: Path,
    when: datetime,
    rate: np.ndarray,
    *,
    corner: tuple[float, float] | None = (28.20, 120.25),
) -> Path:
    """Write an ODIM composite of `rate` [mm/h]; without `corner` it lies in Finland."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = np.clip(np.rint(rate * 20), 0, 60_000).astype(np.uint16)
    what = {"quantity": "RATE", "gain": 0.05, "offset": 0.0, "nodata": 65535.0, "undetect": 65534.0}
    path = write_odim(folder / f"radar_{when:%Y%m%d%H%M}.h5", counts, what=what)
    with h5py.File(path, "r+") as file:
        period = file["dataset1/what"].attrs
        for edge, at in (("start", when - FIVE), ("end", when)):
            period[f"{edge}date"] = np.bytes_(f"{at:%Y%m%d}")
            period[f"{edge}time"] = np.bytes_(f"{at:%H%M%S}")
        where = file["where"].attrs
        where["xscale"] = where["yscale"] = 2000.0
        if corner:
            where["projdef"] = np.bytes_("+proj=utm +zone=51 +datum=WGS84 +units=m")
            where["LL_lat"], where["LL_lon"] = corner
    return path


def showers(
    folder: Path, *, count: int = 13, factor: float = 1.0, last: datetime = NOON, ahead: int = 0
) -> None:
    """Drop `count` frames of showers that move 2 km (one cell) to the east in each.

    The last of them is `ahead` frames further on than usual.
    """
    rain = factor * pattern()
    for age in range(count):
        radar_file(folder, last - age * FIVE, rain[:, 20 + age - ahead :][:, :SIZE])


def run_file(folder: Path, rate: float, *, made: str = "2026-07-01 12:00:00") -> Path:
    """Drop a prediction of `rate` in each of the six hours after `made`."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = made.replace("-", "").replace(" ", "_").replace(":", "")[:13]
    hours = tuple(60.0 * hour for hour in range(1, 7))
    fields = np.full((6, 60, 60), rate)
    units = f"minutes since {made}"
    return write_netcdf(folder / f"run_{stamp}.nc", fields, times=hours, time_units=units)


def silence(minutes: int = 360) -> np.ndarray:
    return np.full((3, minutes), np.nan)


def told(
    state: Path,
    *,
    issue: datetime = NOON,
    history: np.ndarray | None = None,
    rain: GriddedRain | Refused | None = None,
    basin: Basin = BASIN,
) -> Coming:
    """Return what the folders below `state` say; the catchments were dry by their gauges."""
    assert basin.grids is not None
    gridded = rain or GriddedRain(basin, basin.grids, state)
    history = np.zeros((3, 360)) if history is None else history
    recent = np.zeros((2, 360))
    return gridded.ahead(recent, history, issue.timestamp(), np.random.default_rng(1))


def only(which: str) -> Basin:
    """Return the basin with nothing but a radar, or nothing but a prediction."""
    grids = msgspec.structs.replace(GRIDS, **{"radar": "", "prediction": "", which: which})
    return msgspec.structs.replace(BASIN, grids=grids)


RADAR, PREDICTION = only("radar"), only("prediction")


def gauges_like(state: Path, factor: float = 1.0) -> np.ndarray:
    """Return (3, 360) what gauges say that have `factor` times the radar of the last hour."""
    grid = RainGrid(BASIN.catchments, crs=GRIDS.crs, cell_km=GRIDS.cell_km)
    files = sorted((state / "radar").iterdir())[-12:]
    fields = np.stack([grid.bring(frames(file)[-1]) for file in files])
    places = grid.places_km([(gauge.latitude, gauge.longitude) for gauge in BASIN.rain_gauges])
    column = [int(np.argmin(np.abs(grid.x_km - x))) for x, _ in places]
    row = [int(np.argmin(np.abs(grid.y_km - y))) for _, y in places]
    history = np.zeros((3, 360))
    history[:, -60:] = np.repeat(factor * fields[:, row, column].T / 60.0, 5, axis=1)
    return history


def test_radar_that_gauges_confirm_leads_the_first_hour(tmp_path: Path) -> None:
    showers(tmp_path / "radar")
    coming = told(tmp_path, history=gauges_like(tmp_path), basin=RADAR)
    assert coming.degraded == []
    assert coming.rate_mm_h is not None
    assert coming.rate_mm_h.shape == (8, 2, 240)
    assert np.isfinite(coming.rate_mm_h).all()
    grid = RainGrid(BASIN.catchments, crs=GRIDS.crs, cell_km=GRIDS.cell_km)
    showers(tmp_path / "came", count=3, last=NOON + 3 * FIVE, ahead=3)
    files = (tmp_path / "came").iterdir()
    came = np.mean([grid.means(grid.bring(frames(file)[-1])) for file in files], axis=0)
    soon = coming.rate_mm_h[:, :, :15].mean(axis=(0, 2))
    assert (0.5 * came < soon).all()
    assert (soon < 2.0 * came).all()
    outlook = gauge_ensemble(
        np.zeros((2, 360)),
        leads_min=240,
        members=8,
        climate=BASIN.climate,
        random=np.random.default_rng(1),
    )
    assert soon.mean() > 3 * outlook[:, :, :10].mean()


def test_gauges_that_have_twice_as_much_double_the_radar(tmp_path: Path) -> None:
    showers(tmp_path / "radar")
    same = told(tmp_path, history=gauges_like(tmp_path), basin=RADAR).rate_mm_h
    more = told(tmp_path, history=gauges_like(tmp_path, 2.0), basin=RADAR).rate_mm_h
    assert same is not None
    assert more is not None
    assert more[:, :, :20].sum() / same[:, :, :20].sum() == pytest.approx(2.0, rel=0.3)


def test_radar_without_gauges_is_used_as_it_is_and_said(tmp_path: Path) -> None:
    showers(tmp_path / "radar")
    coming = told(tmp_path, history=silence(), basin=RADAR)
    assert coming.rate_mm_h is not None
    assert coming.degraded == ["radar: no gauge heard under it, its amounts are not corrected"]


def test_radar_fills_the_past_of_catchments_without_gauges(tmp_path: Path) -> None:
    showers(tmp_path / "radar")
    gridded = GriddedRain(RADAR, RADAR.grids, tmp_path)  # type: ignore[arg-type]
    nothing = np.full((2, 360), np.nan)
    coming = gridded.ahead(nothing, silence(), NOON.timestamp(), np.random.default_rng(1))
    assert not any("rain now is not known" in words for words in coming.degraded)
    old = (NOON + 15 * timedelta(minutes=1)).timestamp()
    coming = gridded.ahead(nothing, silence(), old, np.random.default_rng(1))
    assert any("rain now is not known" in words for words in coming.degraded)


def test_frames_that_are_too_old_are_not_used(tmp_path: Path) -> None:
    showers(tmp_path / "radar", count=3)
    assert told(tmp_path, issue=NOON + 20 * FIVE / 5, basin=RADAR).rate_mm_h is not None
    coming = told(tmp_path, issue=NOON + 21 * FIVE / 5, basin=RADAR)
    assert coming.rate_mm_h is None
    assert coming.degraded == [
        "radar: the newest frame, 2026-07-01 12:00, is 21 min old: rain from gauges"
    ]


def test_frames_after_the_issue_are_not_looked_at(tmp_path: Path) -> None:
    showers(tmp_path / "radar", count=6)
    early = told(tmp_path, issue=NOON - 2 * FIVE, basin=RADAR).rate_mm_h
    for age in (0, 1):
        (tmp_path / "radar" / f"radar_{NOON - age * FIVE:%Y%m%d%H%M}.h5").unlink()
    np.testing.assert_array_equal(told(tmp_path, issue=NOON - 2 * FIVE, basin=RADAR)[0], early)
    coming = told(tmp_path, issue=NOON - 10 * FIVE, basin=RADAR)
    assert coming.rate_mm_h is None
    assert "no frame up to the issue" in coming.degraded[0]


def test_a_torn_file_is_named_and_the_one_before_it_used(tmp_path: Path) -> None:
    showers(tmp_path / "radar", count=4)
    torn = tmp_path / "radar" / f"radar_{NOON:%Y%m%d%H%M}.h5"
    torn.write_bytes(torn.read_bytes()[:1000])
    coming = told(tmp_path, basin=RADAR)
    assert coming.rate_mm_h is not None
    assert torn.name in coming.degraded[0]
    for file in (tmp_path / "radar").iterdir():
        file.write_bytes(file.read_bytes()[:1000])
    coming = told(tmp_path, basin=RADAR)
    assert coming.rate_mm_h is None
    assert len(coming.degraded) == 3
    assert coming.degraded[-1].endswith("rain from gauges")


def test_a_frame_that_was_left_out_is_no_motion_twice_as_fast(tmp_path: Path) -> None:
    showers(tmp_path / "radar", count=4)
    (tmp_path / "radar" / f"radar_{NOON - FIVE:%Y%m%d%H%M}.h5").unlink()
    coming = told(tmp_path, basin=RADAR)
    assert coming.rate_mm_h is not None
    assert "radar: no frame 5 min before the newest, 2026-07-01 12:00" in coming.degraded
    assert any("motion unknown" in words for words in coming.degraded)


def test_a_radar_of_another_place(tmp_path: Path) -> None:
    radar_file(tmp_path / "radar", NOON, np.ones((9, 9)), corner=None)
    coming = told(tmp_path, basin=RADAR)
    assert coming.rate_mm_h is None
    assert "covers none of the catchments" in coming.degraded[0]


def test_folders_that_are_not_there_or_empty(tmp_path: Path) -> None:
    coming = told(tmp_path)
    assert coming.rate_mm_h is None
    assert [words.split(":")[0] for words in coming.degraded] == ["radar", "prediction"]
    assert all("no such folder" in words for words in coming.degraded)
    (tmp_path / "radar").mkdir()
    (tmp_path / "prediction").mkdir()
    coming = told(tmp_path)
    assert coming.rate_mm_h is None
    assert ["no frame" in coming.degraded[0], "no run" in coming.degraded[1]] == [True, True]


def test_a_radar_that_sees_nothing_while_gauges_fill(tmp_path: Path) -> None:
    showers(tmp_path / "radar", factor=0.0)
    wet = np.full((3, 360), 5.0 / 60)
    coming = told(tmp_path, history=wet, basin=RADAR)
    assert coming.rate_mm_h is None
    assert coming.degraded == ["radar: it sees 0.0 mm where gauges had 15.0 mm: rain from gauges"]
    dry = told(tmp_path, basin=RADAR)
    assert dry.rate_mm_h is not None
    assert dry.rate_mm_h[:, :, :60].max() == 0.0


def test_a_storm_that_began_since_the_newest_frame(tmp_path: Path) -> None:
    showers(tmp_path / "radar", factor=0.0)
    gridded = GriddedRain(RADAR, RADAR.grids, tmp_path)  # type: ignore[arg-type]
    recent = np.zeros((2, 360))
    recent[:, -12:] = 20.0
    issue = NOON + timedelta(minutes=15)
    random = np.random.default_rng(1)
    coming = gridded.ahead(recent, np.zeros((3, 360)), issue.timestamp(), random)
    assert coming.rate_mm_h is None
    assert "8.0 mm fell since its newest frame" in coming.degraded[0]
    calm = gridded.ahead(np.zeros((2, 360)), np.zeros((3, 360)), issue.timestamp(), random)
    assert calm.rate_mm_h is not None


def test_without_pysteps_gauges_and_prediction_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    showers(tmp_path / "radar", count=3)
    run_file(tmp_path / "prediction", 4.0)
    monkeypatch.setitem(sys.modules, "pysteps", None)
    coming = told(tmp_path)
    assert coming.rate_mm_h is not None
    assert coming.degraded == [
        "radar: pysteps is not installed (pip install 'forewarn[radar]' brings it): "
        "rain from gauges"
    ]
    assert told(tmp_path, basin=RADAR).rate_mm_h is None


def test_a_fault_of_a_library_costs_no_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    showers(tmp_path / "radar", count=3)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("stream.griddedrain.nowcast.nowcast", broken)
    coming = told(tmp_path, basin=RADAR)
    assert coming.rate_mm_h is None
    assert "ZeroDivisionError('deep inside')" in coming.degraded[-1]


def test_a_prediction_alone_takes_over_between_one_and_three_hours(tmp_path: Path) -> None:
    run_file(tmp_path / "prediction", 6.0)
    many = msgspec.structs.replace(PREDICTION, updating=Updating(members=200))
    coming = told(tmp_path, basin=many)
    assert coming.degraded == []
    assert coming.rate_mm_h is not None
    outlook = gauge_ensemble(
        np.zeros((2, 360)),
        leads_min=240,
        members=200,
        climate=BASIN.climate,
        random=np.random.default_rng(1),
        xy_km=Chain(many)._inputs.xy_km,
    )
    np.testing.assert_array_equal(coming.rate_mm_h[..., :60], outlook[..., :60])
    late = coming.rate_mm_h[..., 180:]
    assert late.mean() == pytest.approx(6.0, rel=0.3)
    assert late[:, 0, -1].std() > 2.0


def test_hours_of_a_run_hold_up_to_their_time(tmp_path: Path) -> None:
    (tmp_path / "prediction").mkdir()
    fields = np.stack([np.full((60, 60), rate) for rate in (0.0, 8.0, 0.0)])
    units = "minutes since 2026-07-01 12:30:00"
    path = tmp_path / "prediction" / "run.nc"
    write_netcdf(path, fields, times=(60.0, 120.0, 180.0), time_units=units)
    rates = []
    for issue in (NOON - timedelta(minutes=105), NOON - timedelta(minutes=60)):
        found = told(tmp_path, issue=issue, basin=PREDICTION).rate_mm_h
        assert found is not None
        rates.append(found.mean(axis=(0, 1)))
    assert rates[0][180:195].max() == 0.0
    assert rates[0][195:].min() > 0.0
    assert rates[1][180:210].min() > 0.0
    assert rates[1][210:].max() == 0.0


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("2026-06-30 08:00:00", "is not of the day before the issue"),
        ("2026-07-01 00:00:00", "says nothing of it"),
    ],
)
def test_a_run_that_is_too_old(tmp_path: Path, made: str, words: str) -> None:
    run_file(tmp_path / "prediction", 6.0, made=made)
    coming = told(tmp_path, basin=PREDICTION)
    assert coming.rate_mm_h is None
    assert words in coming.degraded[0]


def test_a_run_of_another_place_and_a_torn_one(tmp_path: Path) -> None:
    path = run_file(tmp_path / "prediction", 6.0)
    away = tuple(
        msgspec.structs.replace(catchment, latitude=31.9) for catchment in BASIN.catchments
    )
    coming = told(tmp_path, basin=msgspec.structs.replace(PREDICTION, catchments=away))
    assert coming.rate_mm_h is None
    assert "covers none of the catchments" in coming.degraded[0]
    path.write_bytes(path.read_bytes()[:-5000])
    coming = told(tmp_path, basin=PREDICTION)
    assert coming.rate_mm_h is None
    assert path.name in coming.degraded[0]


def test_both_radar_first_then_the_prediction(tmp_path: Path) -> None:
    showers(tmp_path / "radar", factor=0.0)
    run_file(tmp_path / "prediction", 6.0)
    coming = told(tmp_path)
    assert coming.degraded == []
    assert coming.rate_mm_h is not None
    assert coming.rate_mm_h[..., :60].max() == 0.0
    assert (coming.rate_mm_h[..., 185:] > 0.0).all()


def test_one_nowcast_serves_until_the_next_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    showers(tmp_path / "radar", count=4)
    gridded = GriddedRain(RADAR, RADAR.grids, tmp_path)  # type: ignore[arg-type]
    first = told(tmp_path, rain=gridded).rate_mm_h
    monkeypatch.setattr("stream.griddedrain.nowcast.nowcast", None)
    later = told(tmp_path, rain=gridded, issue=NOON + timedelta(minutes=3)).rate_mm_h
    assert first is not None
    assert later is not None
    np.testing.assert_array_equal(later[..., :50], first[..., 3:53])


def test_a_restart_says_the_same(tmp_path: Path) -> None:
    showers(tmp_path / "radar", count=4)
    np.testing.assert_array_equal(told(tmp_path, basin=RADAR)[0], told(tmp_path, basin=RADAR)[0])


def test_small_catchments_side_by_side_each_have_a_cell() -> None:
    near = tuple(
        Catchment(id=name, latitude=29.3, longitude=longitude, area_km2=0.5)
        for name, longitude in (("one", 121.300), ("two", 121.301))
    )
    grid = RainGrid(near, crs="EPSG:32651", cell_km=4.0)
    field = np.arange(float(len(grid.y_km) * len(grid.x_km))).reshape(len(grid.y_km), -1)
    assert np.isfinite(grid.means(field)).all()


def test_a_mean_needs_half_of_the_catchment() -> None:
    grid = RainGrid(BASIN.catchments[:1], crs="EPSG:32651", cell_km=1.2)
    field = np.ones((len(grid.y_km), len(grid.x_km)))
    field[:, : len(grid.x_km) // 2 - 2] = np.nan
    assert grid.means(field)[0] == 1.0
    field[:, : len(grid.x_km) // 2 + 3] = np.nan
    assert np.isnan(grid.means(field)[0])


@pytest.mark.parametrize(
    ("crs", "cell_km", "words"),
    [
        ("EPSG:4326", 2.0, "not in metres"),
        ("EPSG:nowhere", 2.0, "no coordinate system"),
        ("EPSG:32651", 0.5, "cell_km 0.5 makes a grid"),
    ],
)
def test_a_grid_that_makes_no_sense(crs: str, cell_km: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RainGrid(BASIN.catchments, crs=crs, cell_km=cell_km)


def test_a_mistyped_table_costs_no_map(tmp_path: Path) -> None:
    grids = msgspec.structs.replace(GRIDS, crs="EPSG:4326")
    coming = told(tmp_path, rain=gridded_rain(msgspec.structs.replace(BASIN, grids=grids)))
    assert coming.rate_mm_h is None
    assert "crs `EPSG:4326` is not in metres" in coming.degraded[0]


def test_the_table_of_a_basin() -> None:
    with pytest.raises(msgspec.ValidationError, match="`radar`, `prediction` or both"):
        msgspec.convert({"crs": "EPSG:32651"}, Grids)
    with pytest.raises(msgspec.ValidationError, match="unknown field `radr`"):
        msgspec.convert({"radr": "radar", "crs": "EPSG:32651"}, Grids)


def test_folders_lie_in_the_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    showers(tmp_path / "radar", count=1)
    monkeypatch.setenv("FOREWARN_STATE", str(tmp_path))
    assert told(tmp_path, rain=gridded_rain(RADAR)).rate_mm_h is not None
    monkeypatch.setenv("FOREWARN_STATE", str(tmp_path / "other"))
    assert told(tmp_path, rain=gridded_rain(RADAR)).rate_mm_h is None
    absolute = msgspec.structs.replace(GRIDS, radar=str(tmp_path / "radar"), prediction="")
    basin = msgspec.structs.replace(BASIN, grids=absolute)
    assert told(tmp_path, rain=gridded_rain(basin)).rate_mm_h is not None
    assert gridded_rain(msgspec.structs.replace(BASIN, grids=None)) is None


class Caught(Exception):
    """Ends the drawing of a map where its ensemble is known."""


def test_the_map_is_drawn_with_this_rain(monkeypatch: pytest.MonkeyPatch) -> None:
    rate = np.random.default_rng(0).random((8, 2, 240))
    stub = SimpleNamespace(ahead=lambda *_: Coming(rate, ["radar: said"]))
    monkeypatch.setattr(stream.citymap, "gridded_rain", lambda _: stub)
    seen = []

    def flood(_city: object, _depth: object, ensemble: object, **_: object) -> None:
        seen.append(ensemble)
        raise Caught

    monkeypatch.setattr(stream.citymap, "flood", flood)
    monkeypatch.setattr(stream.citymap.CityMap, "_filled", lambda self, *_: _dry(self))
    place = SimpleNamespace(places=())
    city = CityMap(place, Chain(BASIN), SimpleNamespace(), None, BASIN.inputs)  # type: ignore[arg-type]
    with pytest.raises(Caught):
        city.draw(np.zeros((3, 61)), NOON.timestamp())
    np.testing.assert_array_equal(seen[0].rain["west"][:, 1:], rate[:, 0])


def _dry(city: CityMap) -> list[str]:
    city._depth = np.zeros((1, 1), np.float32)
    return []


DUTCH = Basin(
    name="dutch",
    catchments=(
        Catchment(id="utrecht", latitude=52.09, longitude=5.12, area_km2=300.0),
        Catchment(id="apeldoorn", latitude=52.21, longitude=5.97, area_km2=300.0),
    ),
    grids=Grids(radar="radar/knmi_201008_h5", crs="EPSG:28992", cell_km=4.0),
    updating=Updating(members=8),
)


@pytest.mark.soak
@pytest.mark.recorded
def test_recorded_frames_of_knmi(recorded_data: Path, tmp_path: Path) -> None:
    """What fell in the next half hour lies among the members, and they tell it from dry."""
    assert DUTCH.grids is not None
    grid = RainGrid(DUTCH.catchments, crs=DUTCH.grids.crs, cell_km=4.0)
    came, coming = [], []
    for hour in (1, 2, 3):
        issue = datetime(2010, 8, 26, hour, 2, tzinfo=UTC)
        folder = tmp_path / str(hour) / "radar" / "knmi_201008_h5"
        folder.mkdir(parents=True)
        for age in range(-6, 6):
            when = issue.replace(minute=0) - age * FIVE
            name = f"RAD_NL25_RAP_5min_{when:%Y%m%d%H%M}.h5"
            recorded = recorded_data / "radar" / "knmi_201008_h5" / name
            if age < 0:
                came.append(grid.means(grid.bring(frames(recorded)[-1])))
            else:
                (folder / name).symlink_to(recorded)
        gridded = GriddedRain(DUTCH, DUTCH.grids, tmp_path / str(hour))
        found = gridded.ahead(
            np.zeros((2, 360)), np.zeros((0, 360)), issue.timestamp(), np.random.default_rng(1)
        )
        assert found.rate_mm_h is not None
        assert found.degraded[0].startswith("radar: no gauge heard under it")
        coming.append(found.rate_mm_h[:, :, :28].mean(axis=2))
    fell = np.array(came).reshape(3, 6, 2).mean(axis=1)
    members = np.array(coming)
    inside = (members.min(axis=1) <= fell) & (fell <= members.max(axis=1))
    assert inside.mean() > 0.6
    assert np.abs(members.mean(axis=1) - fell).mean() < 0.5 * fell.mean()
