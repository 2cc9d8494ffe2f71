"""Small files of every format, written as their specifications have them."""

from pathlib import Path

import h5py
import numpy as np
import rasterio
import rasterio.shutil
from rasterio import Affine
from scipy.io import netcdf_file

ROWS, COLUMNS = 6, 8
RAIN = np.arange(ROWS * COLUMNS, dtype=float).reshape(ROWS, COLUMNS)
"""mm/h, row 0 in the north."""
STEREOGRAPHIC = "+proj=stere +lat_0=90 +lon_0=25 +lat_ts=60 +R=6371288"


def write_odim(
    path: Path, counts: np.ndarray, *, what: dict[str, object], obj: str = "COMP"
) -> Path:
    """Write an ODIM composite; `what` is the attributes of its only data."""
    with h5py.File(path, "w") as file:
        file.attrs["Conventions"] = np.bytes_("ODIM_H5/V2_2")
        top = file.create_group("what").attrs
        top["object"], top["version"] = np.bytes_(obj), np.bytes_("H5rad 2.2")
        top["date"], top["time"] = np.bytes_("20260701"), np.bytes_("120000")
        where = file.create_group("where").attrs
        where["projdef"] = np.bytes_(STEREOGRAPHIC)
        where["xsize"], where["ysize"] = counts.shape[1], counts.shape[0]
        where["xscale"], where["yscale"] = 1000.0, 1000.0
        where["LL_lon"], where["LL_lat"] = 25.0, 60.0
        dataset = file.create_group("dataset1")
        period = dataset.create_group("what").attrs
        period["startdate"], period["starttime"] = np.bytes_("20260701"), np.bytes_("115500")
        period["enddate"], period["endtime"] = np.bytes_("20260701"), np.bytes_("120000")
        entry = dataset.create_group("data1")
        entry["data"] = counts
        attributes = entry.create_group("what").attrs
        for name, value in what.items():
            attributes[name] = np.bytes_(value) if isinstance(value, str) else value
    return path


def write_netcdf(
    path: Path,
    fields: np.ndarray,
    *,
    units: str = "mm h-1",
    standard_name: str = "rainfall_rate",
    name: str = "rain",
    time_units: str = "minutes since 2026-07-01 12:00:00",
    times: tuple[float, ...] = (0.0, 60.0),
) -> Path:
    """Write a classic CF file of `fields` (t, y, x), y upwards, in longitude and latitude."""
    with netcdf_file(path, "w") as file:
        file.Conventions = "CF-1.8"
        for dimension, size in zip(("time", "lat", "lon"), fields.shape, strict=True):
            file.createDimension(dimension, size)
        axes = {
            "time": (np.array(times), time_units, "time"),
            "lat": (29.0 + 0.01 * np.arange(fields.shape[1]), "degrees_north", "latitude"),
            "lon": (121.0 + 0.01 * np.arange(fields.shape[2]), "degrees_east", "longitude"),
        }
        for axis, (values, unit, standard) in axes.items():
            entry = file.createVariable(axis, "f8", (axis,))
            entry[:], entry.units, entry.standard_name = values, unit, standard
        rain = file.createVariable(name, "f4", ("time", "lat", "lon"))
        rain[:] = np.where(np.isnan(fields), -99.0, fields)
        rain.units, rain._FillValue = units, np.float32(-99)
        if standard_name:
            rain.standard_name = standard_name
    return path


def write_grib(path: Path, fields: np.ndarray, messages: list[tuple[int, str]]) -> Path:
    """Write GRIB2 messages of (product definition template, its numbers), by GDAL."""
    raster = path.with_suffix(".tif")
    with rasterio.open(
        raster,
        "w",
        driver="GTiff",
        width=fields.shape[2],
        height=fields.shape[1],
        count=len(fields),
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(0.05, 0.0, 121.0, 0.0, -0.05, 30.0),
    ) as file:
        file.write(fields.astype(np.float32))
    ids = (
        "CENTER=38 SUBCENTER=0 MASTER_TABLE=4 LOCAL_TABLE=0 SIGNF_REF_TIME=1 "
        "REF_TIME=2026-07-01T12:00:00Z PROD_STATUS=0 TYPE=1"
    )
    options: dict[str, object] = {}
    for number, (template, values) in enumerate(messages, 1):
        options |= {
            f"BAND_{number}_DISCIPLINE": 0,
            f"BAND_{number}_IDS": ids,
            f"BAND_{number}_PDS_PDTN": template,
            f"BAND_{number}_PDS_TEMPLATE_NUMBERS": values,
        }
    rasterio.shutil.copy(raster, path, driver="GRIB", **options)
    raster.unlink()
    return path


def grib_rate(hour: int) -> tuple[int, str]:
    """Return the template of a precipitation rate, `hour` hours ahead."""
    return 0, f"1 7 2 0 96 0 0 0 1 0 0 0 {hour} 1 0 0 0 0 0 255 255 255 255 255 255"


def grib_amount(start: int, end: int) -> tuple[int, str]:
    """Return the template of an accumulation from `start` to `end` hours ahead."""
    stop = f"7 234 7 1 {12 + end} 0 0"
    period = f"1 0 0 0 0 1 2 1 0 0 0 {end - start} 255 0 0 0 0"
    surface = "1 0 0 0 0 0 255 255 255 255 255 255"
    return 8, f"1 8 2 0 96 0 0 0 1 0 0 0 {start} {surface} {stop} {period}"


def write_fmi(path: Path, counts: np.ndarray, *, stamp: str = "202607011200") -> Path:
    """Write a PGM image with FMI's header, not gzipped."""
    header = [
        "P5",
        "# composite_area FIN",
        f"# obstime {stamp}",
        "# param CorrectedReflectivity",
        "# metersperpixel_x 999.674053",
        "# metersperpixel_y 999.62859",
        "# centrallongitude 25",
        "# centrallatitude 90",
        "# truelatitude 60",
        "# bottomleft 18.600000 57.930000",
        f"{counts.shape[1]} {counts.shape[0]}",
        "255\n",
    ]
    path.write_bytes("\n".join(header).encode() + counts.astype(np.uint8).tobytes())
    return path


def odim_rate(folder: Path) -> Path:
    """Return an ODIM file of RATE."""
    what = {"quantity": "RATE", "gain": 1.0, "offset": 0.0, "nodata": 255.0, "undetect": 254.0}
    return write_odim(folder / "odim.h5", RAIN.astype(np.uint8), what=what)


def write_netcdf4(path: Path, field: np.ndarray) -> Path:
    """Write a NetCDF-4 file (HDF5 inside) of one rate `field` (y, x) on a metric grid."""
    axes = {
        "time": (np.array([0.0]), "minutes since 2026-07-01 12:00:00"),
        "y": (np.arange(len(field))[::-1] * 1000.0 + 500.0, "m"),
        "x": (np.arange(field.shape[1]) * 1000.0 + 500.0, "m"),
    }
    with h5py.File(path, "w", track_order=True) as file:
        for name, (values, units) in axes.items():
            file[name] = values
            file[name].attrs["units"] = np.bytes_(units)
            if name != "time":
                file[name].attrs["standard_name"] = np.bytes_(f"projection_{name}_coordinate")
            file[name].make_scale(name)
        file["rain"] = field[None].astype(np.float32)
        for number, name in enumerate(axes):
            file["rain"].dims[number].attach_scale(file[name])
        grid = file.create_dataset("grid", data=np.int32(0)).attrs
        grid["grid_mapping_name"] = np.bytes_("transverse_mercator")
        grid["longitude_of_central_meridian"], grid["latitude_of_projection_origin"] = 123.0, 0.0
        grid["scale_factor_at_central_meridian"] = 0.9996
        grid["false_easting"], grid["false_northing"] = 500_000.0, 0.0
        grid["semi_major_axis"], grid["inverse_flattening"] = 6_378_137.0, 298.257223563
        attributes = file["rain"].attrs
        attributes["units"], attributes["grid_mapping"] = np.bytes_("mm h-1"), np.bytes_("grid")
        attributes["standard_name"] = np.bytes_("rainfall_rate")
    return path
