from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forewarn.domain.recording import Column, RecordingError, RecordingMapping, read

MAPPING = RecordingMapping(
    time="ymdhm",
    format="%Y-%m-%d %H:%M",
    timezone="Asia/Seoul",
    interval=timedelta(minutes=10),
    columns={
        "wl": Column(datastream="hangang/stage", scale=0.01),
        "rf": Column(datastream="songjeong/rain"),
    },
)
TABLE = "ymdhm,wl,rf,other\n2020-08-05 00:00,250,0.5,x\n2020-08-05 00:10,,1.0,x\n"


def recorded(folder: Path, text: str) -> Path:
    path = folder / "han.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_cells_become_observations_in_utc_and_in_the_datastreams_unit(tmp_path: Path) -> None:
    observations = list(read(recorded(tmp_path, TABLE), MAPPING))
    assert [(o.datastream, o.phenomenon_time.isoformat(), o.result) for o in observations] == [
        ("hangang/stage", "2020-08-04T15:00:00+00:00", 2.5),
        ("songjeong/rain", "2020-08-04T15:00:00+00:00", 0.5),
        ("songjeong/rain", "2020-08-04T15:10:00+00:00", 1.0),
    ]


def test_start_belongs_to_the_recording_and_end_does_not(tmp_path: Path) -> None:
    start = datetime(2020, 8, 4, 15, 0, tzinfo=UTC)
    path = recorded(tmp_path, TABLE)
    assert len(list(read(path, MAPPING, start=start, end=start + timedelta(minutes=10)))) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE.replace("250", "2x0"), r"han.csv:2: `2x0` in column `wl` is not a number"),
        (TABLE.replace("250", "inf"), r"han.csv:2: `inf`"),
        (TABLE.replace(",1.0,x", ",1.0"), r"han.csv:3: 3 cells where the header has 4"),
        (TABLE.replace("00:10", "0010"), r"han.csv:3: .*0010"),
        (TABLE.replace("wl", "level"), r"no column `wl`; there are: ymdhm, level"),
        ("", "no column"),
    ],
)
def test_a_torn_file_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RecordingError, match=message):
        list(read(recorded(tmp_path, text), MAPPING))


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none\.csv"):
        list(read(tmp_path / "none.csv", MAPPING))
