"""Foreign CAP messages: what one would be taken for, what came, and the process itself."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alerts import AlertError
from alerts.cap_file import read_file
from alerts.foreign.feed import links
from alerts.foreign.reach import get
from forewarn.domain import config
from forewarn.domain.clock import clock_from
from forewarn.domain.errors import ConfigError
from forewarn.domain.foreign import Foreign, ForeignAlert
from forewarn.domain.station import Site, load_site

if TYPE_CHECKING:
    from forewarn.storage.foreign import SourceRow

EXAMPLES = """examples:
  forewarn alerts foreign check https://example.org/cap.atom --site sites/yongjiang
  forewarn alerts foreign check warning.xml --site sites/yongjiang
  forewarn alerts foreign list --site sites/yongjiang
  forewarn alerts foreign run --site sites/yongjiang
"""
COMMANDS = {"foreign": "CAP messages of other authorities: check, list, take in"}

TRIED = 5
"""Messages of a feed that `check` fetches."""


def main(argv: list[str]) -> int:
    """Run `forewarn alerts foreign …`. Exit 0; 1 where a message would be refused."""
    args = _parser().parse_args(argv[1:])
    return {"check": _check, "list": _list, "run": _run}[args.act](args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn alerts foreign",
        description=COMMANDS["foreign"].capitalize() + ".",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(dest="act", required=True, metavar="check | list | run")
    for name, text in (
        ("check", "read a feed, a CAP file or a URL as the import would, and store nothing"),
        ("list", "how each source fares, and what came last"),
        ("run", "look at every [[foreign]] of site.toml until stopped"),
    ):
        act = acts.add_parser(name, help=text, description=text.capitalize() + ".")
        act.add_argument("--site", help="folder of the site (default: FOREWARN_SITE)")
        if name == "check":
            act.add_argument("what", metavar="URL|FILE")
            act.add_argument("--host", action="append", default=[], help="may be not public")
        if name == "list":
            act.add_argument("--state", help="state directory of `forewarn up` (.forewarn)")
            act.add_argument("--limit", type=int, default=20, help="messages (%(default)s)")
    return parser


def _check(args: argparse.Namespace) -> int:
    site = load_site(_folder(args))
    if "://" not in args.what:
        return _judge([(args.what, read_file(args.what))], site)
    answer = get(args.what, args.host)
    body = answer.body or b""
    found = links(body, answer.url)
    if isinstance(found, str):
        raise AlertError(f"{args.what}: {found}")
    if found is None:
        return _judge([(args.what, body)], site)
    print(f"{args.what}: a feed of {len(found)} messages" + (", the first:" if found else ""))
    fetched = [(link.url, get(link.url, args.host).body or b"") for link in found[:TRIED]]
    return _judge(fetched, site)


def _judge(files: list[tuple[str, bytes]], site: Site) -> int:
    """Print what each message would be taken for, whoever sent it; 1 where one has a fault."""
    from alerts.cap_check import CAP, parse
    from alerts.foreign.message import NotTaken, read_message

    wrong = False
    for name, body in files:
        alert = parse(body)
        sender = "" if isinstance(alert, str) else (alert.findtext(f"{CAP}sender") or "").strip()
        try:
            anybody = Foreign(id="check", url=".", senders=(sender or "?",))
            found = read_message(body, anybody, site, (), datetime.now(UTC))
        except NotTaken as error:
            print(f"{name}: refused: {error}")
            wrong = True
            continue
        print("\n".join([f"{name}: {found.status} {found.msg_type}", *_lines(found)]))
    return int(wrong)


def _lines(found: ForeignAlert) -> list[str]:
    said = [f"  {found.sender} {found.identifier}, expires {found.expires.isoformat()}"]
    for info in found.infos:
        level = "no level" if info.level is None else f"{info.level.name.lower()}"
        why = f" by {info.level_from}" if info.level_from else ""
        met = ", ".join(info.areas) or ("none of ours" if info.located else "given in words alone")
        said.append(f"  {info.language or 'en-US'}: {level}{why}; {info.severity}; {info.event}")
        said.append(f"    where: {info.where}; areas: {met}")
    return said


def _list(args: argparse.Namespace) -> int:
    from alerts.cli import open_database
    from forewarn.storage.foreign import foreign_recent, foreign_sources

    site, now = load_site(_folder(args)), clock_from().now()
    with open_database(args) as connection:
        rows = foreign_recent(connection, now, limit=args.limit)
        fared = {row.source: row for row in foreign_sources(connection)}
    for source in site.foreign:
        print("\n".join(_source_lines(source, fared.get(source.id))))
    if not site.foreign:
        print("site.toml has no [[foreign]]")
    for found in rows:
        state = "live" if found.live else f"{found.status} {found.msg_type}, not live"
        areas = ", ".join(found.areas) or ("none of ours" if found.located else "in words alone")
        said = next((i.headline or i.event for i in found.infos), "")
        print(f"{found.sent.isoformat()} {found.source} {found.identifier}: {state}; {areas}")
        print(f"  {said}")
    return 0


def _source_lines(source: Foreign, row: "SourceRow | None") -> list[str]:
    read = row.answered.isoformat(timespec="seconds") if row and row.answered else "never"
    troubles = [row.error, *row.refused] if row else ["`forewarn alerts foreign run` never ran"]
    first = f"{source.id} ({source.use}): {source.url}; read {read}"
    return [first, *(f"  {trouble}" for trouble in troubles if trouble)]


def _run(args: argparse.Namespace) -> int:
    from alerts.foreign.service import serve
    from forewarn.domain import logs

    logs.setup()
    folder = _folder(args)
    url = config.required(config.load_services(), "database_url")
    serve(load_site(folder), folder, url, clock_from())
    return 0


def _folder(args: argparse.Namespace) -> Path:
    folder = args.site or os.environ.get("FOREWARN_SITE")
    if not folder:
        raise ConfigError("no site: give --site, e.g. `--site sites/han`, or set FOREWARN_SITE")
    return Path(folder)
