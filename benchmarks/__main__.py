"""All benchmarks, one after another: `python -m benchmarks [NAME …]`.

Each prints the machine, the load, its figures and its budgets, and fails if one is broken.
"""

import importlib
import sys

NAMES = [
    "edge_footprint",
    "cameras",
    "edge_wear",
    "faults",
    "backlog",
    "modbus_blocks",
    "pipeline",
    "alerting",
    "inundation",
    "rivers",
    "flood_chain",
    "rain",
    "city",
    "tide",
    "crowd",
    "landslide",
    "marine",
    "underground",
]


def main(names: list[str]) -> int:
    """Run the benchmarks in `names`, or all; exit 1 if any broke its budget."""
    broken = []
    for name in names or NAMES:
        print(f"== {name}", flush=True)
        if importlib.import_module(f"benchmarks.{name}").main() != 0:
            broken.append(name)
    print(f"broken budgets: {', '.join(broken)}" if broken else "all budgets kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
