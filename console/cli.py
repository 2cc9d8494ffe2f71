"""run the web page."""

import argparse
import os
from pathlib import Path

from forewarn.domain.clock import clock_from
from forewarn.domain.config import load_services, required
from forewarn.domain.errors import ConfigError
from forewarn.domain.logs import setup
from forewarn.domain.station import load_site

DESCRIPTION = """Serve the page on which a duty officer watches a site.

Accounts are added with `forewarn users add`; who has none sees nothing, except with --guests:
then anybody on this machine may read without signing in, as a wall display does."""

EPILOG = """environment:
  FOREWARN_DATABASE_URL  where the observations are
  FOREWARN_MQTT_URL      where observations of the data API go; without it they are refused
  FOREWARN_SITE          folder of the site, if --site is not given
  FOREWARN_STATE         the address is written to console.url there (default ./.forewarn)
  FOREWARN_CLOCK         the world's time, in a demonstration or replay

examples:
  forewarn console run --site sites/han
  forewarn console run --site sites/han --port 0      any free port; see console.url
  forewarn console run --site sites/han --host 0.0.0.0   open to the network: put HTTPS before it
  forewarn console run --site sites/han --guests      a wall display on this machine
"""


def main(argv: list[str]) -> int:
    """Run `forewarn console`; exit 0 after SIGTERM or SIGINT, 2 on wrong usage."""
    parser = argparse.ArgumentParser(
        prog="forewarn console",
        description="The web page: map, stations, hydrograph with forecast, alerts.",
        epilog="examples:\n  forewarn console run --site sites/han\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="serve the page",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--site", type=Path, help="folder of the site, e.g. sites/han")
    run.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    run.add_argument("--port", type=int, default=8080, help="0: any free port (%(default)s)")
    run.add_argument("--guests", action="store_true", help="read without sign-in, on loopback")
    return _run(parser.parse_args(argv))


def _run(args: argparse.Namespace) -> int:
    folder = args.site or os.environ.get("FOREWARN_SITE")
    if not folder:
        raise ConfigError("no site: give `--site sites/han` or set FOREWARN_SITE")
    site, clock = load_site(Path(folder)), clock_from()
    services = load_services()
    database_url = required(services, "database_url")
    from console.server import serve  # the web libraries: only where they are used
    from forewarn.runtime import metrics

    setup()
    metrics.serve(metrics.CONSOLE)
    state = Path(os.environ.get("FOREWARN_STATE") or ".forewarn")
    return serve(
        site,
        Path(folder),
        database_url,
        clock,
        host=args.host,
        port=args.port,
        state=state,
        guests=args.guests,
        mqtt_url=services.mqtt_url,
    )
