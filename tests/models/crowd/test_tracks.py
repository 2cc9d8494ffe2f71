"""Counting on paths: by construction, by invariants, and on recorded trajectories."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.crowd.tracks import (
    Box,
    TrackError,
    Tracks,
    crossings,
    edie,
    parse,
    persons_inside,
)


def column(people: int, gap_m: float, speed: float, fps: float = 10.0, frames: int = 400) -> Tracks:
    """Return people in a row who walk along y."""
    frame = np.tile(np.arange(frames), people)
    person = np.repeat(np.arange(people), frames)
    y = -gap_m * person + speed * frame / fps
    return Tracks(person, frame, np.stack([np.zeros(len(y)), y], axis=1), fps)


def test_a_steady_row_has_the_density_and_flow_it_was_made_with() -> None:
    """One person each 0.8 m at 1.2 m/s in a lane 1 m wide: k = 1.25/m2, q = k v = 1.5/m/s."""
    tracks = column(60, 0.8, 1.2)
    box = Box(-0.5, -2.0, 0.5, 2.0)
    found = edie(tracks, box, (0, 1), (100, 300))
    assert found.density == pytest.approx(1.25, rel=0.01)
    assert found.flow == pytest.approx(1.5, rel=0.01)
    assert found.speed == pytest.approx(1.2)
    frames, direction = crossings(tracks, (-0.5, 0.0), (0.5, 0.0))
    between = (frames >= 100) & (frames < 300)
    assert direction[between].sum() == pytest.approx(-1.5 * 20, abs=1)


def test_edie_by_hand_of_one_path() -> None:
    tracks = Tracks(
        np.array([1, 1]), np.array([0, 10]), np.array([[0.5, -1.0], [0.5, 3.0]]), fps=1.0
    )
    found = edie(tracks, Box(0, 0, 1, 2), (0, 1))
    assert found.density == pytest.approx(5 / (2 * 10))
    assert found.flow == pytest.approx(2 / (2 * 10))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_who_is_inside_is_who_went_in_less_who_went_out(seed: int) -> None:
    """Crossings of a closed ring of four lines balance the count, whatever the paths."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(5), 40)
    frame = np.tile(np.arange(40), 5)
    steps = random.normal(0, 0.4, (200, 2))
    position = np.concatenate([steps[40 * k : 40 * k + 40].cumsum(axis=0) for k in range(5)])
    tracks = Tracks(person, frame, position, 1.0)
    box = Box(-1.0, -1.0, 1.0, 1.0)
    corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)]
    net = sum(int(crossings(tracks, a, b)[1].sum()) for a, b in pairwise(corners))
    _, inside = persons_inside(tracks, box)
    assert inside[-1] - inside[0] == -net


def test_touching_is_not_crossing_and_nobody_has_no_speed() -> None:
    touch = Tracks(
        np.array([1, 1, 1]),
        np.array([0, 1, 2]),
        np.array([[0.0, -1.0], [0.0, -0.01], [0.0, -1.0]]),
        1.0,
    )
    assert len(crossings(touch, (-1.0, 0.0), (1.0, 0.0))[0]) == 0
    assert np.isnan(edie(touch, Box(5, 5, 6, 6), (0, 1)).speed)


def test_units_and_frame_rate_come_from_the_file() -> None:
    told = parse(["# framerate: 25 fps", "# id frame x/m y/m z/m", "1 0 2.0 3.0 1.76"])
    assert (told.fps, told.position[0].tolist()) == (25.0, [2.0, 3.0])
    guessed = parse(["1 218 129.7 787.1 155.4", "1 217 129.7 800.0 155.4"])
    assert guessed.fps == 16.0
    assert guessed.position[0] == pytest.approx([1.297, 8.0])
    with pytest.raises(TrackError, match="line 2: `1 2 x`"):
        parse(["1 1 0 0 0", "1 2 x"])
    with pytest.raises(TrackError, match="no row"):
        parse(["# nothing"])


CASES = {
    "fzj_bottleneck_040_c_56_h-.txt": [
        (Box(-1.0, 0.5, 1.0, 2.5), (-3.0, -1.0), (3.0, -1.0)),
        (Box(-2.0, 0.0, 2.0, 4.0), (-0.6, -0.8), (0.6, -0.8)),
    ],
    "fzj_uo-180-180-070.txt": [
        (Box(0.05, -2.0, 1.85, 2.0), (0.0, 0.0), (1.9, 0.0)),
        (Box(0.05, 3.0, 1.85, 4.0), (0.0, 2.0), (1.9, 2.0)),
    ],
}


@pytest.mark.recorded
@pytest.mark.parametrize("name", CASES)
def test_recorded_paths_within_five_per_cent_of_direct_counting(
    recorded_data: Path, name: str
) -> None:
    with (recorded_data / "crowd" / name).open() as lines:
        tracks = parse(lines)
    seen = tracks.thinned(2.0)
    for box, start, end in CASES[name]:
        _, inside = persons_inside(tracks, box)
        direct = float(inside.mean()) / box.area
        assert edie(seen, box, (0, -1)).density == pytest.approx(direct, rel=0.05)
        full = len(crossings(tracks, start, end)[0]), int(crossings(tracks, start, end)[1].sum())
        thin = crossings(seen, start, end)[1]
        assert int(thin.sum()) == pytest.approx(full[1], abs=max(1, 0.05 * abs(full[1])))
    corridor = edie(seen, Box(0.05, -2.0, 1.85, 2.0), (0, -1))
    if name.startswith("fzj_uo"):
        _, direction = crossings(tracks, (0.05, 0.0), (1.85, 0.0))
        direct_flow = direction.sum() / tracks.duration_s / 1.8
        assert corridor.flow == pytest.approx(direct_flow, rel=0.05)
