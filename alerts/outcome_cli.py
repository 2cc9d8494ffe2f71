"""What became of the warnings, and what officers say of it afterwards, on the command line."""

import argparse
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.listing import local, zone_note
from alerts.scores import table
from forewarn.domain.scores import as_csv, month_span, scores
from forewarn.domain.verdict import EventOutcome, Remark
from forewarn.storage import Connection
from forewarn.storage.incidents import incident
from forewarn.storage.outcomes import add_remark, outcomes_between, remarks

COMMANDS = {
    "outcomes": "hits, misses and false alarms of a month, with their lead times",
    "remark": "say afterwards what happened; settles what observations cannot tell",
}
EXAMPLES = """
  forewarn alerts outcomes
  forewarn alerts outcomes --month 2026-11 --csv > november.csv
  forewarn alerts remark han.landslide.slope-3.20260711T0900 --by Li --text "the road is buried" \
--outcome confirmed
"""
SAID = {"confirmed": True, "not-confirmed": False}


def add_arguments(name: str, parser: argparse.ArgumentParser) -> None:
    """Add what the command `name` of `COMMANDS` takes."""
    if name == "outcomes":
        parser.add_argument("--month", help="YYYY-MM in the site's zone (default: this month)")
        parser.add_argument("--csv", action="store_true", help="the table alone, as CSV")
        return
    parser.add_argument("id", help="an incident, one of its messages, or the id of a miss")
    parser.add_argument("--by", required=True, metavar="NAME", help="who says it")
    parser.add_argument("--text", required=True, help="what happened, what was good or bad")
    parser.add_argument("--outcome", choices=tuple(SAID), help="whether the hazard happened")


def answer(args: argparse.Namespace, connection: Connection, now: datetime, zone: str) -> str:
    """Carry out `args.command`, one of `COMMANDS`; return what is printed."""
    if args.command == "remark":
        return _remark(args, connection, now)
    start, end = month_span(args.month or f"{now.astimezone(ZoneInfo(zone)):%Y-%m}", zone)
    found = outcomes_between(connection, start, end)
    if args.csv:
        return as_csv(scores(found)).rstrip("\n")
    if not found:
        return f"no event of {start:%Y-%m} is judged; an incident is, 3 h after its end"
    said = {event: len(remarks(connection, event)) for event in {o.event for o in found}}
    lines = [_line(outcome, zone, said[outcome.event]) for outcome in found]
    return "\n".join([table(scores(found)), "", *lines, "", zone_note(zone, now)])


def _remark(args: argparse.Namespace, connection: Connection, now: datetime) -> str:
    known = incident(connection, args.id)
    remark = Remark(
        event=known.incident if known else args.id,
        at=now,
        author=args.by,
        text=args.text,
        confirmed=SAID.get(args.outcome),
    )
    written, settled = add_remark(connection, remark)
    done = f"; {settled} unknown outcome{'s' * (settled != 1)} settled" if settled else ""
    return f"{written.event}: remark {written.number} by {written.author}{done}"


def _line(outcome: EventOutcome, zone: str, said: int) -> str:
    lead = "" if outcome.lead_s is None else f", lead {outcome.lead_s / 60:.0f} min"
    doubt = outcome.uncertain_s or 0
    if lead and doubt > 600:
        lead += f" or up to {doubt / 60:.0f} min less"
    by = f" by {outcome.decided_by}" if outcome.decided_by else ""
    ended = f"; cancelled by {outcome.cancelled_by}" if outcome.cancelled_by else ""
    remarked = f"; {said} remark{'s' * (said != 1)}" if said else ""
    return (
        f"{local(outcome.began, zone)}  {outcome.verdict.value:11} {outcome.level.name.lower():6} "
        f"{outcome.event}: {outcome.why.value}{by}{lead}{ended}{remarked}"
    )
