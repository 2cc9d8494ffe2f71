"""Invented slope units for the demonstration: `python -m simulators.slope_units FILE.csv`.

Patches of hillside, cut into squares; slope, soil and roots differ smoothly and by chance, the
same for the same seed. Nothing of it was surveyed.
"""

import csv
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEGREE_M = 111_200.0
WIDTH_M = 150.0
SEED = 4


class Patch(NamedTuple):
    """A hillside: its group, its south-western corner, and how many squares it has."""

    group: str
    latitude: float
    longitude: float
    north: int
    east: int
    steep_deg: float
    """Slope in its middle [deg]."""


PATCHES = (
    Patch("siming-north", 29.725, 121.195, 12, 14, 33.0),
    Patch("xikou-west", 29.672, 121.235, 10, 12, 30.0),
)


def rows(patch: Patch, random: np.random.Generator) -> list[dict[str, object]]:
    """Return the units of one patch, one row each."""
    down, across = np.mgrid[0 : patch.north, 0 : patch.east].reshape(2, -1)
    count = len(down)
    wave = np.sin(down / 2.3 + 0.7) * np.cos(across / 2.9)
    slope = np.clip(patch.steep_deg + 6.0 * wave + 2.5 * random.standard_normal(count), 12, 44)
    depth = np.clip(2.4 - 0.035 * slope + 0.25 * random.standard_normal(count), 0.7, 2.5)
    water = depth * random.uniform(0.75, 1.05, count)
    cohesion = np.clip(random.normal(7.6, 1.2, count), 3.0, 11.0)
    friction = np.clip(random.normal(33.0, 1.8, count), 27, 38)
    conductivity = 10 ** random.normal(-5.3, 0.2, count)
    diffusivity = 10 ** random.normal(-4.3, 0.2, count)
    critical = np.clip(random.normal(225.0, 22.0, count), 160, 300) * (33.0 / slope) ** 0.4
    stretch = np.cos(np.radians(patch.latitude))
    return [
        {
            "id": f"{patch.group}-{number + 1}",
            "group": patch.group,
            "latitude": round(patch.latitude + down[number] * WIDTH_M / DEGREE_M, 5),
            "longitude": round(patch.longitude + across[number] * WIDTH_M / DEGREE_M / stretch, 5),
            "width_m": WIDTH_M,
            "slope_deg": round(float(slope[number]), 1),
            "depth_m": round(float(depth[number]), 2),
            "water_depth_m": round(float(water[number]), 2),
            "cohesion_kpa": round(float(cohesion[number]), 1),
            "friction_deg": round(float(friction[number]), 1),
            "diffusivity_m2_s": f"{diffusivity[number]:.1e}",
            "conductivity_m_s": f"{conductivity[number]:.1e}",
            "soil_water_mm": round(float(critical[number])),
            "rain_factor": 1.1,
        }
        for number in range(count)
    ]


def main(arguments: list[str]) -> int:
    """Write all patches into the file that is named."""
    if len(arguments) != 1:
        print("give one file: python -m simulators.slope_units slopes.csv", file=sys.stderr)
        return 2
    random = np.random.default_rng(SEED)
    units = [row for patch in PATCHES for row in rows(patch, random)]
    with Path(arguments[0]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(units[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(units)
    print(f"{arguments[0]}: {len(units)} invented slope units")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
