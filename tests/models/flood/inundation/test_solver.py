"""What must hold on any ground: volume, no negative depth, symmetry, the same on any threads."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream.models.flood.inundation.failure import Diverged
from stream.models.flood.inundation.forcing import Breach, Face, Forcing
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.kernel_fall import fall, remember
from stream.models.flood.inundation.kernel_sweep import advance
from stream.models.flood.inundation.run import FASTEST_M_S, Run
from stream.models.flood.inundation.solver import simulate, warm_up

Float32 = NDArray[np.float32]
DRY = Forcing(times_s=np.array([0.0, 3600.0]), rain_mm_h=np.zeros((2, 1)))


def hills(seed: int, shape: tuple[int, int] = (40, 150), relief_m: float = 4.0) -> Float32:
    return (relief_m * np.random.default_rng(seed).random(shape)).astype(np.float32)


def city(seed: int) -> tuple[Ground, Forcing]:
    """Everything at once: buildings, walls, roughness, losses, drains, sources, a river, zones."""
    random = np.random.default_rng(seed)
    shape = (60, 200)
    slope = np.linspace(3, 0, 200, dtype=np.float32)
    bed = (slope + 0.3 * random.random(shape)).astype(np.float32)
    bed[10:14, 20:30] = bed[30:40, 60:64] = np.nan
    edge = np.full(shape, -1, np.int16)
    edge[:, -1], edge[0, 190:] = 0, 1
    manning = random.choice(np.array([0.015, 0.03, 0.08], np.float32), shape)
    east, south = np.full((60, 199), np.nan, np.float32), np.full((59, 200), np.nan, np.float32)
    east[5:50, 150], south[20, 100:150] = 3.0, 4.0
    times = np.array([0.0, 600.0, 1200.0, 1800.0])
    forcing = Forcing(
        times_s=times,
        rain_mm_h=np.array([[300.0, 50.0], [30.0, 0.0], [120.0, 80.0], [0.0, 0.0]]),
        zone=(np.arange(200) // 100).astype(np.int16)[None] + np.zeros((60, 1), np.int16),
        loss_mm_h=(10 * random.random(shape)).astype(np.float32),
        drain_mm_h=np.where(random.random(shape) < 0.1, 100, 0).astype(np.float32),
        drain_open=np.array([1.0, 0.0, 0.5, 1.0]),
        stage_m=np.array([[0.5, 0.2], [2.0, 1.0], [1.0, 0.3], [0.2, 0.1]]),
        sources_m3_s=np.array([[0.5, 0.0], [2.0, -3.0], [0.0, -1.0], [1.0, 0.0]]),
        source_cells=np.array([[30, 30], [31, 120]]),
        breaches=[Breach(Face("east", 25, 150), 700.0, 0.0, 300.0)],
    )
    return Ground(bed, 5.0, manning, crest_east=east, crest_south=south, edge=edge), forcing


def test_everything_at_once_keeps_its_volume() -> None:
    ground, forcing = city(1)
    start = np.zeros(ground.shape, np.float32)
    found = simulate(ground, start, forcing, start_s=0, duration_s=1800, save_s=[0, 900])
    balance = found.balance
    came = balance.rain + balance.inflow
    assert min(balance.rain, balance.inflow, balance.outflow, balance.lost, balance.drained) > 10
    assert abs(balance.error) <= 5e-5 * came
    assert balance.error_share <= 5e-5
    assert (found.depth >= 0).all()
    assert (found.depth[np.isnan(ground.bed)] == 0).all()
    assert (found.peak_depth >= found.saved.max(axis=0)).all()
    assert np.isfinite(found.peak_speed).all()
    assert found.peak_speed.max() < FASTEST_M_S
    never = np.isnan(found.arrival_s)
    assert (found.peak_depth[~never] >= 0.15).all()
    assert (found.peak_depth[never] < 0.15).all()


@given(seed=st.integers(0, 1000), rain=st.sampled_from([0.0, 20.0, 300.0]), deep=st.booleans())
@settings(max_examples=15, deadline=None)
def test_volume_is_kept_and_no_depth_is_negative(seed: int, rain: float, deep: bool) -> None:
    bed = hills(seed, (20, 140), 6.0)
    bed[bed > 5.9] = np.nan
    start = np.where(hills(seed + 1, bed.shape) > 3.5, 2.0 if deep else 0.0, 0.0)
    start = np.where(np.isnan(bed), 0, start).astype(np.float32)
    forcing = replace(DRY, rain_mm_h=np.full((2, 1), rain))
    found = simulate(Ground(bed, 5.0, 0.03), start, forcing, start_s=0, duration_s=300)
    assert (found.depth >= 0).all()
    assert abs(found.balance.error) <= 1e-5 * (found.balance.rain + found.balance.initial + 1e-9)


def test_a_mirrored_city_floods_in_mirror_image() -> None:
    bed = hills(5)
    start = np.maximum(2 - bed, 0).astype(np.float32)
    start[:20] = 0
    forcing = replace(DRY, rain_mm_h=np.full((2, 1), 80.0))
    runs = [
        simulate(Ground(turn(bed), 10.0, 0.04), turn(start), forcing, start_s=0, duration_s=600)
        for turn in (
            np.copy,
            lambda a: a[::-1].copy(),
            lambda a: a[:, ::-1].copy(),
            lambda a: a.T.copy(),
        )
    ]
    straight = runs[0].depth
    np.testing.assert_allclose(runs[1].depth[::-1], straight, rtol=0, atol=2e-6)
    np.testing.assert_allclose(runs[2].depth[:, ::-1], straight, rtol=0, atol=2e-6)
    np.testing.assert_allclose(runs[3].depth.T, straight, rtol=0, atol=2e-6)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="numba was given one thread")
def test_one_thread_and_two_give_the_same_bits() -> None:
    bed = hills(7, (520, 520), 1.0)
    start = np.where(bed < 0.5, np.float32(1), np.float32(0))
    forcing = replace(DRY, rain_mm_h=np.full((2, 1), 300.0))
    depths = []
    try:
        for threads in (1, 2):
            numba.set_num_threads(threads)
            run = simulate(Ground(bed, 50.0, 0.03), start, forcing, start_s=0, duration_s=120)
            depths.append((run.depth, run.peak_speed))
    finally:
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(depths[0][0], depths[1][0])
    np.testing.assert_array_equal(depths[0][1], depths[1][1])


def test_rain_below_the_threshold_waits_and_is_all_there() -> None:
    bed = np.zeros((40, 300), np.float32)
    forcing = replace(DRY, rain_mm_h=np.full((2, 1), 40.0))
    ground, start = Ground(bed, 100.0, 0.04), np.zeros_like(bed)
    found = simulate(
        ground, start, forcing, start_s=0, duration_s=3600, save_s=[1800], threshold_m=0.05
    )
    assert found.saved[0] == pytest.approx(0.020, abs=1e-5)
    assert found.depth == pytest.approx(0.040, abs=1e-5)
    assert found.cell_updates <= 3 * bed.size


def test_work_falls_with_dry_ground() -> None:
    bed = np.tile(np.linspace(20, 0, 600, dtype=np.float32), (64, 1))
    start = np.zeros_like(bed)
    start[:, -20:] = 0.5
    found = simulate(Ground(bed, 10.0, 0.04), start, DRY, start_s=0, duration_s=600)
    assert found.cell_updates < 0.5 * found.steps * bed.size


def test_water_under_its_threshold_stays_where_it_is() -> None:
    bed = np.tile(np.linspace(2, 0, 50, dtype=np.float32), (3, 1))
    start = np.full_like(bed, 0.04)
    found = simulate(
        Ground(bed, 10.0, 0.04), start, DRY, start_s=0, duration_s=600, threshold_m=0.05
    )
    np.testing.assert_array_equal(found.depth, start)


def test_losses_and_drains_take_no_more_than_there_is() -> None:
    shape = (3, 4)
    forcing = Forcing(
        times_s=np.array([0.0, 1800.0, 3600.0]),
        rain_mm_h=np.array([[30.0], [0.0], [0.0]]),
        loss_mm_h=np.full(shape, 6.0, np.float32),
        drain_mm_h=np.full(shape, 14.0, np.float32),
        drain_open=np.array([1.0, 1.0, 0.0]),
    )
    ground = Ground(np.zeros(shape, np.float32), 10.0, 0.04)
    half = simulate(ground, np.zeros(shape, np.float32), forcing, start_s=0, duration_s=1800)
    assert half.depth == pytest.approx(0.005, abs=2e-5)
    assert half.balance.lost == pytest.approx(0.003 * 1200, rel=2e-3)
    assert half.balance.drained == pytest.approx(0.007 * 1200, rel=2e-3)
    whole = simulate(ground, np.zeros(shape, np.float32), forcing, start_s=0, duration_s=3600)
    assert whole.depth.max() == 0
    assert whole.balance.lost + whole.balance.drained == pytest.approx(0.015 * 1200, rel=2e-3)


def weir(stage_m: float) -> float:
    """Flow per metre over a wall of 1 m between a full river and an empty field."""
    bed = np.zeros((1, 3), np.float32)
    edge = np.array([[0, -1, 1]], np.int16)
    forcing = Forcing(
        times_s=np.array([0.0]), rain_mm_h=np.zeros((1, 1)), stage_m=np.array([[stage_m, 0.0]])
    )
    ground = Ground(bed, 10.0, 0.03, crest_east=np.array([[1.0, np.nan]], "f4"), edge=edge)
    ends = [
        simulate(ground, np.zeros_like(bed), forcing, start_s=0, duration_s=at, threshold_m=0.0)
        for at in (600.0, 660.0)
    ]
    return (ends[1].balance.inflow - ends[0].balance.inflow) / 60 / 10


def test_no_more_flows_over_a_wall_than_over_a_broad_crest() -> None:
    """q = 1.705 H^1.5 (Chow 1959): 0.603 m²/s half a metre above the crest; none below it."""
    assert weir(1.5) == pytest.approx(1.705 * 0.5**1.5, rel=0.01)
    assert weir(0.99) == 0


def test_a_wall_holds_until_it_breaches() -> None:
    bed = np.zeros((5, 40), np.float32)
    east = np.full((5, 39), np.nan, np.float32)
    east[:, 9] = 3.0
    edge = np.full(bed.shape, -1, np.int16)
    edge[:, 0] = 0
    start = np.zeros_like(bed)
    start[:, :10] = 2
    forcing = Forcing(
        times_s=np.array([1000.0]),
        rain_mm_h=np.zeros((1, 1)),
        stage_m=np.array([[2.0]]),
        breaches=[Breach(Face("east", 2, 9), 1300.0, 0.0, 120.0)],
    )
    found = simulate(
        Ground(bed, 10.0, 0.03, crest_east=east, edge=edge),
        start,
        forcing,
        start_s=1000.0,
        duration_s=900.0,
        save_s=[290.0],
    )
    assert found.saved[0][:, 10:].max() == 0
    assert found.depth[2, 10] > 0.5
    assert 300 < found.arrival_s[2, 10] < 480
    assert east[2, 9] == 3.0


def test_a_source_fills_a_basin_and_a_sink_empties_it() -> None:
    bed = np.zeros((6, 6), np.float32)
    forcing = Forcing(
        times_s=np.array([0.0, 600.0, 601.0, 3600.0]),
        rain_mm_h=np.zeros((4, 1)),
        sources_m3_s=np.array([[1.0], [1.0], [-1.0], [-1.0]]),
        source_cells=np.array([[2, 3]]),
    )
    ground = Ground(bed, 10.0, 0.03)
    full = simulate(ground, bed, forcing, start_s=0, duration_s=600)
    assert full.balance.inflow == pytest.approx(600, rel=1e-6)
    assert full.depth.sum() * 100 == pytest.approx(600, rel=1e-5)
    empty = simulate(ground, bed, forcing, start_s=0, duration_s=3600, threshold_m=0.0)
    assert empty.depth.max() < 0.01
    assert empty.balance.error_share < 1e-6


def test_a_deep_cell_whose_stage_is_given_does_not_force_the_time_step() -> None:
    bed = np.zeros((3, 30), np.float32)
    bed[:, 0] = -50
    edge = np.full(bed.shape, -1, np.int16)
    edge[:, 0] = 0
    forcing = replace(DRY, stage_m=np.full((2, 1), 0.5))
    ground = Ground(bed, 10.0, 0.03, edge=edge)
    found = simulate(ground, np.zeros_like(bed), forcing, start_s=0, duration_s=600)
    assert found.steps < 1.2 * 600 / (0.7 * 10 / (9.81 * 0.5) ** 0.5)
    assert found.depth[1, 0] == pytest.approx(50.5)
    assert found.depth[1, 5] > 0.2


def test_one_compilation_serves_whole_numbers_and_fractions() -> None:
    ground = Ground(np.zeros((3, 3), np.float32), 10, 0.03)
    warm_up()
    known = [len(kernel.signatures) for kernel in (advance, fall, remember)]
    simulate(ground, ground.bed, DRY, start_s=0, duration_s=1, wet_m=1, cfl=1, threshold_m=0)
    assert [len(kernel.signatures) for kernel in (advance, fall, remember)] == known


def test_nothing_known_of_the_weather_leaves_the_water_as_it_is() -> None:
    found = simulate(
        Ground(np.zeros((1, 1), np.float32), 10.0, 0.03),
        np.ones((1, 1), np.float32),
        DRY,
        start_s=0,
        duration_s=0,
        save_s=[0],
    )
    assert found.steps == 0
    assert found.saved[0, 0, 0] == 1
    assert found.arrival_s[0, 0] == 0


def test_a_nan_is_found_within_one_window_and_said() -> None:
    bed = hills(2)
    ground = Ground(bed, 10.0, 0.03)
    run = Run(ground, np.ones_like(bed), DRY, 0.0, 0.15, 0.7, 0.95, 0.001, 10_000)
    run.until(20)
    run.water.depth[11, 77] = np.nan
    steps = run.steps
    with pytest.raises(Diverged, match=r"row .*depth nan") as failure:
        run.until(100)
    assert failure.value.when_s < 25
    assert run.steps <= steps + 1
    assert abs(failure.value.where.row - 11) <= 1
    assert abs(failure.value.where.column - 77) <= 1


def chequered(theta: float, height_m: float) -> float:
    """Height of what is left of waves two cells long after an hour, in a sea 5 m deep [m]."""
    bed = np.full((40, 40), -5.0, np.float32)
    row, column = np.indices(bed.shape)
    chequers = np.where((row + column) % 2, 1, -1)
    start = (5 + height_m * chequers).astype(np.float32)
    ground, late = Ground(bed, 50.0, 0.02), [float(at) for at in range(3000, 3600, 37)]
    found = simulate(ground, start, DRY, start_s=0, duration_s=3600, save_s=late, theta=theta)
    return float(np.abs((found.saved * chequers).mean(axis=(1, 2))).max())


@pytest.mark.parametrize("height_m", [0.05, 0.5])
def test_waves_of_two_cells_die_out_in_deep_smooth_water(height_m: float) -> None:
    assert chequered(0.95, height_m) < 1e-5


def test_waves_of_two_cells_grow_without_blending_and_that_is_an_error() -> None:
    with pytest.raises(Diverged, match=r"theta 1"):
        chequered(1.0, 0.05)


def test_a_hole_that_forces_tiny_steps_is_said() -> None:
    bed = np.zeros((30, 60), np.float32)
    bed[3, 50] = -400
    start = np.where(bed < 0, np.float32(400), np.float32(0.1))
    with pytest.raises(Diverged, match="100 steps used up: water 400 m deep"):
        simulate(Ground(bed, 10.0, 0.03), start, DRY, start_s=0, duration_s=3600, max_steps=100)
