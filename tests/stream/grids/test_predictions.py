"""Predicted rain in NetCDF and GRIB2."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from stream.grids import grib, netcdf
from stream.grids.amounts import Amount, to_rates
from stream.grids.frame import GridError
from stream.grids.place import project
from tests.stream.grids.written import (
    RAIN,
    grib_amount,
    grib_rate,
    write_grib,
    write_netcdf,
    write_netcdf4,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TWO = np.stack([RAIN, 2 * RAIN])


def test_netcdf_4_on_a_metric_grid(tmp_path: Path) -> None:
    [frame] = netcdf.frames(write_netcdf4(tmp_path / "a.nc", RAIN))
    assert frame.time == NOON
    assert frame.rate_mm_h == pytest.approx(RAIN)
    assert frame.transform == pytest.approx((1000, 0, 0, 0, -1000, 6000))
    assert project(frame.crs, 123.0, 0.0) == pytest.approx((500_000.0, 0.0), abs=1.0)


def test_cf_rates_by_time_with_the_north_on_top(tmp_path: Path) -> None:
    fields = TWO.copy()
    fields[1, 0, 0] = np.nan
    first, second = netcdf.frames(write_netcdf(tmp_path / "a.nc", fields))
    assert (first.time, second.time) == (NOON, NOON + HOUR)
    assert first.rate_mm_h == pytest.approx(RAIN[::-1])
    assert np.isnan(second.rate_mm_h[-1, 0])
    assert first.transform == pytest.approx((0.01, 0, 120.995, 0, -0.01, 29.055))
    assert first.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("units", "standard_name", "factor"),
    [
        ("kg m-2 s-1", "rainfall_flux", 3600.0),
        ("kg m**-2 s**-1", "precipitation_flux", 3600.0),
        ("m s-1", "lwe_precipitation_rate", 3.6e6),
        ("mm/hr", "", 1.0),
        ("mm", "precipitation_amount", 1.0),
        ("m", "lwe_thickness_of_precipitation_amount", 1000.0),
    ],
)
def test_units_are_turned_to_mm_an_hour(
    tmp_path: Path, units: str, standard_name: str, factor: float
) -> None:
    path = write_netcdf(tmp_path / "a.nc", TWO / factor, units=units, standard_name=standard_name)
    for frame, told in zip(netcdf.frames(path), TWO, strict=True):
        assert frame.rate_mm_h == pytest.approx(told[::-1], rel=1e-5)


def test_amounts_are_divided_by_their_step(tmp_path: Path) -> None:
    path = write_netcdf(
        tmp_path / "a.nc", TWO, units="mm", standard_name="rainfall_amount", times=(0.0, 30.0)
    )
    assert netcdf.frames(path)[1].rate_mm_h == pytest.approx(4 * RAIN[::-1])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"units": "furlong"}, "unit `furlong` of `rain`; one of mm/h"),
        ({"time_units": "fortnights since 2026"}, "no time for each field"),
        ({"standard_name": "air_temperature", "name": "t2m"}, "`t2m` is not rain"),
    ],
)
def test_what_cannot_be_rain_is_said(tmp_path: Path, change: dict[str, str], says: str) -> None:
    with pytest.raises(GridError, match=says):
        netcdf.frames(write_netcdf(tmp_path / "a.nc", TWO, **change))


def test_an_amount_at_one_time_has_no_period(tmp_path: Path) -> None:
    path = write_netcdf(
        tmp_path / "a.nc", TWO[:1], units="mm", standard_name="rainfall_amount", times=(0.0,)
    )
    with pytest.raises(GridError, match="an amount at a single time"):
        netcdf.frames(path)


def test_a_torn_classic_file_is_an_error_and_never_no_rain(tmp_path: Path) -> None:
    path = write_netcdf(tmp_path / "a.nc", TWO)
    whole = path.read_bytes()
    for length in range(1, len(whole) - 4, 37):
        path.write_bytes(whole[:length])
        with pytest.raises(GridError, match=r"a\.nc"):
            netcdf.frames(path)


def test_grib_rates_know_when_they_were_issued(tmp_path: Path) -> None:
    path = write_grib(tmp_path / "a.grb2", TWO / 3600, [grib_rate(1), grib_rate(2)])
    first, second = grib.frames(path)
    assert (first.issued, first.time, second.time) == (NOON, NOON + HOUR, NOON + 2 * HOUR)
    assert first.rate_mm_h == pytest.approx(RAIN, abs=0.01)
    assert second.rate_mm_h == pytest.approx(2 * RAIN, abs=0.01)
    assert first.transform == pytest.approx((0.05, 0, 121.0, 0, -0.05, 30.0))


def test_grib_totals_since_the_start_are_taken_apart(tmp_path: Path) -> None:
    fields = np.stack([RAIN, 3 * RAIN, 9 * RAIN])
    messages = [grib_amount(0, 1), grib_amount(0, 3), grib_amount(3, 6)]
    found = grib.frames(write_grib(tmp_path / "a.grb2", fields, messages))
    assert [frame.time - NOON for frame in found] == [HOUR, 3 * HOUR, 6 * HOUR]
    for frame, factor in zip(found, (1.0, 1.0, 3.0), strict=True):
        assert frame.rate_mm_h == pytest.approx(factor * RAIN, abs=0.02)


def test_a_grib_file_without_rain_is_said(tmp_path: Path) -> None:
    temperature = (0, "0 0 2 0 96 0 0 0 1 0 0 0 1 103 0 0 0 0 2 255 255 255 255 255 255")
    path = write_grib(tmp_path / "a.grb2", RAIN[None], [temperature])
    with pytest.raises(GridError, match="no message of rain; PRATE, APCP or TP"):
        grib.frames(path)


def test_a_total_that_falls_by_rounding_is_no_rain() -> None:
    one, two = np.array([5.0]), np.array([4.99])
    rates = to_rates([Amount(NOON, NOON + 2 * HOUR, two), Amount(NOON, NOON + HOUR, one)])
    assert [(when - NOON, float(rate[0])) for when, rate in rates] == [(HOUR, 5.0), (2 * HOUR, 0.0)]
