"""Ground and forcing refuse what the solver cannot take, and say what and where."""

from dataclasses import replace

import numpy as np
import pytest

from stream.models.flood.inundation.failure import ForcingError, GroundError
from stream.models.flood.inundation.forcing import Breach, Face, Forcing
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.solver import simulate

BED = np.zeros((4, 5), np.float32)
DRY = Forcing(times_s=np.array([0.0, 60.0]), rain_mm_h=np.zeros((2, 1)))


def test_a_missing_value_that_was_not_declared_is_refused_with_its_cell() -> None:
    bed = BED.copy()
    bed[2, 3] = -32_768
    with pytest.raises(GroundError, match=r"row 2, column 3.*declare missing values as NaN"):
        Ground(bed, 10.0, 0.03)


def test_ground_needs_ground() -> None:
    with pytest.raises(GroundError, match="some ground"):
        Ground(np.full((3, 3), np.nan, np.float32), 10.0, 0.03)
    with pytest.raises(GroundError, match="dx_m"):
        Ground(BED, 0.0, 0.03)


def test_roughness_of_zero_is_refused_on_ground_but_not_off_it() -> None:
    manning = np.full(BED.shape, 0.03, np.float32)
    manning[1, 1] = 0
    with pytest.raises(GroundError, match=r"manning: 0\.0 in row 1, column 1"):
        Ground(BED, 10.0, manning)
    bed = BED.copy()
    bed[1, 1] = np.nan
    Ground(bed, 10.0, manning)


def test_walls_have_one_column_or_row_less_than_the_bed() -> None:
    with pytest.raises(GroundError, match=r"crest_east: shape \(4, 4\)"):
        Ground(BED, 10.0, 0.03, crest_east=np.zeros((4, 5), np.float32))
    with pytest.raises(GroundError, match=r"crest_south: shape \(3, 5\)"):
        Ground(BED, 10.0, 0.03, crest_south=np.zeros((4, 5), np.float32))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times_s": np.array([60.0, 0.0])}, "increasing"),
        ({"rain_mm_h": np.zeros((3, 1))}, "does not go with 2 times"),
        ({"rain_mm_h": np.array([[0.0], [np.nan]])}, "rain_mm_h: not finite at time 1"),
        ({"rain_mm_h": np.array([[0.0], [-1.0]])}, "rain_mm_h: below zero"),
        ({"zone": np.full((4, 5), 1, np.int16)}, "zone 1 has no column"),
        ({"zone": np.zeros((5, 4), np.int16)}, r"zone: shape \(4, 5\)"),
        ({"drain_open": np.zeros(3)}, "drain_open"),
        ({"loss_mm_h": np.full((4, 5), np.nan, np.float32)}, "loss_mm_h: below zero or NaN"),
        ({"sources_m3_s": np.zeros((2, 1))}, "does not go with 1 sources"),
        (
            {"sources_m3_s": np.zeros((2, 1)), "source_cells": np.array([[4, 0]])},
            "source 0: row 4, column 0 is not on the ground",
        ),
        ({"breaches": [Breach(Face("east", 0, 0), 0.0, 0.0)]}, "no crest_east to fail"),
    ],
)
def test_forcing_that_does_not_fit_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ForcingError, match=message):
        replace(DRY, **change).check(Ground(BED, 10.0, 0.03))


def test_edge_cells_need_a_stage_each() -> None:
    edge = np.full(BED.shape, -1, np.int16)
    edge[0, 0] = 1
    with pytest.raises(ForcingError, match="need 2 series of stages, 1 given"):
        replace(DRY, stage_m=np.zeros((2, 1))).check(Ground(BED, 10.0, 0.03, edge=edge))


def test_a_depth_that_is_not_one_is_refused() -> None:
    ground = Ground(BED, 10.0, 0.03)
    with pytest.raises(GroundError, match="below zero or NaN"):
        simulate(ground, np.full_like(BED, np.nan), DRY, start_s=0, duration_s=1)
    with pytest.raises(GroundError, match="shape"):
        simulate(ground, np.zeros((2, 2), np.float32), DRY, start_s=0, duration_s=1)
    with pytest.raises(ForcingError, match="save_s"):
        simulate(ground, BED, DRY, start_s=0, duration_s=1, save_s=[2.0])
    with pytest.raises(ForcingError, match="cfl 7 lies in"):
        simulate(ground, BED, DRY, start_s=0, duration_s=1, cfl=7)
