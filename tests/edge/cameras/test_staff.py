"""Stages on drawn staffs whose water line is known, and the scale of a photographed one."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cameras import CameraError
from edge.cameras.scene import Plan, Scene, Staff
from edge.cameras.staff import StaffReader, step
from edge.cameras.staff_scale import StaffScale
from edge.cameras.watch import Viewer
from tests.edge.cameras.drawn import Water, staff


def errors_cm(water: Water, count: int = 6, seed: int = 5) -> tuple[list[float], int]:
    """Return the errors [cm] of unsuspected stages over the staff, and how many had none."""
    random = np.random.default_rng(seed)
    found: list[float] = []
    without = 0
    for stage in np.linspace(0.31, 1.66, count):
        picture, ticks, width = staff(water._replace(stage_m=float(stage)), random)
        lines = StaffReader(Staff(property="stage", ticks=ticks, width_px=width)).find(picture)
        if lines is None or abs(lines[0] - lines[1]) > 0.03:
            without += 1
        else:
            found.append(100 * (sum(lines) / 2 - float(stage)))
    return found, without


@pytest.mark.parametrize(
    ("water", "typical_cm", "worst_cm", "most_without"),
    [
        (Water(1), 1.0, 2.5, 1),
        (Water(1, light=0.05), 1.0, 3.0, 2),
        (Water(1, drops=400), 1.0, 3.0, 2),
        (Water(1, blur_px=1.5), 1.5, 3.5, 4),
        (Water(1, wave_cm=2.0), 2.5, 5.0, 4),
        (Water(1, px_per_cm=1.0), 2.0, 4.0, 4),
    ],
    ids=["clear", "night", "rain", "blur", "waves", "1 px/cm"],
)
def test_the_stage_of_one_picture(
    water: Water, typical_cm: float, worst_cm: float, most_without: int
) -> None:
    found, without = errors_cm(water)
    assert without <= most_without
    assert np.median(np.abs(found)) <= typical_cm
    assert np.abs(found).max() <= worst_cm


@pytest.mark.parametrize(
    "water", [Water(1, glare=160), Water(1, mirror=0.85)], ids=["glare", "mirror"]
)
def test_glare_and_a_mirror_are_not_believed_far_off(water: Water) -> None:
    found, _ = errors_cm(water)
    assert all(abs(error) <= 3.0 for error in found)


def test_no_water_on_the_staff_is_no_stage() -> None:
    random = np.random.default_rng(2)
    for stage in (-0.6, 2.6):
        picture, ticks, width = staff(Water(stage), random)
        reader = StaffReader(Staff(property="stage", ticks=ticks, width_px=width))
        assert reader.look(picture, 0.0).stage_m is None
    assert reader.look(np.zeros_like(picture), 1.0).stage_m is None


def test_a_jump_is_suspect_and_waves_are_averaged() -> None:
    random = np.random.default_rng(3)
    _, ticks, width = staff(Water(1.0), random)
    plan = Staff(property="stage", ticks=ticks, width_px=width, pictures=3)
    reader = StaffReader(plan)
    calm = [reader.look(staff(Water(1.0, wave_cm=1.5), random)[0], 60.0 * i) for i in range(5)]
    assert calm[-1].doubt == ""
    assert calm[-1].stage_m == pytest.approx(1.0, abs=0.03)
    risen = [reader.look(staff(Water(1.6), random)[0], 300.0 + i) for i in range(3)]
    assert risen[-1].stage_m == pytest.approx(1.6, abs=0.03)
    assert risen[-1].doubt.startswith("jumped by +")


@settings(max_examples=30, deadline=None)
@given(
    slant=st.floats(-0.6, 0.6),
    tilt=st.floats(-0.3, 0.3),
    stages=st.lists(st.floats(0, 3), min_size=4, max_size=8, unique_by=lambda h: round(h, 1)),
)
def test_a_projective_scale_is_recovered_from_any_ticks(
    slant: float, tilt: float, stages: list[float]
) -> None:
    def place(stage: float) -> tuple[float, float]:
        along = 300 * (stage - 1.5) / (1 + slant * (stage - 1.5) / 3)
        return 200 + tilt * along, 400 - along

    if max(stages) - min(stages) < 0.5:
        return
    ticks = [(*place(stage), stage) for stage in stages]
    scale = StaffScale(ticks, 20)
    between = np.linspace(min(stages), max(stages), 9)
    assert scale.stage(scale.along(between)) == pytest.approx(between, abs=1e-6)
    assert scale.places(between) == pytest.approx(np.array([place(s) for s in between]), abs=1e-3)


@pytest.mark.parametrize(
    ("ticks", "message"),
    [
        (((0, 0, 3.0), (0, 100, 2.0), (60, 200, 1.0)), "px off the line"),
        (((0, 0, 3.0), (0, 100, 1.2), (0, 200, 1.0), (0, 300, 0.0)), "off the scale"),
        (((0, 0, 3.0), (0, 100, 0.5), (0, 200, 1.0)), "no straight staff|off the scale"),
    ],
)
def test_ticks_that_cannot_be_are_refused(
    ticks: tuple[tuple[float, float, float], ...], message: str
) -> None:
    with pytest.raises(CameraError, match=message):
        StaffScale(ticks, 20)


def test_a_step_is_found_where_it_is_and_nowhere_else() -> None:
    profile = np.r_[np.full(40, 9.0), np.full(60, 2.0)]
    assert step(profile).row == 39.5
    assert step(profile).clear > 100
    assert step(profile[::-1]).clear == 0
    assert step(np.zeros(50)).clear == 0


@pytest.mark.recorded
def test_three_ticks_of_a_photographed_staff_give_the_others(recorded_data: Path) -> None:
    """A NEON staff, 1.7 m of it, long ticks clicked by eye to about a pixel (2.6 px/cm)."""
    photo = cv2.imread(str(recorded_data / "camera_water/waggle_staff_gauge.jpg"))
    assert photo is not None
    assert photo.shape == (960, 1296, 3)
    upper = {1.95: 124, 1.90: 190, 1.85: 257, 1.80: 322, 1.75: 386, 1.70: 448, 1.65: 511}
    upper |= {1.60: 572, 1.55: 632, 1.50: 692, 1.45: 750, 1.40: 810, 1.35: 866, 1.30: 920}
    lower = {1.20: 26, 1.15: 78, 1.10: 129, 1.00: 228, 0.95: 278, 0.90: 328, 0.80: 426}
    lower |= {0.75: 472, 0.70: 519, 0.60: 607, 0.50: 690, 0.40: 774, 0.30: 853}
    rows = {stage: 270 + y / 4 for stage, y in upper.items()}
    rows |= {stage: 520 + y / 4 for stage, y in lower.items()}
    # the staff's middle leans: 466 px at 1.95 m, 502 px at 0.30 m
    ticks = [(466 + (y - 301) * 36 / 432, y, stage) for stage, y in rows.items()]
    scale = StaffScale([ticks[0], ticks[len(ticks) // 2], ticks[-1]], 26)
    places = np.array([tick[:2] for tick in ticks])
    along = (places - scale.places(np.array([1.0]))[0]) @ np.array([36 / 432, 1.0])
    along = scale.along(np.array([1.0])) - along / np.hypot(36 / 432, 1.0)
    off_cm = 100 * np.abs(scale.stage(along) - np.array([tick[2] for tick in ticks]))
    assert np.median(off_cm) < 0.5
    assert off_cm.max() < 1.5
    assert scale.px_per_cm(1.0) > 2
    assert scale.least_px_per_cm > 2


@pytest.mark.parametrize(("px_per_cm", "coarse"), [(3.0, False), (1.0, True)])
def test_a_staff_seen_too_small_is_remarked_and_its_stage_not_suspect(
    px_per_cm: float, coarse: bool
) -> None:
    picture, ticks, width = staff(Water(1.0, px_per_cm), np.random.default_rng(5))
    scene = Scene(staff=Staff(property="stage", ticks=ticks, width_px=width))
    report = Viewer(Plan(url="file:///x", station="s", scene=scene, timeout_s=5)).view(picture, 0)
    assert report.values["stage"] == pytest.approx(1.0, abs=0.03)
    assert report.suspect == ()
    assert any("px/cm, ±1 cm needs 2" in fault for fault in report.faults) is coarse
