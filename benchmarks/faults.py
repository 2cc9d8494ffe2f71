"""The faults of `docs/edge.md`, each five times at random phases: what is lost and doubled.

An instrument shows an increasing counter, 20 values/s over Modbus TCP, to the agent as a process
of its own; a broker (Mosquitto where it is installed); at the far end somebody who acks durably
and counts. Beside each row stands what was measured of thingsboard-gateway 3.8.5 by the same
counting. A row must not lose what the instrument showed, but for what was in hand: shown within
50 ms of `kill -9`, not on disk yet. Torn files may lose what the tear took, if the status
says which: every lost value must have been in a batch whose number it names.

    python -m benchmarks.faults [--runs 5] [--outage 30] [--seed 1] [NAME …]
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from msgspec import Struct

from benchmarks.fault_rig import Rig, Tally
from benchmarks.machine import describe

MOST_IN_VAIN = 20
"""Batches that may be named as lacking though the database has them: a window that was acked
after the file beside the outbox was last written. Whoever names everything has said nothing."""


class Fault(Struct, frozen=True):
    """One row of the table."""

    name: str
    peer: str
    """Lost / doubled of what the instrument showed, by thingsboard-gateway 3.8.5."""
    do: Callable[[Rig], Awaitable[None]]
    tears: bool = False
    """Whether it takes what was on disk."""


async def _broker_away(rig: Rig) -> None:
    rig.broker.kill()
    await asyncio.sleep(rig.outage_s)
    await asyncio.to_thread(rig.broker.start)


async def _killed_once(rig: Rig) -> None:
    await _killed(rig, 1)


async def _killed_twice(rig: Rig) -> None:
    await _killed(rig, 2)


async def _killed(rig: Rig, times: int) -> None:
    rig.broker.kill()
    slice_s = rig.outage_s / times
    for _ in range(times):
        before_s = rig.random.uniform(0.2, 0.7) * slice_s
        await asyncio.sleep(before_s)
        await rig.kill_agent()
        await asyncio.sleep(max(slice_s - before_s - 2.0, 0.5))
    await asyncio.to_thread(rig.broker.start)


async def _killed_eight_times(rig: Rig) -> None:
    for _ in range(8):
        await rig.kill_agent()
        await asyncio.sleep(rig.random.uniform(0.5, 1.0) * rig.outage_s / 6)


async def _frozen(rig: Rig) -> None:
    rig.freeze_broker()
    await asyncio.sleep(rig.outage_s)
    await _broker_away_shortly(rig)


async def _broker_away_shortly(rig: Rig) -> None:
    rig.broker.kill()
    await asyncio.sleep(1.0)
    await asyncio.to_thread(rig.broker.start)


async def _torn(rig: Rig, path: Path) -> None:
    rig.broker.kill()
    await asyncio.sleep(rig.random.uniform(0.6, 1.0) * rig.outage_s)
    await rig.kill_agent(meanwhile=lambda: rig.tear(path))
    await asyncio.sleep(2.0)
    await asyncio.to_thread(rig.broker.start)


async def _main_torn(rig: Rig) -> None:
    await _torn(rig, rig.outbox)


async def _log_torn(rig: Rig) -> None:
    await _torn(rig, rig.outbox.with_name("outbox.db-wal"))


async def _disk_full(rig: Rig) -> None:
    rig.broker.kill()
    await asyncio.sleep(rig.random.uniform(0.1, 0.3) * rig.outage_s)
    rig.limit_disk(4096)
    await asyncio.sleep(0.6 * rig.outage_s)
    rig.limit_disk(-1)
    await asyncio.sleep(0.2 * rig.outage_s)
    await asyncio.to_thread(rig.broker.start)


FAULTS = (
    Fault("broker killed, outage", "0 / 0 of 1,000", _broker_away),
    Fault("agent killed -9 during the outage", "0–20 / 0 of 860–1,400", _killed_once),
    Fault("agent killed -9 twice during it", "260–280 of 1,400", _killed_twice),
    Fault("agent killed -9 eight times, broker up", "40 of 2,170", _killed_eight_times),
    Fault("broker frozen, then killed", "560–580 of 1,540", _frozen),
    Fault("outbox torn in half", "2,200 of 2,500", _main_torn, tears=True),
    Fault("its log torn in half", "520–540 of 1,600, unsaid", _log_torn, tears=True),
    Fault("disk full during the outage", "not measured", _disk_full),
)


async def one_run(fault: Fault, *, seed: int, outage_s: float, resend_s: float) -> Tally:
    """Run `fault` once at a phase drawn by `seed`; return what was lost."""
    random = Random(f"{fault.name} {seed}")
    with tempfile.TemporaryDirectory(prefix="forewarn-fault-") as folder:
        rig = Rig(Path(folder), random, outage_s=outage_s, resend_s=resend_s)
        try:
            await rig.start()
            await asyncio.sleep(random.uniform(1.0, 1.0 + outage_s / 5))
            await fault.do(rig)
            await asyncio.sleep(2.0)
            return await rig.finish(quiet_s=max(2.5 * resend_s, 5.0))
        finally:
            await rig.close()


def excuse(fault: Fault, tally: Tally) -> str:
    """Return why a run failed; empty where it lost nothing that it must not."""
    if tally.doubled:
        return f"{tally.doubled} doubled"
    if tally.lost <= tally.in_hand:
        return ""
    if not fault.tears:
        return f"{tally.lost - tally.in_hand} lost"
    if tally.named_in_vain > MOST_IN_VAIN:
        return f"{tally.named_in_vain} batches named as lacking that are not"
    return f"{tally.unsaid} lost and not said" if tally.unsaid else ""


async def run(
    names: list[str], *, runs: int, outage_s: float, seed: int, resend_s: float
) -> dict[str, list[Tally]]:
    """Run the faults in `names` (a part of the name will do), the runs of each side by side."""
    found: dict[str, list[Tally]] = {}
    for fault in FAULTS:
        if names and not any(name in fault.name for name in names):
            continue
        found[fault.name] = await asyncio.gather(
            *(
                one_run(fault, seed=seed + number, outage_s=outage_s, resend_s=resend_s)
                for number in range(runs)
            )
        )
        print(_row(fault, found[fault.name]), flush=True)
        for finding in {f for tally in found[fault.name] for f in tally.findings[:1]}:
            print(f"    said: {finding}")
    return found


def _span(values: list[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _named(fault: Fault, tallies: list[Tally]) -> str:
    if not fault.tears:
        return ""
    return (
        f" | lost and in no batch that is named {_span([t.unsaid for t in tallies])}"
        f", batches named {_span([t.named for t in tallies])}"
        f", of which nothing is lost {_span([t.named_in_vain for t in tallies])}"
    )


def _row(fault: Fault, tallies: list[Tally]) -> str:
    wrong = [excuse(fault, tally) for tally in tallies]
    return (
        f"{fault.name:40} {_span([t.lost for t in tallies]):>9} / "
        f"{_span([t.doubled for t in tallies])} of {_span([t.shown for t in tallies])}"
        f" | in hand {_span([t.in_hand for t in tallies])}"
        f" (shown {1000 * max(t.oldest_in_hand_s for t in tallies):.0f} ms from a kill at most)"
        f" | again on the wire {_span([t.repeated for t in tallies])}"
        f" | not asked for while dead {_span([t.unread for t in tallies])}"
        f"{_named(fault, tallies)}"
        f" | peer {fault.peer} | {'; '.join(filter(None, wrong)) or 'ok'}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 if a row lost what it must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--outage", type=float, default=30.0, help="[s]")
    parser.add_argument("--resend", type=float, default=20.0, help="resend_after_s [s]")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args([] if arguments is None else arguments)
    print(describe())
    print("lost / doubled of what the instrument showed; least and most of the runs")
    found = asyncio.run(
        run(
            given.names,
            runs=given.runs,
            outage_s=given.outage,
            seed=given.seed,
            resend_s=given.resend,
        )
    )
    faults = {fault.name: fault for fault in FAULTS}
    return int(any(excuse(faults[name], tally) for name in found for tally in found[name]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
