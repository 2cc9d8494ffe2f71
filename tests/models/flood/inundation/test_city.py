"""Rivers, drains, breaches and rain in a small city, and the demonstration's own plan."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forewarn.domain.station import load_site
from stream.models.flood.inundation import rivers
from stream.models.flood.inundation.city import City, Drive, build, forcing_of, gaps
from stream.models.flood.inundation.plan import Breach, Buildings, InundationPlan
from stream.models.flood.inundation.solver import Flooded, simulate
from stream.models.flood.inundation.terrain import TerrainError

pytestmark = pytest.mark.usefixtures("one_thread")

DEMO = Path(__file__).resolve().parents[4] / "sites" / "yongjiang"


def run(city: City, drive: Drive) -> Flooded:
    return simulate(
        city.ground, city.dry(), forcing_of(city, drive), start_s=0.0, duration_s=drive.times_s[-1]
    )


def test_without_rain_and_below_its_banks_a_river_wets_not_one_cell(
    town: Any, small_city: City
) -> None:
    found = run(small_city, town.drive(stage=3.95))
    assert not found.peak_depth[small_city.land].any()


def test_the_river_comes_over_its_low_bank_and_nowhere_else(town: Any, small_city: City) -> None:
    found = run(small_city, town.drive(stage=4.3, hours=0.2))
    wet = (found.depth > 0.05) & small_city.land
    assert wet[17, 5]  # left of the river, km 10.4 to 10.5
    assert not wet[:, :2].any()  # the right bank holds
    assert not wet[0].any()
    assert found.balance.inflow > 100.0


def test_water_returns_over_the_bank_when_the_river_has_fallen(town: Any, small_city: City) -> None:
    depth = np.where(small_city.land, 1.5, 0.0).astype(np.float32)
    forcing = forcing_of(small_city, town.drive(stage=1.0))
    found = simulate(small_city.ground, depth, forcing, start_s=0.0, duration_s=1800.0)
    assert found.balance.outflow > 1000.0
    # Below the lowest crest (4 m) only the pumps take water out: it stands higher than that.
    assert (found.depth + small_city.ground.bed)[20, 20] > 3.9


@given(km=st.floats(7.0, 13.0), up=st.floats(-2, 8), down=st.floats(-2, 8))
@settings(max_examples=50, deadline=None)
def test_the_stage_along_a_river_lies_between_its_gauges(
    town: Any, km: float, up: float, down: float
) -> None:
    river = town.plan().rivers[0]
    stages = {"up/stage": np.array([up]), "down/stage": np.array([down])}
    found = rivers.stage_along(river, stages, np.array([km]))
    assert found is not None
    share = min(max((km - 8.0) / 4.0, 0.0), 1.0)
    assert found[0, 0] == pytest.approx(up + share * (down - up), abs=1e-9)


def test_a_gauge_without_stage_is_left_out_and_said(town: Any, small_city: City) -> None:
    drive = town.drive(stage=(np.nan, 2.0))
    forcing = forcing_of(small_city, drive)
    assert forcing.stage_m is not None
    assert (forcing.stage_m == 2.0).all()
    assert gaps(small_city, drive.stage) == ["river r: without up/stage"]


def test_a_river_without_any_stage_is_brimful_and_said(town: Any, small_city: City) -> None:
    drive = town.drive(stage=np.nan)
    forcing = forcing_of(small_city, drive)
    assert forcing.stage_m is not None
    assert (forcing.stage_m == 4.0).all()
    assert "no stage at any gauge" in gaps(small_city, drive.stage)[0]
    found = run(small_city, drive)
    assert not found.peak_depth[small_city.land].any()


def test_rain_that_is_missing_counts_as_the_mean_of_the_other_catchments(town: Any) -> None:
    plan = town.plan()
    second = msgspec.structs.replace(plan.rain[0], catchment="d", latitude=29.0)
    third = msgspec.structs.replace(plan.rain[0], catchment="e", latitude=28.0)
    city = build(
        msgspec.structs.replace(plan, rain=(second, plan.rain[0], third)), town.flat(), town.chart
    )
    drive = town.drive(rain=float("nan"))
    drive.rain["d"] = np.full(len(drive.times_s), 8.0)
    drive.rain["e"] = np.full(len(drive.times_s), 4.0)
    np.testing.assert_allclose(forcing_of(city, drive).rain_mm_h, 6.0)


@pytest.mark.parametrize(
    ("stage", "share"), [(1.0, 1.0), (2.0, 1.0), (2.75, 0.5), (3.0, 0.25), (4.5, 0.25)]
)
def test_a_sluice_closes_as_the_river_rises_and_leaves_the_pumps(
    town: Any, small_city: City, stage: float, share: float
) -> None:
    opened = forcing_of(small_city, town.drive(stage=stage)).drain_open
    assert opened is not None
    np.testing.assert_allclose(opened, share, atol=1e-9)


def test_each_district_drains_by_its_own_river(town: Any) -> None:
    plan = town.plan()
    (whole,) = plan.districts
    half = town.degrees((0, 0), (800, 0), (800, 400), (0, 400))
    free = msgspec.structs.replace(whole, id="free", polygon=half, outfall=None)
    city = build(msgspec.structs.replace(plan, districts=(whole, free)), town.flat(), town.chart)
    found = run(city, town.drive(stage=3.5, rain=18.0))
    assert found.depth[4, 20] < 1e-3
    assert found.depth[28, 20] == pytest.approx(0.011, rel=0.05)


def test_rain_stands_where_the_river_shuts_the_drains_in(town: Any, small_city: City) -> None:
    free = run(small_city, town.drive(stage=1.0, rain=18.0))
    shut = run(small_city, town.drive(stage=3.5, rain=18.0))
    assert not (free.depth[small_city.land] > 1e-3).any()  # 20 + 2 mm/h are taken
    # 18 less 5 pumped and 2 soaked away, for an hour: 11 mm are left.
    assert shut.depth[small_city.land].mean() == pytest.approx(0.011, rel=0.02)


def test_a_cloudburst_of_300_mm_in_an_hour_keeps_its_water(town: Any, small_city: City) -> None:
    found = run(small_city, town.drive(stage=3.5, rain=300.0))
    assert np.isfinite(found.depth).all()
    assert found.balance.error_share < 5e-5
    mean = found.depth[small_city.land].mean()
    assert 0.15 < mean < 0.300 - 0.007


def test_an_embankment_gives_way_when_the_river_has_risen_so_far(town: Any) -> None:
    plan = town.plan()
    weak = msgspec.structs.replace(
        plan.rivers[0],
        low_spots=(),
        breaches=(Breach(side="left", km=(10.4, 10.5), fails_m=4.5, crest_m=3.2),),
    )
    city = build(msgspec.structs.replace(plan, rivers=(weak,)), town.flat(), town.chart)
    held = run(city, town.drive(stage=4.4))
    assert not held.peak_depth[city.land].any()
    drive = town.drive(stage=4.4)
    drive.stage["up/stage"][3:] = drive.stage["down/stage"][3:] = 4.6
    broken = run(city, drive)
    assert broken.depth[17, 5] > 0.3
    assert np.nanmin(broken.arrival_s[city.land]) > 1800.0


def test_water_flows_around_a_building_and_roofs_stay_dry(town: Any) -> None:
    block = Buildings(id="b", polygon=town.degrees((175, 400), (300, 400), (300, 500), (175, 500)))
    city = build(town.plan(buildings=(block,)), town.flat(), town.chart)
    found = run(city, town.drive(stage=4.6, hours=0.5))
    assert not found.peak_depth[16:20, 7:12].any()
    assert found.depth[18, 14] > 0.02


def test_ground_without_a_height_is_no_ground_and_counted(town: Any) -> None:
    bed = town.flat()
    bed[20:30, 20:30] = np.nan
    bed[10, 10] = np.nan
    city = build(town.plan(largest_hole_m2=10_000.0), bed, town.chart)
    assert city.holes == (1, 100)
    assert not city.land[20:30, 20:30].any()
    assert city.land[10, 10]
    with pytest.raises(TerrainError, match="no cell has a height"):
        build(town.plan(), np.full((town.size, town.size), np.nan), town.chart)


def test_places_know_their_cells(small_city: City) -> None:
    near, far, off = small_city.spots
    assert len(near.cells) >= 4
    assert len(far.cells) >= 4
    assert not len(off.cells)
    assert small_city.land.ravel()[near.cells].all()


FAULTS = {
    "needs at least one [[rain]]": {"rain": []},
    "no river `x`": {
        "district": [
            {
                "id": "d",
                "polygon": [[29, 121], [29, 122], [30, 122]],
                "outfall": {"river": "x", "km": 1, "closes_m": 2},
            }
        ]
    },
    "must be multiples of": {"step": "PT7M"},
    "must ascend, e.g.": {"depths_m": [0.5, 0.3]},
    "neither `left` nor `right`": {"low_spot": {"side": "east", "km": [0, 1], "crest_m": 3}},
    "of a low spot or breach must ascend": {
        "low_spot": {"side": "left", "km": [2, 1], "crest_m": 3}
    },
}


@pytest.mark.parametrize("message", FAULTS)
def test_a_plan_that_cannot_be_is_refused_with_its_reason(message: str) -> None:
    river = {
        "id": "r",
        "path": [[29.8, 121.5], [29.9, 121.5]],
        "from_km": 0,
        "width_m": [50, 50],
        "crest_m": [4, 4],
        "gauge": [{"datastream": "a/stage", "km": 0}],
    }
    fault = dict(FAULTS[message])
    if "low_spot" in fault:
        river["low_spot"] = [fault.pop("low_spot")]
    plan = {
        "name": "n",
        "area": "a",
        "terrain": "t",
        "crs": "EPSG:32651",
        "cell_m": 25,
        "rain": [{"catchment": "c", "latitude": 29.8, "longitude": 121.5}],
        "river": [river],
        **fault,
    }
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(plan, InundationPlan)
    assert message in str(caught.value)


def test_the_demonstration_city_fits_its_terrain_and_its_gauges() -> None:
    from stream.terrain import load_city

    site = load_site(DEMO)
    city = load_city(DEMO, site.places)
    keys = {key for key, _, _ in site.datastreams()}
    assert {g.datastream for r in city.plan.rivers for g in r.gauges} <= keys
    assert [spot.id for spot in city.spots if not len(spot.cells)] == []
    assert city.holes == (0, 0)
    assert len(city.channels) == 3
    for channel in city.channels:
        # The plan's rivers run in the beds of the invented ground: no river cell is land.
        assert channel.cells.sum() > 500
        assert city.ground.bed[channel.cells].max() <= channel.brim_m - 0.9
