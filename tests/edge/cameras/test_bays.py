"""Bays: taken or empty, on a recorded lot with pictures left out, and on a drawn one."""

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cameras import CameraError
from edge.cameras.bays import SHIPPED, BayWatch, features, load_model, probability
from edge.cameras.bays_fit import cross_validate, empty_offsets, fit
from edge.cameras.pklot import read_lot
from edge.cameras.scene import Parking
from simulators.cameras.figures import CarPark

Bay = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
BAYS: tuple[Bay, ...] = tuple(
    ((60 + 90 * i, 60), (130 + 90 * i, 66), (140 + 90 * i, 200), (66 + 90 * i, 190))
    for i in range(8)
)


def test_a_drawn_lot_is_counted_as_it_fills() -> None:
    lot, watch = CarPark(BAYS, seed=2), BayWatch(Parking(property="n", bays=BAYS, pictures=1))
    for cars in (0, 3, 8):
        picture, taken = lot.picture(cars)
        count = watch.look(picture)["n"]
        assert count is not None
        assert abs(count - cars) <= 1  # black cars on black ground are hard
        assert (watch.taken() != taken).sum() <= 1


def test_one_odd_picture_changes_nothing_and_most_do() -> None:
    lot, watch = CarPark(BAYS, seed=2), BayWatch(Parking(property="n", bays=BAYS, pictures=5))
    counts = [watch.look(lot.picture(n)[0])["n"] for n in (2, 2, 2, 0, 2, 2, 5, 5, 5)]
    assert counts == [2, 2, 2, 2, 2, 2, 2, 2, 5]


@settings(max_examples=20, deadline=None)
@given(light=st.floats(0.5, 1.3))
def test_light_changes_little(light: float) -> None:
    picture, _ = CarPark(BAYS, seed=2).picture(4)
    lit = np.clip(picture * light, 0, 255).astype(np.uint8)
    assert np.abs(features(lit, BAYS) - features(picture, BAYS)).max() < 0.35


def test_a_black_picture_is_no_car_and_no_division_by_zero() -> None:
    model = load_model(SHIPPED, len(BAYS))
    found = features(np.zeros((300, 900, 3), np.uint8), BAYS)
    assert np.isfinite(found).all()
    assert (probability(model, found) < 0.5).all()


def test_pictures_of_the_empty_lot_forgive_rough_ground() -> None:
    """Gravel is as uneven as a car to a fit on asphalt; the empty lot tells the difference."""
    random = np.random.default_rng(1)
    gravel = cv2.GaussianBlur(random.normal(0, 300, (320, 860)), (0, 0), 2.0)[..., None]
    empty = np.clip(110 + gravel + np.zeros((1, 1, 3)), 0, 255).astype(np.uint8)
    shipped = load_model(SHIPPED, len(BAYS))
    assert (probability(shipped, features(empty, BAYS)) > 0.5).mean() > 0.5
    offsets = empty_offsets(shipped, features(empty, BAYS)[None])
    learned = msgspec.structs.replace(shipped, offsets=offsets)
    assert (probability(learned, features(empty, BAYS)) < 0.2).all()


def test_a_fit_needs_both_kinds_and_a_model_its_bays(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="taken and bays that are empty"):
        fit(np.ones((5, 4)), np.zeros(5, dtype=bool), "five")
    path = tmp_path / "model.json"
    path.write_text('{"centre": [1]}')
    with pytest.raises(CameraError, match="forewarn edge camera calibrate"):
        load_model(path, 3)


@pytest.mark.recorded
def test_the_recorded_lot_with_pictures_and_with_bays_left_out(recorded_data: Path) -> None:
    """PKLot, five pictures of one morning, 40 bays: at least 95 % right on what was left out."""
    paths = sorted((recorded_data / "crowd/pklot_sequence1").glob("*.xml"))
    lots = [read_lot(path) for path in paths]
    assert [int(lot.taken.sum()) for lot in lots] == [2, 4, 6, 8, 12]
    found = np.concatenate([features(lot.picture, lot.bays) for lot in lots])
    taken = np.concatenate([lot.taken for lot in lots])
    pictures = np.repeat(np.arange(5), 40)
    bays = np.concatenate([[int(name) for name in lot.names] for lot in lots])
    for groups in ([pictures], [bays], [pictures, bays]):
        score = cross_validate(found, taken, *groups)
        assert score.right >= 0.95, score
    refit = fit(found, taken, "all")
    assert load_model(SHIPPED, 40).weights == pytest.approx(refit.weights, abs=1e-3)
