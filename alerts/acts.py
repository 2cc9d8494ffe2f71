"""What officers do about an incident from the command line."""

import argparse
import time
from datetime import datetime, timedelta

import msgspec

from alerts import AlertError
from alerts.listing import local
from forewarn.domain.desk import DESK_ACTS, Act, Action, Incident
from forewarn.storage import Connection
from forewarn.storage.incidents import act, action

COMMANDS = {
    "approve": "let a draft go out, named by its id",
    "reject": "let a draft not go out, with a reason",
    "cancel": "end a warning by hand, with a reason that the public is told",
    "assign": "give an incident to a person or group",
    "shelve": "take an incident out of the queue for a while",
    "unshelve": "put it back into the queue",
    "escalate": "let the next step of the chain be told now",
    "comment": "write something about an incident",
    "unack": "take acknowledgements back: it is open again",
}
"""Command → its help; each writes the act of the same name."""

EXAMPLES = """
  forewarn alerts approve han.flood.hangang-stage.20200806T1010.d1 --by Li
  forewarn alerts reject han.flood.hangang-stage.20200806T1010.d1 --by Li --reason "gauge is broken"
  forewarn alerts cancel han.flood.hangang-stage.20200806T1010 --by Li --reason "gauge is broken"
  forewarn alerts assign han.flood.hangang-stage.20200806T1010 --by Li --to "pump crew"
  forewarn alerts shelve han.flood.hangang-stage.20200806T1010 --by Li --reason "on site" --for 2h
  forewarn alerts unshelve han.flood.hangang-stage.20200806T1010 --by Li
  forewarn alerts escalate han.flood.hangang-stage.20200806T1010 --by Li
  forewarn alerts comment han.flood.hangang-stage.20200806T1010 --by Li --text "gate 3 is closed"
  forewarn alerts unack han.flood.hangang-stage.20200806T1010 --by Li
"""

PATIENCE_S = 5.0
"""Real seconds for which the alert service may take to carry out an act."""
LOOK_EVERY_S = 0.1
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def add_arguments(name: str, parser: argparse.ArgumentParser) -> None:
    """Add what the command `name` takes besides the incident."""
    parser.add_argument("--by", required=True, metavar="NAME", help="who does it")
    if name in ("reject", "cancel", "shelve"):
        parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    if name in ("cancel", "shelve"):
        parser.add_argument(
            "--for",
            dest="span",
            type=span,
            metavar="SPAN",
            default=None if name == "cancel" else timedelta(hours=1),
            help="world time, e.g. 30m, 2h, 1d (1h); "
            + (
                "forecasts of the same level or lower do not raise it again meanwhile"
                if name == "cancel"
                else "then it is back, or when its level rises"
            ),
        )
    elif name == "assign":
        parser.add_argument("--to", required=True, metavar="NAME", help="person or group")
    elif name == "comment":
        parser.add_argument("--text", required=True, help="what you want to be remembered")


def span(text: str) -> timedelta:
    """Return `30m`, `2h` or `1d` as a timedelta."""
    number, unit = text[:-1], UNITS.get(text[-1:])
    if unit is None or not number.isdecimal() or not 0 < int(number) < 10_000:
        raise argparse.ArgumentTypeError(f"`{text}`: give minutes, hours or days: 30m, 2h, 1d")
    return timedelta(**{unit: int(number)})


def carry_out(
    connection: Connection, incident: str, args: argparse.Namespace, now: datetime, zone: str
) -> str:
    """Write the act that `args` ask for and return what came of it, in words.

    `args.id` is what the officer typed: the id of the draft they saw, for approve and reject.
    Raises AlertError where the alert service refuses it or does not answer within 5 s.
    """
    name = Act(args.command)
    detail = _detail(args, now)
    if name in (Act.APPROVE, Act.REJECT):
        detail["draft"] = args.id
    if not args.by.strip() or any(not text.strip() for text in detail.values()):
        raise AlertError("an empty text says nothing to those who read it later")
    done = act(
        connection, Action(at=now, author=args.by, act=name, incident=incident, detail=detail)
    )
    if name in DESK_ACTS:
        done = _await(connection, done)
    words = ", ".join(f"{key} {text}" for key, text in detail.items())
    at = f"{local(done.taken, zone)} {zone}"
    return f"{incident}: {name.value} by {args.by} at {at}" + (f" ({words})" if words else "")


def draft_line(found: Incident, zone: str) -> str:
    """Return what waits in an incident, until when, and what the rule does then."""
    draft = found.draft
    if draft is None:
        return f"{found.incident}: nothing waits"
    so_far = f"{len(draft.approvals)} of {draft.needs} approved"
    end = f"{draft.otherwise} at {local(draft.due, zone)}"
    return f"{draft.id}  {so_far}, else {end}: {draft.headline}"


def name_the_draft(found: Incident) -> str:
    """Return what to tell somebody who approves an incident instead of the draft they saw."""
    if found.draft is None:
        return f"{found.incident}: no draft waits"
    return f"name the draft that you have looked at: {found.draft.id}  {found.draft.headline}"


def _detail(args: argparse.Namespace, now: datetime) -> dict[str, str]:
    given = vars(args)
    detail = {key: given[key] for key in ("to", "text", "reason") if given.get(key) is not None}
    if given.get("span") is not None:
        until: str = msgspec.to_builtins(now + given["span"])
        detail["until"] = until
    return detail


def _await(connection: Connection, done: Action) -> Action:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = action(connection, done.number)
        if found is not None and found.taken is not None:
            if found.refused:
                raise AlertError(f"refused: {found.refused}")
            return found
        time.sleep(LOOK_EVERY_S)
    raise AlertError(
        f"the alert service did not answer within {PATIENCE_S:g} s; the act waits for it and will "
        "be carried out when it runs again (`forewarn status` says whether it does)"
    )
