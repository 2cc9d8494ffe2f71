"""Pictures of crowds and venues: counting on recorded paths, and the demonstration's storm day."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.crowd_days import AREAS, CAMERA_FPS, SITE, recorded_paths
from forewarn.domain.config import load
from forewarn.domain.hazard import Forecast
from forewarn.domain.station import load_site
from forewarn.domain.venue import Advice, EventState
from simulators.scenario import Scenario
from simulators.world.place import Place
from simulators.world.typhoon import TyphoonWorld, simulate
from stream.hazards.contract import Hazard, View
from stream.hazards.crowd import load as load_crowd
from stream.hazards.venues import load as load_venues
from stream.models.crowd.tracks import crossings, edie, persons_inside

COLOURS = {
    Advice.GO: "#3a9d5d",
    Advice.CAUTION: "#f2b632",
    Advice.STOP: "#c8372d",
    Advice.UNKNOWN: "#c9c9c9",
}
HOURS = range(44, 84)
"""Hours of the scenario that are drawn: from the demonstration's start to the next evening."""
EVERY_MIN = 10
WINDOW_S = 10.0


def draw(folder: Path) -> list[Path]:
    """Draw into `folder`; the recorded paths only where the records are."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made = [_storm(plt, folder / "venues_storm.png")]
    if recorded_paths():
        made.append(_paths(plt, folder / "crowd_paths.png"))
    return made


def _paths(plt: Any, path: Path) -> Path:
    """Draw density and flow in windows of ten seconds, ours beside direct counting."""
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.1))
    for colour, (name, tracks) in zip(
        ("#1f5fa8", "#c8372d"), recorded_paths().items(), strict=True
    ):
        seen = tracks.thinned(CAMERA_FPS)
        _, box = AREAS[name][0]
        frames, inside = persons_inside(tracks, box)
        middle = (box.y0 + box.y1) / 2
        at, way = crossings(tracks, (box.x0, middle), (box.x1, middle))
        long = round(WINDOW_S * tracks.fps)
        rows = []
        for first in range(int(frames[0]), int(frames[-1]) - long, long):
            ours = edie(
                seen, box, (0, -1), tuple(f / tracks.fps * seen.fps for f in (first, first + long))
            )
            counted = inside[first - frames[0] : first - frames[0] + long].mean() / box.area
            net = way[(at >= first) & (at < first + long)].sum() / WINDOW_S / (box.x1 - box.x0)
            rows.append((counted, ours.density, net, ours.flow))
        table = np.array(rows)
        label = "bottleneck 56 people" if "bottleneck" in name else "corridor 1.8 m"
        axes[0].scatter(table[:, 0], table[:, 1], s=14, color=colour, label=label)
        axes[1].scatter(table[:, 2], table[:, 3], s=14, color=colour, label=label)
        axes[2].scatter(table[:, 1], table[:, 3], s=14, color=colour, label=label)
    for axis, most in zip(axes[:2], (7.0, 1.1), strict=True):
        axis.plot([0, most], [0, most], color="grey", linewidth=0.8)
    axes[0].set(xlabel="counted [1/m2]", ylabel="ours [1/m2]", title="density, 10 s means")
    axes[1].set(xlabel="crossings [1/m/s]", ylabel="ours [1/m/s]", title="flow, 10 s means")
    axes[2].set(xlabel="density [1/m2]", ylabel="flow [1/m/s]", title="flow over density (ours)")
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path


class Issued(NamedTuple):
    """What was said at one time."""

    hour: float
    states: dict[str, EventState]


def _storm(plt: Any, path: Path) -> Path:
    """Draw what was advised for each event, every ten minutes of the demonstration's storm."""
    site, scenario = load_site(SITE), load(SITE / "scenario.toml", Scenario)
    place = load(SITE / "world.toml", Place)
    world = TyphoonWorld(site, place, scenario)
    series, times = dict(world.datastreams()), world.times()
    truth = simulate(site, place, scenario)
    tide = truth.series["zhenhai-tide/tide"][len(truth.times) - len(times) :]
    crowd, venues = load_crowd(SITE, site), load_venues(SITE, site)
    said: list[Issued] = []
    for now in range(HOURS[0] * 60, HOURS[-1] * 60, EVERY_MIN):
        issue = float(times[now])
        known = {"zhenhai-tide/tide": _tide(tide, now, issue)}
        for hazard in crowd:
            for made in hazard.judge(_view(hazard, series, now, issue, {})).forecasts:
                known[made.datastream] = made
        states: dict[str, EventState] = {}
        for hazard in venues:
            for programme in hazard.judge(_view(hazard, series, now, issue, known)).programmes:
                states |= {event.name: event for event in programme.events}
        said.append(Issued(now / 60 + 8, states))
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(10, 5.2), sharex=True, gridspec_kw={"height_ratios": (1, 1.6)}
    )
    hours = np.arange(len(times)) / 60 + 8
    for key, label, colour in (
        ("basin-weather/wind_speed", "wind in the basin [m/s]", "#1f5fa8"),
        ("beach-weather/wind_gust", "gusts on the beach [m/s]", "#7fa8d6"),
    ):
        upper.plot(hours, series[key], color=colour, linewidth=0.7, label=label)
    upper.axhline(12.86, color="#c8372d", linewidth=0.8, linestyle=":")
    people = upper.twinx()
    people.plot(hours, series["beach-tower/people"], color="#666", linewidth=0.7)
    people.set_ylabel("people on the beach")
    upper.legend(frameon=False, fontsize=8)
    names = list(dict.fromkeys(name for issued in said for name in issued.states))
    for row, name in enumerate(names):
        for issued in said:
            state = issued.states.get(name)
            if state is None:
                continue
            running = state.start.timestamp() <= _unix(issued.hour, times) < state.end.timestamp()
            lower.barh(
                row,
                EVERY_MIN / 60,
                left=issued.hour,
                height=0.75 if running else 0.35,
                color=COLOURS[state.advice],
                align="edge",
            )
    lower.set_yticks([row + 0.3 for row in range(len(names))], names, fontsize=8)
    ticks = np.arange(HOURS[0] + 8, HOURS[-1] + 9, 4)
    begin = datetime.fromtimestamp(float(times[0]), UTC).day
    lower.set_xticks(
        ticks, [f"{int(t % 24):02}:00\n{begin + int(t // 24)} Aug" for t in ticks], fontsize=8
    )
    lower.set_xlim(HOURS[0] + 8, HOURS[-1] + 8)
    for advice, colour in COLOURS.items():
        lower.barh(0, 0, color=colour, label=str(advice))
    lower.legend(frameon=False, fontsize=8, ncols=4, loc="lower right")
    lower.set_xlabel("when it was said, local time; high bars: while the event runs")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path


def _view(
    hazard: Hazard,
    series: dict[str, Any],
    now: int,
    issue: float,
    known: dict[str, Forecast],
) -> View:
    history = np.full((len(hazard.inputs), hazard.history_minutes), np.nan)
    for row, key in enumerate(hazard.inputs):
        past = series.get(key, np.empty(0))[max(0, now + 1 - hazard.history_minutes) : now + 1]
        history[row, hazard.history_minutes - len(past) :] = past
    return View(issue, history, known, {})


def _tide(level: Any, now: int, issue: float) -> Forecast:
    """Return a stand-in for the tide model's forecast: the level that came, 5 cm uncertain."""
    leads = range(10, 361, 10)
    spread = np.array([-0.082, -0.064, -0.034, 0.0, 0.034, 0.064, 0.082])
    return Forecast(
        area="zhenhai",
        datastream="zhenhai-tide/tide",
        issue_time=datetime.fromtimestamp(issue, UTC),
        model="stand-in",
        leads_s=[60 * lead for lead in leads],
        probabilities=[0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95],
        values=[(level[min(now + lead, len(level) - 1)] + spread).tolist() for lead in leads],
    )


def _unix(hour: float, times: Any) -> float:
    return float(times[0]) + 3600 * (hour - 8)
