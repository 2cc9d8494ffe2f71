"""A gauge that lies about its height is found, named and left out; a flood is not."""

import numpy as np
import pytest

from stream.models.flood.updating.consistency import complaints, judge, none, offsets

NAMES = ("upper/stage", "middle/stage", "lower/stage")
ERROR = np.full(3, 0.1)
RANDOM = np.random.default_rng(1)
COMMON = RANDOM.standard_normal((200, 1))
PREDICTED = 2.0 + 0.5 * COMMON + 0.05 * RANDOM.standard_normal((200, 3))


def checks(series, doubts=None, start_s=0.0):
    """Judge rows of innovations ten minutes apart."""
    doubts = none(3) if doubts is None else doubts
    for number, innovation in enumerate(series):
        now = start_s + 600.0 * number
        doubts = judge(doubts, np.array(innovation, float), PREDICTED, ERROR, now)
    return doubts


def test_offset_is_the_innovation_given_the_others():
    """The conditional mean and variance of a Gaussian vector, by its inverse covariance."""
    innovation = np.array([0.4, 0.1, -0.3])
    whole = np.cov(PREDICTED.T) + np.diag(ERROR**2)
    inverse = np.linalg.inv(whole)
    offset, sd = offsets(innovation, PREDICTED, ERROR, np.ones(3, bool))
    assert offset == pytest.approx(inverse @ innovation / np.diag(inverse))
    assert sd == pytest.approx(np.diag(inverse) ** -0.5)


@pytest.mark.parametrize("wrong", [1.02, -1.3])
@pytest.mark.parametrize("gauge", [0, 1, 2])
def test_a_datum_wrong_by_a_metre_is_named_and_its_neighbours_are_not(gauge, wrong):
    seen = np.zeros(3)
    seen[gauge] = wrong
    doubts = checks([seen])
    assert doubts.left_out.tolist() == [number == gauge for number in range(3)]
    doubts = checks([seen] * 8)
    (said,) = complaints(doubts, NAMES)
    side = "above" if wrong > 0 else "below"
    assert said == f"{NAMES[gauge]} {abs(wrong):.2f} m {side} what the others say; left out"


def test_all_gauges_up_together_is_a_flood():
    doubts = checks([[rise, rise, rise] for rise in np.linspace(0, 1.5, 30)])
    assert not doubts.left_out.any()


def test_what_does_not_stand_still_is_the_models_fault_and_believed_again():
    doubts = checks([[rise, 0.0, 0.0] for rise in np.linspace(0.9, 3.0, 8)])
    assert not doubts.left_out.any()
    assert complaints(doubts, NAMES) == []
    assert doubts.truce_s[0] > 600.0 * 7


def test_a_gauge_put_right_is_believed_after_an_hour():
    wrong = checks([[0.0, 1.0, 0.0]] * 8)
    assert complaints(wrong, NAMES)
    soon = checks([[0.0, 0.0, 0.0]] * 3, wrong, start_s=4800.0)
    assert soon.left_out[1]
    later = checks([[0.0, 0.0, 0.0]] * 8, wrong, start_s=4800.0)
    assert not later.left_out.any()
    assert complaints(later, NAMES) == []


def test_two_wrong_gauges_are_both_found_when_enough_are_right():
    random = np.random.default_rng(2)
    predicted = 2.0 + 0.3 * random.standard_normal((200, 1))
    predicted = predicted + 0.05 * random.standard_normal((200, 6))
    doubts = none(6)
    for number in range(9):
        seen = np.array([0.0, 1.1, 0.0, -0.9, 0.0, 0.0])
        doubts = judge(doubts, seen, predicted, np.full(6, 0.1), 600.0 * number)
    assert doubts.left_out.tolist() == [False, True, False, True, False, False]


def test_nothing_observed_is_nothing_held_against_anyone():
    doubts = checks([[np.nan] * 3] * 5)
    assert not doubts.left_out.any()


def test_a_single_gauge_is_compared_with_the_model_alone():
    doubts = none(1)
    for number in range(8):
        doubts = judge(doubts, np.array([1.0]), PREDICTED[:, :1] * 0.1, ERROR[:1], 600.0 * number)
    assert doubts.named[0]


def test_before_the_model_has_settled_nobody_is_named():
    early = none(3)
    for number in range(8):
        seen = np.array([0.0, 1.0, 0.0])
        early = judge(early, seen, PREDICTED, ERROR, 600.0 * number, settled=False)
    assert early.left_out[1]
    assert not early.named.any()
    settled = judge(early, np.array([0.0, 1.0, 0.0]), PREDICTED, ERROR, 4800.0)
    assert settled.named[1]


def test_before_the_model_has_settled_a_gauge_far_off_is_believed():
    doubts = judge(none(3), np.array([4.0, 0.0, 0.0]), PREDICTED, ERROR, 0.0, settled=False)
    assert not doubts.left_out.any()


def test_a_discharge_that_fits_speaks_for_a_high_stage():
    """A witness whose flow rises with the stage: high together is a flood, alone it is a lie."""
    random = np.random.default_rng(5)
    flow = random.lognormal(3.0, 0.8, (400, 1))
    predicted = np.concatenate([0.03 * flow, flow], axis=1)
    error = np.array([0.1, 2.0])
    flood = judge(none(1), np.array([1.2, 40.0]), predicted, error, 0.0)
    lie = judge(none(1), np.array([1.2, 0.0]), predicted, error, 0.0)
    assert not flood.left_out.any()
    assert lie.left_out.all()
