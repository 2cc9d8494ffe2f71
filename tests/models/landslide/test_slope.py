"""Pore pressure and stability: TRIGRS' own rows, Iverson's values, superposition, limits."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.landslide.pore_pressure import (
    iverson_response,
    pressure_head,
    rise,
    superposed,
)
from stream.models.landslide.stability import (
    factor_of_safety,
    failure_probability,
    shalstab_unstable,
    wet_share,
)

SLOPE = np.deg2rad(15.0)
STRENGTH = {
    "slope": np.array(SLOPE),
    "friction": np.array(np.deg2rad(18.0)),
    "cohesion": np.array(4000.0),
    "soil_weight": np.array(2.2e4),
}
MINOR_CREEK = {
    "water_depth": np.array(2.0),
    "slope": np.array(SLOPE),
    "conductivity": np.array(5e-8),
    "background": np.array(5e-9),
}


def minor_creek(depth: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ψ and FS of the Minor Creek landslide in rain that exceeds Ks."""
    lifted = rise(depth, time, diffusivity=np.array(1e-6), slope=np.array(SLOPE))
    head = pressure_head(depth, lifted, **MINOR_CREEK)
    return head, factor_of_safety(head, depth_m=depth, **STRENGTH)


def test_iverson_2000() -> None:
    found = iverson_response(np.array([0.0, 0.5, 1.0, 2.0, 10.0]))
    assert found == pytest.approx([0.0, 0.0084907, 0.0502545, 0.1666309, 0.9596214], abs=1e-7)


def test_minor_creek_at_six_metres() -> None:
    head, safety = minor_creek(np.array([6.0]), np.array([7_257_600.0]))
    assert head[0] == pytest.approx(3.5523, abs=1e-4)
    assert safety[0] == pytest.approx(0.99106, abs=1e-4)


@pytest.mark.recorded
def test_every_row_of_trigrs(recorded_data: Path) -> None:
    rows, time = [], 0.0
    path = recorded_data / "landslide/trigrs/MinorCreek/TRlist_z_p_fs_MC.txt"
    for line in path.read_text().splitlines()[4:]:
        words = line.split()
        if words[:1] == ["cell"]:
            time = float(words[-1])
        elif len(words) == 6:
            rows.append((time, *map(float, words)))
    seen = np.array(rows)
    head, safety = minor_creek(seen[:, 1], seen[:, 0])
    assert len(seen) == 202
    assert np.abs(head - seen[:, 2]).max() < 1e-4
    assert np.abs(safety - seen[:, 6]).max() < 1e-4


def test_steady_rain_as_a_series_is_one_step() -> None:
    count, step = 300, 3600.0
    series = superposed(np.full(count, 4e-6), step, 1.5, diffusivity=1e-5, slope=0.5, ks=2e-6)
    times = step * np.arange(1, count + 1)
    once = rise(np.array(1.5), times, diffusivity=np.array(1e-5), slope=np.array(0.5))
    assert series == pytest.approx(once)


@given(st.lists(st.floats(0, 1e-5), min_size=2, max_size=40))
def test_rain_only_raises_and_the_rise_is_linear(rain: list[float]) -> None:
    one = np.array(rain)
    found = superposed(one, 600.0, 1.0, diffusivity=1e-4, slope=0.6, ks=1.0)
    twice = superposed(2 * one, 600.0, 1.0, diffusivity=1e-4, slope=0.6, ks=1.0)
    assert (found >= -1e-12).all()
    assert twice == pytest.approx(2 * found)


def test_water_cannot_stand_higher_than_the_ground() -> None:
    head = pressure_head(np.array(2.0), np.array(50.0), **MINOR_CREEK)
    assert head == pytest.approx(2.0 * (np.cos(SLOPE) ** 2 - 0.1))


def test_failure_is_even_odds_where_the_factor_is_one() -> None:
    depth = np.linspace(1.0, 6.0, 400)
    lifted = np.linspace(-1.0, 6.0, 400)
    safety = factor_of_safety(lifted, depth_m=depth, **STRENGTH)
    probability = failure_probability(
        lifted, depth_m=depth, friction_spread=0.1, cohesion_spread=0.3, **STRENGTH
    )
    assert ((probability > 0.5) == (safety < 1)).all()
    near = int(np.argmin(np.abs(safety - 1)))
    assert probability[near] == pytest.approx(0.5, abs=0.1)


def test_flat_dry_ground_is_as_safe_as_it_gets() -> None:
    flat = STRENGTH | {"slope": np.array(0.01)}
    assert factor_of_safety(np.array(-1.0), depth_m=np.array(0.5), **flat) == 10.0


def test_shalstab_knows_ground_that_is_always_and_never_unstable() -> None:
    share = np.array([0.0, 1.0])
    ground = {"friction": np.array(np.deg2rad(40.0)), "soil_weight": np.array(1.8e4)}
    steep, mild = (
        shalstab_unstable(share, slope=np.deg2rad(np.full(2, angle)), **ground)
        for angle in (45.0, 18.0)
    )
    assert steep.tolist() == [True, True]
    assert mild.tolist() == [False, False]
    between = shalstab_unstable(share, slope=np.deg2rad(np.full(2, 30.0)), **ground)
    assert between.tolist() == [False, True]
    full = wet_share(
        np.array(1e-6), np.array(500.0), transmissivity=np.array(1e-4), slope=np.array(0.5)
    )
    assert full == 1.0
