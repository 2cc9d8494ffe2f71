"""The inundation solver against flows whose answer is known."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation import known
from stream.models.flood.inundation.forcing import Forcing
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.solver import Flooded, simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
PIAVE = "dem/sfincs_piave_compound"


def draw(folder: Path) -> list[Path]:
    """Draw the known flows and, if it is there, the recorded case of another solver."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for ax, panel in zip(axes.flat, (_front, _macdonald, _plane, _chequers), strict=True):
        panel(ax)
        ax.legend(fontsize=8)
    paths = [folder / "inundation-known.png"]
    figure.savefig(paths[0], dpi=80)
    plt.close(figure)
    data = Path(os.environ.get("FOREWARN_DATA", Path(__file__).parents[3] / "shared/data")) / PIAVE
    if data.is_dir():
        figure, ax = plt.subplots(figsize=(10, 3.5), layout="constrained")
        _piave(ax, data)
        paths.append(folder / "inundation-piave.png")
        figure.savefig(paths[1], dpi=80)
        plt.close(figure)
    return paths


def _front(ax: "Axes") -> None:
    for speed, manning, dx in ((0.4, 0.05, 10.0), (1.0, 0.03, 10.0)):
        cells = int(4000 / dx)
        ground, forcing = known.front_case(dx, cells, 3600.0, speed_m_s=speed, manning=manning)
        found = simulate(ground, np.zeros_like(ground.bed), forcing, start_s=0, duration_s=3600)
        x = np.arange(cells) * dx
        exact = known.front_depth(x, 3600.0, speed_m_s=speed, manning=manning)
        off = float(np.sqrt(np.mean((found.depth[0] - exact) ** 2)))
        ax.plot(x, exact, "k--", lw=1)
        ax.plot(x, found.depth[0], label=f"{speed} m/s, n {manning}: RMSE {off * 1000:.0f} mm")
    ax.set(title="Front over flat ground after 1 h (Hunter 2005: dashed)", xlabel="m", ylabel="m")


def _macdonald(ax: "Axes") -> None:
    for advection in (False, True):
        ground, depth, forcing, x = known.macdonald_case(5.0, advection=advection)
        found = simulate(ground, depth[None].astype("f4"), forcing, start_s=0, duration_s=7200)
        off = float(np.sqrt(np.mean((found.depth[0] - depth) ** 2)))
        name = "with" if advection else "without"
        ax.plot(x, found.depth[0], label=f"bed {name} advection: RMSE {off * 1000:.0f} mm")
    ax.plot(x, depth, "k--", lw=1, label="MacDonald")
    ax.set(title="Steady flow, 2 m²/s, n 0.033 (MacDonald)", xlabel="m", ylabel="depth, m")


def _until(ground: Ground, forcing: Forcing, times: Array) -> list[Flooded]:
    start = np.zeros_like(ground.bed)
    return [
        simulate(ground, start, forcing, start_s=0, duration_s=float(at), threshold_m=0.0)
        for at in times
    ]


def _plane(ax: "Axes") -> None:
    times = np.arange(0, 2700, 100.0)
    ground, forcing = known.plane_case(10.0)
    volume = [run.balance.outflow / 10 for run in _until(ground, forcing, times)]
    middle = (times[1:] + times[:-1]) / 2
    ax.plot(middle / 60, np.diff(volume) / 100 * 2000, "C0.", label="two planes")
    ax.plot(times / 60, known.plane_outflow(times) * 2000, "k--", lw=1, label="kinematic wave")
    ground, forcing = known.v_catchment()
    times = np.arange(0, 9001, 300.0)
    runs = _until(ground, forcing, times)
    gone = [run.balance.outflow - run.balance.inflow for run in runs]
    at = (times[1:] + times[:-1]) / 2
    ax.plot(at / 60, np.diff(gone) / 300, "C1", label="outlet of the V")
    ax.axhline(4.86, color="k", lw=0.5)
    ax.set(title="V-catchment (Di Giammarco 1996): 4.86 m³/s", xlabel="min", ylabel="m³/s")


def _chequers(ax: "Axes") -> None:
    bed = np.full((40, 40), -5.0, np.float32)
    row, column = np.indices(bed.shape)
    sign = np.where((row + column) % 2, 1, -1)
    times = np.arange(0, 601, 10.0)
    calm = Forcing(times_s=np.array([0.0]), rain_mm_h=np.zeros((1, 1)))
    for theta in (1.0, 0.95):
        found = simulate(
            Ground(bed, 50.0, 0.02), (5 + 0.05 * sign).astype(np.float32), calm,
            start_s=0, duration_s=600, save_s=list(times), theta=theta,
        )  # fmt: skip
        height = np.abs((found.saved * sign).mean(axis=(1, 2)))
        ax.semilogy(times, np.maximum(height, 1e-6), label=f"θ = {theta}")
    ax.set(title="Waves two cells long on a sea 5 m deep", xlabel="s", ylabel="m")


def _piave(ax: "Axes", data: Path) -> None:
    from scipy.io import netcdf_file

    record = netcdf_file(data / "sfincs_his.nc", mmap=False).variables
    hours = np.asarray(record["time"][:]) / 3600
    ours = piave(data)
    for number in range(2):
        theirs = np.asarray(record["point_zs"][:, number])
        off = float(np.sqrt(np.mean((ours[18:, number] - theirs[18:]) ** 2)))
        ax.plot(hours, theirs, "k--", lw=1)
        label = f"station {number + 1}: RMSE after 3 h {off * 1000:.0f} mm"
        ax.plot(hours, ours[:, number], lw=1, label=label)
    ax.set(title="Piave, tide at two stations (SFINCS 2.0.2: dashed)", xlabel="h", ylabel="m")
    ax.legend(fontsize=8)


def piave(data: Path) -> Array:
    """Return (145, 3) stages [m] at the stations of the recorded SFINCS run, every 10 minutes.

    The mask of that run is not in the record: its open boundary is taken to be the rim of the
    raster at −5 m. Its huthresh, 0.01 m, is our threshold.
    """
    import rasterio
    from scipy.io import netcdf_file
    from scipy.ndimage import binary_dilation

    with rasterio.open(data / "dep.tif") as raster:
        bed, cell_of = raster.read(1), ~raster.transform
    solid = np.isfinite(bed)
    rim = solid & binary_dilation(~solid, border_value=1)
    edge = np.where(rim & (bed < -4.99), 0, -1).astype(np.int16)
    tide, river = np.loadtxt(data / "sfincs.bzs"), np.loadtxt(data / "sfincs.dis")
    times = tide[:, 0]
    column, row = cell_of * tuple(np.loadtxt(data / "sfincs.src"))
    forcing = Forcing(
        times_s=times,
        rain_mm_h=np.zeros((len(times), 1)),
        stage_m=tide[:, 1:].mean(axis=1, keepdims=True),
        sources_m3_s=np.interp(times, river[:, 0], river[:, 1])[:, None],
        source_cells=np.array([[int(row), int(column)]]),
    )
    manning = np.where(bed < 0, 0.02, 0.04).astype(np.float32)
    found = simulate(
        Ground(bed, 50.0, manning, edge=edge),
        np.nan_to_num(np.maximum(-bed, 0)).astype(np.float32),
        forcing,
        start_s=0,
        duration_s=float(times[-1]),
        save_s=list(times),
        threshold_m=0.01,
    )
    record = netcdf_file(data / "sfincs_his.nc", mmap=False).variables
    stages = []
    for x, y in zip(record["point_x"][:], record["point_y"][:], strict=True):
        column, row = cell_of * (float(x), float(y))
        cell = int(row), int(column)
        stages.append(found.saved[:, cell[0], cell[1]] + bed[cell])
    return np.array(stages).T
