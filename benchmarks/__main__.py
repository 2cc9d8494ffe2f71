"""Benchmarks, one after another: `python -m benchmarks [NAME …]`, without a name all but `LONG`.

Each prints the machine, the load, its figures and its budgets, and fails if one is broken.
"""

import importlib
import sys

NAMES = [
    "edge_footprint",
    "cameras",
    "edge_wear",
    "modbus_blocks",
    "pipeline",
    "sensorthings",
    "alerting",
    "paging",
    "storm",
    "cap",
    "console",
    "desk",
    "venues",
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

LONG = ("faults", "backlog")
"""Together 13 min: run only by name. One short run of each is in `make test-system`."""


def main(names: list[str]) -> int:
    """Run the benchmarks in `names`, or all but the long; exit 1 if any broke its budget."""
    unknown = [name for name in names if name not in (*NAMES, *LONG)]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join((*NAMES, *LONG))}")
        return 2
    broken = []
    for name in names or NAMES:
        print(f"== {name}", flush=True)
        if importlib.import_module(f"benchmarks.{name}").main() != 0:
            broken.append(name)
    if not names:
        print(f"not run, for their length: python -m benchmarks {' '.join(LONG)}")
    print(f"broken budgets: {', '.join(broken)}" if broken else "all budgets kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
