"""`forewarn watchdog`: sends canaries, and alarms when they do not come through."""

import argparse
import logging
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alerts import AlertError
from forewarn.domain.clock import clock_from
from forewarn.domain.config import load_services, load_watchdog
from forewarn.domain.errors import ConfigError
from forewarn.domain.logs import setup
from forewarn.domain.station import load_site

if TYPE_CHECKING:
    from alerts.watchdog.service import Report

EXAMPLES = """examples:
  forewarn watchdog status
  forewarn watchdog run --site sites/han
  FOREWARN_WATCHDOG_WEBHOOK_URL=https://ntfy.sh/han-ops forewarn watchdog run --site sites/han
"""

OLD_S = 30.0
"""A report older than this is of a watchdog that does not run."""


def main(argv: list[str]) -> int:
    """Run `forewarn watchdog …`. Exit 0; status: 1 where a stage is late or no watchdog runs."""
    parser = argparse.ArgumentParser(
        prog="forewarn watchdog",
        description="Sends a canary a minute through every stage, and alarms on ways of its own "
        "when one stops it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="watch until it is stopped")
    run.add_argument("--site", type=Path, help="folder of the site (or FOREWARN_SITE)")
    status = commands.add_parser("status", help="where canaries come through, and where not")
    status.add_argument("--state", help="state directory (or FOREWARN_STATE; .forewarn)")
    status.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args(argv)
    return _run(args.site) if args.command == "run" else _status(args)


def _run(given: Path | None) -> int:
    folder = given or os.environ.get("FOREWARN_SITE")
    if not folder:
        raise ConfigError("no site: give `--site sites/han` or set FOREWARN_SITE")
    site, services, settings = load_site(Path(folder)), load_services(), load_watchdog()
    from alerts.watchdog.service import Watchdog
    from forewarn.runtime import metrics

    setup()
    metrics.serve(metrics.WATCHDOG)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    state = Path(os.environ.get("FOREWARN_STATE") or ".forewarn")
    state.mkdir(parents=True, exist_ok=True)
    watchdog = Watchdog(site.id, services, clock=clock_from(), settings=settings, state=state)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watchdog.stop())
    watchdog.run()
    return 0


def _status(args: argparse.Namespace) -> int:
    from alerts.watchdog.service import FILE, Report
    from forewarn.runtime.state import running_folder

    path = running_folder(args.state) / FILE
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as error:
        raise AlertError(
            f"no watchdog has reported in {path.parent}: {error}; "
            "`forewarn up` starts one, or `forewarn watchdog run`"
        ) from error
    if args.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    else:
        print(table(report))
    return 1 if report.culprits or old(report) else 0


def old(report: "Report") -> bool:
    """Return whether the watchdog that wrote `report` does not run any more."""
    return (datetime.now(UTC) - report.written).total_seconds() > OLD_S


def table(report: "Report") -> str:
    """Return `report` for the terminal."""
    now = datetime.now(UTC)
    lines = [f"{'stage':10} {'state':8} {'last canary':>12}  shows that"]
    for row in report.stages:
        age = f"{(now - row.passed).total_seconds():.0f} s ago" if row.passed else "none yet"
        state = "STOPS" if row.stage in report.culprits else "behind" if row.late else "ok"
        if row.passed is None and not row.late:
            state = "waiting"
        lines.append(f"{row.stage:10} {state:8} {age:>12}  {row.means}")
    if old(report):
        since = f"{report.written:%Y-%m-%d %H:%M:%S} UTC"
        lines.append(f"THE WATCHDOG DOES NOT RUN: this is what it saw at {since}")
    return "\n".join(lines)
