"""`forewarn fleet`: enrol gateways, configure and command them, and see how they are."""

import argparse
import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

from forewarn.domain import topics
from forewarn.domain.clock import clock_from
from forewarn.domain.config import load_services, required
from forewarn.domain.errors import ConfigError
from forewarn.domain.logs import setup

EXAMPLES = """examples:
  forewarn fleet init --fleet /srv/forewarn-fleet --site han --host broker.example.org
  forewarn fleet serve --fleet /srv/forewarn-fleet --configs firmware_configs --port 8444
  forewarn fleet token --fleet /srv/forewarn-fleet --gateway han-river \\
      --url https://broker.example.org:8444
      # on the gateway then: forewarn edge enroll TOKEN --out /etc/forewarn
  forewarn fleet push --fleet /srv/forewarn-fleet --config firmware_configs/han-river/gateway.toml
  forewarn fleet send --fleet /srv/forewarn-fleet --gateway han-river alarm-test bridge-siren
  forewarn fleet list

The folder of the fleet holds the keys: whoever has it owns the gateways. Keep it off the broker,
readable by one user alone, and in a backup."""


def main(argv: list[str]) -> int:
    """Exit 0 done, 1 refused or no answer, 2 wrong usage or configuration."""
    args = _parser().parse_args(argv)
    if args.command == "list":
        from gateway.fleet.listing import show

        return show(required(load_services(), "database_url"), json=args.json)
    calls = {"init": _init, "serve": _serve, "token": _token, "push": _push, "send": _send}
    return calls[args.command](args)


def _init(args: argparse.Namespace) -> int:
    from gateway.fleet.authority import Authority

    authority = Authority.create(args.fleet, args.site, args.host, clock_from().now())
    print(f"{args.fleet}: the authority of `{args.site}`, fingerprint {authority.fingerprint}")
    print(f"For the broker: cafile {args.fleet / 'ca.crt'}; see firmware_configs/broker/README.md")
    return 0


def _serve(args: argparse.Namespace) -> int:
    from gateway.fleet.authority import Authority
    from gateway.fleet.server import EnrolmentServer, configs_in

    setup()
    server = EnrolmentServer(
        Authority(args.fleet),
        configs_in(args.configs),
        clock_from(),
        host=args.listen,
        port=args.port,
    )
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    print(f"enrolment at https://{args.listen}:{server.port}, ready", flush=True)
    stopping.wait()
    server.close()
    return 0


def _token(args: argparse.Namespace) -> int:
    from gateway.fleet.authority import Authority
    from gateway.fleet.tokens import Tokens

    authority, now = Authority(args.fleet), clock_from().now()
    valid = timedelta(hours=args.hours)
    print(Tokens(args.fleet).give(args.url, args.gateway, authority.fingerprint, now, valid))
    return 0


def _push(args: argparse.Namespace) -> int:
    from gateway.fleet.authority import Authority
    from gateway.fleet.server import configs_in
    from gateway.fleet.signing import configuration, publish

    found = configs_in(args.config.parent.parent)
    text = args.config.read_text(encoding="utf-8")
    gateway = next((name for name, of in found.items() if of == text), "")
    if not gateway:
        raise ConfigError(f"{args.config}: name it <folder>/<gateway>/gateway.toml")
    trial = timedelta(seconds=args.trial)
    payload = configuration(Authority(args.fleet), gateway, text, clock_from().now(), trial)
    publish(_broker(), topics.config(gateway), payload, retain=True)
    print(
        f"{gateway}: sent; it must report within {args.trial:g} s, or the one before comes back. "
        "`forewarn fleet list` shows which it runs"
    )
    return 0


def _send(args: argparse.Namespace) -> int:
    from gateway.fleet.authority import Authority
    from gateway.fleet.signing import command, publish

    valid = timedelta(seconds=args.valid)
    now = clock_from().now()
    payload = command(Authority(args.fleet), args.gateway, args.name, args.argument, now, valid)
    publish(_broker(), topics.command(args.gateway), payload, retain=False)
    print(f"{args.gateway}: `{args.name}` sent, valid for {args.valid:g} s")
    return 0


def _broker() -> str:
    return required(load_services(), "mqtt_url")


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="forewarn fleet", description=__doc__, epilog=EXAMPLES, formatter_class=form
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, purpose: str, *, fleet: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=purpose, epilog=EXAMPLES, formatter_class=form)
        if fleet:
            default = os.environ.get("FOREWARN_FLEET")
            made.add_argument(
                "--fleet",
                type=Path,
                default=default and Path(default),
                required=not default,
                help="folder of the authority (or FOREWARN_FLEET)",
            )
        return made

    init = add("init", "make the authority of a new fleet")
    init.add_argument("--site", required=True, help="id of the site")
    init.add_argument("--host", required=True, help="name under which gateways reach `serve`")
    serve = add("serve", "let gateways enrol, until stopped")
    serve.add_argument("--configs", type=Path, required=True, help="folder of <gateway>/ folders")
    serve.add_argument("--listen", default="0.0.0.0", help="address (%(default)s)")
    serve.add_argument("--port", type=int, default=8444, help="(%(default)s; 0: any free)")
    token = add("token", "give out a one-time token")
    token.add_argument("--gateway", required=True)
    token.add_argument("--url", required=True, help="where `serve` is reached, https://host:port")
    token.add_argument("--hours", type=float, default=24.0, help="valid for (%(default)g)")
    push = add("push", "give a gateway a new configuration, on trial")
    push.add_argument("--config", type=Path, required=True, help="<folder>/<gateway>/gateway.toml")
    push.add_argument("--trial", type=float, default=120.0, help="seconds to report (%(default)g)")
    send = add("send", "tell a gateway to do something now")
    send.add_argument("--gateway", required=True)
    send.add_argument("--valid", type=float, default=60.0, help="seconds (%(default)g)")
    send.add_argument("name", help="command: docs/fleet.md lists them")
    send.add_argument("argument", nargs="?", default="")
    listing = add("list", "how each gateway is", fleet=False)
    listing.add_argument("--json", action="store_true", help="as JSON")
    return parser
