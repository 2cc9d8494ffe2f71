"""Wind and waves on recorded buoys: fitted on some, scored on another that was left out.

Needs the recorded data (FOREWARN_DATA, or `shared/data` beside the project).
`python -m benchmarks.marine` also prints the numbers of `stream/models/marine/fitted.py`.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe, verdict
from benchmarks.rain_skill import data_folder
from stream.models.marine.fit import SeaRecord, fit_waves, fit_wind
from stream.models.marine.outlook import (
    PROBABILITIES,
    Seen,
    Spread,
    WaveLaw,
    WindLaw,
    quantiles,
    restlessness,
    seen,
    waves,
    wind,
)

Array = NDArray[np.float64]

BUOYS = {
    "41002": "ndbc_41002_stdmet_2018-06_08.txt",
    "41008": "ndbc_41008_cwind_2018-06_08.txt",
    "46002": "ndbc_46002c2016.txt",
}
WAVES_AT = "41002"
OPEN_SEA = {"fetch_m": 3e5, "depth_m": 3e3}
MISSING = {"WSPD": ("MM", "99.0"), "WVHT": ("MM", "99.00"), "GST": ("MM", "99.0")}
STRONG = {"wind": 10.0, "waves": 1.8}
"""What counts as strong: m/s, and m."""


class Score(NamedTuple):
    """Of one buoy at one lead."""

    lead_min: int
    against: float
    """RMSE over that of persistence."""
    inside: float
    """Share within the 80 % interval …"""
    inside_strong: float
    """… where it was strong at the issue."""
    above: float
    """Share above the 95 % quantile."""
    width: float
    """Mean width of the 80 % interval."""


def main() -> int:
    """Fit, score, print, and return 0 if the intervals of buoys that were left out hold."""
    print(describe())
    folder = data_folder()
    if folder is None:
        print("no recorded data: nothing to score (set FOREWARN_DATA)")
        return 0
    winds = {name: column(folder, name, "WSPD") for name in BUOYS}
    kept, inside = True, []
    for name, record in winds.items():
        law = fit_wind([other for key, other in winds.items() if key != name])
        scores = score_wind(record, law)
        show(f"wind at {name}, fitted on the other two", scores)
        inside += [score.inside for score in scores if score.lead_min >= 60]
    for title, law, part in halves(sea(folder)):
        scores = score_waves(part, law)
        show(f"waves at {WAVES_AT}, {title}", scores)
        inside += [score.inside for score in scores]
    off = max(abs(share - 0.8) for share in inside)
    kept &= verdict("80 % intervals from 1 h on: farthest from 80 %", 100 * off, "%", most=10.0)
    for name in BUOYS:
        gust, mean = column(folder, name, "GST"), winds[name]
        known = np.isfinite(gust) & np.isfinite(mean) & (mean > 4)
        low, middle, high = np.quantile(gust[known] / mean[known], (0.05, 0.5, 0.95))
        print(f"gust factor at {name}: {middle:.2f} ({low:.2f}–{high:.2f}), {known.sum()} values")
    print("fitted on all:", fit_wind(list(winds.values())), fit_waves([sea(folder)]), sep="\n  ")
    return 0 if kept else 1


def column(folder: Path, name: str, wanted: str) -> Array:
    """Return a column of an NDBC file on steps of ten minutes, missing ones NaN."""
    lines = (folder / "buoy" / BUOYS[name]).read_text().splitlines()
    place = lines[0].lstrip("#").split().index(wanted)
    rows = [line.split() for line in lines if not line.startswith("#")]
    times = np.array([f"{r[0]}-{r[1]}-{r[2]}T{r[3]}:{r[4]}" for r in rows], "datetime64[m]")
    step = (times - times.min()).astype(int) // 10
    found = np.full(step.max() + 1, np.nan)
    found[step] = [np.nan if r[place] in MISSING[wanted] else float(r[place]) for r in rows]
    return found


def sea(folder: Path) -> SeaRecord:
    """Return the buoy with waves."""
    return SeaRecord(column(folder, WAVES_AT, "WVHT"), column(folder, WAVES_AT, "WSPD"), **OPEN_SEA)


def halves(record: SeaRecord) -> list[tuple[str, WaveLaw, SeaRecord]]:
    """Return each half of the record with the law of the other."""
    middle = len(record.height_m) // 2
    parts = [
        record._replace(height_m=record.height_m[cut], wind_m_s=record.wind_m_s[cut])
        for cut in (slice(None, middle), slice(middle, None))
    ]
    return [
        ("first half, fitted on the second", fit_waves([parts[1]]), parts[0]),
        ("second half, fitted on the first", fit_waves([parts[0]]), parts[1]),
    ]


def score_wind(record: Array, law: WindLaw) -> list[Score]:
    """Score at leads from 10 to 180 min."""
    found = seen(record, mean_steps=6)

    def issued(lead: int) -> tuple[Array, Array]:
        return wind(Seen(*(x[:-lead] for x in found)), np.array([lead / 6]), law)

    leads = (1, 3, 6, 12, 18)
    return [_score(record, issued(n), n, law.spread, STRONG["wind"]) for n in leads]


def score_waves(record: SeaRecord, law: WaveLaw) -> list[Score]:
    """Score at leads from 60 to 180 min."""
    found = seen(record.height_m, mean_steps=12)
    blowing = seen(record.wind_m_s, mean_steps=6).hour

    def issued(lead: int) -> tuple[Array, Array]:
        early = Seen(*(x[:-lead] for x in found))
        return waves(early, blowing[:-lead], np.array([lead / 6]), law, **OPEN_SEA)

    leads, strong = (6, 12, 18), STRONG["waves"]
    return [_score(record.height_m, issued(n), n, law.spread, strong) for n in leads]


def _score(
    record: Array, issued: tuple[Array, Array], lead: int, spread: Spread, strong: float
) -> Score:
    middle, scale = issued
    later, now = record[lead:], record[:-lead]
    error = later - middle[:, 0]
    scale = scale * restlessness(error, scale[:, 0], lead)[:, None]
    found = quantiles(middle, scale, spread)[:, 0]
    low, high, top = (found[:, PROBABILITIES.index(p)] for p in (0.1, 0.9, 0.95))
    known = np.isfinite(error) & np.isfinite(now)
    hit = (later >= low) & (later <= high)
    return Score(
        10 * lead,
        float(np.sqrt(np.mean(error[known] ** 2) / np.mean((later - now)[known] ** 2))),
        float(hit[known].mean()),
        float(hit[known & (now >= strong)].mean()),
        float((later > top)[known].mean()),
        float((high - low)[known].mean()),
    )


def show(title: str, scores: list[Score]) -> None:
    """Print a table."""
    print(title)
    names = ("RMSE / persistence", "in 80 %", "strong", "> 95 %", "width")
    print("    lead" + "".join(f"{name:>{max(8, len(name) + 2)}}" for name in names))
    for s in scores:
        print(
            f"  {s.lead_min:6}{s.against:20.3f}{s.inside:9.2f}{s.inside_strong:8.2f}"
            f"{s.above:8.3f}{s.width:8.2f}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
