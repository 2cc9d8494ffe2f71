"""`gateway.toml`: one gateway, its lines and its instruments."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from edge import address
from edge.alarm.settings import KINDS, AlarmConfig, Network, OutputConfig
from edge.drivers.contract import InstrumentConfig
from edge.sampling.settings import Sampling
from edge.timekeeping.settings import ClockSettings
from forewarn.domain.config import convert, load
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Name

DRIVERS = tuple(
    sorted(path.parent.name for path in (Path(__file__).parent / "drivers").glob("*/config.py"))
)
"""Names of the drivers: each is a folder in `edge/drivers`."""

T = TypeVar("T")

Seconds = Annotated[float, Meta(gt=0)]
"""Real seconds, never world time [s]."""


class Mqtt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[mqtt]`: the broker. FOREWARN_MQTT_URL overrides `url`."""

    url: str = ""
    """`mqtt://[user:password@]host[:port]` or `mqtts://…`."""
    version: Literal["3.1.1", "5"] = "3.1.1"
    keepalive_s: Annotated[int, Meta(ge=2, le=3600)] = 15
    """A broker that is silent for 1.5 times as long is taken for dead [s]."""
    ca_file: str = ""
    """Certificate of the authority that signed the broker's; empty: the system's store."""
    cert_file: str = ""
    """Certificate of this gateway, where the broker asks for one."""
    key_file: str = ""


class OutboxLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[outbox]`: what is kept until the database is known to hold it."""

    path: str = ""
    """File; empty: `$FOREWARN_STATE/edge/<gateway>/outbox.db`."""
    limit_mb: Annotated[float, Meta(gt=0)] = 256.0
    """Payload kept at most [MB]; the file may take half as much again. Beyond it the oldest
    batches go, counted as `lost_batches` in the status."""
    memory_mb: Annotated[float, Meta(gt=0)] = 4.0
    """Payload kept in memory while the disk refuses writes [MB]."""


class Publishing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[publish]`: how batches go out. All times are real seconds."""

    window: Annotated[int, Meta(ge=1, le=1000)] = 100
    """Batches of the backlog under way at once, sent and not yet durably acked, at most; it
    begins with 20, and goes down where acks are slow, so that new batches stay quick."""
    resend_after_s: Seconds = 20.0
    """A batch without durable ack for this long is sent again [s]; doubled each time …"""
    resend_max_s: Seconds = 120.0
    """… up to this [s]."""
    flush_after_s: Annotated[float, Meta(gt=0, le=0.25)] = 0.1
    """An observation waits at most this long for others of its batch [s]."""


class Device(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[device.NAME]`: a line on which instruments hang."""

    url: str
    """`tcp://host:port`, `rtu+tcp://host:port` (Modbus RTU behind a network converter),
    `serial:///dev/…?baud=9600&parity=N&bits=8&stop=1`, or what the driver's README names."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 2.0
    """An instrument that has not answered one request for this long is silent [s]."""

    def __post_init__(self) -> None:
        address.parse(self.url)


class _Head(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    gateway: Name
    site: Name
    mqtt: Mqtt = field(default_factory=Mqtt)
    outbox: OutboxLimits = field(default_factory=OutboxLimits)
    publish: Publishing = field(default_factory=Publishing)
    network: Network = field(default_factory=Network)
    sampling: Sampling = field(default_factory=Sampling)
    clock: ClockSettings = field(default_factory=ClockSettings)
    device: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    alarm: list[Any] = field(default_factory=list)
    instrument: list[Any] = field(default_factory=list)


class GatewayConfig(Struct, frozen=True, kw_only=True):
    """A whole gateway.toml."""

    gateway: str
    """Id of this gateway, as in `gateways` of site.toml."""
    site: str
    """Id of the site it reports for."""
    mqtt: Mqtt
    outbox: OutboxLimits
    publish: Publishing
    devices: dict[str, Device]
    instruments: tuple[InstrumentConfig, ...]
    outputs: dict[str, OutputConfig] = field(default_factory=dict)
    alarms: tuple[AlarmConfig, ...] = ()
    network: Network = field(default_factory=Network)
    sampling: Sampling = field(default_factory=Sampling)
    clock: ClockSettings = field(default_factory=ClockSettings)


def load_gateway(path: Path, *, files: Path | None = None) -> GatewayConfig:
    """Read a gateway.toml; ConfigError names all its mistakes, one a line.

    Certificates and keys that are named without a folder lie in `files`, else beside it.
    """
    head = load(path, _Head)
    problems: list[str] = []

    def read(call: Callable[..., T], table: Any, where: str) -> list[T]:
        try:
            return [call(table, source=f"{path}: {where}")]
        except ConfigError as error:
            problems.append(str(error))
            return []

    devices = {
        name: device
        for name, table in head.device.items()
        for device in read(partial(convert, schema=Device), table, f"[device.{name}]")
    }
    instruments = [
        instrument
        for number, table in enumerate(head.instrument, start=1)
        for instrument in read(_instrument, table, f"[[instrument]] {number}")
    ]
    outputs = {
        name: output
        for name, table in head.output.items()
        for output in read(_output, table, f"[output.{name}]")
    }
    alarms = [
        alarm
        for number, table in enumerate(head.alarm, start=1)
        for alarm in read(partial(convert, schema=AlarmConfig), table, f"[[alarm]] {number}")
    ]
    if not head.instrument:
        problems.append(f"{path}: no [[instrument]]; edge/sample.toml shows some")
    if problems:
        raise ConfigError("\n".join(problems))
    return GatewayConfig(
        gateway=head.gateway,
        site=head.site,
        mqtt=_beside(head.mqtt, files or path.parent),
        outbox=head.outbox,
        publish=head.publish,
        devices=devices,
        instruments=tuple(instruments),
        outputs=outputs,
        alarms=tuple(alarms),
        network=head.network,
        sampling=head.sampling,
        clock=head.clock,
    )


def _output(table: Any, *, source: str) -> OutputConfig:
    kind = table.get("kind") if isinstance(table, dict) else None
    if kind not in KINDS:
        raise ConfigError(f"{source}: kind `{kind}` is none of {', '.join(KINDS)}")
    rest = {key: value for key, value in table.items() if key != "kind"}
    return convert(rest, KINDS[kind], source=source)


def _instrument(table: Any, *, source: str) -> InstrumentConfig:
    named = table.get("driver") if isinstance(table, dict) else None
    if named not in DRIVERS:
        raise ConfigError(f"{source}: driver `{named}` is none of {', '.join(DRIVERS)}")
    schema: type[InstrumentConfig] = import_module(f"edge.drivers.{named}.config").CONFIG
    return convert(table, schema, source=source)


def _beside(mqtt: Mqtt, folder: Path) -> Mqtt:
    """Return `mqtt` with its files as paths from anywhere."""
    named = {name: getattr(mqtt, name) for name in ("ca_file", "cert_file", "key_file")}
    return replace(mqtt, **{name: str(folder / file) for name, file in named.items() if file})
