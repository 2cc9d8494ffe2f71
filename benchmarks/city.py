"""A forecast's inundation for the demonstration city: advance, twelve members, outlines, places.

The storm is the demo's, six hours after its start, when the rivers come over their banks; fifty
members scatter around what then happens. The chain before it is not part of this figure.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.machine import describe, verdict
from forewarn.domain.config import load
from forewarn.domain.station import load_site
from simulators.scenario import Scenario
from simulators.world.place import Place
from simulators.world.typhoon import simulate as storm
from stream.models.flood.inundation.city import Drive
from stream.models.flood.inundation.exposure import depth_quantiles
from stream.models.flood.inundation.members import Ensemble, advance, flood
from stream.models.flood.inundation.zones import zones
from stream.terrain import load_city

SITE = Path(__file__).parents[1] / "sites" / "yongjiang"
ISSUE_H = 6
"""Hours after the demo's start."""
MEMBERS = 50
PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def truth(hours: tuple[float, float]) -> Drive:
    """Return what the demo's storm does to the city between `hours` after its start."""
    scenario = load(SITE / "scenario.toml", Scenario)
    found = storm(load_site(SITE), load(SITE / "world.toml", Place), scenario)
    start = scenario.start.timestamp()
    kept = (found.times >= start + hours[0] * 3600) & (found.times <= start + hours[1] * 3600)
    city = [c.id for c in load(SITE / "world.toml", Place).catchments].index("city")
    stages = {k: v[kept] for k, v in found.series.items() if k.endswith("/stage")}
    return Drive(found.times[kept], {"city": found.catchment_rain[city][kept]}, stages)


def scattered(drive: Drive, random: np.random.Generator) -> Ensemble:
    """Return members that part from `drive` with lead time: 0.25 m and a factor of 2 at its end."""
    lead = (drive.times_s - drive.times_s[0]) / (drive.times_s[-1] - drive.times_s[0])
    off = random.standard_normal((MEMBERS, 2))
    return Ensemble(
        drive.times_s,
        {k: v * 2.0 ** (lead * off[:, 1:]) for k, v in drive.rain.items()},
        {k: v + 0.25 * lead * off[:, :1] for k, v in drive.stage.items()},
    )


def main() -> int:
    """Print the figures; exit 1 if a budget is broken."""
    print(describe())
    site = load_site(SITE)
    city = load_city(SITE, site.places)
    before, after = truth((ISSUE_H - 3, ISSUE_H)), truth((ISSUE_H, ISSUE_H + 3))
    ensemble = scattered(after, np.random.default_rng(1))
    begin, issue = float(before.times_s[0]), float(after.times_s[0])
    advance(city, city.dry(), before, start_s=begin, end_s=begin + 60)  # compiles
    marks = [time.perf_counter()]
    depth = advance(city, city.dry(), before, start_s=begin, end_s=issue).depth
    marks.append(time.perf_counter())
    with ThreadPoolExecutor(2) as pool:
        found = flood(city, depth, ensemble, issue_s=issue, each=pool.map)
    marks.append(time.perf_counter())
    drawn = zones(found, city.chart, city.plan.depths_m, city.plan.probabilities)
    places = depth_quantiles(city, found, PROBABILITIES)
    marks.append(time.perf_counter())
    spans = np.diff(marks)
    print(f"three observed hours: {spans[0]:.2f} s; {len(found.members)} members: {spans[1]:.2f} s")
    size = len(json.dumps([zone._asdict() for zone in drawn], separators=(",", ":"))) / 1000
    wet = sum(bool(zone.polygons) for zone in drawn)
    print(f"{wet} of {len(drawn)} zones have water; {len(places)} places")
    kept = [
        verdict("members, outlines and places", spans[1] + spans[2], "s", most=12.0),
        verdict("outlines and places alone", spans[2], "s", most=2.0),
        verdict("outlines as JSON", size, "kB", most=400.0),
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
