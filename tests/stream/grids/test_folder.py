"""A folder into which others drop files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from stream.grids.folder import DropFolder, evenly
from stream.grids.frame import Frame, GridError
from tests.stream.grids.written import RAIN, grib_rate, write_fmi, write_grib

FIVE = timedelta(minutes=5)


def drop(folder: Path, *stamps: str, count: int = 100) -> None:
    for stamp in stamps:
        write_fmi(folder / f"{stamp}_radar.pgm", np.full((4, 5), count), stamp=stamp)


def minutes(frames: list[Frame]) -> list[int]:
    return [frame.time.minute for frame in frames]


def test_the_newest_frames_in_order(tmp_path: Path) -> None:
    drop(tmp_path, *(f"2026070112{minute:02d}" for minute in range(0, 60, 5)))
    found = DropFolder(tmp_path).newest(3)
    assert minutes(found.frames) == [45, 50, 55]
    assert found.skipped == []


def test_what_is_not_whole_is_skipped_and_said(tmp_path: Path) -> None:
    drop(tmp_path, "202607011200", "202607011205", "202607011210", "202607011215")
    torn = tmp_path / "202607011215_radar.pgm"
    torn.write_bytes(torn.read_bytes()[:-3])
    (tmp_path / "202607011220_radar.pgm.part").write_bytes(b"")
    (tmp_path / ".202607011225_radar.pgm").write_bytes(b"")
    found = DropFolder(tmp_path).newest(2)
    assert minutes(found.frames) == [5, 10]
    assert [entry.name for entry in found.skipped] == [
        "202607011220_radar.pgm.part",
        "202607011215_radar.pgm",
    ]
    assert "still being written" in found.skipped[0].reason
    assert "17 of 20 bytes" in found.skipped[1].reason


def test_a_file_that_grows_whole_is_read_then(tmp_path: Path) -> None:
    drop(tmp_path, "202607011200", "202607011205")
    last = tmp_path / "202607011205_radar.pgm"
    whole = last.read_bytes()
    last.write_bytes(whole[:-3])
    folder = DropFolder(tmp_path)
    assert minutes(folder.newest(1).frames) == [0]
    last.write_bytes(whole)
    assert minutes(folder.newest(1).frames) == [5]


def test_a_file_that_has_not_changed_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "202607011200")
    folder = DropFolder(tmp_path)
    first = folder.newest(1).frames[0]
    monkeypatch.setattr("stream.grids.folder.frames", None)
    assert folder.newest(1).frames[0] is first


def test_another_grid_is_not_mixed_in(tmp_path: Path) -> None:
    drop(tmp_path, "202607011205", "202607011210")
    write_fmi(tmp_path / "202607011200_radar.pgm", np.zeros((9, 9)), stamp="202607011200")
    found = DropFolder(tmp_path).newest(3)
    assert minutes(found.frames) == [5, 10]
    assert "its grid differs" in found.skipped[0].reason


def test_the_newest_run_that_can_be_read(tmp_path: Path) -> None:
    fields = np.stack([RAIN, RAIN]) / 3600
    for name in ("run_20260701_0000.grb2", "run_20260701_0600.grb2"):
        write_grib(tmp_path / name, fields, [grib_rate(1), grib_rate(2)])
    late = tmp_path / "run_20260701_0600.grb2"
    late.write_bytes(late.read_bytes()[:-2])
    found = DropFolder(tmp_path).newest_run()
    assert len(found.frames) == 2
    assert [entry.name for entry in found.skipped] == [late.name]


def test_an_empty_folder_gives_nothing_and_a_missing_one_an_error(tmp_path: Path) -> None:
    assert DropFolder(tmp_path).newest(3) == ([], [])
    assert DropFolder(tmp_path).newest_run() == ([], [])
    with pytest.raises(GridError, match="no such folder"):
        DropFolder(tmp_path / "nowhere").newest(1)


def test_frames_up_to_the_first_gap() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    rain = np.zeros((1, 1), np.float32)
    frames = [
        Frame(noon + step * FIVE, rain, "EPSG:4326", (1, 0, 0, 0, -1, 0)) for step in (0, 1, 3, 4)
    ]
    assert [frame.time for frame in evenly(frames, FIVE)] == [noon + 3 * FIVE, noon + 4 * FIVE]
    assert evenly(frames[:2], timedelta(minutes=10)) == [frames[1]]
    assert evenly([], FIVE) == []
