"""Merewether 2007: computed against observed stages, with houses and without."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import merewether

pytestmark = [pytest.mark.recorded, pytest.mark.usefixtures("one_thread")]


def misfit(folder: Path, cell_m: float, house_m: float) -> tuple[float, float, list[float]]:
    case = merewether.load(folder / "dem" / "merewether", cell_m, house_m=house_m)
    found = merewether.run(case)
    assert found.balance.error_share < 5e-5
    # Steady: what comes in leaves, all but what the storage of the first minutes kept.
    inflow = merewether.INFLOW_M3_S * (merewether.RISING_S / 2 + merewether.STEADY_S)
    assert found.balance.inflow == pytest.approx(inflow, rel=1e-3)
    assert 0.5 * inflow < found.balance.outflow < inflow
    stages = merewether.stages(case, found.depth)
    return (*merewether.misfit(case, stages), stages)


def test_the_observed_stages_are_met_within_two_decimetres(recorded_data: Path) -> None:
    rmse, mean, stages = misfit(recorded_data, 2.0, merewether.HOUSE_M)
    assert np.isfinite(stages).all()
    assert rmse < 0.20  # TUFLOW in the report: 0.15
    assert abs(mean) < 0.12


@pytest.mark.soak
def test_at_one_metre_too(recorded_data: Path) -> None:
    rmse, mean, _ = misfit(recorded_data, 1.0, merewether.HOUSE_M)
    assert rmse < 0.20
    assert abs(mean) < 0.12
