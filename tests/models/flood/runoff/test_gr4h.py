"""GR4H against a second writing of its equations, its published constants, and its balance."""

from math import tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.runoff import gr4h
from stream.models.flood.runoff.parameters import RunoffError

USUAL = (350.0, -0.2, 90.0, 5.3)


def written_again(rain: list[float], pet: list[float], x: tuple[float, ...]) -> list[float]:
    """Return GR4H's flow, hour by hour, by convolution over the whole past: no moving stores."""
    x1, x2, x3, x4 = x
    store, routed, effective, flows = 0.3 * x1, 0.5 * x3, [], []

    def sh1(t: float) -> float:
        return min(t / x4, 1.0) ** 1.25 if t > 0 else 0.0

    def sh2(t: float) -> float:
        if t <= x4:
            return 0.5 * (t / x4) ** 1.25 if t > 0 else 0.0
        return 1 - 0.5 * (2 - t / x4) ** 1.25 if t < 2 * x4 else 1.0

    for hour, (p, e) in enumerate(zip(rain, pet, strict=True)):
        left = 0.0
        if p >= e:
            w = tanh((p - e) / x1)
            gain = x1 * (1 - (store / x1) ** 2) * w / (1 + store / x1 * w)
            left, store = p - e - gain, store + gain
        else:
            w = tanh((e - p) / x1)
            store -= store * (2 - store / x1) * w / (1 + (1 - store / x1) * w)
        percolated = store * (1 - (1 + (4 / 21 * store / x1) ** 4) ** -0.25)
        store -= percolated
        effective.append(left + percolated)
        ages = range(hour + 1)
        q9 = sum(0.9 * effective[hour - k] * (sh1(k + 1) - sh1(k)) for k in ages)
        q1 = sum(0.1 * effective[hour - k] * (sh2(k + 1) - sh2(k)) for k in ages)
        exchange = x2 * (routed / x3) ** 3.5
        routed = max(0.0, routed + q9 + exchange)
        out = routed * (1 - (1 + (routed / x3) ** 4) ** -0.25)
        routed -= out
        flows.append(out + max(0.0, q1 + exchange))
    return flows


@pytest.mark.parametrize(
    "x", [USUAL, (756.93, -0.773, 138.638, 5.247), (60.0, 1.5, 20.0, 0.7), (100.0, 0.0, 50.0, 3.0)]
)
def test_it_is_what_the_papers_say(x: tuple[float, ...]) -> None:
    random = np.random.default_rng(3)
    rain = random.gamma(0.4, 6.0, 200) * (random.random(200) < 0.3)
    pet = random.random(200) * 0.4
    flow = gr4h.simulate(rain, pet, np.array([x])).flow_mm[0]
    np.testing.assert_allclose(flow, written_again(list(rain), list(pet), x), rtol=1e-10)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    x1=st.floats(1, 3000),
    x2=st.floats(-20, 20),
    x3=st.floats(1, 1000),
    x4=st.floats(0.5, 100),
)
def test_no_water_is_lost_or_made(seed: int, x1: float, x2: float, x3: float, x4: float) -> None:
    random = np.random.default_rng(seed)
    rain = random.random(120) * (random.random(120) < 0.4) * 300.0 * random.random()
    pet = random.random(120)
    found = gr4h.simulate(rain, pet, np.array([[x1, x2, x3, x4]]))
    ended = found.evaporation_mm + found.flow_mm.sum(axis=1) + found.stored_mm
    assert rain.sum() + found.exchange_mm == pytest.approx(ended, rel=1e-11, abs=1e-8)
    assert found.flow_mm.min() >= 0


def test_a_full_production_store_percolates_as_published() -> None:
    """Perrin (2003) and Mathevet (2005): X1 (1 − (1 + (4/21)⁴)^(−1/4)) an hour, 0.033 % of X1."""
    small = 0.1  # what the routing store keeps back
    found = gr4h.simulate(
        np.zeros(1), np.zeros(1), np.array([[1e4, 0.0, small, 0.5]]), production=1.0, routing=0.0
    )
    percolated = 1e4 * (1 - (1 + (4 / 21) ** 4) ** -0.25)
    assert percolated == pytest.approx(3.288, abs=0.001)
    assert found.flow_mm[0, 0] == pytest.approx(percolated - small, abs=0.001)


def test_the_routing_store_lets_16_percent_go_when_it_is_full() -> None:
    """1 − 2^(−1/4) = 0.159 of X3 (Perrin 2003)."""
    found = gr4h.simulate(
        np.zeros(1), np.zeros(1), np.array([[1e4, 0.0, 80.0, 5.0]]), production=0.0, routing=1.0
    )
    assert found.flow_mm[0, 0] == pytest.approx(80.0 * (1 - 2**-0.25))


@pytest.mark.parametrize("x4", [0.5, 1.0, 3.7, 20.0, 240.0])
def test_the_unit_hydrographs_hold_all_and_last_x4_and_twice_x4(x4: float) -> None:
    one, two = gr4h._ordinates(x4)
    assert one.sum() == pytest.approx(1.0)
    assert two.sum() == pytest.approx(1.0)
    assert len(one) == np.ceil(x4)
    assert len(two) == np.ceil(2 * x4)
    assert min(one.min(), two.min()) >= 0


def test_many_sets_at_once_are_each_alone() -> None:
    random = np.random.default_rng(1)
    rain, pet = random.gamma(0.2, 3.0, 100), random.random(100) * 0.2
    sets = np.array([USUAL, (60.0, 1.5, 20.0, 0.7)])
    together = gr4h.simulate(rain, pet, sets)
    for k in range(2):
        alone = gr4h.simulate(rain, pet, sets[k])
        np.testing.assert_array_equal(alone.flow_mm[0], together.flow_mm[k])
    own = gr4h.simulate(
        rain * np.array([[1.0], [1.2]]), pet, sets, production=[0.3, 0.9], routing=[0.5, 0.1]
    )
    alone = gr4h.simulate(rain * 1.2, pet, sets[1], production=0.9, routing=0.1)
    np.testing.assert_array_equal(own.flow_mm[0], together.flow_mm[0])
    np.testing.assert_array_equal(own.flow_mm[1], alone.flow_mm[0])


def test_what_cannot_be_run_is_named() -> None:
    with pytest.raises(RunoffError, match="rain has missing or negative hours"):
        gr4h.simulate(np.array([1.0, np.nan]), np.zeros(2), np.array([USUAL]))
    with pytest.raises(RunoffError, match="evapotranspiration has missing"):
        gr4h.simulate(np.zeros(2), np.array([0.0, -1.0]), np.array([USUAL]))
    with pytest.raises(RunoffError, match="x4 must lie in"):
        gr4h.simulate(np.zeros(2), np.zeros(2), np.array([[350.0, 0.0, 90.0, 0.1]]))
    with pytest.raises(RunoffError, match="rain for 3 of 1 parameter sets"):
        gr4h.simulate(np.zeros((3, 2)), np.zeros(2), np.array([USUAL]))
    with pytest.raises(RunoffError, match="GR4H wants"):
        gr4h.simulate(np.zeros(2), np.zeros(3), np.array([USUAL]))
