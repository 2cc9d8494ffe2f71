"""Gates let nothing back, pumps take no more than there is, weirs carry what the books say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.rivers.network import WALL, Network, Ran, join, run, still, volume
from stream.models.flood.rivers.network_kernel import passage
from stream.models.flood.rivers.structures import BadNetworkError, Gate, Pump, Weir, build


def drain() -> Network:
    """A town's drain that ends at a wall, beside a channel that runs into the sea."""
    return join(
        length_m=[1000.0, 1000.0], cell_m=250.0, width_m=[8.0, 40.0], bed_top_m=[0.5, -2.0],
        bed_end_m=[0.0, -2.0], bank_height_m=[2.0, 6.0], plain_m=[60.0, 0.0], manning=0.03,
        downstream=[WALL, -1],
    )  # fmt: skip


def watch(
    network: Network, structure: Weir | Gate | Pump, sea: np.ndarray, inflow: float, start: float
) -> Ran:
    """Run the drain with one structure from its last cell; `sea` (n_steps,) by the minute."""
    built = build(network, [structure])
    return run(
        network, still(network, start, 1, built), lateral=np.full((1, 1, len(sea)), inflow),
        sea_m=sea[None, None], dt_s=60.0, sources=np.array([0]), structures=built,
    )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    reopen=st.floats(0, 0.3),
    range_m=st.floats(0, 4),
    inflow=st.floats(0, 5),
)
def test_a_gated_drain_lets_nothing_back_in(
    seed: int, reopen: float, range_m: float, inflow: float
) -> None:
    network = drain()
    random = np.random.default_rng(seed)
    gate = Gate(network.cell(0, 999), network.mouth(0), 0.1, 3.0, 1.0, reopen_m=reopen)
    minutes = np.arange(400)
    sea = range_m * np.sin(minutes / 60 + random.random()) + random.normal(0, 0.05, 400)
    ran = watch(network, gate, sea, inflow, start=0.6)
    assert ran.through.min() >= 0.0
    drained = volume(network, ran.water.depth)[0, :4].sum() + 60 * ran.through.sum()
    had = volume(network, still(network, 0.6, 1).depth)[0, :4].sum() + 60 * 400 * inflow
    assert drained == pytest.approx(had, rel=1e-11)


def test_a_gate_shuts_at_high_water_and_opens_again_after_it() -> None:
    network = drain()
    gate = Gate(network.cell(0, 999), network.mouth(0), 0.1, 3.0, 1.0, reopen_m=0.1)
    sea = 1.5 * np.sin(2 * np.pi * np.arange(745) / 745)
    ran = watch(network, gate, sea, inflow=0.5, start=0.3)
    flow, inside = ran.through[0, 0], ran.stage[0, 3]
    shut = flow == 0
    assert shut[60:200].all()
    assert (flow[500:600] > 0).all()
    first = 200 + int(np.argmax(flow[200:] > 0))
    assert 0.09 < inside[first - 1] - sea[first] < 0.15


@settings(max_examples=20, deadline=None)
@given(capacity=st.floats(0, 50), inflow=st.floats(0, 3), start=st.floats(0, 2))
def test_a_pump_never_takes_more_than_there_is(
    capacity: float, inflow: float, start: float
) -> None:
    network = drain()
    pump = Pump(network.cell(0, 999), network.mouth(0), 0.8, -5.0, capacity)
    ran = watch(network, pump, np.full(200, 3.0), inflow, start)
    assert ran.through.min() >= 0
    assert ran.through.max() <= capacity * (1 + 1e-12)
    assert ran.water.depth.min() >= 0
    left = volume(network, ran.water.depth)[0, :4].sum() + 60 * ran.through.sum()
    had = volume(network, still(network, start, 1).depth)[0, :4].sum() + 60 * 200 * inflow
    assert left == pytest.approx(had, rel=1e-11, abs=1e-6)


def test_a_pump_starts_high_stops_low_and_rests_between() -> None:
    network = drain()
    pump = Pump(network.cell(0, 999), network.mouth(0), 1.0, 0.6, 3.0)
    ran = watch(network, pump, np.full(600, 3.0), inflow=0.8, start=0.7)
    flow, level = ran.through[0, 0], ran.stage[0, 3]
    starts = np.flatnonzero((flow[1:] > 0) & (flow[:-1] == 0))
    assert 2 <= len(starts) <= 60
    assert np.all(level[starts] > 0.93)
    assert level.min() > 0.6 - 1e-9
    assert flow.max() == pytest.approx(3.0)


def test_a_strong_pump_leaves_a_pond_at_its_stop_level() -> None:
    """5 m3/s on 1000 m2: the last minute would draw it 0.1 m too low."""
    pond = join(
        length_m=[100.0, 50.0], cell_m=100.0, width_m=10.0, bed_top_m=0.0, bed_end_m=0.0,
        bank_height_m=9.0, manning=0.03, downstream=[WALL, -1],
    )  # fmt: skip
    built = build(pond, [Pump(0, pond.mouth(0), 1.5, 0.6, 5.0)])
    ran = run(
        pond, still(pond, 2.0, 1, built), lateral=np.zeros((1, 2, 10)),
        sea_m=np.full((1, 1, 10), 2.0), dt_s=60.0, structures=built,
    )  # fmt: skip
    assert ran.stage[0, 0].min() == pytest.approx(0.6, abs=1e-9)
    assert 60 * ran.through.sum() == pytest.approx(1.4 * 1000, rel=1e-9)


def test_weir_of_the_books() -> None:
    """Broad-crested: q = 1.705 H^1.5 (Chow 1959; Bos 1989); drowned it falls, equal it stops."""
    for head in (0.1, 0.5, 2.0):
        assert passage(head, -1.0, 0.0, np.inf) == pytest.approx(1.705 * head**1.5, rel=1e-3)
        assert passage(-1.0, head, 0.0, np.inf) == pytest.approx(-1.705 * head**1.5, rel=1e-3)
    assert passage(1.0, 2 / 3, 0.0, np.inf) == pytest.approx(1.705, rel=1e-3)
    assert passage(1.0, 0.9, 0.0, np.inf) == pytest.approx(0.9 * np.sqrt(2 * 9.81 * 0.1))
    assert passage(1.0, 1.0, 0.0, np.inf) == 0.0
    assert passage(-0.1, -0.5, 0.0, np.inf) == 0.0


def test_orifice_of_the_books_and_no_jump_between_regimes() -> None:
    """Drowned sluice: q = a √(2 g ΔH); and no jump from weir to orifice, from free to drowned."""
    assert passage(3.0, 2.0, 0.0, 0.5) == pytest.approx(0.5 * np.sqrt(2 * 9.81 * 1.0))
    heads = np.linspace(0.01, 3, 3000)
    free = [passage(h, -1.0, 0.0, 0.5) for h in heads]
    drowned = [passage(3.0, h, 0.0, 0.5) for h in heads[:-50]]
    assert np.all(np.diff(free) > 0)
    assert np.abs(np.diff(free)).max() < 0.01
    assert np.abs(np.diff(drowned)).max() < 0.02


def test_a_weir_between_two_ponds_levels_them_without_swinging_past() -> None:
    network = join(
        length_m=[100.0, 100.0], cell_m=100.0, width_m=10.0, bed_top_m=0.0, bed_end_m=0.0,
        bank_height_m=9.0, manning=0.03, downstream=[WALL, WALL],
    )  # fmt: skip
    built = build(network, [Weir(0, 1, 0.5, 20.0)])
    before = still(network, np.array([[3.0, 1.0]]), 1, built)
    ran = run(
        network, before, lateral=np.zeros((1, 2, 30)), sea_m=np.zeros((1, 0, 30)), dt_s=60.0,
        structures=built,
    )  # fmt: skip
    np.testing.assert_allclose(ran.stage[0, :, -1], 2.0, atol=1e-9)
    assert np.all(ran.stage[0, 0] >= ran.stage[0, 1] - 1e-9)


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        (Weir(99, 0, 0.0, 1.0), "inside is 99"),
        (Weir(0, 99, 0.0, 1.0), "outside is 99, neither a cell nor"),
        (Weir(1, 1, 0.0, 1.0), "same cell"),
        (Gate(0, 8, 0.0, 1.0, 0.0), "not positive"),
        (Gate(0, 8, np.nan, 1.0, 1.0), "not finite"),
        (Gate(0, 8, 0.0, 1.0, 1.0, reopen_m=-0.1), "reopen_m is -0.1"),
        (Pump(0, 8, 1.0, 1.2, 1.0), "stop_m is 1.2, it has to be below"),
        (Pump(0, 8, 1.0, 0.5, -1.0), "capacity is -1"),
    ],
)
def test_structures_that_cannot_be(structure: Weir | Gate | Pump, words: str) -> None:
    with pytest.raises(BadNetworkError, match=words):
        build(drain(), [structure])
