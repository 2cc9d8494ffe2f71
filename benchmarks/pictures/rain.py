"""Pictures of the rain to come, from recorded radar and gauges."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rain_skill import CASES, CELL_KM, Radar, coarser, data_folder, radar
from stream.grids.folder import DropFolder
from stream.models.flood.rain.climate import RainClimate
from stream.models.flood.rain.nowcast import nowcast
from stream.models.flood.rain.outlook import gauge_ensemble
from stream.models.flood.rain.skill import exceedance

SUMMER = RainClimate(10, 0.05, 6.0, 0.8, 0.6, 400.0, 60.0, 0.35, 40.0, 15.0)
"""Invented: the picture of the outlook needs no record."""


def draw(folder: Path) -> list[Path]:
    """Draw into `folder`; radar pictures only where the recorded frames are."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made = [_outlook(plt, folder / "rain_outlook.svg")]
    recorded = data_folder()
    if recorded is not None:
        made.append(_nowcast(plt, recorded, folder / "rain_nowcast.png"))
        made.append(_skill(plt, [radar(recorded, case) for case in CASES], folder))
    return made


def _outlook(plt: Any, path: Path) -> Path:
    """Draw fans of the gauges' outlook from heavy rain, from dry, and from nothing known."""
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), sharey=True)
    cases = {"20 mm/h for two hours": 20.0, "dry for two hours": 0.0, "nothing known": np.nan}
    for axis, (title, rate) in zip(axes, cases.items(), strict=True):
        ahead = gauge_ensemble(
            np.full((1, 120), rate),
            leads_min=180,
            members=4000,
            climate=SUMMER,
            random=np.random.default_rng(0),
        )[:, 0, ::10]
        minutes = np.arange(5, 185, 10)
        for low, high in ((0.05, 0.95), (0.25, 0.75)):
            band = np.quantile(ahead, [low, high], axis=0)
            axis.fill_between(minutes, *band, color="#1f5fa8", alpha=0.25, linewidth=0)
        axis.plot(minutes, ahead.mean(axis=0), color="#1f5fa8", label="mean")
        axis.axhline(SUMMER.mean_mm_h, color="grey", linewidth=0.8, label="climate's mean")
        axis.set(title=title, xlabel="lead [min]", xlim=(0, 180))
    axes[0].set_ylabel("rain [mm/h]")
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
    return path


def _nowcast(plt: Any, recorded: Path, path: Path) -> Path:
    """Draw what the radar saw, what came an hour later, and what was said of it."""
    case = CASES[1]
    found = DropFolder(recorded / "radar" / case.folder).newest(60).frames
    frames = coarser(np.stack([frame.rate_mm_h[case.rows, case.columns] for frame in found]))
    ahead = nowcast(
        frames[6:12],
        step_min=5,
        leads=12,
        members=12,
        random=np.random.default_rng(0),
        km_per_cell=float(CELL_KM),
    ).rate_mm_h[:, 11]
    fields = {
        f"radar {found[11].time:%H:%M}": frames[11],
        f"radar {found[23].time:%H:%M}": frames[23],
        "one member, +60 min": ahead[0],
        "probability of ≥ 1 mm/h": exceedance(ahead, 1.0),
    }
    figure, axes = plt.subplots(1, 4, figsize=(10, 2.9))
    for axis, (title, field) in zip(axes, fields.items(), strict=True):
        likely = title.startswith("probability")
        shown = (
            field if likely else np.where(field >= 0.1, np.log10(np.maximum(field, 0.1)), np.nan)
        )
        axis.set_facecolor("#e6e6e6")
        limits = (0.0, 1.0) if likely else (-1.0, 1.5)
        axis.imshow(np.where(np.isnan(field), np.nan, 0.0), cmap="Greys", vmin=0, vmax=1, alpha=0.6)
        axis.imshow(shown, cmap="magma_r" if likely else "Blues", vmin=limits[0], vmax=limits[1])
        axis.set(title=title, xticks=[], yticks=[])
        axis.title.set_fontsize(9)
    figure.tight_layout()
    figure.savefig(path, dpi=72)
    plt.close(figure)
    return path


def _skill(plt: Any, scored: list[Radar], folder: Path) -> Path:
    """Draw CRPS, CSI and FSS by lead for both recordings."""
    wanted = ("CRPS", "CSI 1 mm/h", "FSS 1 mm/h")
    figure, axes = plt.subplots(len(scored), 3, figsize=(9, 4.6), squeeze=False)
    for row, case, result in zip(axes, CASES, scored, strict=True):
        for axis, score in zip(row, wanted, strict=True):
            for method, values in result.scores[score].items():
                axis.plot(result.leads_min, values, marker="o", markersize=3, label=method)
            axis.set_ylim(bottom=0)
            axis.set_title(f"{case.name}: {score}", fontsize=9)
    for axis in axes[-1]:
        axis.set_xlabel("lead [min]")
    axes[0, 0].legend(frameon=False, fontsize=7)
    figure.tight_layout()
    path = folder / "rain_skill.svg"
    figure.savefig(path)
    plt.close(figure)
    return path
