"""`forewarn gateway`: the bridge from MQTT to Kafka."""

import argparse
import logging
import os
import signal
import threading
from pathlib import Path

from forewarn.domain.canary import with_canary
from forewarn.domain.clock import clock_from
from forewarn.domain.config import load_services, required
from forewarn.domain.errors import ConfigError
from forewarn.domain.logs import setup
from forewarn.domain.station import load_site
from gateway.foreign.plan import load_foreign

EXAMPLES = """examples:
  forewarn gateway run --site sites/han
  FOREWARN_MQTT_URL=mqtts://gw:secret@broker FOREWARN_KAFKA_URL=kafka://k1:9092,k2:9092 \\
      forewarn gateway run --site sites/yongjiang

One process for each site; `--name` gives a second one its own MQTT session."""

CLOSING_S = 0.7


def main(argv: list[str]) -> int:
    """Run a subcommand; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="forewarn gateway",
        description="Carries batches from MQTT to Kafka, and durable acks back.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run_parser = commands.add_parser(
        "run",
        help="run the bridge until it is stopped",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run_parser.add_argument(
        "--site", type=Path, help="folder of the site, e.g. sites/han (or FOREWARN_SITE)"
    )
    run_parser.add_argument(
        "--name", default="", help="name of the MQTT session, if not the site's"
    )
    args = parser.parse_args(argv)
    return run(args.site or _site_from_environment(), args.name)


def run(folder: Path, name: str = "") -> int:
    """Run the bridge for the site in `folder` until SIGTERM or SIGINT; returns 0."""
    site = load_site(folder)
    foreign = load_foreign(folder, site)
    services, clock = load_services(), clock_from()
    mqtt_url, kafka_url = required(services, "mqtt_url"), required(services, "kafka_url")
    from forewarn.runtime import metrics
    from gateway.acks import AckBook, relay
    from gateway.bridge import Bridge
    from gateway.registry import Registry

    setup()
    metrics.serve(metrics.GATEWAY)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it tells of every retry; we tell once
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    book = AckBook()
    bridge = Bridge(
        mqtt_url=mqtt_url,
        kafka_url=kafka_url,
        client_id=f"forewarn-gateway-{name or site.id}",
        registry=Registry.of(with_canary(site)),
        foreign=foreign,
        clock=clock,
        book=book,
        stopping=stopping,
    )
    threads = [
        threading.Thread(target=bridge.run, name="bridge", daemon=True),
        threading.Thread(
            target=relay,
            args=(kafka_url, book, bridge.publish_ack, stopping),
            name="acks",
            daemon=True,
        ),
    ]
    for thread in threads:
        thread.start()
    while not stopping.wait(1.0):
        for thread in threads:
            if not thread.is_alive():
                raise SystemExit(f"forewarn gateway: thread {thread.name} ended; see the log")
    for thread in threads:
        thread.join(CLOSING_S)
    bridge.close()
    return 0


def _site_from_environment() -> Path:
    folder = os.environ.get("FOREWARN_SITE")
    if not folder:
        raise ConfigError("which site? give --site sites/han, or set FOREWARN_SITE")
    return Path(folder)
