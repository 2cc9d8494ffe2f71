"""Pictures of wind and waves to come: a fan on a recorded storm, and how often intervals hold."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.marine import BUOYS, column, score_wind
from benchmarks.rain_skill import data_folder
from stream.models.marine.fit import fit_wind
from stream.models.marine.fitted import WIND
from stream.models.marine.outlook import Seen, quantiles, seen, wind
from stream.models.marine.wave_growth import grown

DAY = 144


def draw(folder: Path) -> list[Path]:
    """Draw into `folder`; what rests on records only where they are."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made = [_growth(plt, folder / "marine-growth.png")]
    recorded = data_folder()
    if recorded is not None:
        made.append(_fan(plt, recorded, folder / "marine-fan.png"))
        made.append(_coverage(plt, recorded, folder / "marine-coverage.png"))
    return made


def _growth(plt: Any, path: Path) -> Path:
    """Draw how 20 m/s raise a sea, by depth and fetch."""
    hours = np.linspace(0, 6, 60)
    figure, axis = plt.subplots(figsize=(5, 2.8))
    for fetch_km, depth_m in ((300, 1000), (50, 1000), (50, 11), (20, 5)):
        height = grown(
            np.array(0.3), np.array(20.0), hours * 3600, fetch_m=1e3 * fetch_km, depth_m=depth_m
        )
        axis.plot(hours, height, label=f"{fetch_km} km, {depth_m} m deep")
    axis.set(xlabel="hours of 20 m/s", ylabel="Hs [m]")
    axis.legend(frameon=False, fontsize=7)
    return _saved(plt, figure, path)


def _fan(plt: Any, recorded: Path, path: Path) -> Path:
    """Draw fans issued every four hours around the strongest wind of 46002."""
    record = column(recorded, "46002", "WSPD")
    middle = int(np.nanargmax(record))
    found = seen(record, mean_steps=6)
    figure, axis = plt.subplots(figsize=(8, 2.8))
    around = np.arange(middle - DAY, middle + DAY)
    axis.plot((around - middle) / 6, record[around], color="black", linewidth=0.8)
    leads = np.arange(0, 181, 10) / 60
    for place in around[::24]:
        one = Seen(*(x[place : place + 1] for x in found))
        fan = quantiles(*wind(one, leads, WIND), WIND.spread)[0]
        hours = (place - middle) / 6 + leads
        axis.fill_between(hours, fan[:, 0], fan[:, 6], color="#1f5fa8", alpha=0.2, linewidth=0)
        axis.fill_between(hours, fan[:, 2], fan[:, 4], color="#1f5fa8", alpha=0.35, linewidth=0)
    axis.set(xlabel="hours from the strongest wind of 46002, 2016", ylabel="wind [m/s]")
    return _saved(plt, figure, path)


def _coverage(plt: Any, recorded: Path, path: Path) -> Path:
    """Draw how often the 80 % interval held at each buoy, fitted on the others."""
    winds = {name: column(recorded, name, "WSPD") for name in BUOYS}
    figure, axis = plt.subplots(figsize=(5, 2.8))
    for name, record in winds.items():
        law = fit_wind([other for key, other in winds.items() if key != name])
        scores = score_wind(record, law)
        axis.plot([s.lead_min for s in scores], [s.inside for s in scores], marker="o", label=name)
    axis.axhline(0.8, color="black", linewidth=0.8)
    axis.set(xlabel="lead [min]", ylabel="wind within the 80 % interval", ylim=(0.5, 1.0))
    axis.legend(frameon=False, fontsize=8)
    return _saved(plt, figure, path)


def _saved(plt: Any, figure: Any, path: Path) -> Path:
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path
