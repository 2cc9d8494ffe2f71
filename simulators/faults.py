"""Faults that real instruments have, on order: which station, which fault, from when to when.

Written `station:kind:from:to`, or `station:kind=amount:from:to`. Times are `+90m`, `+2h`
(after the start of the run) or ISO 8601 without colons, `20240801T0310Z`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from forewarn.domain.errors import ConfigError
from simulators.world import World

KINDS: dict[str, tuple[float, str]] = {
    "silence": (0.0, "does not answer, or sends nothing"),
    "garbage": (0.0, "answers with bytes that are no message"),
    "drift": (0.1, "the value creeps away by `amount` an hour, in its unit"),
    "frozen": (0.0, "the value stands still; a bucket is stuck"),
    "duplicates": (2.0, "sends every sentence `amount` times"),
    "late": (600.0, "a logger shows its records only `amount` seconds after their time"),
    "clock": (172_800.0, "a logger's clock is `amount` seconds ahead"),
    "adrift": (0.5, "a buoy's chain is cut: it drifts to the north-east at `amount` m/s"),
    "dark": (0.005, "a camera at night: `amount` of the light of day is left"),
    "covered": (0.0, "a camera with a bag over it"),
}
"""Kind of fault → (amount where none is given, what it does)."""

_STEPS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Fault(NamedTuple):
    """One fault of one station; times are Unix seconds of the world, `start <= now < end`."""

    station: str
    kind: str
    amount: float
    start: float
    end: float


def parse(text: str, start: datetime) -> Fault:
    """Return the fault that `text` describes; `+` times count from `start` (aware)."""
    parts = text.split(":")
    try:
        station, kind_text, begins, ends = parts
        kind, _, amount = kind_text.partition("=")
        default, _ = KINDS[kind]
        fault = Fault(
            station,
            kind,
            float(amount) if amount else default,
            _time(begins, start),
            _time(ends, start),
        )
        if not station or fault.end <= fault.start:
            raise ValueError("needs a station, and `to` after `from`")
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"fault `{text}`: {error}; give `station:kind:from:to`, "
            "such as `fenghua:silence:+30m:+1h` or "
            f"`fenghua:drift=0.2:20240801T0310Z:20240801T0510Z`; "
            f"kinds: {', '.join(KINDS)}"
        ) from error
    return fault


def _time(text: str, start: datetime) -> float:
    if step := re.fullmatch(r"\+(\d+(?:\.\d+)?)([smhd])", text):
        ahead = timedelta(seconds=float(step.group(1)) * _STEPS[step.group(2)])
        return (start + ahead).timestamp()
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


class Faults:
    """The faults of one run, asked by station, kind and time."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.all = tuple(faults)

    def active(self, station: str, kind: str, now: float) -> Fault | None:
        """Return the fault of that kind that `station` has at `now` (Unix s), or None."""
        for fault in self.all:
            if (fault.station, fault.kind) == (station, kind) and fault.start <= now < fault.end:
                return fault
        return None


class FaultyWorld:
    """A world whose values drift and freeze as `faults` say; all else is handed on."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world, self._faults = world, faults
        self.first, self.last = world.first, world.last

    def recorded(self, datastream: str, at: float) -> float:
        """Return the value at exactly `at`, with drift; frozen, the value when it froze."""
        if frozen := self._faults.active(_station(datastream), "frozen", at):
            return self._world.current(datastream, frozen.start)
        return self._world.recorded(datastream, at) + self._drift(datastream, at)

    def current(self, datastream: str, at: float) -> float:
        """Return the value at `at`, with drift; frozen, the value when it froze."""
        if frozen := self._faults.active(_station(datastream), "frozen", at):
            return self._world.current(datastream, frozen.start)
        return self._world.current(datastream, at) + self._drift(datastream, at)

    def fallen(self, datastream: str, at: float) -> float:
        """Return the rain from `first` to `at` [mm]; it falls whatever the bucket does."""
        return self._world.fallen(datastream, at)

    def _drift(self, datastream: str, at: float) -> float:
        fault = self._faults.active(_station(datastream), "drift", at)
        return fault.amount * (at - fault.start) / 3600 if fault else 0.0


def _station(datastream: str) -> str:
    return datastream.partition("/")[0]
