"""List, show and acknowledge alerts; run the alert service."""

import argparse
import os
import re
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alerts import AlertError, acts, cap_cli, drill_cli, outcome_cli, people_cli, silence_cli
from alerts.foreign import cli as foreign_cli
from forewarn.domain import config
from forewarn.domain.clock import VARIABLE, Clock, WorldClock, clock_from
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site, load_site

if TYPE_CHECKING:
    from forewarn.runtime.run import Run
    from forewarn.storage import AlertRow, Connection

EXAMPLES = """examples:
  forewarn alerts list
  forewarn alerts list --all --json
  forewarn alerts show han.flood.hangang-stage.20200806T1010.1
  forewarn alerts show han.flood.hangang-stage.20200806T1010.1 --cap > alert.xml
  forewarn alerts ack han.flood.hangang-stage.20200806T1010 --by "Li Wei" --comment "gates closed"
  forewarn alerts run --site sites/han
""" + "".join(part.EXAMPLES.lstrip("\n") for part in (acts, silence_cli, drill_cli, outcome_cli))

DRAFT_NUMBER = re.compile(r"\.d[0-9]+$")
"""What the id of a draft has behind that of its incident."""
SEARCHED = 1_000
"""Newest messages among which an incident, or an id like the one given, is looked for."""
STATUSES = {"actual": "Actual", "exercise": "Exercise", "test": "Test"}


def main(argv: list[str]) -> int:
    """Run `forewarn alerts …`. Exit 0; wrong usage and unknown alerts exit 2."""
    if argv and argv[0] in cap_cli.COMMANDS:
        return cap_cli.main(argv)
    if argv and argv[0] in people_cli.COMMANDS:
        return people_cli.main(argv)
    if argv and argv[0] in foreign_cli.COMMANDS:
        return foreign_cli.main(argv)
    args = _parser().parse_args(argv)
    command: str = args.command
    known = {"run": _run, "list": _list, "show": _show, "ack": _ack}
    known |= {"silence": _silence, "drill": _drill}
    known |= dict.fromkeys(outcome_cli.COMMANDS, _afterwards)
    return known.get(command, _act)(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn alerts",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (cap_cli.COMMANDS | people_cli.COMMANDS | foreign_cli.COMMANDS).items():
        commands.add_parser(name, help=text)
    for name, text in (
        ("list", "alerts that stand now, or all messages"),
        ("show", "one alert in full, or its CAP XML"),
        ("ack", "say that you have seen an alert and act on it"),
        *acts.COMMANDS.items(),
        *outcome_cli.COMMANDS.items(),
        ("silence", "do not page people for what matches, for a while"),
        ("drill", "warn an area of what is not there, for people to practise"),
        ("run", "the alert service"),
    ):
        sub = commands.add_parser(
            name,
            help=text,
            description=text.capitalize() + ".",
            epilog=_examples(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument("--site", help="folder of the site (default: FOREWARN_SITE)")
        _arguments(name, sub)
    return parser


def _arguments(name: str, parser: argparse.ArgumentParser) -> None:
    if name == "run":
        parser.add_argument(
            "--status",
            choices=tuple(STATUSES),
            help="CAP status of all messages (default: actual; exercise where the clock is not "
            "the real one or the site has invented parts)",
        )
        return
    parser.add_argument("--state", help="state directory of `forewarn up` (default: .forewarn)")
    if name in outcome_cli.COMMANDS:
        outcome_cli.add_arguments(name, parser)
        return
    if name == "list":
        parser.add_argument("--all", action="store_true", help="also what is replaced or ended")
        parser.add_argument("--limit", type=int, default=100, help="at most this many (100)")
        parser.add_argument("--json", action="store_true", help="as JSON, times in UTC")
        return
    if name == "silence":
        silence_cli.add_arguments(parser)
        return
    if name == "drill":
        drill_cli.add_arguments(parser)
        return
    parser.add_argument("id", help="identifier of a message, or an incident")
    if name == "show":
        parser.add_argument("--cap", action="store_true", help="print the CAP 1.2 XML alone")
    elif name in acts.COMMANDS:
        acts.add_arguments(name, parser)
    else:
        parser.add_argument("--by", required=True, metavar="NAME", help="who acknowledges")
        parser.add_argument("--comment", default="", help="what you do about it")


def _examples(name: str) -> str:
    lines = [line for line in EXAMPLES.splitlines() if f" alerts {name} " in f"{line} "]
    return "\n".join(["examples:", *lines])


def _run(args: argparse.Namespace) -> int:
    from alerts.channels.siren import load_sirens
    from alerts.service import serve
    from forewarn.domain import logs

    logs.setup()
    site = _site(args.site)
    if site is None:
        raise ConfigError("no site: give --site, e.g. `--site sites/han`, or set FOREWARN_SITE")
    clock = clock_from()
    status = STATUSES[args.status] if args.status else default_status(site, clock)
    sirens = load_sirens(Path(args.site or os.environ["FOREWARN_SITE"]), site)
    serve(site, config.load_services(), clock, status, config.load_signing(), sirens)
    return 0


def default_status(site: Site, clock: WorldClock) -> str:
    """Return `Actual` only for the real world: a real clock and nothing invented."""
    real = clock.epoch.timestamp() == clock.origin and clock.speed == 1
    return "Actual" if real and not site.invented else "Exercise"


def _list(args: argparse.Namespace) -> int:
    from alerts.listing import table
    from forewarn.storage import reader
    from forewarn.storage.incidents import incidents

    with open_database(args) as connection:
        rows = reader.alerts(connection, active_only=not args.all, limit=args.limit)
        waiting = [found for found in incidents(connection, live_only=True) if found.draft]
    drafts = [f"  {acts.draft_line(found, _zone(args))}" for found in waiting]
    if args.json:
        print(msgspec.json.format(msgspec.json.encode([_plain(row) for row in rows])).decode())
    elif not rows:
        print("no alert was ever sent" if args.all else "no alert stands; --all shows past ones")
    else:
        print(table(rows, _zone(args), _clock(args).now()))
    if drafts and not args.json:
        print("\n".join(["", "waiting for people, not told yet", *drafts]))
    return 0


def _show(args: argparse.Namespace) -> int:
    from alerts.listing import full

    with open_database(args) as connection:
        row, history = find(connection, args.id)
    print(row.cap if args.cap else full(row, history, _zone(args), _clock(args).now()))
    return 0


def _ack(args: argparse.Namespace) -> int:
    from alerts.listing import local
    from forewarn.storage import acknowledge

    with open_database(args) as connection:
        row, _ = find(connection, args.id)
        done = acknowledge(connection, args.id, args.by, args.comment, _clock(args).now())
    comment = done.detail.get("text", "")
    said = f": {comment}" if comment else ""
    zone = _zone(args)
    print(f"{done.incident} acknowledged by {done.author} at {local(done.at, zone)} {zone}{said}")
    print(f"  {row.headline}")
    return 0


def _act(args: argparse.Namespace) -> int:
    from forewarn.storage.incidents import incident

    with open_database(args) as connection:
        found = incident(connection, DRAFT_NUMBER.sub("", args.id))
        if found and found.incident == args.id and args.command in ("approve", "reject"):
            raise AlertError(acts.name_the_draft(found))
        name = found.incident if found else find(connection, args.id)[0].incident
        print(acts.carry_out(connection, name, args, _clock(args).now(), _zone(args)))
    return 0


def _silence(args: argparse.Namespace) -> int:
    with open_database(args) as connection:
        print(silence_cli.carry_out(connection, args, _clock(args).now(), _zone(args)))
    return 0


def _drill(args: argparse.Namespace) -> int:
    with open_database(args) as connection:
        now, zone = _clock(args).now(), _zone(args)
        print(drill_cli.carry_out(connection, args, now, zone, _place(args)))
    return 0


def _afterwards(args: argparse.Namespace) -> int:
    with open_database(args) as connection:
        print(outcome_cli.answer(args, connection, _clock(args).now(), _zone(args)))
    return 0


def find(connection: "Connection", name: str) -> "tuple[AlertRow, list[AlertRow]]":
    """Return the message or the newest of the incident called `name`, and its incident's all.

    Raises AlertError that names ids like it.
    """
    from forewarn.storage import reader

    recent = reader.alerts(connection, limit=SEARCHED)
    row = reader.alert(connection, name) or next((r for r in recent if r.incident == name), None)
    if row is None:
        raise AlertError(f"no alert `{name}`; {_nearest(name, recent)}")
    return row, [r for r in recent if r.incident == row.incident]


def _nearest(name: str, rows: "list[AlertRow]") -> str:
    known = dict.fromkeys(text for row in rows for text in (row.identifier, row.incident))
    close = get_close_matches(name, known, n=3, cutoff=0.5) or list(known)[:3]
    return f"did you mean {' or '.join(close)}?" if close else "there are no alerts yet"


def _plain(row: "AlertRow") -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(row)
    del found["cap"]
    return found


def open_database(args: argparse.Namespace) -> "Connection":
    """Return a connection to the configured database, or that of the run on the state directory."""
    from forewarn.storage import connect, migrate

    services, run = config.load_services(), _running(args)
    url = services.database_url or (run.urls.database_url if run else "")
    connection = connect(url or config.required(services, "database_url"), application="forewarn")
    migrate(connection)
    return connection


def _running(args: argparse.Namespace) -> "Run | None":
    """Return the run of `forewarn up` on the state directory, if it is installed and alive."""
    try:
        from forewarn.runtime.run import read_run
        from forewarn.runtime.state import running_folder
    except ModuleNotFoundError:
        return None
    run = read_run(running_folder(args.state))
    return run if run is not None and run.alive else None


def _clock(args: argparse.Namespace) -> Clock:
    run = _running(args)
    text = os.environ.get(VARIABLE) or (run.clock if run else "")
    return clock_from({VARIABLE: text})


def _zone(args: argparse.Namespace) -> str:
    site = _place(args)
    return site.timezone if site else "UTC"


def _place(args: argparse.Namespace) -> Site | None:
    """Return the site that is named, or that of the run."""
    site, run = _site(args.site), _running(args)
    if site is None and run is not None and Path(run.site).is_dir():
        site = load_site(Path(run.site))
    return site


def _site(given: str | None) -> Site | None:
    folder = given or os.environ.get("FOREWARN_SITE")
    return load_site(Path(folder)) if folder else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
