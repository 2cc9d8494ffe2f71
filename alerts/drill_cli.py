"""Drills from the command line: people are warned as if it were real, and told that it is not."""

import argparse
from datetime import datetime, timedelta

from alerts import AlertError
from alerts.acts import span
from alerts.listing import local
from forewarn.domain.drill import Drill, fit_drill
from forewarn.domain.hazard import Level
from forewarn.domain.station import Site
from forewarn.storage import Connection
from forewarn.storage.drills import add_drill, drills, end_drill

EXAMPLES = """
  forewarn alerts drill start --by Li --reason "spring drill" --area zhenhai --hazard flood --level orange
  forewarn alerts drill start --by Li --reason "sirens" --area city --hazard flood --level red --for 10m --siren
  forewarn alerts drill list
  forewarn alerts drill end 3 --by Li
"""  # noqa: E501

USUAL = timedelta(minutes=30)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `forewarn alerts drill` takes."""
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="start|end|list")
    start = deeds.add_parser("start", help="warn an area of what is not there, from now on")
    start.add_argument("--reason", required=True, metavar="TEXT", help="why")
    start.add_argument("--area", required=True, help="the area that is warned")
    start.add_argument("--hazard", required=True, help="of what, e.g. flood")
    start.add_argument(
        "--level",
        required=True,
        choices=[level.name.lower() for level in Level if level],
        help="how high it is warned",
    )
    start.add_argument(
        "--for", dest="span", type=span, default=USUAL, metavar="SPAN", help="10m, 1h (30m)"
    )
    start.add_argument("--siren", action="store_true", help="the sirens of the area sound")
    deeds.add_parser("list", help="drills that run or will")
    end = deeds.add_parser("end", help="end a drill before its time")
    end.add_argument("number", type=int, help="as `list` shows it")
    for deed in (start, end):
        deed.add_argument("--by", required=True, metavar="NAME", help="who does it")


def carry_out(
    connection: Connection, args: argparse.Namespace, now: datetime, zone: str, site: Site | None
) -> str:
    """Do what `args` ask for and return what came of it; Unfit or AlertError where it cannot be."""
    if args.deed == "list":
        found = drills(connection, after=now)
        return "\n".join(line(each, now, zone) for each in found) or "no drill runs"
    if args.deed == "end":
        if not args.by.strip():
            raise AlertError("--by is empty; give a name")
        if not end_drill(connection, args.number, author=args.by, at=now):
            raise AlertError(f"no drill {args.number} runs; `drill list` shows those that do")
        return f"drill {args.number} ended by {args.by}; everybody is told"
    if site is None:
        raise AlertError("which site? give --site, e.g. `--site sites/yongjiang`")
    drill = Drill(
        author=args.by,
        reason=args.reason,
        start=now,
        end=now + args.span,
        area=args.area,
        hazard=args.hazard,
        level=Level.parse(args.level),
        siren=args.siren,
    )
    fit_drill(drill, site, now)
    return line(add_drill(connection, drill), now, zone)


def line(drill: Drill, now: datetime, zone: str) -> str:
    """Return one drill on one line."""
    state = "planned" if now < drill.start else "runs" if now < drill.end else "is being ended"
    sirens = "sirens sound" if drill.siren else "sirens silent"
    return (
        f"{drill.id}  {state}  {drill.area} {drill.hazard} {drill.level.name.lower()}  {sirens}  "
        f"{local(drill.start, zone)} to {local(drill.end, zone)}  {drill.author}: {drill.reason}"
    )
