"""Runoff models on recorded catchments: pictures, and the tables of docs/models/flood/runoff.md.

`python -m benchmarks.pictures runoff` draws, `python -m benchmarks.pictures.runoff` prints.
"""

import csv
import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Catchment
from stream.models.flood.runoff import gr4h, xinanjiang
from stream.models.flood.runoff.calibration import GR4H_BOUNDS, Bound, calibrate
from stream.models.flood.runoff.efficiency import Objective, kge, nse
from stream.models.flood.runoff.fitting import Forcing, fit_catchment, flow_m3_s
from stream.models.flood.runoff.parameters import Parameters

Array = NDArray[np.float64]

DT_S = 900.0
SEEDS = (1, 2, 3)
GR4H_ALL = {
    **GR4H_BOUNDS,
    "rain_factor": Bound(0.6, 1.8, log=True),
    "production": Bound(0.1, 1.0),
    "routing": Bound(0.02, 0.9),
}
"""As Xinanjiang, GR4H has its rain factor and its state at the start fitted."""


class Case(NamedTuple):
    """A recorded catchment."""

    catchment: Catchment
    forcing: Forcing
    warm_up: int
    """Steps that run but do not count."""


def recorded(name: str) -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared/data"
    return Path(os.environ.get("FOREWARN_DATA", beside)) / "river_rain" / name


def columns(path: Path, *names: str) -> list[Array]:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[name] or "nan") for row in rows]) for name in names]


def huagrahuma() -> Case:
    """104 days of a páramo catchment in Ecuador; flow in mm, so taken as of 1 km²."""
    path = recorded("huagrahuma_ecuador_15min.csv")
    rain, pet, flow = columns(path, "rain_mm_15min", "pet_mm_15min", "q_mm_15min")
    catchment = Catchment(
        id="huagrahuma", latitude=-2.8, longitude=-79.2, area_km2=1.0, runoff={"impervious": 0.0}
    )
    return Case(catchment, Forcing(rain, pet, flow * 1000.0 / DT_S, DT_S), 500)


def swindale() -> Case:
    path = recorded("swindale_cumbria_15min_nov2009.csv")
    flow, rain, pet = columns(path, "flow_m3s", "precip_m_15min", "pet_m_15min")
    catchment = Catchment(
        id="swindale",
        latitude=54.488,
        longitude=-2.769,
        area_km2=15.84,
        runoff={"impervious": 0.0},
    )
    return Case(catchment, Forcing(1000.0 * rain, 1000.0 * pet, flow, DT_S), 0)


def hourly(values: Array) -> Array:
    """Return means of four quarters, of those that are there."""
    quarters = values[: len(values) // 4 * 4].reshape(-1, 4)
    there = np.isfinite(quarters).sum(axis=1)
    return np.where(there > 0, np.nansum(quarters, axis=1) / np.maximum(there, 1), np.nan)


def xinanjiang_flow(case: Case, seen: NDArray[np.bool_], objective: Objective, seed: int) -> Array:
    """Return the flow (t,) [m³/s] by parameters fitted to the steps that are `seen`."""
    observed = np.where(seen, case.forcing.observed_m3_s, np.nan)
    found = fit_catchment(
        case.catchment,
        case.forcing._replace(observed_m3_s=observed),
        warm_up=case.warm_up,
        objective=objective,
        seed=seed,
        generations=80,
    )
    values = {**found.runoff, "rain_factor": found.rain_factor, "wetness": found.wetness}
    return flow_m3_s(case.catchment, case.forcing, values)[0]


def gr4h_flow(case: Case, seen: NDArray[np.bool_], objective: Objective, seed: int) -> Array:
    """Return the flow (t / 4,) [m³/s] each hour by GR4H."""
    rain, pet = 4 * hourly(case.forcing.rain_mm), 4 * hourly(case.forcing.pet_mm)
    observed = hourly(np.where(seen, case.forcing.observed_m3_s, np.nan))
    observed[: case.warm_up // 4] = np.nan

    def flows(sets: Array) -> Array:
        x, factor, filled, routed = sets[:, :4], sets[:, 4:5], sets[:, 5], sets[:, 6]
        found = gr4h.simulate(rain * factor, pet, x, production=filled, routing=routed)
        return found.flow_mm * case.catchment.area_km2 / 3.6

    found = calibrate(flows, GR4H_ALL, observed, objective=objective, seed=seed, generations=80)
    return flows(np.array([list(found.values.values())]))[0]


def split(case: Case, first: float, *, backwards: bool = False) -> NDArray[np.bool_]:
    """Return which steps are fitted to: the first part of the record, or all but it."""
    count = len(case.forcing.rain_mm)
    early = np.arange(count) < first * count
    return ~early if backwards else early


def row(case: Case, seen: NDArray[np.bool_], objective: Objective, model: str) -> str:
    """Return the efficiencies of one model, median and range over the seeds."""
    observed = hourly(case.forcing.observed_m3_s)
    fitted_to = hourly(seen.astype(float)) > 0.5
    counted = np.arange(len(observed)) >= case.warm_up // 4
    scores = []
    for seed in SEEDS:
        if model == "GR4H":
            flow = gr4h_flow(case, seen, objective, seed)
        else:
            flow = hourly(xinanjiang_flow(case, seen, objective, seed))
        parts = [np.where(part & counted, observed, np.nan) for part in (fitted_to, ~fitted_to)]
        scores.append([*(kge(flow, part) for part in parts), *(nse(flow, part) for part in parts)])
    cells = [
        f"{np.median(found):.2f} ({found.min():.2f}–{found.max():.2f})"
        for found in np.array(scores).T
    ]
    return f"| {model}, {objective} | {' | '.join(cells)} |"


def tables() -> None:
    """Print the split samples of both catchments."""
    high, one = huagrahuma(), swindale()
    studies = [
        ("Huagrahuma, fitted on the first 60 %", high, split(high, 0.6), ("kge", "low-flow")),
        ("Huagrahuma, on the last 60 %", high, split(high, 0.4, backwards=True), ("kge",)),
        ("Swindale, on the rise, to 19 Nov 12:00", one, split(one, 80 / 273), ("kge",)),
        ("Swindale, to 20 Nov 01:00", one, split(one, 132 / 273), ("kge",)),
    ]
    for title, case, seen, objectives in studies:
        print(f"\n{title}\n\n| | KGE fitted | KGE unseen | NSE fitted | NSE unseen |")
        print("|---|---|---|---|---|")
        for model in ("Xinanjiang", "GR4H"):
            for objective in objectives:
                print(row(case, seen, objective, model), flush=True)


def speed(n: int = 1000, members: int = 50, steps: int = 180) -> None:
    """Print the time of the kernel where it rains everywhere, and where it is dry."""
    random = np.random.default_rng(0)
    parameters = Parameters.of(n, curve=random.uniform(0.2, 0.5, n))
    state = xinanjiang.initial(parameters, members, wetness=random.uniform(0.5, 0.95, (members, n)))
    rain = random.gamma(1.0, 0.1, (members, n, steps))
    for name, falls in (("rain everywhere", rain), ("dry", np.zeros_like(rain))):
        times = []
        for _ in range(6):
            began = time.perf_counter()
            xinanjiang.run(state, falls, np.full(steps, 0.002), parameters, 60.0)
            times.append(time.perf_counter() - began)
        best = min(times[1:])
        print(f"{name}: {n} × {members} × {steps} in {best:.2f} s, {best / rain.size * 1e9:.0f} ns")


def draw(folder: Path) -> list[Path]:
    """Draw both catchments into `folder`."""
    import matplotlib as mpl

    mpl.use("Agg")
    return [_huagrahuma(folder), _swindale(folder)]


def _huagrahuma(folder: Path) -> Path:
    import matplotlib.pyplot as plt

    case = huagrahuma()
    seen = split(case, 0.6)
    ours = hourly(xinanjiang_flow(case, seen, "kge", 1))
    theirs = gr4h_flow(case, seen, "kge", 1)
    days = np.arange(len(ours)) / 24
    figure, (top, below) = plt.subplots(
        2, 1, figsize=(9, 5), sharex=True, height_ratios=(1, 3), layout="constrained"
    )
    top.bar(days, 4 * hourly(case.forcing.rain_mm), width=1 / 24, color="tab:blue")
    top.invert_yaxis()
    top.set_ylabel("rain [mm/h]")
    per_mm = 3.6 / case.catchment.area_km2
    below.plot(days, hourly(case.forcing.observed_m3_s) * per_mm, "k.", ms=2, label="observed")
    below.plot(days, ours * per_mm, color="tab:red", lw=1, label="Xinanjiang")
    below.plot(days, theirs * per_mm, color="tab:green", lw=1, label="GR4H")
    below.axvspan(days[0], 0.6 * days[-1], color="0.93", label="fitted here")
    below.set(ylabel="flow [mm/h]", xlabel="days", xlim=(days[0], days[-1]), ylim=(0, 2))
    below.legend(loc="upper left", frameon=False)
    path = folder / "runoff_huagrahuma.png"
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return path


def _swindale(folder: Path) -> Path:
    import matplotlib.pyplot as plt

    case = swindale()
    seen = split(case, 80 / 273)
    hours = np.arange(len(seen)) / 4
    unseen = np.stack([xinanjiang_flow(case, seen, "kge", seed) for seed in SEEDS])
    whole = xinanjiang_flow(case, np.ones_like(seen), "kge", 1)
    figure, (top, below) = plt.subplots(
        2, 1, figsize=(9, 5), sharex=True, height_ratios=(1, 3), layout="constrained"
    )
    top.bar(hours, 4 * case.forcing.rain_mm, width=0.25, color="tab:blue")
    top.invert_yaxis()
    top.set_ylabel("rain [mm/h]")
    below.axvspan(0, hours[80], color="0.93", label="fitted here: red")
    for number, flow in enumerate(unseen):
        label = "Xinanjiang, three seeds" if number == 0 else None
        below.plot(hours, flow, color="tab:red", lw=0.8, label=label)
    below.plot(hours, whole, color="tab:blue", lw=1, label="fitted to all of it")
    below.plot(hours, case.forcing.observed_m3_s, "k.", ms=2.5, label="observed")
    below.set(ylabel="flow [m³/s]", xlabel="hours since 18 Nov 2009 16:00 UTC", xlim=(0, hours[-1]))
    below.legend(frameon=False)
    path = folder / "runoff_swindale.png"
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return path


if __name__ == "__main__":
    tables()
    speed()
