"""Play a typhoon over sites/yongjiang, 60 times faster than the world, and watch the warning."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from forewarn.domain.clock import WorldClock
from forewarn.domain.config import load_services
from forewarn.domain.station import load_site

if TYPE_CHECKING:
    from rich.console import Console

    from forewarn.commands.dashboard import Dashboard
    from forewarn.runtime.supervisor import Supervisor

EXAMPLES = """\
examples:
  forewarn demo
  forewarn demo --speed 120 --console-port 8080
  forewarn demo --until-alert --json        # a check: exit 0 with the first alert

A real MQTT broker, Kafka-protocol broker and PostgreSQL are started from wheels, with the
gateway, a stream worker, the alert service, the console, and instruments that speak
Modbus TCP, Modbus RTU, NMEA and pulses. Storm and site are invented; all else is real.
Ctrl-C stops everything; what was written stays in the state directory until the next demo.
"""

READY_WITHIN_S = 90.0


def main(argv: list[str]) -> int:
    """Run `forewarn demo`. With --until-alert: 0 the alert came, 1 it did not in time."""
    args = _parser().parse_args(argv)
    from rich.console import Console

    from forewarn.commands.dashboard import Dashboard
    from forewarn.runtime.firstaccount import invitation
    from forewarn.runtime.signals import orderly_end
    from forewarn.runtime.simulation import scenario_clock

    began = time.monotonic()
    screen = Console(stderr=args.json, highlight=False)
    folder = Path(args.site)
    site, clock = load_site(folder), scenario_clock(folder, args.speed)
    with orderly_end():
        try:
            with _supervisor(args, folder, clock, screen) as running:
                _begin(running, site.id)
                screen.print(f"console {running.console_url}   Ctrl-C stops", soft_wrap=True)
                invited = "" if load_services().database_url else invitation(running)
                if invited:
                    screen.print(invited, markup=False, soft_wrap=True)
                dashboard = Dashboard(site, running, clock, began, invited)
                return _show(args, dashboard, screen)
        except KeyboardInterrupt:
            screen.print("stopped; `make demo` starts anew")
            return 130 if args.until_alert else 0


def _show(args: argparse.Namespace, dashboard: "Dashboard", screen: "Console") -> int:
    if not args.until_alert:
        dashboard.live(screen)
        return 0
    alert = dashboard.until_alert(screen, args.limit)
    if alert is None:
        print(dashboard.why_no_alert(args.limit), file=sys.stderr)
        return 1
    print(alert.decode() if args.json else dashboard.headline)
    return 0


def _supervisor(
    args: argparse.Namespace, folder: Path, clock: WorldClock, screen: "Console"
) -> "Supervisor":
    from forewarn.runtime.services import core_services
    from forewarn.runtime.state import clear, state_folder
    from forewarn.runtime.supervisor import Supervisor

    state = state_folder(args.state) / "demo"
    clear(state)
    return Supervisor(
        state,
        folder,
        clock=clock,
        services=core_services(console_port=args.console_port),
        given=load_services(),
        command="demo",
        report=lambda text: screen.print(text, style="yellow", markup=False, soft_wrap=True),
    )


def _begin(running: "Supervisor", site_id: str) -> None:
    from forewarn.runtime.simulation import add_simulation

    add_simulation(running, site_id, [])
    running.wait_ready(READY_WITHIN_S)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn demo",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--site", default="sites/yongjiang", help="(%(default)s)")
    parser.add_argument("--speed", type=float, default=60.0, help="world / real (%(default)g)")
    parser.add_argument("--state", help="state directory (or FOREWARN_STATE; .forewarn)")
    parser.add_argument("--console-port", type=int, default=0, metavar="PORT", help="0: any free")
    parser.add_argument("--until-alert", action="store_true", help="stop at the first alert")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds to wait (%(default)g)")
    parser.add_argument("--json", action="store_true", help="with --until-alert: print it as JSON")
    return parser
