"""Run a gateway's agent; probe an instrument; scan a line; check a configuration."""

import argparse
import os
import sys
from pathlib import Path

from edge.settings import GatewayConfig, load_gateway
from forewarn.domain.config import load_services
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site, load_site

EXIT_OK, EXIT_FAILED = 0, 1

EXAMPLES = """examples:
  forewarn edge check --config firmware_configs/han-river/gateway.toml --site sites/han
  forewarn edge probe --config firmware_configs/han-river/gateway.toml --station hangang
  forewarn edge scan --url 'serial:///dev/ttyUSB0?baud=9600' --units 1-32
  forewarn edge enroll TOKEN --out /etc/forewarn      # TOKEN from `forewarn fleet token`
  forewarn edge run --config firmware_configs/han-river/gateway.toml
"""

SCAN_EXAMPLES = """examples:
  forewarn edge scan --url 'serial:///dev/ttyUSB0?baud=9600&parity=N'
  forewarn edge scan --url tcp://192.168.1.20:502 --units 1
  forewarn edge scan --url rtu+tcp://192.168.1.30:4001 --units 1-32 --timeout 0.5
"""


def main(argv: list[str] | None = None) -> int:
    """Exit 0 done, 1 a mistake was found or an instrument did not answer, 2 bad configuration."""
    parser = argparse.ArgumentParser(
        prog="forewarn edge",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands.add_parser("run", help="ask the instruments and publish until stopped"))
    _add_probe(commands.add_parser("probe", help="show what an instrument says now"))
    _add_scan(commands.add_parser("scan", help="find the units on a Modbus line"))
    _add_check(commands.add_parser("check", help="name every mistake of a configuration"))
    _add_enroll(commands.add_parser("enroll", help="join a fleet with a one-time token"))
    commands.add_parser("camera", help="tools of who installs a camera", add_help=False)
    if argv and argv[0] == "camera":
        from edge.cameras.cli import main as camera

        return camera(argv[1:])
    args = parser.parse_args(argv)
    run = {"enroll": _enroll, "run": _run, "probe": _probe, "scan": _scan, "check": _check}
    return run[args.command](args)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("--config", type=Path, required=True, help="gateway.toml of this gateway")
    parser.add_argument(
        "--profiles", type=Path, help="folder of Modbus profiles (default: ../profiles beside it)"
    )


def _add_devices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--devices", type=Path, help="JSON file {device: url} that overrides the URLs in --config"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    _add_devices(parser)
    parser.add_argument("--state", type=Path, help="state directory (default: $FOREWARN_STATE)")


def _add_probe(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    _add_devices(parser)
    parser.add_argument("--station", required=True, help="station whose instruments to ask")
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="how long to listen to talkers (default: 5)"
    )


def _add_scan(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Ask each unit number on a Modbus line whether it is there, and try every profile on those "
        "that are. Nothing is written to any device. Stop the agent first: a line has one master."
    )
    parser.epilog = SCAN_EXAMPLES
    parser.add_argument("--url", required=True, help="the line, as `url` in gateway.toml")
    parser.add_argument("--units", default="1-247", help="e.g. 1-32 or 1,3,80 (default: 1-247)")
    parser.add_argument(
        "--profiles",
        type=Path,
        default=Path("firmware_configs/profiles"),
        help="folder of Modbus profiles (default: firmware_configs/profiles)",
    )
    parser.add_argument(
        "--timeout", type=float, default=0.2, help="seconds to wait for each answer (default: 0.2)"
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    parser.add_argument(
        "--site", type=Path, help="folder of the site (default: $FOREWARN_SITE, else not checked)"
    )


def _add_enroll(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("token", help="as `forewarn fleet token` printed it")
    parser.add_argument("--out", type=Path, required=True, help="folder for its files")
    parser.add_argument("--replace", action="store_true", help="overwrite a gateway there")


def _enroll(args: argparse.Namespace) -> int:
    from edge.fleet.enrol import CONFIG, enrol

    offer = enrol(args.token, args.out, replace=args.replace)
    print(f"{args.out}: gateway `{offer.gateway}` is enrolled")
    print(f"next: forewarn edge run --config {args.out / CONFIG}")
    return EXIT_OK


def _run(args: argparse.Namespace) -> int:
    from edge.running import run

    config = load_gateway(args.config)
    _refuse_mistakes(args, config)
    state = args.state or Path(os.environ.get("FOREWARN_STATE") or ".forewarn")
    _broker_url(args.config, config)
    return run(
        args.config,
        broker=_broker_url,
        state=state,
        devices=args.devices,
        profiles=_profiles(args),
    )


def _probe(args: argparse.Namespace) -> int:
    from edge.probe import probe

    config = load_gateway(args.config)
    _refuse_mistakes(args, config)
    if args.station not in {instrument.station for instrument in config.instruments}:
        known = ", ".join(sorted({instrument.station for instrument in config.instruments}))
        raise ConfigError(f"{args.config}: no station `{args.station}`; there are: {known}")
    return probe(
        config,
        args.station,
        devices=args.devices,
        profiles=_profiles(args),
        listen_s=args.seconds,
    )


def _scan(args: argparse.Namespace) -> int:
    from edge.scan import scan, units_in

    if not args.profiles.is_dir():
        raise ConfigError(f"--profiles {args.profiles}: no such folder")
    if not 0 < args.timeout <= 60:
        raise ConfigError(f"--timeout {args.timeout:g}: give seconds above 0, at most 60")
    return scan(args.url, units_in(args.units), args.profiles, timeout_s=args.timeout)


def _check(args: argparse.Namespace) -> int:
    from edge.check import mistakes, not_observed

    config = load_gateway(args.config)
    site = _site(args.site)
    found = mistakes(config, _profiles(args), site)
    for mistake in found:
        print(f"{args.config}: {mistake}", file=sys.stderr)
    if found:
        return EXIT_FAILED
    for key in not_observed(config, site) if site else ():
        print(f"{args.config}: note: no instrument feeds `{key}`")
    against = f"against {site.name}" if site else "no site given: stations not checked"
    print(f"{args.config}: {len(config.instruments)} instruments, no mistake ({against})")
    return EXIT_OK


def _refuse_mistakes(args: argparse.Namespace, config: GatewayConfig) -> None:
    """Raise ConfigError with every mistake that would keep the instruments from working."""
    from edge.check import mistakes

    found = mistakes(config, _profiles(args))
    if found:
        raise ConfigError("\n".join(f"{args.config}: {mistake}" for mistake in found))


def _site(folder: Path | None) -> Site | None:
    named = os.environ.get("FOREWARN_SITE")
    given = folder or (Path(named) if named else None)
    return load_site(given) if given else None


def _profiles(args: argparse.Namespace) -> Path:
    beside: Path = args.config.resolve().parent.parent / "profiles"
    return args.profiles or beside


def _broker_url(path: Path, config: GatewayConfig) -> str:
    url = load_services().mqtt_url or config.mqtt.url
    if not url:
        raise ConfigError(
            f"{path}: no broker: set `url` under [mqtt], or FOREWARN_MQTT_URL, "
            "e.g. mqtt://127.0.0.1:1883"
        )
    return url
