"""`forewarn edge probe`: what the instruments of a station say now, raw and converted."""

import asyncio
import logging
import sys
from pathlib import Path

from msgspec.structs import replace

from edge import EdgeError
from edge.drivers.contract import Driver
from edge.drivers.registry import open_drivers
from edge.lines import Lines
from edge.settings import GatewayConfig
from forewarn.domain.clock import clock_from


def probe(
    config: GatewayConfig, station: str, *, devices: Path | None, profiles: Path, listen_s: float
) -> int:
    """Print what each instrument of `station` says; return 1 where one does not answer.

    Instruments that talk by themselves are listened to for `listen_s` real seconds.
    """
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    instruments = tuple(i for i in config.instruments if i.station == station)
    lines = Lines(config.devices, devices)
    return asyncio.run(_probe(replace(config, instruments=instruments), lines, profiles, listen_s))


async def _probe(config: GatewayConfig, lines: Lines, profiles: Path, listen_s: float) -> int:
    opened = open_drivers(config, lines, clock_from(), profiles)
    talkers = [driver for _, i, driver in opened if i.talks]
    try:
        for talker in talkers:
            await talker.probe()  # begins to listen
        if talkers:
            await asyncio.sleep(listen_s)
        silent = 0
        for name, instrument, driver in opened:
            print(f"{name} on `{instrument.device}` at {lines.address(instrument.device)}")
            silent += not await _show(driver)
    finally:
        for _, _, driver in opened:
            await driver.aclose()
    return min(silent, 1)


async def _show(driver: Driver) -> bool:
    try:
        shown = await driver.probe()
    except EdgeError as error:
        print(f"forewarn edge probe: {error}", file=sys.stderr)
        return False
    for line in shown:
        print(f"  {line.name:24} {line.raw:18} {line.result}".rstrip())
    return True
