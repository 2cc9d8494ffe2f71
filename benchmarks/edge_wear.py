"""What the outbox writes to the card for each batch, acks and deletion included.

The rig of the fault table without a fault: four values five times a second for half a minute, each
acked at once by the far end. The kernel counts what the agent causes to be written (`write_bytes`
in /proc/<pid>/io). A card of 32 GB that bears 1,000 rewrites is worn after 32 TB.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random

from benchmarks.fault_rig import Rig
from benchmarks.machine import describe, verdict

RUN_S = 30.0
MOST_KB = 120.0
"""Budget for a batch [kB]: 10 instruments each minute are then 1.7 GB a day at most, a card of
32 TB lasts 50 years, one of 1 TB over a year and a half."""


async def measure() -> tuple[float, float]:
    """Return the bytes written for each batch and for each observation [B]."""
    with tempfile.TemporaryDirectory(prefix="forewarn-wear-") as folder:
        rig = Rig(Path(folder), Random(1), outage_s=0.0, resend_s=20.0)
        try:
            await rig.start()
            before, values = rig.written(), len(rig.counter.shown)
            batches = rig.far.batches
            await asyncio.sleep(RUN_S)
            spent = rig.written() - before
            return (
                spent / (rig.far.batches - batches),
                spent / (len(rig.counter.shown) - values),
            )
        finally:
            await rig.close()


def main() -> int:
    """Print the figures; return 1 where the budget is broken."""
    print(describe())
    by_batch, by_value = asyncio.run(measure())
    print(f"edge: written to disk for each observation, four in a batch: {by_value / 1e3:.1f} kB")
    return int(not verdict("edge: written to disk a batch", by_batch / 1e3, "kB", most=MOST_KB))


if __name__ == "__main__":
    sys.exit(main())
