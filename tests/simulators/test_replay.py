"""A recording as a world: exactly what was recorded, and nothing else."""

import struct
from datetime import UTC, datetime, timedelta
from math import isnan, nan
from pathlib import Path

import pytest

from forewarn.domain.clock import ManualClock
from forewarn.domain.config import load
from forewarn.domain.observation import Observation
from forewarn.domain.recording import RecordingMapping, read
from simulators.errors import SimulatorError
from simulators.faults import Faults
from simulators.logger8 import Logger8
from simulators.run import check_grid
from simulators.scenario import load_instruments
from simulators.world.replay import ReplayWorld

START = datetime(2020, 8, 5, tzinfo=UTC)
TEN = timedelta(minutes=10)


def observed(step: int, result: float, key: str = "a/stage") -> Observation:
    return Observation(datastream=key, phenomenon_time=START + step * TEN, result=result)


def test_only_times_with_a_value_exist() -> None:
    world = ReplayWorld([observed(0, 1.5), observed(2, 2.5)], interval=TEN)
    at = [world.recorded("a/stage", START.timestamp() + 600 * step) for step in range(4)]
    assert (at[0], isnan(at[1]), at[2], isnan(at[3])) == (1.5, True, 2.5, True)
    assert isnan(world.recorded("a/stage", START.timestamp() + 1))
    assert isnan(world.recorded("b/stage", START.timestamp()))


def test_an_instrument_without_memory_shows_the_newest_row_even_if_it_is_empty() -> None:
    world = ReplayWorld([observed(0, 1.5), observed(2, 2.5)], interval=TEN)
    at = [world.current("a/stage", START.timestamp() + minute * 60) for minute in (0, 9, 10, 29)]
    assert (at[0], at[1], isnan(at[2]), at[3]) == (1.5, 1.5, True, 2.5)


def test_rain_falls_evenly_over_the_interval_before_its_time() -> None:
    world = ReplayWorld([observed(1, 6.0, "a/rain"), observed(2, 0.0, "a/rain")], interval=TEN)
    at = [world.fallen("a/rain", START.timestamp() + minute * 60) for minute in (0, 5, 10, 15, 99)]
    assert at == [0, 3, 6, 6, 6]
    assert world.fallen("b/rain", START.timestamp()) == 0


def test_rows_outside_from_and_to_are_not_of_this_world() -> None:
    rows = [observed(step, float(step)) for step in range(10)]
    world = ReplayWorld(rows, interval=TEN, start=START + 2 * TEN, end=START + 5 * TEN)
    assert world.datastreams() == {"a/stage": 3}
    assert (world.first, world.last) == (START.timestamp() + 1200, START.timestamp() + 2400)


def test_a_recording_with_nothing_in_it_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(SimulatorError, match="give another --from and --to"):
        ReplayWorld([observed(0, 1.0)], interval=TEN, start=START + TEN)


def test_times_between_the_records_of_a_logger_are_refused(root: Path) -> None:
    site, instruments = load_instruments(root / "sites/han")
    odd = Observation(
        datastream="jamsu/stage", phenomenon_time=START + timedelta(minutes=5), result=1.0
    )
    with pytest.raises(SimulatorError, match=r"jamsu/stage: recorded at 2020-08-05T00:05:00"):
        check_grid(ReplayWorld([odd], interval=TEN), site, instruments)


@pytest.mark.recorded
def test_every_recorded_value_of_three_days_is_in_the_loggers_once(
    recorded_data: Path, root: Path
) -> None:
    """Read from the registers alone, as a gateway would after the last minute of the replay."""
    end = START + timedelta(days=3)
    mapping = load(root / "sites/han/recording.toml", RecordingMapping)
    path = recorded_data / "river_rain/han_river_seoul_10min_2020.csv"
    rows = list(read(path, mapping, start=START, end=end))
    site, _ = load_instruments(root / "sites/han")
    world = ReplayWorld(rows, interval=mapping.interval, start=START, end=end)
    shown: dict[tuple[str, float], float] = {}
    for station in site.stations:
        keys = [f"{station.id}/{stream.property}" for stream in station.datastreams]
        logger = Logger8(
            station.id, keys, interval_s=600, world=world,
            clock=ManualClock(end + timedelta(hours=9)), faults=Faults(),
        )  # fmt: skip
        width = 2 + 2 * len(keys)
        assert logger.registers(6, 2) == [0, 432]
        for slot in range(432):
            raw = struct.pack(f">{width}H", *logger.registers(100 + slot * width, width))
            time, *values = struct.unpack(f">I{len(keys)}f", raw)
            for key, value in zip(keys, values, strict=True):
                assert (key, time) not in shown
                shown[key, time] = value
    expected = {
        (row.datastream, row.phenomenon_time.timestamp()): row.result or 0.0 for row in rows
    }
    assert expected
    for place, value in shown.items():
        want = expected.get(place, nan)
        assert value == pytest.approx(want, rel=1e-6, abs=1e-6, nan_ok=True)
    assert expected.keys() <= shown.keys()
