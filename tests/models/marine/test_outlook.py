"""Wind and waves of the next hours: intervals that hold on made-up and recorded buoys."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stream.models.marine.fit import SeaRecord, fit_waves, fit_wind
from stream.models.marine.fitted import WAVES, WIND
from stream.models.marine.outlook import (
    PROBABILITIES,
    Seen,
    WindLaw,
    quantiles,
    restlessness,
    seen,
    waves,
    wind,
)

STEPS_PER_DAY = 144


def blowing(days: int, seed: int, restless: float = 1.0) -> np.ndarray:
    """Return a made-up wind [m/s] of so many days."""
    random, steps = np.random.default_rng(seed), days * STEPS_PER_DAY
    path, state = np.empty(steps), 0.0
    for step, push in enumerate(random.standard_normal(steps)):
        state = 0.995 * state + 0.35 * restless * push
        path[step] = state
    return np.maximum(8.0 + path + 0.4 * random.standard_normal(steps), 0.0)


def inside(record: np.ndarray, law: WindLaw, lead: int, strong: float = 0.0) -> float:
    """Return the share of winds within the 80 % interval, adapted as it is live."""
    early = Seen(*(values[:-lead] for values in seen(record, mean_steps=6)))
    middle, scale = wind(early, np.array([lead / 6]), law)
    error = record[lead:] - middle[:, 0]
    scale = scale * restlessness(error, scale[:, 0], lead)[:, None]
    found = quantiles(middle, scale, law.spread)[:, 0]
    known = np.isfinite(error) & (early.now >= strong)
    later = record[lead:][known]
    return float(np.mean((later >= found[known, 1]) & (later <= found[known, 5])))


@pytest.mark.parametrize("restless", [0.6, 1.0, 1.8])
def test_the_interval_adapts_to_a_buoy_it_never_saw(restless: float) -> None:
    record = blowing(40, 3, restless)
    assert [round(inside(record, WIND, lead), 2) for lead in (3, 6, 18)] == pytest.approx(
        [0.8, 0.8, 0.8], abs=0.08
    )


def test_quantiles_ascend_widen_with_lead_and_never_fall_below_zero() -> None:
    early = seen(blowing(2, 1), mean_steps=6)
    leads = np.arange(0, 181, 10) / 60
    middle, scale = wind(early, leads, WIND)
    found = quantiles(middle, scale, WIND.spread)
    assert (np.diff(found, axis=2) >= 0).all()
    assert (found >= 0).all()
    assert (np.diff(scale, axis=1) >= -1e-12).all()


def test_wind_raises_the_upper_end_of_waves_most() -> None:
    calm_sea = Seen(np.array([1.0]), np.array([1.0]), np.array([0.1]))
    leads, ground = np.array([1.0, 3.0]), {"fetch_m": 3e5, "depth_m": 100.0}
    still, gale = (
        quantiles(*waves(calm_sea, np.array([speed]), leads, WAVES, **ground), WAVES.spread)[0]
        for speed in (np.nan, 25.0)
    )
    assert (gale > still)[:, 3:].all()
    assert (gale - still)[1, 5] > 2 * (gale - still)[1, 3]


def test_gaps_and_a_single_value() -> None:
    steps = np.full(100, np.nan)
    steps[40] = 7.0
    found = seen(steps, mean_steps=6)
    assert (found.now[40], found.hour[40]) == (7.0, 7.0)
    assert found.unrest[40] == pytest.approx(0.7)
    assert np.isnan(found.now[41])


def test_errors_of_the_future_do_not_count() -> None:
    error, scale = np.zeros(50), np.ones(50)
    error[40:] = 3.0
    assert (np.diff(restlessness(error, scale, 6)[:46]) <= 0).all()
    assert restlessness(np.full(9, np.nan), np.ones(9), 3) == pytest.approx(np.ones(9))


# ---------------------------------------------------------------- recorded


Read = Callable[[str, str], np.ndarray]


@pytest.fixture
def column(recorded_data: Path) -> Read:
    """Return a column of an NDBC file on ten-minute steps, missing ones NaN."""

    def read(name: str, wanted: str) -> np.ndarray:
        lines = (recorded_data / "buoy" / name).read_text().splitlines()
        place = lines[0].lstrip("#").split().index(wanted)
        rows = [line.split() for line in lines if not line.startswith("#")]
        times = np.array([f"{r[0]}-{r[1]}-{r[2]}T{r[3]}:{r[4]}" for r in rows], "datetime64[m]")
        step = (times - times.min()).astype(int) // 10
        found = np.full(step.max() + 1, np.nan)
        missing = ("MM", "99.0", "99.00", "999")
        found[step] = [np.nan if r[place] in missing else float(r[place]) for r in rows]
        return found

    return read


BUOYS = (
    "ndbc_41002_stdmet_2018-06_08.txt",
    "ndbc_41008_cwind_2018-06_08.txt",
    "ndbc_46002c2016.txt",
)


@pytest.mark.recorded
def test_winds_of_a_buoy_that_was_left_out(column: Read) -> None:
    records = [column(name, "WSPD")[-6000:] for name in BUOYS]
    law = fit_wind(records[:2])
    for lead in (6, 12, 18):
        assert inside(records[2], law, lead) == pytest.approx(0.8, abs=0.06)
        assert inside(records[2], law, lead, strong=10.0) == pytest.approx(0.8, abs=0.1)


@pytest.mark.recorded
def test_the_stored_waves_are_what_the_record_gives(column: Read) -> None:
    height, speed = (column(BUOYS[0], name) for name in ("WVHT", "WSPD"))
    found = fit_waves([SeaRecord(height, speed, 3e5, 3e3)])
    assert found.raised == pytest.approx(WAVES.raised, abs=0.01)
    assert found.spread.quantiles == pytest.approx(WAVES.spread.quantiles, abs=0.02)
    assert len(found.spread.quantiles) == len(PROBABILITIES)
