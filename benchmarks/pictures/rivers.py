"""Rivers against records and theory: pictures, and the tables of docs/models/flood/rivers.md.

`python -m benchmarks.pictures rivers` draws, `python -m benchmarks.pictures.rivers` prints.
"""

import csv
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.rivers import network, rating
from stream.models.flood.rivers.calibration import fit_reach, through, travel_time
from stream.models.flood.rivers.muskingum_cunge import route, steady
from stream.models.flood.rivers.reaches import tree
from stream.models.flood.rivers.structures import Gate, build

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

STEP = 900.0
LONGEST = 8 * 3600.0
JANUARY, FEBRUARY = slice(96, 31 * 96), slice(31 * 96, None)
WIDTH_M = 25.0
GRAVITY = 9.81
WIDE = 1e7
TODINI = {0.002: 894.68, 0.001: 879.10, 0.0005: 819.78, 0.00025: 669.53, 0.0001: 423.11}
"""Todini (2007), table 2, rectangular channel: peak [m3/s] after 100 km by bed slope."""


class Gauged(NamedTuple):
    """One gauge of the hydroroute record, fitted in January from the uppermost gauge alone."""

    km: float
    seen: Array
    routed: Array
    lagged: Array
    manning: float
    slope: float
    lateral: float
    travel_min: tuple[float, float]
    """From the uppermost gauge, recorded and routed, January and February [min]."""


def hydroroute() -> list[Gauged]:
    """Route the uppermost gauge down to the three others."""
    folder = Path(__file__).resolve().parents[3] / "shared/data"
    folder = Path(os.environ.get("FOREWARN_DATA", folder)) / "river_rain"
    with (folder / "hydroroute_relation_lags.csv").open() as file:
        km = sorted((float(row["fkm"]), row["ID"]) for row in csv.DictReader(file))
    series: dict[str, list[float]] = {gauge: [] for _, gauge in km}
    with (folder / "hydroroute_4gauges_15min_2014.csv").open() as file:
        for row in csv.DictReader(file):
            series[row["ID"]].append(float(row["Q"]))
    flow = np.array([series[gauge] for _, gauge in km])
    mean = (flow[:, 1:] + flow[:, :-1]) / 2
    first = slice(0, JANUARY.stop)
    routed, found = mean[0], []
    for index, ((above, _), (below, _)) in enumerate(pairwise(km), start=1):
        length, seen = (below - above) * 1000, mean[index]
        reach = fit_reach(
            routed[first], seen[first], length_m=length, dt_s=STEP, width_m=WIDTH_M, spin_up=96
        )
        routed = through(reach, routed, length_m=length, dt_s=STEP)
        lag = int(travel_time(mean[0, first], seen[first], dt_s=STEP, longest_s=LONGEST) / STEP)
        lagged = np.roll(mean[0], lag)
        lagged += (seen - lagged)[JANUARY].mean()
        numbers = (reach.manning, reach.slope, reach.lateral_m3_s)
        times = [
            travel_time(mean[0], there, dt_s=STEP, longest_s=LONGEST) / 60
            for there in (seen, routed)
        ]
        found.append(Gauged(below, seen, routed, lagged, *numbers, (times[0], times[1])))
    return found


def score(routed: Array, seen: Array) -> tuple[float, float, float]:
    """Return NSE, RMSE [m3/s] and mean absolute error of the daily peaks [share]."""
    error = routed - seen
    nse = 1 - np.sum(error**2) / np.sum((seen - seen.mean()) ** 2)
    days = len(seen) // 96 * 96
    peaks = [x[:days].reshape(-1, 96).max(1) for x in (routed, seen)]
    return (
        float(nse),
        float(np.sqrt(np.mean(error**2))),
        float(np.abs(peaks[0] / peaks[1] - 1).mean()),
    )


def flood_of_todini(slope: float) -> tuple[Array, Array]:
    """Return in- and outflow [m3/s] by half hours of his 100 km channel, 50 m wide, n = 0.035."""
    reaches = tree(
        length_m=[100e3], slope=slope, width_m=50.0, manning=0.035, downstream=[-1], cells=50
    )
    t = np.arange(0, 144.5, 0.5) / 24
    wave = 100 + 800 * (t * np.exp(1 - t)) ** 16
    inflow = (wave[1:] + wave[:-1]) / 2
    start = steady(reaches, np.array([[100.0]]))
    return inflow, route(reaches, start, dt_s=1800.0, head=inflow[None, None]).outflow[0, 0]


def standing_wave() -> tuple[Array, Array, Array]:
    """Return km from the closed end, amplitude [m] as computed and as in theory (tide of 0.1 m)."""
    length, depth, tide, omega = 60e3, 10.0, 0.1, 2 * np.pi / 44714.0
    channel = network.join(
        length_m=[length], cell_m=500.0, width_m=WIDE, bed_top_m=-depth, bed_end_m=-depth,
        bank_height_m=50.0, manning=1e-6, downstream=[-1],
    )  # fmt: skip
    x = np.cumsum(channel.length) - 250.0
    k = omega / np.sqrt(GRAVITY * depth)
    crest = tide * np.cos(k * x) / np.cos(k * length)
    times = np.arange(1, 2 * 745 + 1) * 60.0
    ran = network.run(
        channel, network.still(channel, crest, 1), lateral=np.zeros((1, 0, len(times))),
        sea_m=tide * np.cos(omega * (times - 30.0))[None, None], dt_s=60.0,
        sources=np.zeros(0, dtype=np.int64),
    )  # fmt: skip
    return x / 1000, np.ptp(ran.stage[0, :, 745:], axis=1) / 2, crest


def macdonald(cell: float, *, advection: bool) -> tuple[Array, Array, Array, Array]:
    """Return x, bed, depth as made and as computed of MacDonald's channel (see the tests)."""
    q, n = 2.0, 0.033
    channel = network.join(
        length_m=[1000.0], cell_m=cell, width_m=WIDE, bed_top_m=0.0, bed_end_m=0.0,
        bank_height_m=100.0, manning=n, downstream=[-1],
    )  # fmt: skip
    x, fine = np.cumsum(channel.length) - cell / 2, np.linspace(0, 1000, 20001)

    def shape(at: Array) -> Array:
        bulge = 0.5 * np.exp(-16 * (at / 1000 - 0.5) ** 2)
        return np.asarray((4 / GRAVITY) ** (1 / 3) * (1 + bulge))

    h = shape(fine)
    rise = -n * n * q * q / h ** (10 / 3)
    if advection:
        rise += q * q / (GRAVITY * h**3) * np.gradient(h, fine)
    level = np.concatenate([[0.0], np.cumsum((rise[1:] + rise[:-1]) / 2 * 0.05)]) - (h - h[0])
    bed = np.interp(x, fine, level - level[-1])
    up = np.maximum(bed, np.append(bed[1:], 0.0))
    channel = channel._replace(bed=bed, bank=bed + 100, link_bed=up, link_bank=up + 100)
    ran = network.run(
        channel, network.still(channel, bed + shape(x), 1), lateral=np.full((1, 1, 48), q * WIDE),
        sea_m=np.full((1, 1, 48), h[-1]), dt_s=300.0, sources=np.array([0]),
    )  # fmt: skip
    return x, bed, shape(x), ran.water.depth[0]


def gated_drain() -> tuple[Array, Array, Array, Array]:
    """Return hours, sea, level in the drain, and outflow through its gate over two tides."""
    drain = network.join(
        length_m=[1000.0, 1000.0], cell_m=250.0, width_m=[8.0, 40.0], bed_top_m=[0.5, -2.0],
        bed_end_m=[0.0, -2.0], bank_height_m=[2.0, 6.0], plain_m=[60.0, 0.0], manning=0.03,
        downstream=[network.WALL, -1],
    )  # fmt: skip
    gates = build(drain, [Gate(drain.cell(0, 999), drain.mouth(0), 0.1, 3.0, 1.0)])
    minutes = np.arange(1, 1491)
    sea = 1.5 * np.sin(2 * np.pi * minutes / 745)
    ran = network.run(
        drain, network.still(drain, 0.3, 1, gates), lateral=np.full((1, 1, 1490), 0.5),
        sea_m=sea[None, None], dt_s=60.0, sources=np.array([0]), structures=gates,
    )  # fmt: skip
    return minutes / 60, sea, ran.stage[0, 3], ran.through[0, 0]


def draw(folder: Path) -> list[Path]:
    """Draw rivers-routing.png, rivers-tidal.png and rivers-rating.png."""
    import matplotlib as mpl

    mpl.use("Agg")
    return [_routing(folder), _tidal(folder), _rating(folder)]


def _routing(folder: Path) -> Path:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(4, 1, figsize=(8, 9), layout="constrained")
    week = slice(FEBRUARY.start + 96, FEBRUARY.start + 96 * 6)
    days = np.arange(5 * 96) / 96
    for axis, gauge in zip(axes, hydroroute(), strict=False):
        axis.plot(days, gauge.seen[week], color="0.2", label="recorded")
        axis.plot(days, gauge.lagged[week], color="C1", lw=0.8, label="first gauge, shifted")
        axis.plot(days, gauge.routed[week], color="C0", label="routed from the first gauge")
        nse = score(gauge.routed[FEBRUARY], gauge.seen[FEBRUARY])[0]
        axis.set(ylabel="m³/s", title=f"km {gauge.km:g}: NSE {nse:.3f} in February 2014")
    axes[0].legend(ncols=3, fontsize="small")
    axes[2].set_xlabel("days from 2 February 2014; fitted in January")
    for slope, peak in TODINI.items():
        inflow, outflow = flood_of_todini(slope)
        axes[3].plot(np.arange(len(inflow)) / 2, outflow, label=f"S = {slope:g}")
        axes[3].axhline(peak, color="0.7", lw=0.6)
    axes[3].plot(np.arange(len(inflow)) / 2, inflow, "k--", lw=0.8, label="inflow")
    axes[3].set(xlabel="hours", ylabel="m³/s", title="100 km downstream; lines: Todini's peaks")
    axes[3].legend(fontsize="small")
    return _save(figure, folder / "rivers-routing.png")


def _tidal(folder: Path) -> Path:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(3, 1, figsize=(8, 8), layout="constrained")
    km, computed, theory = standing_wave()
    axes[0].plot(km, theory, "k", lw=3, alpha=0.3, label="a cos kx / cos kL")
    axes[0].plot(km, computed, "C0", label="computed")
    axes[0].set(xlabel="km from the closed end", ylabel="m", title="A tide of 0.1 m in a channel")
    x, bed, made, came = macdonald(5.0, advection=True)
    axes[1].fill_between(x, bed, bed.min(), color="0.8")
    axes[1].plot(x, bed + made, "k", lw=3, alpha=0.3, label="MacDonald, with advection")
    axes[1].plot(x, bed + came, "C0", label="computed, without")
    axes[1].set(xlabel="m", ylabel="m", title="Froude number up to 1 at both ends")
    hours, sea, inside, flow = gated_drain()
    axes[2].plot(hours, sea, "C0", label="sea")
    axes[2].plot(hours, inside, "C3", label="drain")
    axes[2].fill_between(hours, 0.2 * flow, color="C2", alpha=0.5, label="outflow, 5 m³/s per m")
    axes[2].set(xlabel="hours", ylabel="m", title="A gate that shuts when the sea is higher")
    for axis in axes:
        axis.legend(fontsize="small")
    return _save(figure, folder / "rivers-tidal.png")


def _rating(folder: Path) -> Path:
    from matplotlib import pyplot as plt

    random = np.random.default_rng(5)
    h = 1.2 + random.uniform(0.3, 3.0, 25)
    flow = 22 * (h - 1.2) ** 1.7 * np.exp(0.07 * random.standard_normal(25))
    curves = rating.fit(h, flow, draws=500, random=random)
    at = np.linspace(1.3, 8, 200)
    band = rating.discharge(curves, np.broadcast_to(at, (500, 200)))
    figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    truth = 22 * (at - 1.2) ** 1.7
    for axis, unit in zip(axes, (np.ones(200), truth), strict=True):
        low, middle, high = np.quantile(band / unit, [0.1, 0.5, 0.9], axis=0)
        axis.fill_between(at, low, high, alpha=0.3, label="80 % of the draws")
        axis.plot(at, middle, "C0")
        axis.axvspan(curves.highest_m, 8, color="0.9", label="extrapolated")
        axis.set(xlabel="stage [m]")
    axes[0].plot(at, truth, "k--", lw=0.8, label="truth (invented)")
    axes[0].plot(h, flow, "k.", label="gaugings")
    axes[1].plot(h, flow / (22 * (h - 1.2) ** 1.7), "k.")
    axes[0].set(ylabel="discharge [m³/s]")
    axes[1].set(ylabel="share of the truth", ylim=(0.6, 1.6))
    axes[0].legend(fontsize="small")
    return _save(figure, folder / "rivers-rating.png")


def _save(figure: "Figure", path: Path) -> Path:
    figure.savefig(path, dpi=66)
    return path


def main() -> None:
    """Print the tables of the page."""
    print("km | n | slope | lateral | month | NSE | RMSE | peaks || shifted: NSE | RMSE | peaks")
    for gauge in hydroroute():
        for month, when in (("Jan", JANUARY), ("Feb", FEBRUARY)):
            routed = score(gauge.routed[when], gauge.seen[when])
            shifted = score(gauge.lagged[when], gauge.seen[when])
            fitted = f"{gauge.km} | {gauge.manning:.3f} | {gauge.slope:.5f} | {gauge.lateral:.1f}"
            numbers = " | ".join(f"{x:.3f}" for x in (*routed, *shifted))
            print(f"{fitted} | {month} | {numbers}")
        print(
            f"{gauge.km} km: {gauge.travel_min[0]:g} min recorded, {gauge.travel_min[1]:g} routed"
        )
    print("slope | Todini (2007) | here")
    for slope, peak in TODINI.items():
        print(f"{slope} | {peak} | {flood_of_todini(slope)[1].max():.2f}")
    _, computed, theory = standing_wave()
    print(
        f"standing wave: worst error {np.abs(computed - theory).max() / theory[0]:.4f} of the crest"
    )
    for advection in (False, True):
        for cell in (20.0, 10.0, 5.0):
            _, _, made, came = macdonald(cell, advection=advection)
            error = np.abs(made - came)
            print(f"MacDonald, {advection=}, {cell} m: {error.mean():.4f}, {error.max():.4f} m")


if __name__ == "__main__":
    main()
