"""Pictures of the landslide models: against TRIGRS, on Seattle's rain, on a bluff, on creep."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.landslide import (
    made_up_creep,
    minor_creek,
    mukilteo,
    seattle,
    trigrs_rows,
)
from benchmarks.rain_skill import data_folder
from stream.models.landslide.inverse_velocity import failure
from stream.models.landslide.rain_thresholds import (
    INCH_MM,
    SEATTLE,
    event_ratio,
    recent_and_antecedent,
)


def draw(folder: Path) -> list[Path]:
    """Draw into `folder`; what rests on records only where they are."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made = [_creep(plt, folder / "landslide-creep.png")]
    recorded = data_folder()
    if recorded is not None:
        made.append(_trigrs(plt, recorded, folder / "landslide-trigrs.png"))
        made.append(_seattle(plt, recorded, folder / "landslide-seattle.png"))
        made.append(_mukilteo(plt, recorded, folder / "landslide-mukilteo.png"))
    return made


def _creep(plt: Any, path: Path) -> Path:
    """Draw made-up creep, and what was said of its end at each hour."""
    times, moved = made_up_creep(2.0, 0.5, np.random.default_rng(4))
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 2.8))
    left.plot(times / 3600, moved, color="#1f5fa8", linewidth=1)
    left.set(xlabel="hours", ylabel="displacement [mm]", title="creep towards 12 h, noise 0.5 mm")
    for hour in np.arange(3.0, 10.1, 0.5):
        until = times <= hour * 3600
        found = failure(times[until], moved[until])
        low, middle, high = (found.quantile(p) / 3600 for p in (0.05, 0.5, 0.95))
        colour = "#b03030" if found.accelerating >= 0.95 else "#aaaaaa"
        right.plot([hour, hour], [low, min(high, 40)], color=colour, linewidth=2)
        right.plot(hour, min(middle, 40), "o", color=colour, markersize=4)
    right.axhline(12, color="black", linewidth=0.8)
    right.set(xlabel="said at hour", ylabel="failure at hour", ylim=(0, 40))
    right.set_title("90 % interval; grey: not sure that it accelerates")
    for axis in (left, right):
        axis.title.set_fontsize(9)
    return _saved(plt, figure, path)


def _trigrs(plt: Any, recorded: Path, path: Path) -> Path:
    rows = trigrs_rows(recorded)
    head, safety = minor_creek(rows[:, 0], rows[:, 1])
    figure, axes = plt.subplots(1, 2, figsize=(7.5, 3.0), sharey=True)
    for axis, theirs, ours, label in (
        (axes[0], rows[:, 2], head, "pressure head ψ [m]"),
        (axes[1], rows[:, 3], safety, "factor of safety"),
    ):
        for at, colour in ((0.0, "#888888"), (rows[-1, 0], "#1f5fa8")):
            mine = rows[:, 0] == at
            name = f"{at / 86_400:.0f} days"
            axis.plot(ours[mine], rows[mine, 1], color=colour, label=f"ours, {name}")
            axis.plot(
                theirs[mine][::8], rows[mine, 1][::8], "o", color=colour, fillstyle="none",
                label=f"TRIGRS, {name}",
            )  # fmt: skip
        axis.set(xlabel=label)
    axes[0].invert_yaxis()
    axes[0].set_ylabel("depth [m]")
    axes[0].legend(frameon=False, fontsize=7)
    return _saved(plt, figure, path)


def _seattle(plt: Any, recorded: Path, path: Path) -> Path:
    hours, rain = seattle(recorded, "KBFI")
    recent, before = recent_and_antecedent(rain, step_h=1.0)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.0), width_ratios=(2, 1))
    ratio = event_ratio(rain, SEATTLE, step_h=1.0, dry_h=3.0)
    left.plot(hours, ratio, color="#1f5fa8", linewidth=0.6)
    left.axhline(1, color="#b03030", linewidth=1)
    left.set(ylabel="intensity / threshold", title="KBFI: event's mean intensity over 82.7·D^−1.13")
    left.tick_params(axis="x", rotation=20)
    right.plot(before, recent, ".", color="#1f5fa8", markersize=1.5)
    line = np.array([0.0, 3.5 / 0.67]) * INCH_MM
    right.plot(line, 3.5 * INCH_MM - 0.67 * line, color="#b03030", linewidth=1)
    right.set(xlabel="15 days before [mm]", ylabel="3 days [mm]", title="P3 against P15")
    for axis in (left, right):
        axis.title.set_fontsize(9)
    return _saved(plt, figure, path)


def _mukilteo(plt: Any, recorded: Path, path: Path) -> Path:
    seen = mukilteo(recorded)
    figure, axes = plt.subplots(3, 1, figsize=(8, 4.2), sharex=True)
    axes[0].plot(seen.times, seen.swi, color="#1f5fa8")
    axes[0].set_ylabel("SWI [mm]")
    axes[1].plot(seen.times, seen.columns[:, 4], color="#2f7d32")
    axes[1].set_ylabel("moisture\n(column 7)")
    axes[2].plot(seen.times, seen.columns[:, 12], color="#8a5a00")
    axes[2].set_ylabel("tension\n(column 15)")
    axes[0].set_title("Mukilteo, Marine View Drive, December 2015; raw units", fontsize=9)
    axes[2].set_xticks(seen.times[:: 4 * 48])
    return _saved(plt, figure, path)


def _saved(plt: Any, figure: Any, path: Path) -> Path:
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path
