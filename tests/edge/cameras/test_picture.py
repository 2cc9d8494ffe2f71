"""What is wrong with a picture is named: night, a bag, blur, glare, rain, a shift, a freeze."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.picture import Health, Verdict
from edge.cameras.reference import Reference, load, shrink
from tests.edge.cameras.drawn import Floats, Picture, at_night, in_rain, scene, shot

RANDOM = np.random.default_rng(7)


def seen(change: Callable[[Floats], Floats], pictures: int = 5) -> Verdict:
    """Return the verdict on the last of some changed pictures, after healthy ones."""
    health, street = deepcopy(_healthy()), scene()
    for _ in range(pictures):
        verdict = health.look(shot(change(street), RANDOM), 0.5)
    return verdict


@cache
def _healthy() -> Health:
    """Return what a camera has learned from 36 healthy pictures."""
    health, street = Health(), scene()
    for _ in range(36):
        assert health.look(shot(street, RANDOM), 0.5).faults == ()
    assert health.reference.ready
    return health


def blurred(sigma: float) -> Callable[[Floats], Floats]:
    return lambda street: np.asarray(cv2.GaussianBlur(street, (0, 0), sigma))


def covered(share: float) -> Callable[[Floats], Floats]:
    def cover(street: Floats) -> Floats:
        hidden = street.copy()
        hidden[:, : int(share * street.shape[1])] = 90
        return hidden

    return cover


def shifted(x: float, y: float) -> Callable[[Floats], Floats]:
    matrix = np.array([[1, 0, x], [0, 1, y]], dtype=np.float32)
    return lambda street: np.asarray(
        cv2.warpAffine(street, matrix, street.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda street: at_night(street, 0.003), "dark or covered"),
        (lambda street: 0 * street + 90, "covered or fog"),
        (covered(0.85), "covered"),
        (blurred(12), "blurred: dirt, drops or focus"),
        (lambda street: street * 4, "glare"),
    ],
)
def test_what_cannot_be_read_gives_no_counts(
    change: Callable[[Floats], Floats], fault: str
) -> None:
    verdict = seen(change)
    assert verdict.unreadable
    assert fault in verdict.faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda street: at_night(street, 0.03), "nearly dark"),
        (covered(0.4), "partly covered"),
        (lambda street: 0.4 * street + 120, "pale: fog, dirt or drops"),
        (lambda street: in_rain(street, RANDOM), "rain"),
    ],
)
def test_what_is_hard_to_read_is_suspect(change: Callable[[Floats], Floats], fault: str) -> None:
    verdict = seen(change)
    assert (verdict.unreadable, verdict.hard, verdict.moved) == (False, True, False)
    assert fault in verdict.faults


def test_dusk_and_a_passer_by_are_no_fault() -> None:
    def passer_by(street: Floats) -> Floats:
        busy = street.copy()
        busy[120:260, 100:150] = 30
        return busy

    assert seen(lambda street: at_night(street, 0.2)).faults == ()
    assert seen(passer_by).faults == ()
    assert seen(shifted(1, 0)).faults == ()


def test_a_camera_that_was_turned_says_by_how_much() -> None:
    verdict = seen(shifted(30, -12))
    assert verdict.moved
    assert verdict.faults == ("moved by 32 px",)
    elsewhere = seen(lambda _: scene(99))
    assert elsewhere.moved
    assert elsewhere.faults == ("looks at something else",)


def test_a_picture_that_stays_the_same_is_frozen_and_noise_is_life() -> None:
    health, still = Health(frozen_after_s=2.0), shot(scene(), RANDOM)
    verdicts = [health.look(still, 0.5) for _ in range(6)]
    assert [v.unreadable for v in verdicts] == [False] * 4 + [True] * 2
    assert verdicts[-1].faults == ("frozen for 2 s",)
    assert health.look(shot(scene(), RANDOM), 0.5).faults == ()


def test_a_reference_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "street.png"
    Reference(shrink(shot(scene(), RANDOM))).save(path)
    health = Health(load(path))
    moved: Picture = shot(shifted(25, 0)(scene()), RANDOM)
    assert health.look(moved, 0.0).moved


@pytest.mark.parametrize("level", [0, 255])
def test_uniform_pictures_are_unreadable_from_the_first(level: int) -> None:
    flat = np.full((120, 160, 3), level, dtype=np.uint8)
    assert Health().look(flat, 0.0).unreadable
