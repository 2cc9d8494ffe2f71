"""The pager; whether people.toml is right; who is on duty; who was told of an alert."""

import argparse
import os
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts import AlertError
from alerts.listing import local
from alerts.paging.apprise_process import secret
from alerts.people.directory import People, kinds, load_people
from forewarn.domain import config
from forewarn.domain.clock import clock_from
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level
from forewarn.domain.station import Site, load_site

EXAMPLES = """examples:
  forewarn alerts page --site sites/yongjiang
  forewarn alerts people check --site sites/yongjiang
  forewarn alerts rota --site sites/yongjiang --days 7
  forewarn alerts told yongjiang.flood.fenghua-stage.20260711T0310
"""
COMMANDS = {
    "page": "the pager: tells people of alerts",
    "people": "whether people.toml and its rotas are right",
    "rota": "who is on duty",
    "told": "who was told of an alert, and how far it came",
}
FOLDER = "pages"
"""Of the files of `file` channels, in the state folder."""


def main(argv: list[str]) -> int:
    """Run one of `COMMANDS`. Exit 0; 1 where people.toml leaves somebody untold."""
    args = _parser(argv[0]).parse_args(argv[1:])
    return {"page": _page, "people": _people, "rota": _rota, "told": _told}[argv[0]](args)


def _parser(name: str) -> argparse.ArgumentParser:
    lines = [line for line in EXAMPLES.splitlines() if f" alerts {name}" in line]
    parser = argparse.ArgumentParser(
        prog=f"forewarn alerts {name}",
        description=COMMANDS[name].capitalize() + ".",
        epilog="\n".join(["examples:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--site", help="folder of the site (default: FOREWARN_SITE)")
    if name == "people":
        parser.add_argument("act", choices=("check",))
    if name == "rota":
        parser.add_argument("--days", type=int, default=7, help="how many (%(default)s)")
    if name == "told":
        parser.add_argument("id", help="identifier of a message, or an incident")
        parser.add_argument("--state", help="state directory of `forewarn up` (default: .forewarn)")
    return parser


def _page(args: argparse.Namespace) -> int:
    from alerts.paging.service import serve
    from forewarn.domain import logs

    logs.setup()
    folder, site = _site(args)
    services, people = config.load_services(), load_people(folder)
    url = config.required(services, "database_url")
    _check_installed(people)
    mqtt_url = services.mqtt_url
    if people and "mqtt" in kinds(people):
        mqtt_url = config.required(services, "mqtt_url")
    serve(
        site,
        people,
        url,
        clock=clock_from(),
        folder=Path(os.environ.get("FOREWARN_STATE") or ".forewarn") / FOLDER,
        mqtt_url=mqtt_url,
        console_url=config.load_console().url,
    )
    return 0


def _check_installed(people: People | None) -> None:
    """Raise ConfigError where people.toml names a channel whose library is not there."""
    if people and "apprise" in kinds(people) and find_spec("apprise") is None:
        raise ConfigError("people.toml has channels of apprise: pip install 'forewarn[paging]'")


def _people(args: argparse.Namespace) -> int:
    folder, site = _site(args)
    people = _load(folder)
    faults = gaps(people, site, clock_from().now()) + missing_secrets(people)
    print(
        f"{len(people.contacts)} contacts, {len(people.directory.groups)} groups, "
        f"{len(people.rotas)} rotas, {len(people.directory.chains)} chains"
    )
    print("\n".join(faults) or "every alert of every area has a chain, every hour somebody on duty")
    return 1 if faults else 0


def gaps(people: People, site: Site, now: datetime) -> list[str]:
    """Return what nobody would be told of: areas and levels without a chain, rotas with gaps."""
    found = []
    for area in site.areas:
        rules = [
            r
            for r in people.directory.responsibilities
            if not r.hazards and (not r.areas or area.id in r.areas)
        ]
        levels = {name for r in rules for name in r.levels or [lv.name.lower() for lv in Level]}
        lacking = [lv.name.lower() for lv in Level if lv and lv.name.lower() not in levels]
        if lacking:
            found.append(
                f"area `{area.id}`: no responsibility for every hazard at {', '.join(lacking)}"
            )
    for name, rota in people.rotas.items():
        if free := rota.gaps(now.replace(minute=0, second=0, microsecond=0), 30):
            found.append(
                f"rota `{name}`: nobody on duty in {len(free)} of the next 720 hours, first "
                f"{local(free[0], site.timezone)} {site.timezone}"
            )
    return found


def missing_secrets(people: People) -> list[str]:
    """Return the channels whose URL is not where people.toml says, for this environment."""
    found = []
    for contact in people.contacts.values():
        for channel in contact.channels:
            try:
                if channel.kind == "apprise":
                    secret(channel.to)
            except (OSError, ValueError) as error:
                found.append(f"contact `{contact.id}`: {error}")
    return found


def _rota(args: argparse.Namespace) -> int:
    folder, site = _site(args)
    people = _load(folder)
    zone = ZoneInfo(site.timezone)
    now = clock_from().now().replace(minute=0, second=0, microsecond=0)
    for name, rota in people.rotas.items():
        print(f"{name} ({site.timezone})")
        before: list[str] | None = None
        for hour in range(24 * max(1, args.days)):
            at = now + timedelta(hours=hour)
            who = rota.on_duty(at)
            if who != before:
                print(f"  {at.astimezone(zone):%Y-%m-%d %H:%M}  {', '.join(who) or 'NOBODY'}")
            before = who
    if not people.rotas:
        print("people.toml has no rota")
    return 0


def _told(args: argparse.Namespace) -> int:
    from forewarn.storage import connect
    from forewarn.storage.incidents import incident
    from forewarn.storage.paging import told

    with connect(_database(args), application="forewarn") as connection:
        found = incident(connection, args.id)
        if found is None:
            raise AlertError(f"no alert `{args.id}`; `forewarn alerts list --all` shows them")
        rows = told(connection, found.incident)
    print(f"{found.incident}  {found.headline}")
    for row in rows:
        last = row.acked or row.read or row.delivered or row.accepted or row.failed or row.queued
        said = f"  {row.error}" if row.error else ""
        print(
            f"  {row.queued.astimezone(UTC):%H:%M:%SZ}  {row.person:<16} {row.state:<24} "
            f"{row.progress:<9} {last.astimezone(UTC):%H:%M:%SZ}  {row.channel}{said}"
        )
    if not rows:
        print("  nobody was told")
    return 0


def _database(args: argparse.Namespace) -> str:
    services = config.load_services()
    if services.database_url:
        return services.database_url
    try:
        from forewarn.runtime.run import read_run
        from forewarn.runtime.state import running_folder
    except ModuleNotFoundError:
        return config.required(services, "database_url")
    run = read_run(running_folder(args.state))
    if run is not None and run.alive:
        return run.urls.database_url
    return config.required(services, "database_url")


def _load(folder: Path) -> People:
    people = load_people(folder)
    if people is None:
        raise ConfigError(f"{folder}: no people.toml; docs/people.md says what belongs in it")
    return people


def _site(args: argparse.Namespace) -> tuple[Path, Site]:
    given = args.site or os.environ.get("FOREWARN_SITE")
    if not given:
        raise ConfigError("no site: give --site, e.g. `--site sites/han`, or set FOREWARN_SITE")
    return Path(given), load_site(Path(given))
