"""Rain to come where there is radar."""

import builtins
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from stream.grids.folder import DropFolder
from stream.models.flood.rain.engine import MissingRadar, motion, to_decibel
from stream.models.flood.rain.nowcast import Method, Nowcast, nowcast
from stream.models.flood.rain.skill import crps, csi

SIZE = 64


def moving(frames: int, *, by: int = 2) -> np.ndarray:
    """Return rain that moves `by` cells to the right with each frame."""
    noise = gaussian_filter(np.random.default_rng(9).standard_normal((SIZE, 3 * SIZE)), 3.0)
    rain = np.maximum(noise / noise.std() - 0.3, 0.0) * 4.0
    first = [2 * SIZE - by * number for number in range(frames)]
    return np.stack([rain[:, column : column + SIZE] for column in first])


def ahead(frames: np.ndarray, *, leads: int = 4, members: int = 6, seed: int = 1) -> Nowcast:
    random = np.random.default_rng(seed)
    return nowcast(frames, step_min=5, leads=leads, members=members, random=random)


def test_the_motion_of_moving_rain_is_found() -> None:
    across, down = motion(to_decibel(moving(3), 0.1))
    assert np.median(across) == pytest.approx(2.0, abs=0.3)
    assert np.median(down) == pytest.approx(0.0, abs=0.3)


def test_moving_rain_is_met_better_than_by_persistence_and_zero() -> None:
    frames = moving(7)
    found = ahead(frames[:3])
    assert found.method == Method.STEPS
    truth, last = frames[6], frames[2]
    known = np.isfinite(found.rate_mm_h[:, 3]).all(axis=0)
    assert 0.6 < known.mean() < 1.0
    score = crps(found.rate_mm_h[:, 3], truth)[known].mean()
    assert score < 0.8 * np.abs(last - truth)[known].mean()
    assert score < 0.8 * truth[known].mean()
    assert csi(np.median(found.rate_mm_h[:, 3], axis=0), truth, 1.0) > csi(last, truth, 1.0)


def test_members_differ_and_a_seed_repeats_them() -> None:
    first, again = ahead(moving(3)), ahead(moving(3))
    np.testing.assert_array_equal(first.rate_mm_h, again.rate_mm_h)
    assert np.nanmean(np.std(first.rate_mm_h, axis=0)) > 0.1


def test_rain_from_beyond_the_coverage_is_unknown() -> None:
    frames = moving(3)
    frames[:, :, :20] = np.nan
    rate = ahead(frames).rate_mm_h
    assert np.isnan(rate[:, :, :, :20]).all()
    assert np.isnan(rate[:, 3, :, 20:26]).all()
    assert np.isfinite(rate[:, 3, :, 36:60]).mean() > 0.9


def test_two_frames_are_enough_and_a_gap_counts() -> None:
    assert ahead(moving(2)).method == Method.STEPS
    gap = moving(4)
    gap[2] = np.nan
    assert ahead(gap).method == Method.DRIFT


def test_one_frame_is_carried_every_way_and_wider() -> None:
    frames = moving(3)
    lone, three = ahead(frames[-1:], members=12), ahead(frames, members=12)
    assert lone.method == Method.DRIFT
    spread = [
        np.nanmean(np.std(found.rate_mm_h[:, 3, 20:44, 20:44], axis=0)) for found in (lone, three)
    ]
    assert spread[0] > spread[1]


def test_a_radar_that_repeats_itself_has_no_motion() -> None:
    assert ahead(np.repeat(moving(1), 3, axis=0)).method == Method.DRIFT


def test_zero_rain_stays_zero_and_unknown_stays_unknown() -> None:
    frames = np.zeros((3, SIZE, SIZE))
    frames[-1, :, :5] = np.nan
    dry = ahead(frames)
    assert dry.method == Method.DRY
    assert (dry.rate_mm_h[..., 5:] == 0).all()
    assert np.isnan(dry.rate_mm_h[..., :5]).all()
    unknown = ahead(np.full((3, SIZE, SIZE), np.nan))
    assert unknown.method == Method.UNKNOWN
    assert np.isnan(unknown.rate_mm_h).all()


def test_300_mm_an_hour_everywhere() -> None:
    found = ahead(np.full((3, SIZE, SIZE), 300.0))
    assert found.method == Method.DRIFT
    assert np.nanmedian(found.rate_mm_h) > 150.0


def test_another_shape_is_said() -> None:
    with pytest.raises(ValueError, match="must be"):
        ahead(np.zeros((SIZE, SIZE)))


def test_without_pysteps_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: object, **more: object) -> object:
        if name.split(".")[0] in ("pysteps", "cv2"):
            raise ImportError(f"No module named {name!r}", name=name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingRadar, match=r"pip install 'forewarn\[radar\]'"):
        ahead(moving(3))


@pytest.mark.soak
@pytest.mark.recorded
def test_recorded_rain_is_met_better_than_by_persistence_and_zero(recorded_data: Path) -> None:
    folder = DropFolder(recorded_data / "radar" / "fmi_20160928_pgm")
    frames = np.stack([frame.rate_mm_h for frame in folder.newest(24).frames])[:, 880:1072, 250:442]
    found = ahead(frames[:6], leads=6, members=8)
    truth, last = frames[11], frames[5]
    known = np.isfinite(found.rate_mm_h[:, 5]).all(axis=0) & np.isfinite(truth)
    assert known.mean() > 0.5
    score = crps(found.rate_mm_h[:, 5], truth)[known].mean()
    assert score < 0.9 * np.abs(last - truth)[known].mean()
    assert score < 0.9 * truth[known].mean()
