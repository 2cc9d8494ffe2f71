"""Play a recorded CSV through the real system and account for every observation."""

import argparse
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from forewarn.domain import recording
from forewarn.domain.clock import WorldClock
from forewarn.domain.config import load, load_services
from forewarn.domain.errors import ConfigError
from forewarn.domain.recording import RecordingMapping
from forewarn.domain.station import load_site
from forewarn.domain.topics import PARTITIONS

if TYPE_CHECKING:
    from forewarn.commands.ledger import Ledger

EXAMPLES = """\
examples:
  forewarn replay ../shared/data/river_rain/han_river_seoul_10min_2020.csv --site sites/han \\
      --from 2020-08-05 --to 2020-08-08 --speed 600
  forewarn replay storm.csv --site sites/yongjiang --speed 120 --json

The CSV's columns are mapped to datastreams by recording.toml of the site. The recording becomes
the world that simulated instruments show; edge agents, MQTT, Kafka, Faust, database and
alerts are the real ones. Times without a zone are in the recording's own. At speed 600 a second
that a computer takes is ten minutes of the world: leads come out shorter than in earnest.
Exit 0: every observation is stored, unchanged, once. Exit 1: not so, and the table says which.
"""

START_UP_S = 15.0
"""Real seconds that the services get before the recording begins."""

READY_WITHIN_S = 90.0


def main(argv: list[str]) -> int:
    """Run `forewarn replay`."""
    args = _parser().parse_args(argv)
    from rich.console import Console

    from forewarn.commands.ledger import Ledger
    from forewarn.runtime.signals import orderly_end

    folder = Path(args.site)
    site = load_site(folder)
    mapping = load(folder / "recording.toml", RecordingMapping)
    zone = ZoneInfo(mapping.timezone)
    start, end = _time(args.start, zone), _time(args.end, zone)
    observations = recording.read(Path(args.recording), mapping, start=start, end=end)
    ledger = Ledger(site, observations)
    if not ledger.in_file:
        raise ConfigError(f"{args.recording}: no observation from {args.start} to {args.end}")
    with orderly_end():
        try:
            _play(args, mapping, ledger)
        except KeyboardInterrupt:
            Console(stderr=True).print("stopped before the end: there is nothing to account for")
            return 130
    if args.json:
        print(ledger.account().decode())
    else:
        ledger.show(Console(highlight=False), zone)
    return 0 if ledger.balance.exact else 1


def _play(args: argparse.Namespace, mapping: RecordingMapping, ledger: "Ledger") -> None:
    """Run the system until all is stored, or nothing moves any more; fill the ledger."""
    from rich.console import Console

    from forewarn.runtime.services import core_services
    from forewarn.runtime.simulation import add_simulation
    from forewarn.runtime.state import clear, state_folder
    from forewarn.runtime.supervisor import Supervisor

    screen = Console(stderr=True, highlight=False)
    state = state_folder(args.state) / "replay"
    clear(state)
    folder = Path(args.site)
    first, last = ledger.first, ledger.last + mapping.interval
    clock = WorldClock(first, time.time() + START_UP_S, args.speed)
    simulate = ["--recording", str(Path(args.recording).absolute())]
    simulate += ["--from", first.isoformat(), "--to", last.isoformat()]
    with Supervisor(
        state,
        folder,
        clock=clock,
        services=core_services(workers=args.workers),
        given=load_services(),
        command="replay",
        report=lambda text: screen.print(text, style="yellow", markup=False, soft_wrap=True),
    ) as running:
        add_simulation(running, ledger.site.id, simulate)
        running.wait_ready(READY_WITHIN_S)
        screen.print(f"console {running.console_url}, state {state}", soft_wrap=True)
        ledger.watch(running.urls.database_url, clock, screen)


def _time(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"`{text}` is not a time; give e.g. 2020-08-05 or 2020-08-05T06:00"
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=zone)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn replay",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recording", help="CSV file")
    parser.add_argument("--site", required=True, help="folder of the site, with a recording.toml")
    parser.add_argument("--from", dest="start", metavar="TIME", help="first time (file's first)")
    parser.add_argument("--to", dest="end", metavar="TIME", help="end, not included (file's end)")
    parser.add_argument("--speed", type=float, default=600.0, help="world / real (%(default)g)")
    parser.add_argument(
        "--workers", type=int, default=1, choices=range(1, PARTITIONS + 1), metavar="N",
        help=f"stream workers, 1 to {PARTITIONS} (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--state", help="state directory (or FOREWARN_STATE; .forewarn)")
    parser.add_argument("--json", action="store_true", help="print the account as JSON")
    return parser
