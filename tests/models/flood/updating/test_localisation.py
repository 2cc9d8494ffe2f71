"""Who may correct whom along a tree of rivers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.flood.updating.localisation import gaspari_cohn, taper, to_gauges

# 0 → 1 → 4 → 5 (the sea after it), 2 → 3 → 4
BELOW = np.array([1, 4, 3, 4, 5, 6])
LENGTH = np.array([2.0, 3.0, 4.0, 5.0, 6.0, 1.0])


def test_the_taper_of_gaspari_and_cohn():
    found = gaspari_cohn(np.array([0.0, 5.0, 10.0, 20.0, np.inf]), 10.0)
    assert found == pytest.approx([1.0, 5 / 24, 0.0, 0.0, 0.0], abs=1e-12)


@given(st.lists(st.floats(0, 200), min_size=2, max_size=20), st.floats(0.1, 100))
def test_it_only_falls_and_stays_a_weight(distances, reach):
    weight = gaspari_cohn(np.sort(distances), reach)
    assert (np.diff(weight) <= 1e-12).all()
    assert weight.min() >= 0
    assert weight.max() <= 1


def test_distances_run_along_the_river_over_the_meeting():
    distance, upstream = to_gauges(BELOW, LENGTH, np.array([1, 5]))
    assert distance[:, 0].tolist() == [2.0, 0.0, 12.0, 8.0, 3.0, 9.0]
    assert upstream[:, 0].tolist() == [True, True, False, False, False, False]
    assert distance[:, 1].tolist() == [11.0, 9.0, 15.0, 11.0, 6.0, 0.0]
    assert upstream[:, 1].all()


def test_rivers_that_never_meet_are_infinitely_far():
    distance, upstream = to_gauges(np.array([2, 3, 4, 4]), np.ones(4), np.array([0]))
    assert np.isinf(distance[[1, 3], 0]).all()
    assert not upstream[[1, 3], 0].any()


def test_upstream_counts_further_than_backwater():
    distance, upstream = np.array([[20.0], [20.0]]), np.array([[True], [False]])
    weights = taper(distance, upstream, reach_km=25.0, upstream_km=np.inf)
    assert weights[0, 0] == 1.0
    assert 0 < weights[1, 0] < 0.05
    near = taper(distance, upstream, reach_km=25.0, upstream_km=50.0)
    assert weights[1, 0] < near[0, 0] < 1.0


def test_a_node_above_its_own_inflow_is_refused():
    with pytest.raises(ValueError, match="numbered downstream"):
        to_gauges(np.array([1, 0]), np.ones(2), np.array([0]))
