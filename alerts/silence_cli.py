"""Silences and maintenances: what people are not paged for, and instruments that do not count.

In a silence the public is told as ever; what an instrument in maintenance says tells nobody.
"""

import argparse
from datetime import datetime

from alerts import AlertError
from alerts.acts import span
from alerts.listing import local
from forewarn.domain.desk import Silence, SilenceKind
from forewarn.domain.hazard import Level
from forewarn.domain.maintenance import fit_silence, touched
from forewarn.storage import Connection
from forewarn.storage.incidents import add_silence, end_silence, silences
from forewarn.storage.reader import assessment_latest

EXAMPLES = """
  forewarn alerts silence add --by Li --reason "crew is there" --for 2h --datastream "zhenhai/*"
  forewarn alerts silence add --maintenance --by Wu --reason "new cable" --for 3h --datastream "mill/*"
  forewarn alerts silence list
  forewarn alerts silence end 3 --by Li
"""  # noqa: E501


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `forewarn alerts silence` takes."""
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="add|list|end")
    add = deeds.add_parser("add", help="do not page people for what matches")
    add.add_argument(
        "--maintenance",
        action="store_true",
        help="instead: the instruments of --datastream are worked on and count for nothing",
    )
    add.add_argument("--reason", required=True, metavar="TEXT", help="why")
    add.add_argument(
        "--for", dest="span", type=span, required=True, metavar="SPAN", help="30m, 2h, 1d"
    )
    add.add_argument("--area", default="", help="of this area only")
    add.add_argument("--hazard", default="", help="of this hazard only")
    add.add_argument("--datastream", default="*", metavar="PATTERN", help="e.g. `zhenhai/*`")
    add.add_argument(
        "--up-to",
        default=None,
        choices=[level.name.lower() for level in Level if level],
        help="people are paged for levels above this all the same (orange)",
    )
    deeds.add_parser("list", help="silences that run or will")
    end = deeds.add_parser("end", help="end a silence before its time")
    end.add_argument("number", type=int, help="as `list` shows it")
    for deed in (add, end):
        deed.add_argument("--by", required=True, metavar="NAME", help="who does it")


def carry_out(connection: Connection, args: argparse.Namespace, now: datetime, zone: str) -> str:
    """Do what `args` ask for and return what came of it; AlertError where it cannot be done."""
    if args.deed == "list":
        return _list(connection, now, zone)
    if not args.by.strip():
        raise AlertError("--by is empty; give a name")
    if args.deed == "end":
        if not end_silence(connection, args.number, author=args.by, at=now):
            raise AlertError(f"no silence {args.number} runs; `silence list` shows those that do")
        return f"silence {args.number} ended by {args.by}"
    silence = Silence(
        kind=SilenceKind.MAINTENANCE if args.maintenance else SilenceKind.SILENCE,
        author=args.by,
        reason=args.reason,
        start=now,
        end=now + args.span,
        area=args.area,
        hazard=args.hazard,
        datastream=args.datastream,
        up_to=Level.parse(args.up_to or "orange"),
    )
    if args.maintenance and (args.area or args.hazard or args.up_to):
        raise AlertError("a maintenance is of instruments: name them with --datastream alone")
    fit_silence(silence, now)
    return line(add_silence(connection, silence), zone)


def _list(connection: Connection, now: datetime, zone: str) -> str:
    """Return what runs or will, each maintenance with the judgements that rest on it."""
    lines = []
    judged = assessment_latest(connection)
    for each in silences(connection, after=now):
        lines.append(line(each, zone))
        if each.kind is SilenceKind.MAINTENANCE:
            held, degraded = touched(each, judged)
            lines += [f"     counts for nothing: {', '.join(held)}"] if held else []
            lines += [f"     degraded, never lower: {', '.join(degraded)}"] if degraded else []
    return "\n".join(lines) or "nothing is silent"


def line(silence: Silence, zone: str) -> str:
    """Return one silence on one line."""
    what = " ".join(filter(None, (silence.area, silence.hazard, silence.datastream)))
    if silence.kind is SilenceKind.SILENCE:
        what += f"  up to {silence.up_to.name.lower()}"
    return (
        f"{silence.id}  {silence.kind.value}  {what}  "
        f"{local(silence.start, zone)} to {local(silence.end, zone)}  "
        f"{silence.author}: {silence.reason}"
    )
