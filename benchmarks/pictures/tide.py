"""Tide and surge against records: the pictures of docs/models/tide.md."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.tide import (
    HOUR_S,
    SPLITS,
    VLISSINGEN,
    Split,
    fitted,
    forecast_scores,
    hugo_forecasts,
    noaa_error,
    seconds,
    year_of_minutes,
)
from benchmarks.tide_records import read
from stream.models.tide.prediction import predict
from stream.models.tide.stored import read as read_stored
from stream.models.tide.surge.fitting import Record, hindcast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]


def draw(folder: Path) -> list[Path]:
    """Draw tide-prediction.png, tide-surges.png and tide-skill.png."""
    import matplotlib as mpl

    mpl.use("Agg")
    return [_prediction(folder), _surges(folder), _skill(folder)]


def _prediction(folder: Path) -> Path:
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(
        1, 2, figsize=(8, 3), layout="constrained", width_ratios=[3, 1]
    )
    times, error = noaa_error()
    left.plot((times - times[0]) / HOUR_S, 1e3 * error, lw=0.9)
    left.axhline(0, color="0.7", lw=0.6)
    left.set(xlabel="hours from 29 August 2023, 00:00 UTC", ylabel="mm")
    rms = 1e3 * float(np.sqrt(np.mean(error**2)))
    left.set_title(f"Honolulu: ours less NOAA's own predictions, {rms:.2f} mm RMS", fontsize=9)
    ours, peers, _ = year_of_minutes()
    right.bar(["ours", "UTide"], [ours, peers], color=["C0", "0.6"])
    right.set(yscale="log", ylabel="s")
    right.set_title(f"a year of minutes: {peers / ours:,.0f}×", fontsize=9)
    return _save(figure, folder / "tide-prediction.png")


def _fan(axis: "Axes", times: Array, seen: Array, values: Array, lead: int, title: str) -> None:
    """Draw what was observed, and quantiles (n, p) that were forecast `lead` steps before."""
    start = datetime.fromtimestamp(times[0], UTC)
    days = (times - times[0]) / (24 * HOUR_S)
    then = days[lead:]
    axis.fill_between(then, values[:-lead, 0], values[:-lead, -1], color="C0", alpha=0.2, lw=0)
    axis.fill_between(then, values[:-lead, 1], values[:-lead, -2], color="C0", alpha=0.3, lw=0)
    axis.plot(then, values[:-lead, 3], color="C0", lw=1)
    axis.plot(days, seen, color="k", lw=1)
    axis.set_ylabel("residual, m")
    axis.set_xlabel(f"days from {start:%d %B %Y, %H:%M} UTC", fontsize=7)
    axis.set_title(title, fontsize=9)
    axis.tick_params(axis="x", labelsize=7)


def _window(split: Split, first: str, last: str) -> tuple[Array, Array, Array]:
    """Return times, residual and its 3-h forecasts between two dates, of a split's model."""
    model, record, _ = fitted(split)
    values = hindcast(model, record, (3,))[:, 0]
    return _cut(record, values, first, last)


def _cut(record: Record, values: Array, first: str, last: str) -> tuple[Array, Array, Array]:
    times = HOUR_S * (round(record.times_s[0] / HOUR_S) + np.arange(len(values), dtype=np.float64))
    seen = np.full(len(values), np.nan)
    seen[np.rint((record.times_s - times[0]) / HOUR_S).astype(int)] = record.levels
    rows = (times >= seconds(first)) & (times < seconds(last))
    tide = predict(record.tide, times)
    ahead = predict(record.tide, times + 3 * HOUR_S)
    return times[rows], (seen - tide)[rows], (values - ahead[:, None])[rows]


def _surges(folder: Path) -> Path:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(4, 1, figsize=(8, 9), layout="constrained")
    times, residual, values = hugo_forecasts()
    title = "Hugo at Charleston, 3 h ahead, by the model of four other stations"
    _fan(axes[0], times, residual, values[:, 1], 3, title)
    model, constants = read_stored(VLISSINGEN.read_bytes())
    if model is None or constants is None:
        raise SystemExit(f"{VLISSINGEN} is not complete: fit it with `forewarn tide fit`")
    for axis, name, first, last in (
        (axes[1], "vlissingen", "1994-01-25", "1994-01-31"),
        (axes[2], "vlissingen_2018", "2018-01-01", "2018-01-06"),
    ):
        at, levels = read(name)
        whole = at % HOUR_S == 0
        record = Record(at[whole], levels[whole], constants)
        part = _cut(record, hindcast(model, record, (3,))[:, 0], first, last)
        _fan(axis, *part, 3, f"Vlissingen {first[:4]}, 3 h ahead, fitted on 1985 to 1989")
    part = _window(SPLITS[0], "2014-07-06", "2014-07-12")
    _fan(axes[3], *part, 3, "Thevenard 2014, 3 h ahead, fitted on 2012 and 2013")
    return _save(figure, folder / "tide-surges.png")


def _skill(folder: Path) -> Path:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(8, 3), layout="constrained")
    for axis, split in zip(axes, SPLITS[:3], strict=True):
        scores = forecast_scores(split)
        leads = [one.lead_h for one in scores]
        for label, color, line in (
            ("persistence", "0.7", [one.persistence for one in scores]),
            ("AR, 48 lags", "C1", [one.autoregression for one in scores]),
            ("forecast", "C0", [one.rmse for one in scores]),
        ):
            axis.plot(leads, 1e3 * np.array(line), "o-", color=color, label=label, ms=4)
        held = ", ".join(f"{one.coverage_80:.2f}" for one in scores)
        axis.set_title(
            f"{split.station}, {split.test[0][:4]} on\n80 % interval: {held}", fontsize=8
        )
        axis.set_xlabel("lead, h")
        axis.set_ylim(0)
    axes[0].set_ylabel("RMSE, mm")
    axes[0].legend(fontsize=7)
    return _save(figure, folder / "tide-skill.png")


def _save(figure: "Figure", path: Path) -> Path:
    from matplotlib import pyplot as plt

    figure.savefig(path, dpi=70)
    plt.close(figure)
    return path
