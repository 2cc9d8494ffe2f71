"""Pictures of the flood chain and its filter on a storm they have never seen."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.config import load
from forewarn.domain.recording import RecordingMapping
from forewarn.domain.station import load_site
from stream.hindcast.record import load_record
from stream.models.flood.basin import Basin
from stream.models.flood.chain import Chain

Array = NDArray[np.float64]

SITE = Path("sites/yongjiang")
SEED, SPIN_UP_MIN, EVERY_MIN, HORIZON_MIN = 9103, 1080, 60, 180
SHOWN = ("fenghua/stage", "sanjiangkou/stage")
COMMAND = "import sys; from simulators.cli import main; sys.exit(main(sys.argv[1:]))"


class _Scored(NamedTuple):
    chain: Chain
    observed: Array
    """(n_gauges, minutes)"""
    issues: list[int]
    members: list[Array]
    """Per issue (members, n_gauges, leads + 1)."""


def draw(folder: Path) -> list[Path]:
    """Draw fans every fifth hour at two gauges, and errors by lead at all."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    scored = _forecasts()
    figure, axes = pyplot.subplots(3, 1, figsize=(8, 9), layout="constrained")
    for axis, key in zip(axes[:2], SHOWN, strict=True):
        _fans(axis, scored, scored.chain.gauges.index(key))
    _errors(axes[2], scored)
    path = folder / "updating-demo-site.png"
    figure.savefig(path, dpi=75)
    pyplot.close(figure)
    return [path]


def _forecasts() -> _Scored:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "storms.csv"
        wanted = ["record", "--site", str(SITE), "--storms", "1", "--seed", str(SEED)]
        subprocess.run(
            [sys.executable, "-c", COMMAND, *wanted, "--out", str(out)],
            check=True,
            capture_output=True,
        )
        chain = Chain(load(SITE / "basin.toml", Basin))
        mapping = load(SITE / "recording.toml", RecordingMapping)
        record = load_record(out, mapping, load_site(SITE), chain.inputs)
    state, seen = chain.start(np.random.default_rng(1)), 0
    issues, members = [], []
    for minute in range(SPIN_UP_MIN, record.minutes.shape[1] - HORIZON_MIN, EVERY_MIN):
        first_s, now = record.first_s + 60.0 * seen, record.first_s + 60.0 * minute
        state = chain.assimilate(state, record.minutes[:, seen : minute + 1], first_s, now)
        seen = minute + 1
        issues.append(minute)
        members.append(chain.forecast(state, now).stage)
    rows = [chain.inputs.index(key) for key in chain.gauges]
    return _Scored(chain, record.minutes[rows], issues, members)


def _fans(axis: Any, scored: _Scored, gauge: int) -> None:
    hours = np.arange(scored.observed.shape[1]) / 60.0
    axis.plot(hours, scored.observed[gauge], color="black", lw=1, label="observed")
    for issue, members in list(zip(scored.issues, scored.members, strict=True))[::5]:
        at = (issue + np.arange(members.shape[2])) / 60.0
        low, middle, high = np.quantile(members[:, gauge], [0.1, 0.5, 0.9], axis=0)
        axis.fill_between(at, low, high, color="tab:blue", alpha=0.35, lw=0)
        axis.plot(at, middle, color="tab:blue", lw=1)
    axis.set(ylabel="stage [m]", xlabel="hours", title=f"{scored.chain.gauges[gauge]}: 80 % fans")
    axis.set_xlim(SPIN_UP_MIN / 60.0, hours[-1])


def _errors(axis: Any, scored: _Scored) -> None:
    leads = np.arange(HORIZON_MIN + 1)
    issues = np.array(scored.issues)
    truth = scored.observed[:, issues[:, None] + leads]
    mean = np.stack([members.mean(axis=0) for members in scored.members], axis=1)
    still = scored.observed[:, issues, None]
    for gauge, key in enumerate(scored.chain.gauges):
        (line,) = axis.plot(leads, _rms(mean[gauge] - truth[gauge]), label=key)
        axis.plot(leads, _rms(still[gauge] - truth[gauge]), "--", color=line.get_color(), lw=0.7)
    axis.set(xlabel="lead [min]", ylabel="RMSE [m]", yscale="log", ylim=(0.003, 3))
    axis.set_title("chain (lines) and persistence (dashed)")
    axis.legend(fontsize=7, ncols=2)


def _rms(error: Array) -> Array:
    return np.asarray(np.sqrt(np.nanmean(error**2, axis=0)))
