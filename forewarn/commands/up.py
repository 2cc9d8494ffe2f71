"""Start everything for a site, and keep it running."""

import argparse
import os
import shlex
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from forewarn.domain.clock import VARIABLE, WorldClock, clock_from
from forewarn.domain.config import load_services
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import load_site
from forewarn.domain.topics import PARTITIONS

if TYPE_CHECKING:
    from rich.console import Console

    from forewarn.runtime.supervisor import Supervisor

EXAMPLES = """\
examples:
  forewarn up --site sites/han
  forewarn up --site sites/han --workers 2 --console-port 8080
  forewarn up --site sites/yongjiang --simulate --speed 60
  forewarn up --site sites/yongjiang --simulate '--fault zhenhai:silence:+30m:+90m'
  FOREWARN_DATABASE_URL=postgresql://me@db/forewarn forewarn up --site sites/han

An embedded MQTT broker, Kafka broker and PostgreSQL are started for every service whose
URL is not given (FOREWARN_MQTT_URL, FOREWARN_KAFKA_URL, FOREWARN_DATABASE_URL, or
forewarn.toml). Everything is kept in the state directory. Ctrl-C stops it all.
"""

READY_WITHIN_S = 90.0


def main(argv: list[str]) -> int:
    """Run `forewarn up` until it is told to end."""
    args = _parser().parse_args(argv)
    from rich.console import Console

    from forewarn.runtime.firstaccount import invitation
    from forewarn.runtime.services import core_services, foreign_services
    from forewarn.runtime.signals import orderly_end
    from forewarn.runtime.simulation import add_simulation
    from forewarn.runtime.state import state_folder
    from forewarn.runtime.supervisor import Supervisor

    folder = _site_folder(args.site)
    site, given = load_site(folder), load_services()
    screen = Console(highlight=False)
    core = core_services(workers=args.workers, console_port=args.console_port)
    with orderly_end():
        try:
            with Supervisor(
                state_folder(args.state),
                folder,
                clock=_clock(args, folder),
                services=[*core, *foreign_services(site)],
                given=given,
                report=partial(screen.print, style="yellow", markup=False, soft_wrap=True),
            ) as running:
                if args.simulate is not None:
                    add_simulation(running, site.id, shlex.split(args.simulate))
                running.wait_ready(READY_WITHIN_S)
                _welcome(screen, running, site.name)
                if not given.database_url and (invited := invitation(running)):
                    screen.print(invited, markup=False, soft_wrap=True)
                threading.Event().wait()
        except KeyboardInterrupt:
            screen.print("stopped")
    return 0


def _welcome(screen: "Console", running: "Supervisor", site_name: str) -> None:
    from rich.table import Table

    screen.print(f"{site_name}: everything is ready", markup=False)
    table = Table()
    table.add_column("process")
    table.add_column("pid", justify="right")
    for name, pid in running.pids.items():
        table.add_row(name, str(pid))
    screen.print(table)
    screen.print(f"console  {running.console_url or 'no address yet'}", soft_wrap=True)
    screen.print(f"state    {running.state}", soft_wrap=True)
    screen.print("`forewarn status` says more; Ctrl-C or `forewarn down` stops everything")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn up",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--site", help="folder of the site (or FOREWARN_SITE)")
    parser.add_argument("--state", help="state directory (or FOREWARN_STATE; .forewarn)")
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        choices=range(1, PARTITIONS + 1),
        metavar="N",
        help=f"stream workers, 1 to {PARTITIONS} (%(default)s)",
    )
    parser.add_argument(
        "--console-port", type=int, default=0, metavar="PORT", help="0: any free port (%(default)s)"
    )
    parser.add_argument(
        "--simulate",
        nargs="?",
        const="",
        metavar="ARGUMENTS",
        help="also run the site's gateways on simulated instruments; "
        "ARGUMENTS are passed to `forewarn simulate run`",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="world seconds in a real second, with --simulate (%(default)s)",
    )
    return parser


def _clock(args: argparse.Namespace, folder: Path) -> WorldClock:
    """Return FOREWARN_CLOCK; without it the scenario's begin where instruments are simulated."""
    from forewarn.runtime.simulation import scenario_clock

    recorded = "--recording" in (args.simulate or "")
    if args.simulate is None or recorded or os.environ.get(VARIABLE):
        return clock_from()
    return scenario_clock(folder, args.speed)


def _site_folder(given: str | None) -> Path:
    folder = given or os.environ.get("FOREWARN_SITE")
    if not folder:
        raise ConfigError("no site: give --site, e.g. `forewarn up --site sites/han`")
    return Path(folder)
