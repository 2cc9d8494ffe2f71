"""Recorded waves between four gauges (hydroroute, January and February 2014, 15 min)."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from stream.models.flood.rivers.calibration import fit_reach, through, travel_time

STEP = 900.0
JANUARY = slice(96, 31 * 96)
FEBRUARY = slice(31 * 96, None)


def gauges(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return kilometres (4,) and discharge (4, n) of the gauges, upstream first."""
    relation = folder / "river_rain" / "hydroroute_relation_lags.csv"
    with relation.open(encoding="utf-8") as file:
        km = {row["ID"]: float(row["fkm"]) for row in csv.DictReader(file)}
    series: dict[str, list[float]] = {key: [] for key in sorted(km, key=lambda key: km[key])}
    with (folder / "river_rain" / "hydroroute_4gauges_15min_2014.csv").open(encoding="utf-8") as f:
        for row in csv.DictReader(f):
            series[row["ID"]].append(float(row["Q"]))
    return np.array(sorted(km.values())), np.array(list(series.values()))


def skill(routed: np.ndarray, seen: np.ndarray) -> float:
    """Return Nash and Sutcliffe's efficiency."""
    return float(1 - np.sum((routed - seen) ** 2) / np.sum((seen - seen.mean()) ** 2))


@pytest.mark.recorded
def test_travel_times_of_the_record(recorded_data: Path) -> None:
    _, flow = gauges(recorded_data)
    lags = [travel_time(flow[0], below, dt_s=STEP, longest_s=8 * 3600) / 60 for below in flow[1:]]
    assert lags == [60, 150, 240]


@pytest.mark.recorded
def test_reaches_fitted_in_january_route_february(recorded_data: Path) -> None:
    """Only the uppermost gauge is known in February; a plain lag and shift has to be beaten."""
    km, flow = gauges(recorded_data)
    mean = (flow[:, 1:] + flow[:, :-1]) / 2
    routed, skills, lagged_skills = mean[0], [], []
    for gauge, (above, below) in enumerate(pairwise(km), start=1):
        length, seen = (below - above) * 1000, mean[gauge]
        known = slice(0, JANUARY.stop)
        reach = fit_reach(
            routed[known], seen[known], length_m=length, dt_s=STEP, width_m=25.0, spin_up=96
        )
        routed = through(reach, routed, length_m=length, dt_s=STEP)
        lag = int(travel_time(mean[0, known], seen[known], dt_s=STEP, longest_s=8 * 3600) / STEP)
        lagged = np.roll(mean[0], lag)
        lagged += (seen - lagged)[JANUARY].mean()
        skills.append(skill(routed[FEBRUARY], seen[FEBRUARY]))
        lagged_skills.append(skill(lagged[FEBRUARY], seen[FEBRUARY]))
        lags = [
            travel_time(mean[0, JANUARY], s[JANUARY], dt_s=STEP, longest_s=8 * 3600)
            for s in (routed, seen)
        ]
        assert abs(lags[0] - lags[1]) <= 1800
    assert np.all(np.array(skills) > lagged_skills)
    assert skills[0] > 0.98
    assert skills[1] > 0.97
    assert skills[2] > 0.75  # a tributary joins above the last gauge, and is not in the record
