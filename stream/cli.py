"""`forewarn stream`: `run` a worker, as many as there are partitions; `check` a site's plans."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from forewarn.domain.clock import clock_from
from forewarn.domain.config import load_services, required
from forewarn.domain.errors import ConfigError
from forewarn.domain.logs import setup
from forewarn.domain.station import load_site

log = logging.getLogger("stream")

EXAMPLES = """examples:
  forewarn stream run --site sites/han
  FOREWARN_KAFKA_URL=kafka://10.0.0.5:9092 forewarn stream run --site sites/yongjiang
  forewarn stream check --site sites/yongjiang      # every mistake of its plans, exit 1
"""


def main(argv: list[str]) -> int:
    """Exit 0 done or told to end, 1 the worker failed or a plan has mistakes, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="forewarn stream",
        description="Quality control, storage, forecasts and assessments.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run",
        help="run a worker until it is told to end",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--site", type=Path, help="folder of the site (default: $FOREWARN_SITE)")
    run.add_argument(
        "--group",
        default="forewarn-stream",
        help="consumer group: workers with the same one share the work (default: %(default)s)",
    )
    check = commands.add_parser(
        "check",
        help="name every mistake of a site's plans",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("--site", type=Path, help="folder of the site (default: $FOREWARN_SITE)")
    args = parser.parse_args(argv)
    return _check(args) if args.command == "check" else _run(args)


def _site(args: argparse.Namespace) -> Path:
    site = args.site or os.environ.get("FOREWARN_SITE")
    if not site:
        raise ConfigError("no site: give --site sites/<id> or set FOREWARN_SITE")
    return Path(site)


def _check(args: argparse.Namespace) -> int:
    from stream.flooding import plans_of
    from stream.hazards.registry import find_hazards

    folder = _site(args)
    site = load_site(folder)
    hazards, mistakes = find_hazards(folder, site)
    try:
        plans_of(folder, site)
    except ConfigError as error:
        mistakes.append(str(error))
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    judged = {key for hazard in hazards for key in hazard.targets}
    for place in site.places:
        if not place.floods and place.key not in judged:
            print(f"{folder}: note: nobody judges `{place.key}`")
    if mistakes:
        return 1
    names = ", ".join(hazard.name for hazard in hazards) or "none"
    print(f"{folder}: no mistake; hazards besides floods: {names}")
    return 0


def _run(args: argparse.Namespace) -> int:
    setup()
    services = load_services()
    kafka_url = required(services, "kafka_url")
    database_url = required(services, "database_url")
    site = _site(args)
    clock = clock_from()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # read by numpy here and in the models' processes
    # Threads that wait for each other on a core that others use cost forty times their work.
    os.environ.setdefault("NUMBA_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))
    from stream.app import run
    from stream.worker import Settings

    settings = Settings(
        site=site,
        kafka_url=kafka_url,
        database_url=database_url,
        state=Path(os.environ.get("FOREWARN_STATE") or ".forewarn"),
        group=args.group,
        clock=clock,
    )
    signal.signal(signal.SIGTERM, _end)
    return run(settings)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
