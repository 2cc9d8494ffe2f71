"""Tide and surge: against NOAA and UTide, a year of minutes, and residual forecasts on records.

UTide (`pip install utide`) is the peer; all else is ours. The autoregression on 48 lags is that
of the project's reference: tide by the 68 constituents of Foreman's tree, least squares.
"""

import gzip
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe, verdict
from benchmarks.tide_records import STATIONS, folder, honolulu, hugo, read
from stream.hindcast.tide_score import LeadScore, score, table
from stream.models.tide import analysis
from stream.models.tide.constants import Constants, from_table
from stream.models.tide.prediction import predict
from stream.models.tide.stored import read as read_stored
from stream.models.tide.surge import cycle
from stream.models.tide.surge.fitting import Record, fit, hindcast
from stream.models.tide.surge.model import SurgeModel
from stream.models.tide.surge.sampling import even

Array = NDArray[np.float64]

HOUR_S = 3600.0
YEAR_OF_MINUTES = 525_600
GOAL = 0.10
"""The gain on the 48-lag autoregression that was asked for at 1, 3 and 6 h."""
NO_TIDE = Constants((), np.zeros(0), np.zeros(0), latitude=0.0)
SITES = Path(__file__).resolve().parents[1] / "sites"
POOLED, VLISSINGEN = SITES / "yongjiang/tide.npz", SITES / "vlissingen/tide.npz"


class Split(NamedTuple):
    """Years to fit on and years to forecast, [start, end) dates."""

    station: str
    train: tuple[str, str]
    test: tuple[str, str]
    least_gain: float
    """Below the 48-lag autoregression's RMSE at 1, 3 and 6 h: what it is now, kept as a budget
    against getting worse. It is not the goal, which is `GOAL` for every station."""


SPLITS = (
    Split("thevenard", ("2012-01-01", "2014-01-01"), ("2014-01-01", "2015-01-02"), 0.03),
    Split("hillarys", ("2012-01-01", "2014-01-01"), ("2014-01-01", "2015-01-02"), 0.03),
    Split("vlissingen", ("1985-01-01", "1990-01-01"), ("1990-01-01", "1995-01-01"), 0.10),
    Split("vlissingen", ("1990-01-01", "1995-01-01"), ("1985-01-01", "1990-01-01"), 0.10),
    Split("thevenard", ("2013-07-01", "2014-01-01"), ("2014-01-01", "2015-01-02"), -0.02),
    Split("new_london", ("2013-01-01", "2013-10-01"), ("2013-10-01", "2014-01-01"), 0.0),
)


def seconds(date: str) -> float:
    """Return the Unix time [s] of a date, UTC."""
    return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()


def noaa_error() -> tuple[Array, Array]:
    """Return our tide of Honolulu less NOAA's own 6-minute predictions [m], mean removed."""
    where = folder() / "tide_constants"
    with gzip.open(where / "noaa_1612340_harmonics.tsv.gz", "rt") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    constants = {row[1]: (float(row[2]), float(row[3])) for row in rows if len(row) > 4}
    lines = (where / "noaa_1612340_predictions_2023-08-29_30.csv").read_text().split("\n")[1:]
    cells = [line.split(",") for line in lines if line]
    times = np.array([seconds(cell[0]) for cell in cells])
    theirs = np.array([float(cell[1]) for cell in cells])
    table_ = from_table(constants, latitude=21.3067, schureman=True, at_s=float(times[0]))
    error = predict(table_, times) - theirs
    return times, error - error.mean()


def utide_difference(times: Array, levels: Array, latitude: float) -> tuple[float, float, int]:
    """Return the largest differences to UTide [m], amplitude and tide, on its constituents."""
    import utide

    stamps = np.datetime64("1970-01-01") + np.round(times * 1e3).astype("timedelta64[ms]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = utide.solve(
            stamps, levels, lat=latitude, method="ols", conf_int="none", trend=False, verbose=False
        )
        theirs = utide.reconstruct(stamps, peer, verbose=False, min_SNR=0).h
    names = [name for name in peer.name if name != "M7"]
    ours = analysis.fit(times, levels, latitude=latitude, constituents=names).constants
    size = max(
        abs(ours.of(name)[0] - peer.A[k]) for k, name in enumerate(peer.name) if name in names
    )
    known = np.isfinite(levels)
    return size, float(np.abs(predict(ours, times) - theirs)[known].max()), len(names)


def cananeia() -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return times, levels [m] and flags of can1998.dtf."""
    rows = np.loadtxt(folder() / "tide_surge" / "can1998.dtf")
    return seconds("1998-01-01") + rows[:, 0], rows[:, 5], rows[:, 6] > 0


def year_of_minutes() -> tuple[float, float, float]:
    """Return seconds of ours and of UTide for a year of minutes, and the largest difference [m]."""
    import utide

    times, levels = honolulu()
    found = analysis.fit(times, levels, latitude=21.3).constants
    minutes = times[0] + 60.0 * np.arange(YEAR_OF_MINUTES)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        ours = predict(found, minutes)
        took.append(time.perf_counter() - start)
    origin = np.datetime64("1970-01-01")
    hours, stamps = (
        origin + np.round(at * 1e3).astype("timedelta64[ms]") for at in (times, minutes)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = utide.solve(
            hours, levels, lat=21.3, method="ols", conf_int="none", trend=False, verbose=False
        )
        start = time.perf_counter()
        theirs = utide.reconstruct(stamps, peer, verbose=False, min_SNR=0).h
        peers = time.perf_counter() - start
    return min(took), peers, float(np.abs(ours - theirs).max())


def fitted(split: Split) -> tuple[SurgeModel, Record, Record]:
    """Return the model of a split, its whole record, and the same with the plain tide."""
    times, levels = read(split.station)
    whole = times % HOUR_S == 0
    times, levels = times[whole], levels[whole]
    first, last = (seconds(date) for date in split.train)
    rows = (times >= first) & (times < last)
    latitude = STATIONS[split.station].latitude
    tides = [
        analysis.fit(times[rows], levels[rows], latitude=latitude, extended=extended).constants
        for extended in (True, False)
    ]
    model = fit([Record(times[rows], levels[rows], tides[0])])
    return model, Record(times, levels, tides[0]), Record(times, levels, tides[1])


def forecast_scores(split: Split) -> list[LeadScore]:
    """Fit on some years, forecast others."""
    model, record, plain = fitted(split)
    steps, _ = even(record.times_s, record.levels, model.step_s)
    inside = [
        (steps >= seconds(span[0])) & (steps < seconds(span[1]))
        for span in (split.train, split.test)
    ]
    return score(model, record, train=inside[0], test=inside[1], plain=plain)


def linear_limit(split: Split) -> float:
    """Return the smallest RMSE [m] one hour ahead of any linear forecast with any number of lags.

    σ² = exp of the mean log spectrum (Szegő 1920, Kolmogorov 1941), from Welch's spectrum of the
    training residual, the sun's cycle removed; gaps count as zero.
    """
    from scipy.signal import welch

    model, record, _ = fitted(split)
    times, levels = even(record.times_s, record.levels, model.step_s)
    rows = (times >= seconds(split.train[0])) & (times < seconds(split.train[1]))
    residual = levels - predict(record.tide, times) - cycle.predict(model.cycle, times)
    power = welch(np.nan_to_num(residual[rows]), nperseg=1024)[1][1:]
    return float(np.sqrt(np.exp(np.mean(np.log(power / 2)))))


def hugo_forecasts() -> tuple[Array, Array, Array]:
    """Return times, residual, and (n, 3, p) forecasts of it 1, 3 and 6 h ahead at Charleston.

    By the model of four other stations: Charleston's file is three days long.
    """
    times, predicted, verified = hugo()
    model, _ = read_stored(POOLED.read_bytes())
    if model is None:
        raise SystemExit(f"{POOLED} holds no residual model: python -m benchmarks.tide_pool")
    residual = verified - predicted
    return times, residual, hindcast(model, Record(times, residual, NO_TIDE), (1, 3, 6))


def inside(values: Array, came: Array, lead: int, low: int = 1) -> Array:
    """Return 1 where what came `lead` steps on lies between two quantiles, 0 where not, or NaN."""
    target = np.full(len(came), np.nan)
    target[:-lead] = came[lead:]
    held = (values[:, low] <= target) & (target <= values[:, -1 - low])
    return np.where(np.isfinite(target) & np.isfinite(values[:, 0]), held, np.nan)


SURGES = (
    ("vlissingen", "1994-01-26", "1994-01-31", None),
    ("vlissingen_2018", "2018-01-02", "2018-01-05", None),
    ("thevenard", "2014-07-07", "2014-07-10", SPLITS[0]),
    ("new_london", "2013-12-14", "2013-12-17", SPLITS[-1]),
)
"""Station, first and last day, and the split whose model forecasts; None: sites/vlissingen."""


def surges() -> list[str]:
    """Return a line for each recorded surge and lead: errors and what the intervals held."""
    lines = []
    for station, first, last, split in SURGES:
        if split is None:
            model, constants = read_stored(VLISSINGEN.read_bytes())
            times, levels = read(station)
        else:
            model, record, _ = fitted(split)
            times, levels, constants = record
        if model is None or constants is None:
            raise SystemExit(f"{VLISSINGEN} is not complete: fit it with `forewarn tide fit`")
        whole = times % HOUR_S == 0
        record = Record(times[whole], levels[whole], constants)
        values = hindcast(model, record, (1, 3, 6))
        steps, seen = even(record.times_s, record.levels, HOUR_S)
        rows = (steps >= seconds(first)) & (steps < seconds(last))
        residual = seen - predict(constants, steps)
        for column, lead in enumerate((1, 3, 6)):
            held = [inside(values[:, column], seen, lead, low)[rows] for low in (1, 0)]
            error = np.append(values[:-lead, column, 3] - seen[lead:], np.full(lead, np.nan))
            still = np.append(residual[:-lead] - residual[lead:], np.full(lead, np.nan))
            rmse, persistence = (
                1e3 * np.sqrt(np.nanmean(one[rows] ** 2)) for one in (error, still)
            )
            lines.append(
                f"{station} {first} to {last}, {lead} h: {rmse:.0f} mm, persistence "
                f"{persistence:.0f}; 80 % held {np.nanmean(held[0]):.0%}, 90 % "
                f"{np.nanmean(held[1]):.0%}; largest error {np.nanmax(np.abs(error[rows])):.2f} m"
            )
    return lines


def goal(scores: list[LeadScore]) -> str:
    """Return a line that says lead by lead whether the goal is reached."""
    leads = ", ".join(f"{one.lead_h} h {one.gain:+.1%}" for one in scores)
    short = [f"{one.lead_h} h" for one in scores if one.gain < GOAL]
    said = f"NOT reached at {', '.join(short)}" if short else "reached"
    return f"  goal, {GOAL:.0%} better than AR48: {said} ({leads})"


def main() -> int:
    """Print the figures; exit 1 if a budget is broken."""
    print(describe())
    _, error = noaa_error()
    rms = 1e3 * float(np.sqrt(np.mean(error**2)))
    kept = [verdict("Honolulu against NOAA's predictions, RMS", rms, "mm", most=5)]
    print(f"  largest {1e3 * np.abs(error).max():.2f} mm of {len(error)}")
    can_times, can_levels, flagged = cananeia()
    cases = {"Honolulu 2010": (*honolulu(), 21.3)}
    cases["Cananeia 1998, flagged left out"] = (can_times[~flagged], can_levels[~flagged], -25.0)
    times, levels = read("vlissingen")
    cases["Vlissingen 1985"] = (times[:8784], levels[:8784], 51.44)
    for name, (at, seen, latitude) in cases.items():
        size, tide, count = utide_difference(at, seen, latitude)
        kept.append(verdict(f"{name}, {count} constituents, from UTide", 1e3 * tide, "mm", most=1))
        print(f"  amplitudes: {1e3 * size:.2g} mm")
    ours, peers, apart = year_of_minutes()
    print(
        f"a year of minutes: {1e3 * ours:.1f} ms, UTide {peers:.1f} s, apart {1e3 * apart:.2g} mm"
    )
    kept.append(verdict("times faster than UTide", peers / ours, "×", least=20))
    gains: list[tuple[Split, float]] = []
    for split in SPLITS:
        scores = forecast_scores(split)
        print(f"{split.station}, fitted {' to '.join(split.train)}, {' to '.join(split.test)}; mm")
        print(table(scores))
        gain = min(one.gain for one in scores)
        budget = f"  least gain on AR48, our own budget at {split.station}"
        kept.append(verdict(budget, 100 * gain, "%", least=100 * split.least_gain))
        print(goal(scores))
        gains.append((split, gain))
        if split.station in ("thevenard", "hillarys"):
            print(f"  linear limit at 1 h: {1e3 * linear_limit(split):.1f} mm")
    reached = [one.station for one, gain in gains if gain >= GOAL]
    where = ", ".join(sorted(set(reached))) or "nowhere"
    print(
        f"goal, {GOAL:.0%} better than AR48 at 1, 3 and 6 h: reached in {len(reached)} of "
        f"{len(gains)} rows ({where}); elsewhere a budget that is kept is not the goal"
    )
    print("\n".join(surges()))
    _, residual, values = hugo_forecasts()
    for column, lead in enumerate((1, 3, 6)):
        held = np.nanmean(inside(values[:, column], residual, lead))
        print(f"Hugo, {lead} h: {held:.0%} within the 80 % interval of other stations' model")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
