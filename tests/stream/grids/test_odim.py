"""ODIM composites."""

from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
import pytest

from stream.grids import odim
from stream.grids.formats import read
from stream.grids.frame import GridError
from stream.grids.place import project
from tests.stream.grids.written import RAIN, STEREOGRAPHIC, odim_rate, write_odim


def test_a_rate_is_read_where_and_when_it_says(tmp_path: Path) -> None:
    frame = read(odim_rate(tmp_path))
    assert frame.time == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert frame.rate_mm_h == pytest.approx(RAIN)
    left, bottom = project(STEREOGRAPHIC, 25.0, 60.0)
    assert frame.transform == pytest.approx((1000, 0, left, 0, -1000, bottom + 6000))


def test_nodata_is_unknown_and_undetect_is_dry(tmp_path: Path) -> None:
    counts = np.array([[255, 254, 10]], np.uint8)
    what = {"quantity": "RATE", "gain": 0.5, "offset": 1.0, "nodata": 255.0, "undetect": 254.0}
    rate = odim.read(write_odim(tmp_path / "a.h5", counts, what=what)).rate_mm_h[0]
    assert rate == pytest.approx([np.nan, 0.0, 6.0], nan_ok=True)


def test_an_accumulation_of_five_minutes_is_twelve_times_the_rate(tmp_path: Path) -> None:
    what = {"quantity": "ACRR", "gain": 0.1, "offset": 0.0, "nodata": 255.0, "undetect": 0.0}
    rate = odim.read(write_odim(tmp_path / "a.h5", np.array([[10, 0]], np.uint8), what=what))
    assert rate.rate_mm_h[0] == pytest.approx([12.0, 0.0])


def test_reflectivity_by_marshall_and_palmer(tmp_path: Path) -> None:
    # Z = 200 R^1.6: 23.0103 dBZ is 1 mm/h, 39.0103 dBZ is 10 mm/h; 75 dBZ is hail, not 1 m/h.
    counts = np.array([[23.0103, 39.0103, 75.0, -20.0]])
    what = {"quantity": "DBZH", "gain": 1.0, "offset": 0.0, "nodata": -999.0, "undetect": -998.0}
    rate = odim.read(write_odim(tmp_path / "a.h5", counts, what=what)).rate_mm_h[0]
    assert rate[:2] == pytest.approx([1.0, 10.0], rel=1e-4)
    assert 90 < rate[2] < 110
    assert rate[3] == 0.0


def test_the_best_quantity_is_chosen(tmp_path: Path) -> None:
    path = odim_rate(tmp_path)
    with h5py.File(path, "a") as file:
        file.copy(file["dataset1/data1"], file["dataset1"], "data2")
        file["dataset1/data2/what"].attrs["quantity"] = np.bytes_("TH")
    assert odim.read(path).rate_mm_h == pytest.approx(RAIN)


def test_polar_scans_and_other_quantities_are_refused_with_a_reason(tmp_path: Path) -> None:
    what = {"quantity": "RATE", "gain": 1.0, "offset": 0.0}
    volume = write_odim(tmp_path / "v.h5", np.zeros((2, 2)), what=what, obj="PVOL")
    with pytest.raises(GridError, match=r"v\.h5: object PVOL is not a map; COMP or IMAGE"):
        odim.read(volume)
    wind = write_odim(tmp_path / "w.h5", np.zeros((2, 2)), what=what | {"quantity": "VRADH"})
    with pytest.raises(GridError, match="quantities \\['VRADH'\\]; one of RATE"):
        odim.read(wind)


def test_a_file_that_lacks_a_part_names_it(tmp_path: Path) -> None:
    path = odim_rate(tmp_path)
    with h5py.File(path, "a") as file:
        del file["where"].attrs["projdef"]
    with pytest.raises(GridError, match="projdef"):
        odim.read(path)
