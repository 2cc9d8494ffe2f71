"""A siren on Modbus TCP: a coil that is switched, read back, and switched off again in time.

`sites/<id>/sirens.toml` names the sirens; each is a channel of its own, so that a dead one keeps
no other waiting. The controller gets the longest time on before it is switched on: it ends by
itself if this process or the line dies.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from alerts import ChannelError
from alerts.channels import Active
from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import STAFF_HAZARDS, AlertMessage
from forewarn.domain.logs import fields
from forewarn.domain.station import Name, Site

log = logging.getLogger("alerts.siren")

TIMEOUT_S = 2.0
RETRIES = 1

Address = Annotated[int, Meta(ge=0, le=65_535)]


class Siren(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One siren: `[[siren]]` in sirens.toml."""

    id: Name
    areas: tuple[Name, ...]
    url: str
    """`tcp://host[:port]`, port 502 if not given; `device:NAME`: a simulated line, whose address
    `forewarn simulate run` writes into devices.json of the state directory."""
    unit: Annotated[int, Meta(ge=0, le=255)] = 1
    coil: Address
    """Switches the horn; functions 1 and 5."""
    read_back: Address | None = None
    """Coil that shows whether it sounds; by default `coil` itself."""
    limit_register: Address
    """Holding register with the longest time on [s]: the controller's own watch."""
    max_on_s: Annotated[int, Meta(ge=1, le=3_600)]
    levels: tuple[Literal["blue", "yellow", "orange", "red"], ...] = ("orange", "red")
    exercises: bool = False
    """Whether it sounds for exercises and tests too; for a drill, the drill itself says so."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        simulated = parts.scheme == "device" and bool(parts.path)
        if not simulated and (parts.scheme != "tcp" or not parts.hostname or parts.port == 0):
            raise ValueError(f"`url` `{self.url}` is not like tcp://10.0.0.5:502")

    def calls(self, message: AlertMessage) -> bool:
        """Return whether the siren has to do with `message` at its level."""
        real = message.siren if message.drill else message.status == "Actual" or self.exercises
        loud = message.msg_type != "Cancel" and message.level.name.lower() in self.levels
        public = message.hazard not in STAFF_HAZARDS
        return real and loud and public and message.area in self.areas


class _Sirens(Struct, frozen=True, forbid_unknown_fields=True):
    sirens: tuple[Siren, ...] = field(name="siren")


def load_sirens(folder: Path, site: Site) -> tuple[Siren, ...]:
    """Return the sirens of the site in `folder`, none without sirens.toml; ConfigError."""
    path = folder / "sirens.toml"
    if not path.is_file():
        return ()
    sirens, areas = load(path, _Sirens).sirens, {area.id for area in site.areas}
    for siren in sirens:
        unknown = sorted({*siren.areas} - areas)
        if unknown or not siren.areas:
            known = ", ".join(sorted(areas))
            raise ConfigError(f"{path}: siren `{siren.id}`: no area {unknown}; there are {known}")
    if len({siren.id for siren in sirens}) < len(sirens):
        raise ConfigError(f"{path}: two sirens have the same id")
    return sirens


class SirenChannel:
    """Sounds once when an incident rises to a level, for `max_on_s` or until the incident ends.

    Parameters
    ----------
    siren : Siren
    steady_s : callable
        Real seconds that never run backwards.
    devices : Path
        Where simulators write the addresses of their lines, for a `url` like `device:sirens`.
    """

    def __init__(
        self,
        siren: Siren,
        steady_s: Callable[[], float] = time.monotonic,
        devices: Path = Path(".forewarn/devices.json"),
    ) -> None:
        self.name = f"siren-{siren.id}"
        self._siren, self._steady_s, self._devices = siren, steady_s, devices
        self._checked = False
        self._off_at: float | None = None

    def deliver(self, message: AlertMessage, active: Active) -> None:
        """Sound for `message` if it is due; ChannelError unless the siren then shows it."""
        standing = active()
        if not self._loud(standing):
            if self._off_at is not None:
                self._silence()
        elif self._due(message, standing):
            self._sound()
            said = fields(siren=self._siren.id, id=message.identifier, status=message.status)
            log.info(f"siren sounds for {self._siren.max_on_s} s at most", extra=said)

    def keep(self, active: Active) -> None:
        """Switch off what has sounded long enough, or what an earlier process left on."""
        if not self._checked:
            if self._switch([], shown=None) and self._loud(active()):
                self._off_at = self._steady_s() + self._siren.max_on_s
            else:
                self._silence()
            self._checked = True
        elif self._off_at is not None and self._steady_s() >= self._off_at:
            self._silence()

    def close(self) -> None:
        """Do nothing: every command has its own connection, and the controller its own watch."""

    def _loud(self, standing: Sequence[AlertMessage]) -> bool:
        return any(self._siren.calls(message) for message in standing)

    def _due(self, message: AlertMessage, standing: Sequence[AlertMessage]) -> bool:
        """Return whether `message` rose to a level that still stands and no higher one follows."""
        now = [m for m in standing if m.incident == message.incident and self._siren.calls(m)]
        rose = message.level > message.previous_level and self._siren.calls(message)
        return rose and bool(now) and all(m.level <= message.level for m in now)

    def _sound(self) -> None:
        self._off_at = self._steady_s() + self._siren.max_on_s  # be it that only the answer is lost
        self._switch([self._limit, lambda c: self._coil(c, True)], shown=True)

    def _silence(self) -> None:
        self._switch([lambda c: self._coil(c, False)], shown=False)
        self._off_at = None

    def _limit(self, client: Any) -> None:
        siren = self._siren
        self._ask(
            "longest time on",
            client.write_register(siren.limit_register, siren.max_on_s, device_id=siren.unit),
        )
        found = self._ask(
            "longest time on",
            client.read_holding_registers(siren.limit_register, count=1, device_id=siren.unit),
        ).registers[0]
        if found != siren.max_on_s:
            raise ChannelError(
                f"{self._who}: the longest time on is {found} s and not {siren.max_on_s} s; "
                "it would not end by itself"
            )

    def _coil(self, client: Any, on: bool) -> None:
        siren = self._siren
        self._ask("coil", client.write_coil(siren.coil, on, device_id=siren.unit))

    def _switch(self, commands: Sequence[Callable[[Any], None]], *, shown: bool | None) -> bool:
        """Carry out `commands`; return what the siren then shows, ChannelError if not `shown`."""
        from pymodbus.client import ModbusTcpClient
        from pymodbus.exceptions import ModbusException

        siren, parts = self._siren, urlsplit(self._address())
        client: Any = ModbusTcpClient(
            parts.hostname or "", port=parts.port or 502, timeout=TIMEOUT_S, retries=RETRIES
        )
        try:
            if not client.connect():
                raise ChannelError(f"{self._who}: nobody answers")
            for command in commands:
                command(client)
            place = siren.coil if siren.read_back is None else siren.read_back
            found = bool(
                self._ask("coil", client.read_coils(place, count=1, device_id=siren.unit)).bits[0]
            )
        except (ModbusException, OSError) as error:
            raise ChannelError(f"{self._who}: {error}") from error
        finally:
            client.close()
        if shown is not None and found != shown:
            want, is_now = ("on", "off") if shown else ("off", "on")
            raise ChannelError(f"{self._who}: it did not go {want}: it still shows {is_now}")
        return found

    def _address(self) -> str:
        """Return where it is now: a simulated line has another port at each start."""
        url = self._siren.url
        if not url.startswith("device:"):
            return url
        try:
            return str(json.loads(self._devices.read_bytes())[url.removeprefix("device:")])
        except (OSError, ValueError, KeyError) as error:
            raise ChannelError(
                f"{self._who}: no such line in {self._devices}: does `forewarn simulate` run?"
            ) from error

    def _ask(self, what: str, answer: Any) -> Any:
        if answer.isError():
            raise ChannelError(f"{self._who}: {what}: {answer}")
        return answer

    @property
    def _who(self) -> str:
        return f"siren {self._siren.id} at {self._siren.url}, unit {self._siren.unit}"
