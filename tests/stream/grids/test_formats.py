"""Any file: the right reader, or a clear error."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from stream.grids import fmi, knmi
from stream.grids.formats import frames, read
from stream.grids.frame import GridError, checked_size
from stream.grids.place import onto, project
from tests.stream.grids.written import RAIN, odim_rate, write_fmi


def test_the_format_is_told_by_content_not_by_name(every_format: list[Path]) -> None:
    for path in every_format:
        renamed = path.rename(path.with_name(path.stem + "_renamed.bin"))
        assert read(renamed).rate_mm_h.shape == (6, 8)


def test_torn_files_are_errors_that_name_them(every_format: list[Path]) -> None:
    for path in every_format:
        whole = path.read_bytes()
        for length in (0, 2, 20, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:length])
            with pytest.raises(GridError, match=path.name) as wrong:
                frames(path)
            assert ";" in str(wrong.value)


@pytest.mark.parametrize(
    "garbage",
    [b"", b"hello", b"\x1f\x8bnot gzip", b"\x89HDF\r\n\x1a\n" + bytes(99), b"GRIB" + bytes(90)],
)
def test_garbage_is_an_error(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(garbage)
    with pytest.raises(GridError, match="garbage: "):
        frames(path)


def test_a_file_that_went_away_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GridError, match="gone"):
        frames(tmp_path / "gone")


def test_a_header_that_promises_too_much_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "big.pgm"
    path.write_bytes(b"P5\n99999 99999\n255\nxx")
    with pytest.raises(GridError, match="is the header damaged"):
        frames(path)
    with pytest.raises(GridError, match="a grid of 0 × 5 cells"):
        checked_size(path, 0, 5)


def test_fmi_counts_are_half_decibels_above_minus_32(tmp_path: Path) -> None:
    # Z = 223 R^1.53: 1 mm/h is 23.483 dBZ, count 111 (23.5 dBZ) 1.003 mm/h.
    counts = np.array([[111, 64, 255, 0]])
    rate = fmi.read(write_fmi(tmp_path / "a.pgm", counts)).rate_mm_h[0]
    assert rate == pytest.approx([1.0026, 0.0, np.nan, 0.0], nan_ok=True, abs=1e-3)


def test_an_fmi_header_without_a_time_is_said(tmp_path: Path) -> None:
    path = write_fmi(tmp_path / "a.pgm", np.zeros((4, 4)))
    path.write_bytes(path.read_bytes().replace(b"obstime", b"ob-time"))
    with pytest.raises(GridError, match="lacks `obstime`"):
        fmi.read(path)


def test_onto_the_same_grid_nothing_changes(tmp_path: Path) -> None:
    frame = read(odim_rate(tmp_path))
    same = onto(frame, crs=frame.crs, transform=frame.transform, shape=(6, 8))
    assert same == pytest.approx(RAIN)


def test_onto_a_coarser_grid_rain_is_kept_and_outside_is_unknown(tmp_path: Path) -> None:
    frame = read(odim_rate(tmp_path))
    a, b, c, d, e, f = frame.transform
    half = onto(frame, crs=frame.crs, transform=(2 * a, b, c, d, 2 * e, f), shape=(3, 6))
    assert half[:, :4] == pytest.approx(RAIN.reshape(3, 2, 4, 2).mean(axis=(1, 3)))
    assert np.isnan(half[:, 4:]).all()


def test_onto_another_coordinate_system(tmp_path: Path) -> None:
    frame = read(odim_rate(tmp_path))
    found = onto(frame, crs="EPSG:4326", transform=(0.01, 0, 25.05, 0, -0.005, 60.03), shape=(2, 3))
    assert ((found >= 0) & (found <= RAIN.max())).all()


@pytest.mark.recorded
def test_a_recorded_frame_of_knmi(recorded_data: Path) -> None:
    path = recorded_data / "radar/knmi_201008_h5/RAD_NL25_RAP_5min_201008260355.h5"
    frame = knmi.read(path)
    assert frame.time == datetime(2010, 8, 26, 3, 55, tzinfo=UTC)
    assert frame.rate_mm_h.shape == (765, 700)
    assert np.isfinite(frame.rate_mm_h).mean() == pytest.approx(0.256, abs=0.001)
    assert np.nanmax(frame.rate_mm_h) == pytest.approx(16.56)
    # `geo_product_corners` of the file: 10.856 E 55.389 N is the upper right corner.
    a, _, c, _, e, f = frame.transform
    assert project(frame.crs, 10.856, 55.389) == pytest.approx((c + 700 * a, f), abs=60.0)
    assert project(frame.crs, 9.009, 48.895) == pytest.approx((c + 700 * a, f + 765 * e), abs=60.0)


@pytest.mark.recorded
def test_a_recorded_frame_of_fmi(recorded_data: Path, tmp_path: Path) -> None:
    name = "201609281600_fmi.radar.composite.lowest_FIN_SUOMI1.pgm.gz"
    path = recorded_data / "radar/fmi_20160928_pgm" / name
    frame = read(path)
    assert frame.time == datetime(2016, 9, 28, 16, tzinfo=UTC)
    assert frame.rate_mm_h.shape == (1226, 760)
    assert np.isfinite(frame.rate_mm_h).mean() == pytest.approx(1 - 226_844 / 931_760)
    # `topright` of the header: 34.903 E 69.005 N.
    a, _, c, _, _, f = frame.transform
    assert project(frame.crs, 34.903, 69.005) == pytest.approx((c + 760 * a, f), abs=5.0)
    plain = tmp_path / "plain"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    np.testing.assert_array_equal(read(plain).rate_mm_h, frame.rate_mm_h)
