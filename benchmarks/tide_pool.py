"""A residual model for a gauge that has recorded nothing yet: one line for four stations.

`python -m benchmarks.tide_pool sites/yongjiang/tide.npz` fits it to the recorded hourly levels of
Thevenard, Hillarys, New London and Vlissingen and writes it.
"""

import sys
from pathlib import Path

import numpy as np

from benchmarks.tide_records import STATIONS, read
from stream.models.tide import analysis
from stream.models.tide.stored import write
from stream.models.tide.surge.fitting import Record, fit

HOUR_S = 3600.0


def hourly(name: str) -> Record:
    """Return a station's hourly record with the tide fitted to all of it."""
    times, levels = read(name)
    whole = times % HOUR_S == 0
    latitude = STATIONS[name].latitude
    found = analysis.fit(times[whole], levels[whole], latitude=latitude, extended=True)
    return Record(times[whole], levels[whole], found.constants)


def main(arguments: list[str]) -> int:
    """Write the file that is named; exit 2 without a name."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    model = fit([hourly(name) for name in ("thevenard", "hillarys", "new_london", "vlissingen")])
    content = write(model, None)
    Path(arguments[0]).write_bytes(content)
    print(f"{arguments[0]}: {len(content)} bytes, usual residual {np.round(model.climate, 2)} m")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
