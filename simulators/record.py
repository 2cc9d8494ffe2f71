"""`forewarn simulate record`: simulated storms as a recording, for fitting a model."""

import csv
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError
from forewarn.domain.recording import RecordingMapping
from forewarn.domain.station import load_site
from simulators.errors import SimulatorError
from simulators.scenario import Scenario, Storm
from simulators.world.place import Place
from simulators.world.typhoon import TyphoonWorld

FIRST_EPOCH = datetime(2025, 6, 10, tzinfo=UTC)
APART = timedelta(days=10, hours=5)
"""Between the epochs of two recorded storms: all phases of the tide meet all kinds of storm."""


def record(args: Namespace) -> int:
    """Write `args.storms` storms to `args.out`; exit 0. A line on stderr shows how far it is."""
    site = load_site(args.site)
    place = load(args.site / "world.toml", Place)
    mapping = load(args.site / "recording.toml", RecordingMapping)
    avoid = load(args.site / "scenario.toml", Scenario).seed
    if args.storms < 1 or avoid in range(args.seed, args.seed + args.storms):
        raise ConfigError(
            f"--storms {args.storms} --seed {args.seed}: needs at least one storm, and "
            f"not the demo's seed {avoid}: a model must not have seen what it is shown with"
        )
    try:
        with args.out.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([mapping.time, *mapping.columns])
            for number, scenario in enumerate(scenarios(args.seed, args.storms), start=1):
                rows.writerows(_rows(TyphoonWorld(site, place, scenario), mapping))
                _show(number, args.storms, args.out)
    except OSError as error:
        raise SimulatorError(f"{args.out}: {error.strerror or error}") from error
    return 0


def scenarios(seed: int, count: int) -> Iterator[Scenario]:
    """Yield `count` storms of all kinds, from calm weather to worse than the demo's."""
    for number in range(count):
        random = np.random.default_rng([seed + number, 3])
        strength = (number * 0.618_034 + 0.25) % 1  # evenly spread, whatever `count` is
        epoch = FIRST_EPOCH + number * APART
        storm = Storm(
            depth_hpa=float(8 + 62 * strength + random.uniform(-3, 3)),
            passing_km=float(random.uniform(-170, 70)),
            speed_kmh=float(random.uniform(9, 22)),
            wetness=float(random.uniform(0.25, 0.9)),
            rain_factor=float(random.lognormal(0.0, 0.25)),
        )
        yield Scenario(
            seed=seed + number,
            epoch=epoch,
            start=epoch,
            closest=epoch + timedelta(hours=float(random.uniform(36, 62))),
            storm=storm,
        )


def _rows(world: TyphoonWorld, mapping: RecordingMapping) -> Iterator[list[str]]:
    """Yield the rows of one storm, a text for each column."""
    by_key = dict(world.datastreams())
    columns = [by_key[column.datastream] for column in mapping.columns.values()]
    for place, at in enumerate(world.times()):
        time = datetime.fromtimestamp(at, UTC).strftime(mapping.format)
        yield [time, *(f"{values[place]:g}" for values in columns)]


def _show(done: int, total: int, out: Path) -> None:
    width = 30
    bar = "#" * (width * done // total)
    end = "\n" if done == total else ""
    print(f"\r{out.name} [{bar:{width}}] {done}/{total} storms", end=end, file=sys.stderr)
