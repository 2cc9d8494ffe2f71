"""`forewarn edge scan`: which units answer on a Modbus line, and which register maps fit them."""

import asyncio
import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from edge import DriverError
from edge.address import SerialAddress, parse
from edge.drivers.modbus.bus import Bus, RefusedError
from edge.drivers.modbus.decode import Decoder
from edge.drivers.modbus.logger import header
from edge.drivers.modbus.profile import Profile, load_profile
from edge.drivers.modbus.table import Table
from edge.lines import Lines
from edge.settings import Device
from forewarn.domain.errors import ConfigError

GATEWAY_CODES = (10, 11)
"""Exceptions with which a converter says that there is nobody of that number behind it."""

SHOWN_FITS = 5

LEAST, MOST = 1e-4, 1e7
"""Size of a float that a sensor may show; two registers that are no float give wilder ones."""


class Fit(Struct, frozen=True):
    """How well a register map fits a unit."""

    profile: str
    title: str
    certain: bool
    """Whether a register holds the number by which the device is known."""
    plausible: int
    """Values that could be one: there, not 0, not absurd, within the range of the sensor."""
    values: int
    """Values of the profile; 0 where it has outputs alone."""

    def told(self) -> str:
        """Return how well it fits, for a person."""
        if self.certain:
            return "it is one"
        if self.values:
            return f"{self.plausible} of {self.values} values plausible"
        return "its outputs answer"


class Found(Struct, frozen=True):
    """One unit that answers."""

    unit: int
    fits: tuple[Fit, ...]
    """Best first."""


def units_in(text: str) -> list[int]:
    """Return the unit numbers in `1-247` or `1,3,10-20`; ConfigError where it is none."""
    units: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            units += range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise ConfigError(f"--units {text}: {error}; give e.g. 1-247 or 1,3,10-20") from error
    if not units or not all(0 <= unit <= 255 for unit in units):
        raise ConfigError(f"--units {text}: unit numbers are 0 to 255; give e.g. 1-247")
    return list(dict.fromkeys(units))


def scan(url: str, units: Sequence[int], profiles: Path, *, timeout_s: float) -> int:
    """Ask every unit of `units` on the line `url` and print who answers; return 1 if nobody does.

    Nothing is written to any device. A unit is there if it answers a question for register 0,
    be it with a refusal.
    """
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    try:
        address = parse(url)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if address.scheme not in ("tcp", "rtu+tcp", "serial"):
        raise ConfigError(f"--url {url}: Modbus hangs on tcp://, rtu+tcp:// or serial://")
    maps = {path.stem: load_profile(profiles, path.stem) for path in profiles.glob("*.toml")}
    found = asyncio.run(_scan(url, units, maps, timeout_s))
    if not found:
        print(f"forewarn edge scan: {_nobody(url, units, timeout_s)}", file=sys.stderr)
        return 1
    for one in found:
        print(f"unit {one.unit}")
        for fit in one.fits[:SHOWN_FITS]:
            how = (
                "it is one" if fit.certain else f"{fit.plausible} of {fit.values} values plausible"
            )
            print(f"  {fit.profile:24} {how:28} {fit.title}")
        if not one.fits:
            print("  no profile fits: write one from its manual, see edge/drivers/modbus/README.md")
    if len(found) > 1 and len(found) == len(units):
        print("every number answers: this device ignores the unit number; take any, e.g. 1")
    return 0


async def _scan(
    url: str, units: Sequence[int], maps: dict[str, Profile], timeout_s: float
) -> list[Found]:
    bus = Bus("line", Lines({"line": Device(url=url, timeout_s=timeout_s)}))
    found: list[Found] = []
    try:
        await bus.open("scan")
        for count, unit in enumerate(units, start=1):
            _progress(f"asking unit {unit} ({count} of {len(units)}), {len(found)} found")
            if await _answers(bus, unit):
                fits = [await _fit(bus, unit, name, maps[name]) for name in sorted(maps)]
                there = [fit for fit in fits if fit]
                there.sort(key=lambda fit: (-fit.certain, -fit.plausible / max(fit.values, 1)))
                found.append(Found(unit, tuple(there)))
    finally:
        _progress("")
        bus.close()
    return found


async def _answers(bus: Bus, unit: int) -> bool:
    """Tell whether `unit` is there."""
    tables: tuple[Table, ...] = ("holding", "input", "coil")
    for table in tables:  # simple sensors answer only the function that they know
        try:
            await bus.read("scan", unit, table, 0, 1)
        except RefusedError as refused:
            if refused.code not in GATEWAY_CODES:
                return True
        except DriverError:
            continue
        else:
            return True
    return False


async def _fit(bus: Bus, unit: int, name: str, profile: Profile) -> Fit | None:
    """Return how well `profile` fits; None where the unit refuses a register of it."""
    try:
        for known in profile.identity:
            [word] = await bus.read("scan", unit, known.table, known.register, 1)
            if word & known.mask != known.equals:
                return None
        if profile.logger:
            start, count = profile.logger.header()
            words = await bus.read("scan", unit, profile.logger.table, start, count)
            there = header(profile.logger, words).channels
            return Fit(name, profile.title, False, there, there)
        for output in profile.outputs:
            seen = output.shown()
            [state] = await bus.read("scan", unit, seen.table, seen.register, 1)
            if state not in (seen.on, seen.off):
                return None
        decoder = Decoder(profile, profile.channel_names())
        answers = [await bus.read("scan", unit, b.table, b.start, b.count) for b in decoder.blocks]
    except (DriverError, ValueError):  # refused, or what a logger says of itself makes no sense
        return None
    values = decoder.decode(answers).values
    certain = bool(profile.identity)
    return Fit(name, profile.title, certain, sum(map(_plausible, values)), len(values))


def _plausible(value: float | None) -> bool:
    return value is not None and LEAST <= abs(value) <= MOST


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _nobody(url: str, units: Sequence[int], timeout_s: float) -> str:
    address = parse(url)
    asked = f"unit {units[0]}" if len(units) == 1 else f"units {_ranges(units)}"
    text = f"nobody answers at {address}: {asked}, {timeout_s:g} s each."
    if isinstance(address, SerialAddress):
        line = f"{address.baud} baud {address.bits}{address.parity}{address.stop}"
        return (
            f"{text} The line was {line}: try others in --url (?baud=4800&parity=E), swap A and B, "
            "look at the supply; `serial` in each profile says how a device is delivered"
        )
    return f"{text} Behind a converter of serial frames write rtu+tcp://; raise --timeout"


def _ranges(units: Iterable[int]) -> str:
    """Return `1–247` for what is without gaps, else the numbers."""
    numbers = sorted(units)
    if numbers[-1] - numbers[0] + 1 == len(numbers):
        return f"{numbers[0]}–{numbers[-1]}"
    return ", ".join(map(str, numbers))
