"""What every driver offers to the agent, and what every `[[instrument]]` has in common."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import ClassVar, Protocol

from msgspec import Struct

from forewarn.domain.observation import Observation
from forewarn.domain.station import Name


class Channel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one channel of an instrument observes: `result = polynomial(raw * scale + offset)`.

    Worked example: a radar gauge 12.5 m above gauge datum measures the distance down to
    the water; its stage is `{ property = "stage", scale = -1.0, offset = 12.5 }`.
    """

    property: Name
    """Observed property of the station, as in site.toml."""
    scale: float = 1.0
    offset: float = 0.0
    polynomial: tuple[float, ...] = ()
    """Coefficients of a calibration sheet, the constant first. Worked example: a piezometer with
    A = -3.2e-8, B = -0.11, C = 1012.4 kPa: `polynomial = [1012.4, -0.11, -3.2e-8]`."""

    def scaling(self) -> str:
        """Return what is done to a raw value, `×-1 +12.5`; empty where nothing is."""
        if self.polynomial:
            terms = ", ".join(f"{c:g}" for c in self.polynomial)
            return f"{self._linear()} polynomial {terms}".strip()
        return self._linear()

    def _linear(self) -> str:
        scale = f"×{self.scale:g}" if self.scale != 1.0 else ""
        offset = f"{self.offset:+g}" if self.offset != 0.0 else ""
        return f"{scale} {offset}".strip()

    def convert(self, raw: float) -> float:
        """Return `raw`, in the instrument's unit, in the unit of the datastream."""
        if self.scale != 1.0 or self.offset != 0.0:
            raw = round(raw * self.scale + self.offset, 9)
        return polynomial(self.polynomial, raw) if self.polynomial else raw


def polynomial(coefficients: Sequence[float], x: float) -> float:
    """Return c₀ + c₁ x + c₂ x² + …, rounded to 9 places."""
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return round(total, 9)


ChannelMap = dict[str, Name | Channel]
"""Channel of the instrument → observed property, or a table with scale and offset."""


def channels(mapping: ChannelMap) -> dict[str, Channel]:
    """Return `mapping` with every entry in its long form."""
    return {
        name: entry if isinstance(entry, Channel) else Channel(property=entry)
        for name, entry in mapping.items()
    }


class InstrumentConfig(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="driver"
):
    """What every `[[instrument]]` of gateway.toml has.

    `edge/drivers/<name>/config.py` holds the subclass of the driver `<name>` (its `tag`), and
    names it `CONFIG`.
    """

    schemes: ClassVar[tuple[str, ...]] = ("tcp", "serial")
    """Of the URLs of devices that it can hang on."""
    shares_line: ClassVar[bool] = False
    """Whether several such instruments may hang on one device."""
    talks: ClassVar[bool] = True
    """Whether it talks by itself, so that a probe has to listen for a while."""

    device: str
    """Name of the `[device.NAME]` it hangs on."""
    station: Name
    """Station of site.toml whose datastreams it feeds."""
    interval: timedelta
    """World time between two observations, e.g. `PT1M`; polls are aligned to it."""

    def __post_init__(self) -> None:
        if self.interval <= timedelta(0):
            raise ValueError("`interval` must be above 0, e.g. `PT1M`")

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        raise NotImplementedError

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield what is wrong beyond the schema; `profiles` is the folder of register maps."""
        yield from ()

    def line_mistakes(self, url: str) -> Iterator[str]:
        """Yield what is wrong with `url`, the device's, whose scheme is one of `schemes`."""
        yield from ()

    def key(self, observed_property: str) -> str:
        """Return the key of the datastream of `observed_property` at this station."""
        return f"{self.station}/{observed_property}"


Raw = tuple[float, str]
"""A value as the instrument gave it, and what is done to it: `(4.213, "×-1 +12.5")`."""


class Raws:
    """The newest raw value of each datastream since somebody took them; none of what is missing.

    Parameters
    ----------
    config : InstrumentConfig
    """

    def __init__(self, config: InstrumentConfig) -> None:
        self._config = config
        self._newest: dict[str, Raw] = {}

    def convert(self, channel: Channel, raw: float) -> float:
        """Remember `raw`, and return it as `channel` converts it."""
        if isfinite(raw):
            self._newest[self._config.key(channel.property)] = raw, channel.scaling()
        return channel.convert(raw)

    def take(self) -> dict[str, Raw]:
        """Return them, and begin anew."""
        taken, self._newest = self._newest, {}
        return taken


class Answer(Struct, frozen=True):
    """What an instrument said, and what a technician should know of it."""

    observations: Sequence[Observation]
    remark: str = ""
    """Empty where all is well; else shown in the status, e.g. `battery low`."""
    instrument_time: datetime | None = None
    """What the instrument's own clock says, where the observations are dated by it."""
    kept: Callable[[], None] | None = None
    """Called once the outbox holds the observations: an instrument that deletes what is
    acknowledged may be told only then."""
    raw: Mapping[str, Raw] = {}
    """The newest of each datastream before it was scaled, for technicians."""


class Shown(Struct, frozen=True):
    """One line of `forewarn edge probe`: what came over the wire and what it means."""

    name: str
    raw: str
    result: str
    """The converted value with the datastream it belongs to, or why there is none."""


class Driver(Protocol):
    """One instrument on its line."""

    remembers: bool
    """True where the instrument keeps past values, so that a late question loses nothing."""

    async def read(self) -> Answer:
        """Ask once, or hand over what was heard since; DriverError names station and address."""
        ...

    async def probe(self) -> list[Shown]:
        """Return raw and converted values as they are now, for a person."""
        ...

    async def aclose(self) -> None:
        """Let go of the line."""
        ...


class Output(Protocol):
    """Something that can be switched: a siren, a lamp, a barrier."""

    async def set(self, on: bool) -> None:
        """Switch it and read back; DriverError unless the device then shows that state."""
        ...

    async def state(self) -> bool:
        """Return whether it is on now; DriverError where the device does not say."""
        ...

    async def aclose(self) -> None:
        """Let go of the line; the output stays as it is."""
        ...


def suggest(name: str, known: Iterable[str]) -> str:
    """Return what to say of a `name` that is not known: the nearest that is, or all."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f". Did you mean `{close[0]}`?"
    return f"; there are: {', '.join(names)}" if names else ""
