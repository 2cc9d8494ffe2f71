"""What runs, what reports, what was stored and what was rejected."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from forewarn.commands.condition import Condition, Gateway, Stored, gather
from forewarn.domain.config import load_services

if TYPE_CHECKING:
    from rich.table import Table

EXAMPLES = """\
examples:
  forewarn status
  forewarn status --json | jq .stored.observations
  FOREWARN_DATABASE_URL=postgresql://me@db/forewarn forewarn status

Exit code: 0 everything runs, 1 something does not or nothing runs.
"""


def main(argv: list[str]) -> int:
    """Run `forewarn status`."""
    parser = argparse.ArgumentParser(
        prog="forewarn status",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--state", help="state directory (or FOREWARN_STATE; .forewarn)")
    parser.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args(argv)
    from forewarn.runtime.run import read_run
    from forewarn.runtime.state import running_folder

    state = running_folder(args.state)
    condition = gather(state, read_run(state), load_services())
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(condition)).decode() + "\n")
    else:
        _show(condition, str(state))
    return 0 if condition.healthy else 1


def _show(condition: Condition, state: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    screen = Console(highlight=False)
    if not condition.running:
        screen.print(f"nothing runs on {state}; start it: forewarn up --site sites/han")
    else:
        screen.print(
            f"`forewarn {condition.command}` of {condition.site}, pid {condition.pid}, "
            f"since {_time(condition.started)}; world time {_time(condition.world_time)}",
            soft_wrap=True,
        )
        screen.print(f"console {condition.console or 'has no address yet'}", soft_wrap=True)
        screen.print(_processes(condition))
    if condition.gateways:
        screen.print(_gateways(condition.gateways))
    if condition.stored is not None:
        for table in _stored(condition.stored):
            screen.print(table)
    for problem in condition.problems:
        screen.print(f"[red]{escape(problem)}[/red]", soft_wrap=True)


def _processes(condition: Condition) -> "Table":
    table = _table("processes", "process", "pid", "state", "restarts", "memory [MB]")
    colours = {"ready": "green", "starting": "yellow", "dead": "red"}
    for process in condition.processes:
        state = f"[{colours[process.state]}]{process.state}[/]"
        memory = f"{process.memory_mb:.0f}"
        table.add_row(process.name, str(process.pid), state, str(process.restarts), memory)
    return table


def _gateways(gateways: list[Gateway]) -> "Table":
    from rich.markup import escape

    table = _table("gateways", "gateway", "state", "backlog [batches]", "said at", "instruments")
    for gateway in gateways:
        ill = [f"{name}: {text}" for name, text in gateway.instruments.items() if text != "ok"]
        well = len(gateway.instruments) - len(ill)
        colour = "green" if gateway.state == "online" else "red"
        table.add_row(
            escape(gateway.gateway),
            f"[{colour}]{gateway.state}[/]",
            "" if gateway.backlog is None else str(gateway.backlog),
            escape(gateway.time[:19]),
            escape("\n".join([f"{well} ok", *ill])) if gateway.instruments else "",
        )
    return table


def _stored(stored: Stored) -> Iterator["Table"]:
    from rich.markup import escape

    table = _table("database", "", "")
    table.show_header = False
    table.add_row("observations", f"{stored.observations:,}")
    table.add_row("sent more than once", f"{stored.repeats:,}")
    table.add_row("newest observation", _time(stored.newest))
    age = stored.forecast_age_s
    table.add_row("forecast issued", _time(stored.forecast_issued))
    table.add_row("forecast age", "no forecast yet" if age is None else f"{age / 60:.1f} min")
    yield table
    if stored.rejected:
        rejected = _table("rejected", "gateway", "reason", "count", "newest")
        for row in stored.rejected:
            rejected.add_row(escape(row.gateway), row.reason, f"{row.count:,}", _time(row.newest))
        yield rejected
    alerts = _table("alerts that stand", "level", "alert", "sent", "acknowledged by")
    for alert in stored.alerts:
        alerts.add_row(
            f"[{_COLOURS.get(alert.level, 'white')}]{alert.level}[/]",
            escape(f"{alert.headline}\n{alert.incident}"),
            _time(alert.sent),
            escape(alert.acknowledged_by or "nobody"),
        )
    if stored.alerts:
        yield alerts


_COLOURS = {"blue": "blue", "yellow": "yellow", "orange": "dark_orange", "red": "red"}


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in columns:
        right = column in ("pid", "restarts", "count") or column.endswith("]")
        table.add_column(column, justify="right" if right else "left")
    return table


def _time(time: datetime | None) -> str:
    return "none yet" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"
