"""Rasters as they come: other projections, holes, and those that cannot be used."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio import Affine

from stream.terrain import TerrainFileError, load_city, read

UTM = "EPSG:32651"
WEST, NORTH, SIZE = 360_000.0, 3_306_000.0, 60


def a_raster(
    path: Path,
    heights: NDArray[Any],
    *,
    crs: str | None = UTM,
    transform: Affine | None = None,
    driver: str = "GTiff",
    scale: float = 1.0,
    unit: str = "",
    nodata: float | None = None,
) -> Path:
    transform = transform or Affine(10.0, 0.0, WEST, 0.0, -10.0, NORTH)
    with rasterio.open(
        path,
        "w",
        driver=driver,
        height=heights.shape[0],
        width=heights.shape[1],
        count=1,
        dtype=heights.dtype,
        crs=crs,
        transform=transform,
        nodata=nodata,
    ) as raster:
        raster.write(heights, 1)
        if driver == "GTiff":
            raster.scales = (scale,)
            raster.units = (unit,)
    return path


def plane(x: Any, y: Any) -> Any:
    return 3.0 + 0.001 * (x - WEST) - 0.002 * (y - NORTH)


def a_slope() -> NDArray[np.float32]:
    rows, columns = np.indices((SIZE, SIZE))
    return plane(WEST + 10 * columns + 5, NORTH - 10 * rows - 5).astype(np.float32)


def test_a_raster_that_fits_is_read_as_it_is(tmp_path: Path) -> None:
    heights = a_slope()
    heights[3, 4] = -9999
    path = a_raster(tmp_path / "t.tif", heights, nodata=-9999)
    found = read(path, crs=UTM, cell_m=10.0)
    assert found.chart.shape == (SIZE, SIZE)
    assert (found.chart.west, found.chart.north) == (WEST, NORTH)
    assert found.holes == 1
    assert np.isnan(found.bed[3, 4])
    kept = np.isfinite(found.bed)
    assert np.array_equal(found.bed[kept], heights[kept])


def test_centimetres_are_metres_by_the_scale_they_declare(tmp_path: Path) -> None:
    heights = np.round(a_slope() * 100).astype(np.int16)
    path = a_raster(tmp_path / "t.tif", heights, scale=0.01, nodata=-32768)
    np.testing.assert_allclose(read(path, crs=UTM, cell_m=10.0).bed, a_slope(), atol=0.006)


def test_a_finer_raster_is_averaged_and_a_coarser_one_interpolated(tmp_path: Path) -> None:
    path = a_raster(tmp_path / "t.tif", a_slope())
    for cell_m in (30.0, 4.0):
        found = read(path, crs=UTM, cell_m=cell_m)
        x, y = np.meshgrid(*found.chart.centres())
        inner = found.bed[3:-3, 3:-3]
        np.testing.assert_allclose(inner, plane(x, y)[3:-3, 3:-3], atol=1e-3)


def test_a_raster_in_degrees_is_brought_into_the_sites_metres(tmp_path: Path) -> None:
    from rasterio.warp import transform

    step = 0.0001
    lat, lon = 29.90 - step * np.arange(120), 121.55 + step * np.arange(120)
    x, y = transform(
        "EPSG:4326",
        UTM,
        np.tile(lon + step / 2, 120).tolist(),
        np.repeat(lat - step / 2, 120).tolist(),
    )
    heights = plane(np.array(x), np.array(y)).reshape(120, 120)
    path = a_raster(
        tmp_path / "degrees.tif",
        heights,
        crs="EPSG:4326",
        transform=Affine(step, 0, 121.55, 0, -step, 29.90),
    )
    found = read(path, crs=UTM, cell_m=25.0)
    east, north = np.meshgrid(*found.chart.centres())
    known = np.isfinite(found.bed)
    assert known.mean() > 0.9
    np.testing.assert_allclose(found.bed[known], plane(east, north)[known], atol=0.03)


def test_an_ascii_grid_with_its_projection_beside_it_is_read(tmp_path: Path) -> None:
    a_raster(tmp_path / "t.asc", a_slope(), driver="AAIGrid", nodata=-9999)
    found = read(tmp_path / "t.asc", crs=UTM, cell_m=10.0)
    np.testing.assert_allclose(found.bed, a_slope(), atol=1e-3)


def test_a_part_is_cut_out_and_what_lies_beyond_is_no_ground(tmp_path: Path) -> None:
    path = a_raster(tmp_path / "t.tif", a_slope())
    part = read(path, crs=UTM, cell_m=10.0, within=(WEST, NORTH - 200, WEST + 100, NORTH))
    assert np.array_equal(part.bed, a_slope()[:20, :10])
    wide = read(path, crs=UTM, cell_m=10.0, within=(WEST - 100, NORTH - 200, WEST + 100, NORTH))
    assert wide.bed.shape == (20, 20)
    assert np.isnan(wide.bed[:, :9]).all()
    assert wide.holes >= 180


def test_a_raster_without_a_place_says_how_to_give_it_one(tmp_path: Path) -> None:
    path = a_raster(tmp_path / "t.tif", a_slope(), crs=None)
    with pytest.raises(TerrainFileError, match=r"no CRS.*gdal_edit\.py -a_srs EPSG:32651 t\.tif"):
        read(path, crs=UTM, cell_m=10.0)
    found = read(path, crs=UTM, cell_m=10.0, assumed_crs=UTM)
    assert np.array_equal(found.bed, a_slope())


def test_a_raster_of_another_place_is_said(tmp_path: Path) -> None:
    path = a_raster(tmp_path / "t.tif", a_slope())
    with pytest.raises(TerrainFileError, match="none of the site's x 0…100"):
        read(path, crs=UTM, cell_m=10.0, within=(0.0, 0.0, 100.0, 100.0))


@pytest.mark.parametrize("unit", ["ft", "US survey foot", "cm"])
def test_heights_in_another_unit_are_refused(tmp_path: Path, unit: str) -> None:
    path = a_raster(tmp_path / "t.tif", a_slope(), unit=unit)
    with pytest.raises(TerrainFileError, match=f"heights are in `{unit.lower()}`; give metres"):
        read(path, crs=UTM, cell_m=10.0)


def test_undeclared_centimetres_and_missing_values_are_refused(tmp_path: Path) -> None:
    mountain = (a_slope() + 300) * 100
    path = a_raster(tmp_path / "cm.tif", mountain)
    with pytest.raises(TerrainFileError, match="are not metres; give the raster a scale"):
        read(path, crs=UTM, cell_m=10.0)
    holed = a_slope()
    holed[0, 0] = -32768
    with pytest.raises(TerrainFileError, match=r"-32768.*nodata value \(-a_nodata\)"):
        read(a_raster(tmp_path / "nodata.tif", holed), crs=UTM, cell_m=10.0)


def test_a_raster_without_any_height_is_refused(tmp_path: Path) -> None:
    path = a_raster(tmp_path / "t.tif", np.full((5, 5), np.nan, np.float32))
    with pytest.raises(TerrainFileError, match="no cell has a height"):
        read(path, crs=UTM, cell_m=10.0)


def test_what_is_no_raster_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.tif").write_text("not a raster")
    for name in ("t.tif", "absent.tif"):
        with pytest.raises(TerrainFileError, match=f"{name}.*a raster of heights is needed"):
            read(tmp_path / name, crs=UTM, cell_m=10.0)


@pytest.mark.parametrize(
    ("crs", "said"), [("EPSG:4326", "not in metres"), ("nowhere", "give e.g.")]
)
def test_a_site_needs_a_metric_system(tmp_path: Path, crs: str, said: str) -> None:
    path = a_raster(tmp_path / "t.tif", a_slope())
    with pytest.raises(TerrainFileError, match=said):
        read(path, crs=crs, cell_m=10.0)


def test_a_city_is_loaded_with_the_holes_of_its_raster_filled(tmp_path: Path) -> None:
    heights = a_slope()
    heights[20:22, 30:33] = np.nan
    a_raster(tmp_path / "t.tif", heights)
    (tmp_path / "inundation.toml").write_text(
        'name = "t-1"\narea = "a"\nterrain = "t.tif"\ncrs = "EPSG:32651"\ncell_m = 10.0\n'
        '[[rain]]\ncatchment = "c"\nlatitude = 29.87\nlongitude = 121.56\n'
    )
    city = load_city(tmp_path)
    assert city.holes == (6, 0)
    assert city.land.all()
    assert city.ground.edge is not None
    assert (city.ground.edge == -1).all()
