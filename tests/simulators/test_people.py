"""People and weather on the demonstration's coast keep their own laws."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.config import load
from simulators.world.people import OUT_OF_RANGE_KM, coast
from simulators.world.place import CoastPeople, Place

ROOT = Path(__file__).parents[2]
FIRST = datetime(2026, 8, 16, 0, 0, tzinfo=UTC).timestamp()
TIMES = FIRST + 60.0 * np.arange(3 * 1440)


@pytest.fixture(scope="module")
def people() -> CoastPeople:
    found = load(ROOT / "sites/yongjiang/world.toml", Place).people
    assert found is not None
    return found


def days(people: CoastPeople, *, rain: float, wind: float = 6.0) -> dict[str, np.ndarray]:
    even = np.ones(len(TIMES))
    return coast(
        TIMES,
        people,
        wind=wind * even,
        pressure=1004.0 * even,
        rain=rain * even,
        wave_height=even,
        random=np.random.default_rng(5),
    )


def test_nobody_is_made_or_lost_and_bays_hold_what_they_hold(people: CoastPeople) -> None:
    dry = days(people, rain=0.0)
    taken = dry["beach-parking/occupied"]
    moved = dry["beach-parking/flow_in"] - dry["beach-parking/flow_out"]
    assert np.diff(taken) == pytest.approx(moved[1:])
    assert taken.min() >= 0
    assert taken.max() <= people.bays
    came, left = (
        sum(dry[f"{gate}/{way}"].sum() for gate in people.gate_stations)
        for way in ("flow_in", "flow_out")
    )
    assert came == pytest.approx(left, rel=0.05)


def test_rain_keeps_people_away_and_lightning_comes_with_it(people: CoastPeople) -> None:
    dry, wet = days(people, rain=0.0), days(people, rain=16.0)
    assert wet["beach-tower/people"].max() < 0.6 * dry["beach-tower/people"].max()
    assert dry["beach-weather/lightning_strokes"].sum() == 0
    assert np.all(dry["beach-weather/lightning_distance"] == OUT_OF_RANGE_KM)
    assert wet["beach-weather/lightning_strokes"].sum() > 0
    assert wet["basin-weather/visibility"].mean() < dry["basin-weather/visibility"].mean()


def test_one_checkpoint_goes_silent_as_planned(people: CoastPeople) -> None:
    dry = days(people, rain=0.0)
    quiet = np.isnan(dry["check-south/queue"])
    assert quiet.sum() == round(people.silent_h * 60)
    assert TIMES[quiet][0] == people.silent_from.timestamp()
    assert not np.isnan(dry["check-north/queue"]).any()


def test_the_same_seed_is_the_same_day(people: CoastPeople) -> None:
    first, second = days(people, rain=2.0), days(people, rain=2.0)
    for key, values in first.items():
        assert np.array_equal(values, second[key], equal_nan=True), key
