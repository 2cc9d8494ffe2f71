"""Show the audit trail, and check that nobody changed it."""

import argparse
import sys
from contextlib import closing
from datetime import UTC, datetime

from forewarn.domain.codec import encode
from forewarn.domain.config import load_services, required

EXAMPLES = """\
examples:
  forewarn audit verify
  forewarn audit verify --expect 5f1c…       # the hash that was printed and kept last time
  forewarn audit list --limit 20
  forewarn audit export --since 2026-07-01 > trail.jsonl

Every row is sealed with the hash of all rows before it. `verify` prints the newest hash:
keep it elsewhere, on paper or at another office; with --expect a tail that was cut off is noticed.
"""


def main(argv: list[str]) -> int:
    """Run `forewarn audit`; `verify` exits 1 where the chain is broken."""
    args = _parser().parse_args(argv)
    database_url = required(load_services(), "database_url")
    from forewarn.storage import connect, migrate
    from forewarn.storage.audit import audit_rows, audit_trail, verify_audit

    with closing(connect(database_url, application="forewarn audit")) as connection:
        migrate(connection)
        if args.command == "verify":
            verdict = verify_audit(connection, since=args.since, expect=args.expect)
            if verdict.broken is not None:
                print(f"forewarn audit: {verdict.reason}", file=sys.stderr)
                return 1
            print(f"{verdict.rows} rows, unbroken; newest hash {verdict.newest or '(none yet)'}")
        elif args.command == "list":
            for row in audit_rows(connection, limit=args.limit):
                told = f"{row.at:%Y-%m-%d %H:%M:%SZ} {row.actor} {row.action} {row.subject}"
                print(f"{row.number:6} {told} {row.detail}")
        else:
            for row in audit_trail(connection, args.since):
                print(encode(row).decode())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn audit",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="check every row; exit 1 where one is wrong")
    verify.add_argument("--expect", default="", metavar="HASH", help="that must be in the trail")
    listing = commands.add_parser("list", help="the newest rows")
    listing.add_argument("--limit", type=int, default=50, help="how many (%(default)s)")
    export = commands.add_parser("export", help="every row as a line of JSON")
    for command in (verify, export):
        command.add_argument("--since", type=_time, help="ISO 8601, e.g. 2026-07-01; UTC if naive")
    return parser


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
