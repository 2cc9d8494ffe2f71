"""`forewarn stream run`: one stream worker; start as many as there are partitions."""

import argparse
import logging
import os
import signal
from pathlib import Path
from types import FrameType

from forewarn.domain.clock import clock_from
from forewarn.domain.config import load_services, required
from forewarn.domain.errors import ConfigError
from forewarn.domain.logs import setup

log = logging.getLogger("stream")

EXAMPLES = """examples:
  forewarn stream run --site sites/han
  FOREWARN_KAFKA_URL=kafka://10.0.0.5:9092 forewarn stream run --site sites/yongjiang
"""


def main(argv: list[str]) -> int:
    """Exit 0 when told to end, 1 when the worker failed and should be started again."""
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
    return _run(parser.parse_args(argv))


def _run(args: argparse.Namespace) -> int:
    setup()
    services = load_services()
    kafka_url = required(services, "kafka_url")
    database_url = required(services, "database_url")
    site = args.site or os.environ.get("FOREWARN_SITE")
    if not site:
        raise ConfigError("no site: give --site sites/<id> or set FOREWARN_SITE")
    clock = clock_from()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # read by numpy here and in the models' processes
    # Threads that wait for each other on a core that others use cost forty times their work.
    os.environ.setdefault("NUMBA_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))
    from stream.app import run
    from stream.worker import Settings

    settings = Settings(
        site=Path(site),
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
