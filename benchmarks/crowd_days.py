"""Days of people whose truth is known, and recorded paths, for the crowd's figures."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.rain_skill import data_folder
from forewarn.domain.config import load
from simulators.world.people import counters, crowd
from simulators.world.place import CoastPeople, Place
from stream.models.crowd.occupancy import CountErrors, estimate
from stream.models.crowd.outlook import RECENT, Lately, Planned, outlook
from stream.models.crowd.schedule import Gathering, expected_rates
from stream.models.crowd.tracks import Box, Tracks, crossings, edie, parse, persons_inside

Array = NDArray[np.float64]

LEADS = (5, 10, 20, 30)
PROBABILITIES = np.array((0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95))
SITE = Path(__file__).parents[1] / "sites/yongjiang"
CAMERA_FPS = 2.0
AREAS = {
    "fzj_bottleneck_040_c_56_h-.txt": (
        ("before the bottleneck", Box(-1.0, 0.5, 1.0, 2.5)),
        ("the whole waiting area", Box(-2.5, -0.5, 2.5, 5.5)),
        ("in the bottleneck", Box(-0.25, -1.4, 0.25, -0.6)),
    ),
    "fzj_uo-180-180-070.txt": (
        ("corridor, 1.8 m wide", Box(0.0, -2.0, 1.85, 2.0)),
        ("corridor, one metre of it", Box(0.0, 3.0, 1.85, 4.0)),
        ("before the exit", Box(0.0, -4.2, 1.85, -3.2)),
    ),
}
"""Recorded file → name and rectangle of each place of measurement [m], from the paths' extent."""


class Paths(NamedTuple):
    """One place of measurement on recorded paths."""

    file: str
    place: str
    counted_density: float
    density: float
    """By Edie's definition from two frames a second [1/m2]."""
    counted_flow: float
    """Crossings of the middle line, net [1/m/s]."""
    flow: float


def recorded_paths() -> dict[str, Tracks]:
    """Return the recorded paths; none where the records are not."""
    folder = data_folder()
    if folder is None:
        return {}
    found = {}
    for name in AREAS:
        with (folder / "crowd" / name).open() as lines:
            found[name] = parse(lines)
    return found


def measured(name: str, tracks: Tracks) -> list[Paths]:
    """Return density and flow at each place of a file, counted directly and estimated."""
    seen = tracks.thinned(CAMERA_FPS)
    rows = []
    for place, box in AREAS[name]:
        _, inside = persons_inside(tracks, box)
        width = box.x1 - box.x0
        found = edie(seen, box, (0, -1))
        # Flow over the length of the box: the mean of lines across it, as Edie's is.
        lines = np.linspace(box.y0, box.y1, 21)[1:-1]
        net = [crossings(tracks, (box.x0, y), (box.x1, y))[1].sum() for y in lines]
        counted = float(np.mean(net)) / tracks.duration_s / width
        rows.append(
            Paths(name, place, inside.mean() / box.area, found.density, counted, found.flow)
        )
    return rows


class Fused(NamedTuple):
    """Gates and camera of one zone on recorded paths, simulated from them second by second."""

    mean: float
    """Persons there by our estimate."""
    counted: float
    error: float
    """Root mean square of the estimate's error [persons]."""
    camera: float
    """The same of the camera's counts."""
    inside_80: float
    """Share of truths within the 80 % interval ten seconds ahead."""


def fused(name: str, tracks: Tracks) -> Fused:
    """Let faulty gates and a noisy camera count a zone of a file, and estimate who is in it."""
    box = AREAS[name][1 if "bottleneck" in name else 0][1]
    frames, inside = persons_inside(tracks, box)
    step = round(tracks.fps)
    seconds = len(frames) // step
    persons = inside[step - 1 :: step][:seconds].astype(float)
    edges = int(frames[0]) - 1 + step * np.arange(seconds + 1)
    sides = ring(box)
    crossed = [crossings(tracks, start, end) for start, end in sides]
    at = np.concatenate([frame for frame, _ in crossed])
    way = np.concatenate([direction for _, direction in crossed])
    random = np.random.default_rng(11)
    flows = [
        random.binomial(np.histogram(at[way == sign], edges)[0], 0.97).astype(float)
        for sign in (-1, 1)
    ]
    camera = np.round(persons * (1 + 0.08 * random.standard_normal(seconds)))
    counts = np.where(np.arange(seconds) % 5 == 0, camera, np.nan)
    found = estimate(flows[0], flows[1], counts, CountErrors(camera_bias=0.0))
    known = np.isfinite(found.persons)
    hits = []
    for t in range(15, seconds - 10):
        past = slice(max(0, t - 59), t + 1)
        lately = Lately(found.persons[t], found.sd[t], flows[0][past], flows[1][past])
        ahead = outlook(lately, steps=10, random=np.random.default_rng(t))[:, 9]
        low, high = np.quantile(ahead, (0.1, 0.9))
        hits.append(low <= persons[t + 10] <= high)
    off = (found.persons - persons)[known]
    return Fused(
        float(found.persons[known].mean()),
        float(persons[known].mean()),
        float(np.sqrt(np.mean(off**2))),
        float(np.sqrt(np.mean((camera - persons) ** 2))),
        float(np.mean(hits)),
    )


def ring(box: Box) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the four sides of a box, anticlockwise: who comes in crosses from right to left."""
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return [(a, corners[(k + 1) % 4]) for k, a in enumerate(corners)]


class Day(NamedTuple):
    """Some days at one place."""

    times: Array
    inside: Array
    inflow: Array
    outflow: Array
    counts: Array


def simulated(seed: int, wetness: float, people: CoastPeople) -> Day:
    """Return four days of the demonstration's beach under other weather."""
    first = datetime(2026, 8, 15, tzinfo=UTC).timestamp()
    times: Array = first + 60.0 * np.arange(96 * 60, dtype=np.float64)
    random = np.random.default_rng([seed, 77])
    smooth = np.convolve(random.standard_normal(len(times) + 120), np.hanning(121) / 7.8, "valid")
    rain = np.maximum(4 * wetness * smooth - 1.5, 0.0)
    wind = np.full(len(times), 8.0)
    inside, arrived, departed = crowd(times, people, wind=wind, rain=rain, random=random)
    found = counters(people, inside, arrived, departed, random)
    north, south = people.gate_stations
    came, left = (
        found[f"{north}/{way}"] + found[f"{south}/{way}"] for way in ("flow_in", "flow_out")
    )
    counts = np.maximum(np.round(found[f"{people.tower_station}/people"]), 0)
    return Day(times, inside, came, left, counts)


class Skill(NamedTuple):
    """How good the outlook was at one lead."""

    lead_min: int
    around_event: bool
    issues: int
    inside_80: float
    inside_50: float
    error: float
    """Mean absolute error of the median [persons]."""
    persistence: float
    """The same of what is there now."""


def calibration(seeds: range) -> list[Skill]:
    """Score the outlook on simulated days."""
    people = load(SITE / "world.toml", Place).people
    if people is None:
        raise ValueError(f"{SITE}/world.toml has no [people]")
    events = [
        Gathering(e.start.timestamp(), e.end.timestamp(), e.people, people.arrive_min)
        for e in people.gatherings
    ]
    rows: list[tuple[float, ...]] = []
    for seed in seeds:
        rows += _scored(simulated(seed, (seed % 3) / 2, people), events, people.exits_per_min)
    table = np.array(rows)
    skills = []
    for lead in LEADS:
        for event in (False, True):
            part = table[(table[:, 0] == lead) & (table[:, 1] == event)]
            means = part[:, 2:].mean(axis=0)
            skills.append(Skill(lead, event, len(part), *means.tolist()))
    return skills


def _scored(day: Day, events: list[Gathering], exits: float) -> list[tuple[float, ...]]:
    rows: list[tuple[float, ...]] = []
    local = (day.times / 60 + 8 * 60) % 1440
    found = estimate(day.inflow, day.outflow, day.counts, CountErrors(), empty=local == 240)
    for t in range(1500, len(day.times) - 31, 13):
        if found.persons[t] < 30 and day.inside[t + 30] < 30:
            continue
        come, go = expected_rates(day.times[t] + 60.0 * np.arange(1 - RECENT, 31), events)
        around = bool(come.sum() >= 1 or go.max() > 0)
        past = slice(t - 239, t + 1)
        ahead = outlook(
            Lately(found.persons[t], found.sd[t], day.inflow[past], day.outflow[past]),
            planned=Planned(come, go) if around else None,
            most_out=exits,
            random=np.random.default_rng(t),
        )
        for lead in LEADS:
            low, lower, median, upper, high = np.quantile(
                ahead[:, lead - 1], (0.1, 0.25, 0.5, 0.75, 0.9)
            )
            came_true = day.inside[t + lead]
            rows.append(
                (
                    lead,
                    around,
                    low <= came_true <= high,
                    lower <= came_true <= upper,
                    abs(came_true - median),
                    abs(came_true - found.persons[t]),
                )
            )
    return rows
