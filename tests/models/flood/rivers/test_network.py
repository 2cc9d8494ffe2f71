"""The tidal network: rest, balance, waves and backwater against theory, and what cannot be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from stream.models.flood.rivers.muskingum_cunge import route, steady
from stream.models.flood.rivers.network import (
    WALL,
    Network,
    Water,
    advance,
    join,
    run,
    still,
    volume,
)
from stream.models.flood.rivers.reaches import tree
from stream.models.flood.rivers.structures import BadNetworkError

G = 9.81
WIDE = 1e7
"""So wide [m] that the walls do not count: R = h."""


def delta(**changes: object) -> Network:
    """Two rivers that meet above a tidal reach with floodplains, and a brook to a second sea."""
    shape: dict[str, object] = {
        "length_m": [6e3, 4e3, 5e3, 2e3],
        "cell_m": 500.0,
        "width_m": [30.0, 20.0, 60.0, 15.0],
        "bed_top_m": [2.0, 1.5, -1.0, 0.0],
        "bed_end_m": [-1.0, -1.0, -3.0, 0.0],
        "bank_height_m": [3.0, 4.0, 5.0, 2.0],
        "plain_m": [100.0, 0.0, 300.0, 50.0],
        "manning": 0.03,
        "downstream": [2, 2, -1, -2],
    }
    return join(**{**shape, **changes})  # type: ignore[arg-type]


def channel(
    length: float, cell: float, bed: float = 0.0, slope: float = 0.0, **more: object
) -> Network:
    """One wide channel, `bed` at its end."""
    shape: dict[str, object] = {
        "width_m": WIDE, "bank_height_m": 100.0, "manning": 0.03, "downstream": [-1],
        "bed_top_m": bed + slope * length, "bed_end_m": bed,
    }  # fmt: skip
    return join(length_m=[length], cell_m=cell, **{**shape, **more})  # type: ignore[arg-type]


def steady_state(network: Network, inflow: float, sea: float, hours: float, start: float) -> Water:
    """Run a single channel with constant inflow [m3/s] at its head until it changes no more."""
    steps = int(hours * 12)
    ran = run(
        network, still(network, start, 1), lateral=np.full((1, 1, steps), inflow),
        sea_m=np.full((1, 1, steps), sea), dt_s=300.0, sources=np.array([0]),
    )  # fmt: skip
    np.testing.assert_allclose(ran.flow[0, :, -1], inflow, rtol=1e-3)
    return ran.water


@settings(max_examples=25, deadline=None)
@given(level=st.floats(-5, 9), beds=st.lists(st.floats(-3, 3), min_size=8, max_size=8))
def test_a_lake_at_rest_stays_at_rest_exactly(level: float, beds: list[float]) -> None:
    network = delta(bed_top_m=beds[:4], bed_end_m=beds[4:])
    before = still(network, level, 2)
    ran = run(
        network, before, lateral=np.zeros((2, len(network.bed), 60)),
        sea_m=np.full((2, 2, 60), level), dt_s=60.0,
    )  # fmt: skip
    np.testing.assert_array_equal(ran.water.flow, 0.0)
    np.testing.assert_array_equal(ran.water.depth, before.depth)
    np.testing.assert_array_equal(ran.to_sea, 0.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), wildness=st.floats(0, 300), surge=st.floats(0, 4))
def test_no_water_is_made_or_lost_and_no_depth_is_negative(
    seed: int, wildness: float, surge: float
) -> None:
    random = np.random.default_rng(seed)
    network = delta()
    storm = wildness * random.random((3, len(network.bed), 40))
    storm *= random.random(storm.shape) < 0.1
    sea = surge * np.sin(np.arange(40) / 7) + random.normal(0, 0.5, (3, 2, 1))
    before = still(network, random.uniform(-2, 3), 3)
    ran = run(network, before, lateral=storm, sea_m=sea, dt_s=300.0)
    had, has = volume(network, before.depth).sum(1), volume(network, ran.water.depth).sum(1)
    gained = 300.0 * (storm.sum((1, 2)) - ran.to_sea.sum((1, 2)))
    turnover = had + 300.0 * (storm.sum((1, 2)) + np.abs(ran.to_sea).sum((1, 2)))
    assert np.all(np.abs(has - had - gained) <= 1e-11 * turnover)
    assert ran.water.depth.min() >= 0
    assert np.isfinite(ran.stage).all()


def test_members_do_not_meet_and_steps_can_be_taken_one_by_one() -> None:
    random = np.random.default_rng(2)
    network = delta()
    lateral, sea = random.gamma(0.3, 9.0, (5, len(network.bed), 6)), random.random((5, 2, 6))
    together = run(network, still(network, 0.5, 5), lateral=lateral, sea_m=sea, dt_s=60.0)
    alone = still(network, 0.5, 1)
    for t in range(6):
        one = {"lateral": lateral[3:4, :, t], "sea_m": sea[3:4, :, t]}
        alone = advance(network, alone, dt_s=60.0, **one)
    np.testing.assert_array_equal(alone.depth[0], together.water.depth[3])


def test_uniform_flow_has_mannings_depth() -> None:
    """Wide channel, q = 3 m2/s, n = 0.03, S = 0.0005: h = (q n / √S)^(3/5) = 2.328 m."""
    network = channel(20e3, 250.0, slope=0.0005)
    normal = (3 * 0.03 / 0.0005**0.5) ** 0.6
    water = steady_state(network, 3 * WIDE, normal, 30, start=normal)
    np.testing.assert_allclose(water.depth[0, 5:-5], normal, rtol=2e-4)


def test_tide_in_a_closed_channel_has_the_height_of_the_standing_wave() -> None:
    """Small tide, no friction: η = a cos(k x) / cos(k L) cos(ω t), x from the closed end."""
    length, depth, tide, omega = 60e3, 10.0, 0.01, 2 * np.pi / 44714.0
    network = channel(length, 500.0, bed=-depth, manning=1e-6)
    k = omega / np.sqrt(G * depth)
    x = np.cumsum(network.length) - 0.5 * network.length
    crest = tide * np.cos(k * x) / np.cos(k * length)
    times = np.arange(1, 3 * 745 + 1) * 60.0
    ran = run(
        network, still(network, crest, 1), lateral=np.zeros((1, 0, len(times))),
        sea_m=tide * np.cos(omega * (times - 30.0))[None, None], dt_s=60.0,
        sources=np.zeros(0, dtype=np.int64), watched=np.array([0, 60]),
    )  # fmt: skip
    for row, cell in enumerate((0, 60)):
        expected = crest[cell] * np.cos(omega * times)
        np.testing.assert_allclose(ran.stage[0, row], expected, atol=0.01 * crest[0])
    assert crest[0] / tide == pytest.approx(1.517, abs=0.002)  # amplified, not merely followed


def linear_wave(depth: float, slope: float, q: float, period: float) -> complex:
    """Return the wave number k [1/m] of a small ripple e^{i(kx − ωt)} on uniform flow.

    The local inertial equations, linearised: g h k² + i (10/3) g S k − ω² − 2 i ω g S h / q = 0.
    """
    omega = 2 * np.pi / period
    drag = 2 * G * slope * depth / q
    roots = np.roots([G * depth, 10j / 3 * G * slope, -(omega**2) - 1j * omega * drag])
    return complex(roots[roots.imag > 0][0])  # the one that dies away downstream


def ripple(cell: float, slope: float, q: float, period: float) -> complex:
    """Return how a small wave has changed over 10 km of uniform flow, in cells of `cell` m."""
    depth = (q * 0.03 / slope**0.5) ** 0.6
    network = channel(40e3, cell, slope=slope)
    times = np.arange(1, 541) * 60.0
    inflow = q * WIDE * (1 + 0.01 * np.cos(2 * np.pi * (times - 30.0) / period))
    shape = (1, len(network.bed))
    uniform = Water(np.full(shape, depth), np.full(shape, q * WIDE), np.zeros((1, 0)))
    ran = run(
        network, uniform, lateral=inflow[None, None], dt_s=60.0, sources=np.array([0]),
        sea_m=np.full((1, 1, 540), network.bed[-1] + depth),
        watched=np.array([round(2e3 / cell), round(12e3 / cell)]),
    )  # fmt: skip
    near, far = ran.flow[0, :, -180:] @ np.exp(2j * np.pi * times[-180:] / period)
    return complex(far / near)


def test_a_small_flood_wave_travels_and_decays_as_linear_theory_says() -> None:
    """Period 3 h on q = 4 m2/s, S = 0.0004: 44 % lost in 10 km, and first-order convergence."""
    slope, q, period = 0.0004, 4.0, 3 * 3600.0
    depth = (q * 0.03 / slope**0.5) ** 0.6
    expected = np.exp(1j * linear_wave(depth, slope, q, period) * 10e3)
    assert abs(expected) == pytest.approx(0.560, abs=0.001)
    coarse, fine = (ripple(cell, slope, q, period) for cell in (500.0, 125.0))
    assert abs(fine - expected) < 0.012
    assert abs(fine - expected) < 0.3 * abs(coarse - expected)


def test_where_no_tide_reaches_it_routes_floods_as_muskingum_cunge_does() -> None:
    """Two schemes that share no line of code, on Todini's wave and channel (S = 0.001)."""
    hours = np.arange(0, 60, 1 / 12)
    inflow = 100 + 800 * (hours / 24 * np.exp(1 - hours / 24)) ** 16
    shape = {"width_m": 50.0, "manning": 0.035, "downstream": [-1]}
    downhill = tree(length_m=[50e3], slope=0.001, cells=25, **shape)  # type: ignore[arg-type]
    start = steady(downhill, inflow[None, :1])
    routed = route(downhill, start, dt_s=300.0, head=inflow[None, None]).outflow[0, 0]
    network = join(
        length_m=[70e3], cell_m=500.0, bed_top_m=70.0, bed_end_m=0.0, bank_height_m=50.0, **shape
    )  # type: ignore[arg-type]
    depth = start[0, 0] / (2000 * 50)
    still_flow = Water(np.full((1, 140), depth), np.full((1, 140), 100.0), np.zeros((1, 0)))
    ran = run(
        network, still_flow, lateral=inflow[None, None], sea_m=np.full((1, 1, len(hours)), depth),
        dt_s=300.0, sources=np.array([0]), watched=np.array([99]),
    )  # fmt: skip
    assert ran.flow.max() == pytest.approx(routed.max(), rel=0.01)
    assert abs(int(ran.flow[0, 0].argmax()) - int(routed.argmax())) * 5 <= 15
    np.testing.assert_allclose(ran.flow[0, 0], routed, atol=25)


@pytest.mark.parametrize("sea", [3.5, 6.0])
def test_backwater_of_a_high_sea_is_the_gradually_varied_profile(sea: float) -> None:
    """M1 curve: dη/dx = −Q²/K² (no velocity head, as in the model), integrated from the mouth."""
    slope, width, flow = 0.0002, 50.0, 100.0
    network = join(
        length_m=[30e3], cell_m=250.0, width_m=width, bed_top_m=slope * 30e3, bed_end_m=0.0,
        bank_height_m=20.0, manning=0.03, downstream=[-1],
    )  # fmt: skip
    steps = 12 * 40
    ran = run(
        network, still(network, np.maximum(sea, network.bed + 2.5), 1),
        lateral=np.full((1, 1, steps), flow), sea_m=np.full((1, 1, steps), sea), dt_s=300.0,
        sources=np.array([0]),
    )  # fmt: skip

    def uphill(s: float, stage: np.ndarray) -> np.ndarray:
        h = stage - slope * s
        conveyance = width * h / 0.03 * (width * h / (width + 2 * h)) ** (2 / 3)
        return np.asarray((flow / conveyance) ** 2)

    s = 30e3 - (np.cumsum(network.length) - 0.5 * network.length)
    profile = solve_ivp(uphill, (0, 30e3), [sea], t_eval=s[::-1], rtol=1e-9).y[0][::-1]
    np.testing.assert_allclose(ran.stage[0, :, -1], profile, atol=0.02)
    assert profile[0] > sea + 0.05


def macdonald(network: Network, *, advection: bool) -> tuple[Network, np.ndarray]:
    """Return MacDonald's channel (q 2, n 0.033, 1000 m) and the depth it was made for.

    z' = (α q²/g h³ − 1) h' − n² q² / h^(10/3), with α = 0 for the equations that are solved here.
    """
    q, n = 2.0, 0.033
    x = np.cumsum(network.length) - 0.5 * network.length

    def depth(at: np.ndarray) -> np.ndarray:
        return np.asarray((4 / G) ** (1 / 3) * (1 + 0.5 * np.exp(-16 * (at / 1000 - 0.5) ** 2)))

    fine = np.linspace(0, 1000, 20001)
    h = depth(fine)
    rise = -n * n * q * q / h ** (10 / 3)
    if advection:
        rise += q * q / (G * h**3) * np.gradient(h, fine)
    level = np.concatenate([[0.0], np.cumsum((rise[1:] + rise[:-1]) / 2 * 0.05)]) - (h - h[0])
    bed = np.interp(x, fine, level - level[-1])
    up = np.maximum(bed, np.append(bed[1:], level[-1] - level[-1]))
    return network._replace(bed=bed, bank=bed + 100, link_bed=up, link_bank=up + 100), depth(x)


@pytest.mark.parametrize(("cell", "worst"), [(20.0, 0.03), (5.0, 0.008)])
def test_macdonald_without_advection_comes_out_and_converges(cell: float, worst: float) -> None:
    network, depth = macdonald(channel(1000.0, cell, manning=0.033), advection=False)
    sea = (4 / G) ** (1 / 3) * (1 + 0.5 * np.exp(-4.0))
    water = steady_state(network, 2.0 * WIDE, sea, 4, start=network.bed + depth)
    np.testing.assert_allclose(water.depth[0], depth, atol=worst)


def test_macdonald_with_advection_misses_by_what_was_left_out() -> None:
    """Froude numbers reach 1 at both ends: the mean error is a few centimetres, and stays."""
    network, depth = macdonald(channel(1000.0, 5.0, manning=0.033), advection=True)
    sea = (4 / G) ** (1 / 3) * (1 + 0.5 * np.exp(-4.0))
    water = steady_state(network, 2.0 * WIDE, sea, 4, start=network.bed + depth)
    error = np.abs(water.depth[0] - depth)
    assert 0.01 < error.mean() < 0.12


def test_a_floodplain_fills_only_above_the_banks() -> None:
    network = delta()
    brim = network.bank - network.bed
    np.testing.assert_allclose(volume(network, brim), network.length * network.width * brim)
    over = volume(network, brim + 0.1) - volume(network, brim)
    np.testing.assert_allclose(over, 0.1 * network.length * (network.width + network.plain))


def test_a_shock_of_rain_on_dry_flat_beds() -> None:
    """300 mm/h on 40 km2 at once into one dry cell of a level channel: 3,333 m3/s."""
    network = delta(bed_top_m=-1.0, bed_end_m=-1.0)
    lateral = np.zeros((1, 1, 120))
    lateral[..., 5:65] = 40e6 * 0.3 / 3600
    dry = still(network, -9.0, 1)
    ran = run(
        network, dry, lateral=lateral, sea_m=np.full((1, 2, 120), -2.0), dt_s=60.0,
        sources=np.array([3]),
    )  # fmt: skip
    assert np.isfinite(ran.stage).all()
    assert ran.water.depth.min() >= 0
    left = volume(network, ran.water.depth).sum() + 60 * ran.to_sea.sum()
    assert left == pytest.approx(60 * lateral.sum(), rel=1e-12)
    assert ran.stage.max() < 40


def test_one_cell_fills_to_the_sea_and_drains_dry() -> None:
    network = channel(100.0, 100.0, width_m=10.0, bank_height_m=3.0, plain_m=20.0)
    assert len(network.bed) == 1
    rise = np.concatenate([np.full(120, 2.0), np.full(600, -1.0)])[None, None]
    ran = run(network, still(network, 0.0, 1), lateral=np.zeros((1, 1, 720)), sea_m=rise, dt_s=60.0)
    assert ran.stage[0, 0, 119] == pytest.approx(2.0, abs=0.05)
    assert 0 <= ran.water.depth[0, 0] < 0.05


def test_a_wall_holds_water_back() -> None:
    network = channel(1000.0, 100.0, downstream=[WALL], width_m=10.0)
    sea = np.zeros((1, 0, 60))
    ran = run(network, still(network, 1.0, 1), lateral=np.ones((1, 10, 60)), sea_m=sea, dt_s=60.0)
    assert ran.water.depth.mean() == pytest.approx(1 + 10 * 3600 / 10e3, rel=1e-9)


def test_a_silent_tide_gauge_is_named() -> None:
    network = delta()
    sea = np.zeros((2, 2, 3))
    sea[1, 0, 2] = np.nan
    quiet = {"lateral": np.zeros((2, len(network.bed), 3)), "dt_s": 60.0}
    with pytest.raises(BadNetworkError, match=r"sea_m\[1, 0, 2\] is nan.*astronomical tide"):
        run(network, still(network, 0.0, 2), sea_m=sea, **quiet)  # type: ignore[arg-type]
    with pytest.raises(BadNetworkError, match=r"sea_m is \(2, 1, 3\), not \(2, 2, 3\)"):
        run(network, still(network, 0.0, 2), sea_m=sea[:, :1], **quiet)  # type: ignore[arg-type]
    with pytest.raises(BadNetworkError, match="watched names a cell"):
        run(
            network, still(network, 0.0, 2), sea_m=sea[:, :, :0], dt_s=60.0,
            lateral=np.zeros((2, len(network.bed), 0)), watched=np.array([999]),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"downstream": [2, 2, 0, -1]}, "reach 0: its water runs in a circle"),
        ({"downstream": [2, 2, 7, -1]}, "reach 2: joins reach 7, but there are 4"),
        ({"downstream": [2, 2, -1]}, "4 reaches, but downstream names 3"),
        ({"width_m": [30.0, 0.0, 60.0, 15.0]}, "reach 1: width_m is 0, it has to be positive"),
        ({"bed_end_m": np.nan}, "reach 0: bed_end_m is nan, it has to be finite"),
        ({"plain_m": -1.0}, "plain_m is -1"),
    ],
)
def test_networks_that_cannot_be(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadNetworkError, match=words):
        delta(**changes)
