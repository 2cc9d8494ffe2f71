"""The demonstration city under water, and Merewether 2007 against what was observed."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import city as cycle
from benchmarks import merewether
from forewarn.domain.station import load_site
from stream.models.flood.inundation.city import City
from stream.models.flood.inundation.exposure import chance
from stream.models.flood.inundation.members import CityForecast, advance, flood
from stream.models.flood.inundation.zones import exceedance, zones
from stream.terrain import load_city

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = ("east-underpass", "old-quay-street", "bend-school", "old-town-metro")


def draw(folder: Path) -> list[Path]:
    """Draw the pictures into `folder`; Merewether only where its record is."""
    import matplotlib as mpl

    mpl.use("Agg")
    drawn = [_city(folder / "city-demo.png")]
    record = Path(os.environ.get("FOREWARN_DATA", "../shared/data")) / "dem" / "merewether"
    if record.is_dir():
        drawn.append(_merewether(record, folder / "city-merewether.png"))
    return drawn


def _save(figure: "Figure", path: Path) -> Path:
    import matplotlib.pyplot as plt

    figure.tight_layout()
    figure.savefig(path, dpi=56)
    plt.close(figure)
    return path


def _city(path: Path) -> Path:
    import matplotlib.pyplot as plt

    city = load_city(cycle.SITE, load_site(cycle.SITE).places)
    before = cycle.truth((0, cycle.ISSUE_H))
    after = cycle.truth((cycle.ISSUE_H, cycle.ISSUE_H + 3))
    start, issue = float(before.times_s[0]), float(after.times_s[0])
    depth = advance(city, city.dry(), before, start_s=start, end_s=issue).depth
    ensemble = cycle.scattered(after, np.random.default_rng(1))
    found = flood(city, depth, ensemble, issue_s=issue)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), width_ratios=(1.1, 1))
    _map(left, city, found)
    _places(right, city, found, issue)
    return _save(figure, path)


def _map(axes: Any, city: City, found: CityForecast) -> None:
    chart = city.chart
    west, south = chart.west, chart.north - chart.cell_m * chart.shape[0]
    extent = (west, west + chart.cell_m * chart.shape[1], south, chart.north)
    ground = np.where(city.land, city.ground.bed, np.nan)
    axes.imshow(ground, extent=extent, cmap="Greys", vmin=1.5, vmax=6)
    likely = exceedance(found, len(found.zone_leads_s) - 1, 0)
    shown = axes.imshow(
        np.where(likely > 0.02, likely, np.nan), extent=extent, cmap="Blues", vmin=0, vmax=1
    )
    axes.figure.colorbar(shown, ax=axes, shrink=0.8, label="P(depth ≥ 0.15 m) in 3 h")
    for zone in zones(found, chart, city.plan.depths_m, city.plan.probabilities):
        if zone.lead_s == found.zone_leads_s[-1] and zone.depth_m == 0.3:
            for ring in (ring for rings in zone.polygons for ring in rings):
                x, y = chart.project(ring).T
                axes.plot(x, y, "r", lw={0.2: 0.5, 0.5: 1.0, 0.8: 1.6}[zone.probability])
    axes.set(xticks=[], yticks=[], title="red: ≥ 0.3 m with P ≥ 0.2, 0.5, 0.8 (thin to thick)")


def _places(axes: Any, city: City, found: CityForecast, issue: float) -> None:
    names = [spot.id for spot in city.spots]
    minutes = found.leads_s / 60
    for n, name in enumerate(SHOWN):
        row = found.spot_depth[:, names.index(name)]
        axes.plot(minutes, row.T, color=f"C{n}", lw=0.7, alpha=0.7)
        exposed = chance(city, found, name, 0.3)
        probability = 0.0 if exposed is None else exposed.probability
        axes.plot([], [], color=f"C{n}", label=f"{name}: P(≥ 0.3 m) = {probability:.2f}")
    when = datetime.fromtimestamp(issue, UTC)
    axes.axhline(0.3, color="k", lw=0.5)
    axes.set(xlabel=f"minutes after {when:%d %b %H:%M} UTC", ylabel="depth [m]")
    axes.set_title(f"{len(found.members)} members standing for {cycle.MEMBERS}; all invented")
    axes.legend(fontsize=8)


def _merewether(record: Path, path: Path) -> Path:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.6))
    for n, (label, cell_m, house_m) in enumerate(
        (("1 m", 1.0, 3.0), ("2 m", 2.0, 3.0), ("2 m, no houses", 2.0, 0.0))
    ):
        case = merewether.load(record, cell_m, house_m=house_m)
        found = merewether.stages(case, merewether.run(case).depth)
        rmse, _ = merewether.misfit(case, found)
        off = np.array(found) - [point.observed_m for point in case.points]
        axes.bar(np.arange(5) + 0.2 * n - 0.3, off, 0.18, label=f"{label}: RMSE {rmse:.2f} m")
        if n == 0:
            tuflow = np.array([point.tuflow_m - point.observed_m for point in case.points])
            error = float(np.sqrt((tuflow**2).mean()))
            axes.bar(
                np.arange(5) + 0.3, tuflow, 0.18, color="0.6", label=f"TUFLOW: RMSE {error:.2f} m"
            )
            axes.set_xticks(np.arange(5), [f"point {p.number}" for p in case.points])
    axes.axhline(0, color="k", lw=0.6)
    axes.set(ylabel="computed less observed stage [m]", title="Merewether, 8 June 2007")
    axes.legend(fontsize=8)
    return _save(figure, path)
