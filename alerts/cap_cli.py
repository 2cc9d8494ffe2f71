"""Keys that sign CAP messages; what is wrong with a message, and who signed it."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from alerts import AlertError, keys
from alerts.cap_check import check
from alerts.cap_file import read_file
from alerts.signing import SignatureError, load_pinned, verify
from forewarn.domain.station import load_site

EXAMPLES = """examples:
  forewarn alerts keys init /etc/forewarn/keys --name ews@example.org
  forewarn alerts keys rotate /etc/forewarn/keys
  forewarn alerts keys list /etc/forewarn/keys
  forewarn alerts check alert.xml
  forewarn alerts verify alert.xml --pinned /etc/forewarn/keys/pinned
"""
COMMANDS = {
    "keys": "make, rotate and list the keys that sign CAP messages",
    "check": "what is wrong with CAP files",
    "verify": "who signed a CAP file",
}


def main(argv: list[str]) -> int:
    """Run one of `COMMANDS`. Exit 0; 1 where a message has a fault or no signature that holds."""
    args = _parser(argv[0]).parse_args(argv[1:])
    return {"keys": _keys, "check": _check, "verify": _verify}[argv[0]](args)


def _parser(name: str) -> argparse.ArgumentParser:
    lines = [line for line in EXAMPLES.splitlines() if f" alerts {name}" in line]
    parser = argparse.ArgumentParser(
        prog=f"forewarn alerts {name}",
        description=COMMANDS[name].capitalize() + ".",
        epilog="\n".join(["examples:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if name == "keys":
        parser.add_argument("act", choices=("init", "rotate", "list"))
        parser.add_argument("folder", type=Path, help="holds signing.pem and pinned/")
        parser.add_argument("--name", help="init: whom the key is for (default: the site's sender)")
        parser.add_argument("--days", type=int, default=keys.DAYS, help="validity (%(default)s)")
        return parser
    parser.add_argument("file", nargs="+" if name == "check" else None, help="`-`: standard input")
    if name == "verify":
        parser.add_argument(
            "--pinned", type=Path, required=True, help="folder of the certificates that are trusted"
        )
    return parser


def _keys(args: argparse.Namespace) -> int:
    now = datetime.now(UTC)  # certificates live in real time, whatever the world's clock says
    if args.act == "list":
        print("\n".join(keys.listed(args.folder, now)) or f"{args.folder}: nothing is pinned")
        return 0
    if not 1 <= args.days <= keys.MOST_DAYS:
        raise AlertError(f"--days {args.days}: give 1 to {keys.MOST_DAYS}")
    try:
        if args.act == "init":
            keys.init(args.folder, name=_name(args.name), now=now, days=args.days)
        else:
            keys.rotate(args.folder, now=now, days=args.days)
    except OSError as error:
        raise AlertError(f"{args.folder}: {error.strerror}") from error
    print("\n".join(keys.listed(args.folder, now)))
    print(f"\nsign with it: FOREWARN_CAP_KEY={args.folder / 'signing.pem'}")
    print(f"give {args.folder / 'pinned'} to those who receive")
    return 0


def _name(given: str | None) -> str:
    folder = os.environ.get("FOREWARN_SITE")
    name = given or (load_site(Path(folder)).sender if folder else "")
    if not name or len(name) > keys.MOST_NAME:
        raise AlertError(
            f"--name: give whom the key is for, at most {keys.MOST_NAME} characters, "
            "e.g. --name ews@example.org"
        )
    return name


def _check(args: argparse.Namespace) -> int:
    wrong = False
    for path in args.file:
        faults = check(read_file(path))
        wrong |= bool(faults)
        print("\n".join(f"{path}: {fault}" for fault in faults or ["sound"]))
    return int(wrong)


def _verify(args: argparse.Namespace) -> int:
    try:
        found = verify(read_file(args.file), load_pinned(args.pinned), datetime.now(UTC))
    except SignatureError as error:
        print(f"{args.file}: {error}")
        return 1
    print(f"{args.file}: signed by {found.by}, certificate {found.fingerprint}")
    return 0
