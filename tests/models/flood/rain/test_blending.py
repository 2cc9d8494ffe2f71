"""Nowcast, prediction and outlook brought together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.rain.ahead import rain_ahead
from stream.models.flood.rain.blending import blend, perturbed
from stream.models.flood.rain.climate import RainClimate

LEADS = np.arange(10.0, 241.0, 10.0)
SUMMER = RainClimate(10, 0.05, 6.0, 0.8, 0.6, 400.0, 60.0, 0.35, 40.0, 15.0)


def random() -> np.random.Generator:
    return np.random.default_rng(11)


def test_members_go_over_between_one_and_three_hours() -> None:
    mixed = blend(np.zeros((40, 24)), np.ones(24), LEADS, random=random())
    share = mixed.mean(axis=0)
    assert (mixed[:, LEADS <= 60] == 0).all()
    assert (mixed[:, LEADS >= 180] == 1).all()
    assert share[LEADS == 120] == pytest.approx(0.5, abs=0.05)
    assert (np.diff(mixed, axis=1) >= 0).all()


def test_a_mixture_is_no_narrower_than_its_narrower_part() -> None:
    ahead = 10.0 + random().standard_normal((200, 24))
    told = 2.0 + random().standard_normal((200, 24))
    mixed = blend(ahead, told, LEADS, random=random())
    assert mixed[:, LEADS == 120].std() > 2 * ahead.std()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_each_value_lies_between_its_two_sources(seed: int) -> None:
    draw = np.random.default_rng(seed)
    ahead, told = draw.random((7, 24, 3, 2)), draw.random((24, 3, 2))
    mixed = blend(ahead, told, LEADS, random=draw)
    assert (mixed >= np.minimum(ahead, told) - 1e-12).all()
    assert (mixed <= np.maximum(ahead, told) + 1e-12).all()


def test_what_one_does_not_know_the_other_says() -> None:
    ahead, told = np.full((3, 24, 2), np.nan), np.full((24, 2), 4.0)
    told[:, 1] = np.nan
    mixed = blend(ahead, told, LEADS, random=random())
    assert (mixed[..., 0] == 4.0).all()
    assert np.isnan(mixed[..., 1]).all()


def test_shapes_that_differ_are_said() -> None:
    with pytest.raises(ValueError, match="leads differ"):
        blend(np.zeros((3, 24)), np.zeros(23), LEADS, random=random())


def test_an_error_of_amount_keeps_the_mean_and_one_of_place_the_pattern() -> None:
    told = np.full((24,), 5.0)
    spread = perturbed(told, 4000, random=random())
    assert spread.mean() == pytest.approx(5.0, rel=0.05)
    assert spread.std() > 2.0
    field = np.zeros((2, 100, 100))
    field[:, 50, 50] = 8.0
    moved = perturbed(field, 10, random=random(), km_per_cell=5.0)
    peaks = {np.nanargmax(member[0]) for member in moved}
    assert len(peaks) > 5
    assert all(np.nanargmax(m[0]) == np.nanargmax(m[1]) for m in moved)


def ahead(recent: np.ndarray, **sources: np.ndarray) -> tuple[np.ndarray, list[str]]:
    found = rain_ahead(
        recent, leads_min=240, members=30, climate=SUMMER, random=random(), **sources
    )
    assert found.rate_mm_h.shape == (30, 2, 240)
    assert np.isfinite(found.rate_mm_h).all()
    return found.rate_mm_h, found.degraded


def test_radar_leads_first_and_the_prediction_later() -> None:
    rain, degraded = ahead(
        np.zeros((2, 60)), radar=np.full((30, 2, 240), 7.0), prediction=np.full((2, 240), 40.0)
    )
    assert rain[:, :, :60] == pytest.approx(7.0)
    assert rain[:, :, 185:].mean() == pytest.approx(40.0, rel=0.6)
    assert rain[:, :, 185:].std(axis=0).min() > 5.0
    assert degraded == []


def test_gauges_alone_are_no_fault_but_a_silent_one_is_said() -> None:
    recent = np.zeros((2, 60))
    assert ahead(recent)[1] == []
    recent[1] = np.nan
    assert ahead(recent)[1] == ["rain now is not known in 1 of 2 catchments"]
    assert ahead(np.full((2, 60), np.nan))[0].max() > 0


def test_holes_in_radar_and_prediction_are_filled_and_said() -> None:
    radar = np.full((30, 2, 90), 7.0)
    radar[:, 1] = np.nan
    rain, degraded = ahead(np.full((2, 60), 20.0), radar=radar, prediction=np.full((2, 0), np.nan))
    assert rain[:, 0, :60] == pytest.approx(7.0)
    assert rain[:, 1, :60].std() > 1.0
    assert [words.split(" lacks ")[0] for words in degraded] == [
        "the prediction",
        "the radar nowcast",
    ]
    assert "lacks 50%" in degraded[1]
