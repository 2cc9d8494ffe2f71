"""`forewarn simulate run`: all instruments of a site, until SIGTERM."""

import asyncio
import json
import logging
import os
import signal
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forewarn.domain import recording
from forewarn.domain.clock import VARIABLE, Clock, WorldClock, clock_from
from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError
from forewarn.domain.logs import fields, setup
from forewarn.domain.station import Site
from simulators.errors import SimulatorError
from simulators.faults import Faults, parse
from simulators.scenario import (
    Instruments,
    LoggerPlan,
    Scenario,
    check_fault,
    load_instruments,
)
from simulators.site import SimulatedSite
from simulators.world import World
from simulators.world.place import Place
from simulators.world.replay import ReplayWorld
from simulators.world.typhoon import TyphoonWorld

log = logging.getLogger("simulate")


def run(args: Namespace) -> int:
    """Serve the instruments of `args.site` until SIGTERM or Ctrl-C; exit 0."""
    setup()
    site, instruments = load_instruments(args.site)
    clock = clock_from()
    if args.recording:
        world, start, texts = _recorded(args, site, instruments)
    else:
        world, start, texts = _simulated(args, site)
    faults = Faults([parse(text, start) for text in [*texts, *args.fault]])
    for fault in faults.all:
        check_fault(fault, instruments)
        log.info("fault planned", extra=fields(station=fault.station, kind=fault.kind))
    _check_clock(clock, world, start)
    simulated = SimulatedSite(site, instruments, world=world, clock=clock, faults=faults)
    try:
        asyncio.run(_serve(simulated, args.devices, clock))
    finally:
        args.devices.unlink(missing_ok=True)
    return 0


async def _serve(simulated: SimulatedSite, devices: Path, clock: Clock) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulated.open() as urls:
        write_devices(devices, urls)
        log.info("ready", extra=fields(devices=devices, lines=len(urls), time=clock.now()))
        await stop.wait()


def write_devices(path: Path, urls: dict[str, str]) -> None:
    """Write `{device name: url}` to `path` so that a reader sees all of it or nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(json.dumps(urls, indent=1) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise SimulatorError(f"{path}: cannot write the lines' URLs: {error}") from error


def _recorded(
    args: Namespace, site: Site, instruments: Instruments
) -> tuple[World, datetime, tuple[str, ...]]:
    mapping = load(args.site / "recording.toml", recording.RecordingMapping)
    known = {key for key, _, _ in site.datastreams()}
    if strange := [c.datastream for c in mapping.columns.values() if c.datastream not in known]:
        raise ConfigError(f"{args.site}/recording.toml: no datastream `{strange[0]}` in site.toml")
    world = ReplayWorld(
        recording.read(args.recording, mapping, start=args.start, end=args.end),
        interval=mapping.interval,
        start=args.start,
        end=args.end,
    )
    check_grid(world, site, instruments)
    for key, count in sorted(world.datastreams().items()):
        log.info("recorded", extra=fields(datastream=key, values=count))
    return world, datetime.fromtimestamp(world.first, UTC), ()


def check_grid(world: ReplayWorld, site: Site, instruments: Instruments) -> None:
    """Raise SimulatorError where a recorded time is one that a logger has no record for."""
    loggers = {p.station for p in instruments.instruments if isinstance(p, LoggerPlan)}
    for key, station, stream in site.datastreams():
        step = stream.interval.total_seconds()
        odd = [time for time in world.times(key) if time % step] if station.id in loggers else []
        if odd:
            when = datetime.fromtimestamp(odd[0], UTC).isoformat()
            raise SimulatorError(
                f"{key}: recorded at {when}, and {len(odd)} values in all lie between the "
                f"records of its logger, every {step:g} s; mend `interval` in site.toml"
            )


def _simulated(args: Namespace, site: Site) -> tuple[World, datetime, tuple[str, ...]]:
    scenario = load(args.scenario or args.site / "scenario.toml", Scenario)
    world = TyphoonWorld(site, load(args.site / "world.toml", Place), scenario)
    return world, scenario.start, scenario.faults


def _check_clock(clock: WorldClock, world: World, start: datetime) -> None:
    """Raise ConfigError where the clock is real and the world is not now."""
    now = clock.now().timestamp()
    if not os.environ.get(VARIABLE) and not world.first - 86400 <= now <= world.last:
        origin = round(now + timedelta(seconds=10).total_seconds())
        raise ConfigError(
            f"{VARIABLE} is not set, and this world is not now but begins at {start.isoformat()}; "
            f"set it for all processes, e.g. {VARIABLE}=epoch={start.isoformat()},"
            f"origin={origin},speed=60"
        )
