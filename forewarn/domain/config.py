"""TOML into typed structs, with errors that name the file, the key and the nearest valid key."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

import msgspec

from forewarn.domain.errors import ConfigError

T = TypeVar("T")


def load(path: Path, schema: type[T]) -> T:
    """Read the TOML file at `path` and validate it against `schema`, a struct."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return convert(raw, schema, source=str(path))


def convert(raw: Any, schema: type[T], *, source: str) -> T:
    """Validate parsed TOML or JSON against `schema`; errors begin with `source`."""
    try:
        return msgspec.convert(raw, schema)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{source}: {error}{_hint(str(error), schema)}") from error


def _hint(message: str, schema: type) -> str:
    unknown = re.search(r"unknown field `(.+?)`", message)
    if not unknown:
        return ""
    known = sorted(_keys(_at(schema, message)) or _keys(schema))
    close = get_close_matches(unknown.group(1), known, n=1)
    return f". Did you mean `{close[0]}`?" if close else f". Known keys: {', '.join(known)}"


def _at(schema: Any, message: str) -> Any:
    """Follow msgspec's path, `$.station[...].limits`, to the type that was being read."""
    path = re.search(r"at `\$(.*)`", message)
    for name in re.findall(r"\.([^.\[]+)", path.group(1)) if path else []:
        fields = {
            f.encode_name: f.type for s in _structs(schema) for f in msgspec.structs.fields(s)
        }
        schema = fields.get(name, schema)
    return schema


def _keys(schema: Any) -> set[str]:
    return {field.encode_name for field in _fields(schema)}


def _fields(schema: Any) -> list[msgspec.structs.FieldInfo]:
    return [field for struct in _structs(schema) for field in msgspec.structs.fields(struct)]


def _structs(schema: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the struct types inside a union, a list, a mapping or an annotation."""
    if isinstance(schema, type) and issubclass(schema, msgspec.Struct):
        yield schema
    for inner in get_args(schema):
        yield from _structs(inner)


def _check_url(key: str, url: str, schemes: tuple[str, ...], example: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        hosts = parts.netloc.rpartition("@")[2].split(",")
        named = [bool(urlsplit(f"//{host}").hostname) for host in hosts]
        ports = [urlsplit(f"//{host}").port for host in hosts]
    except ValueError as error:
        raise ValueError(f"{key} `{url}`: {error}; give e.g. `{example}`") from error
    if parts.scheme not in schemes or not all(named) or 0 in ports:
        raise ValueError(f"{key} `{url}` is not a {schemes[0]} URL; give e.g. `{example}`")


class Services(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the shared services are: `[services]` of forewarn.toml, or the environment.

    An empty URL means: use the embedded one that `forewarn up` starts.
    """

    mqtt_url: str = ""
    """`mqtt://[user:password@]host[:port]` or `mqtts://…`."""
    kafka_url: str = ""
    """`kafka://host:port[,host:port…]`."""
    database_url: str = ""
    """`postgresql://[user[:password]@]host[:port]/database`."""
    webhook_url: str = ""
    """Alert messages are POSTed here as JSON; empty: not sent."""

    def __post_init__(self) -> None:
        _check_url("mqtt_url", self.mqtt_url, ("mqtt", "mqtts"), "mqtt://127.0.0.1:1883")
        _check_url("kafka_url", self.kafka_url, ("kafka",), "kafka://127.0.0.1:9092")
        _check_url(
            "database_url",
            self.database_url,
            ("postgresql", "postgres"),
            "postgresql://forewarn@127.0.0.1:5432/forewarn",
        )
        _check_url("webhook_url", self.webhook_url, ("http", "https"), "https://example.org/hook")


class Signing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What signs CAP messages: `[alerts.signing]` of forewarn.toml, or the environment."""

    key: str = ""
    """Path of the private key in PEM; empty: messages go out unsigned."""
    certificate: str = ""
    """Path of its certificate in PEM; empty: it is in the file of the key."""

    def __post_init__(self) -> None:
        if self.certificate and not self.key:
            raise ValueError("`certificate` without `key`: give the private key that signs")


class _Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signing: Signing = Signing()


class WatchdogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the watchdog tells: `[watchdog]` of forewarn.toml, or the environment.

    Choose ways that do not depend on what is watched. With none, alarms are only logged.
    """

    webhook_url: str = ""
    """Notices are POSTed here as JSON."""
    mail_to: str = ""
    """Addresses, separated by commas; needs `smtp_url`."""
    smtp_url: str = ""
    """`smtp://[user:password@]host[:port]`, or `smtps://…` for TLS from the first byte."""
    command: str = ""
    """A program that is run with the notice on its standard input: a GSM modem, a bell."""
    ping_url: str = ""
    """Is fetched once an interval for as long as the watchdog lives: who does not hear of it
    any more (healthchecks.io, another city's Forewarn) knows that the watchdog itself is dead."""
    console_url: str = ""
    """Where the console is, if not where it wrote it in the state directory."""
    interval_s: float = 60.0
    """Real seconds between canaries; at most one each minute of world time is sent."""
    patience_s: float = 90.0
    """Real seconds that a canary has for the way to each stage."""

    def __post_init__(self) -> None:
        for key in ("webhook_url", "ping_url", "console_url"):
            url = getattr(self, key)
            _check_url(key, url, ("http", "https"), "https://example.org/hook")
        smtp = ("smtp", "smtps")
        _check_url("smtp_url", self.smtp_url, smtp, "smtp://user:secret@mail.example.org:587")
        if bool(self.mail_to) != bool(self.smtp_url):
            raise ValueError("`mail_to` and `smtp_url` go together: give both or none")
        if not 1 <= self.interval_s <= 3600 or self.patience_s <= self.interval_s:
            raise ValueError("`interval_s` is 1 to 3600, and `patience_s` is more than it")


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the console is for people: `[console]` of forewarn.toml, or the environment."""

    url: str = ""
    """`https://forewarn.example.org`, as officers type it; messages to them name it. Empty: they
    name no address."""

    def __post_init__(self) -> None:
        _check_url("url", self.url, ("http", "https"), "https://forewarn.example.org")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    services: Services = Services()
    watchdog: WatchdogSettings = WatchdogSettings()
    alerts: _Alerts = _Alerts()
    console: ConsoleSettings = ConsoleSettings()


VARIABLES = {
    "mqtt_url": "FOREWARN_MQTT_URL",
    "kafka_url": "FOREWARN_KAFKA_URL",
    "database_url": "FOREWARN_DATABASE_URL",
    "webhook_url": "FOREWARN_WEBHOOK_URL",
}
"""Environment variables that override the keys of `[services]`."""


def load_services(
    environment: Mapping[str, str] = os.environ, path: Path = Path("forewarn.toml")
) -> Services:
    """Return the URLs of the services from `path`, if it is there, overridden by `environment`."""
    services = load(path, _File).services if path.is_file() else Services()
    given = {key: environment[var] for key, var in VARIABLES.items() if environment.get(var)}
    try:
        return msgspec.structs.replace(services, **given)
    except ValueError as error:
        raise ConfigError(f"environment: {error}") from error


SIGNING_VARIABLES = {"key": "FOREWARN_CAP_KEY", "certificate": "FOREWARN_CAP_CERTIFICATE"}
"""Environment variables that override the keys of `[alerts.signing]`."""


def load_signing(
    environment: Mapping[str, str] = os.environ, path: Path = Path("forewarn.toml")
) -> Signing:
    """Return what signs, from `path`, if it is there, overridden by `environment`."""
    signing = load(path, _File).alerts.signing if path.is_file() else Signing()
    given = {
        key: environment[var] for key, var in SIGNING_VARIABLES.items() if environment.get(var)
    }
    try:
        return msgspec.structs.replace(signing, **given)
    except ValueError as error:
        raise ConfigError(f"environment: {error}") from error


WATCHDOG_VARIABLES = {
    "webhook_url": "FOREWARN_WATCHDOG_WEBHOOK_URL",
    "mail_to": "FOREWARN_WATCHDOG_MAIL_TO",
    "smtp_url": "FOREWARN_WATCHDOG_SMTP_URL",
    "command": "FOREWARN_WATCHDOG_COMMAND",
    "ping_url": "FOREWARN_WATCHDOG_PING_URL",
    "console_url": "FOREWARN_WATCHDOG_CONSOLE_URL",
}
"""Environment variables that override the keys of `[watchdog]`."""


def load_watchdog(
    environment: Mapping[str, str] = os.environ, path: Path = Path("forewarn.toml")
) -> WatchdogSettings:
    """Return whom the watchdog tells, from `path`, if it is there, and `environment` over it."""
    settings = load(path, _File).watchdog if path.is_file() else WatchdogSettings()
    given = {k: environment[var] for k, var in WATCHDOG_VARIABLES.items() if environment.get(var)}
    try:
        return msgspec.structs.replace(settings, **given)
    except ValueError as error:
        raise ConfigError(f"environment: {error}") from error


def load_console(
    environment: Mapping[str, str] = os.environ, path: Path = Path("forewarn.toml")
) -> ConsoleSettings:
    """Return where the console is for people; `FOREWARN_CONSOLE_URL` overrides `path`."""
    settings = load(path, _File).console if path.is_file() else ConsoleSettings()
    try:
        return ConsoleSettings(url=environment.get("FOREWARN_CONSOLE_URL") or settings.url)
    except ValueError as error:
        raise ConfigError(f"environment: FOREWARN_CONSOLE_URL: {error}") from error


METRICS_VARIABLE = "FOREWARN_METRICS_PORT"


def metrics_port(environment: Mapping[str, str] = os.environ) -> int:
    """Return the port at which this process shows its figures; 0: none. Raises ConfigError."""
    text = environment.get(METRICS_VARIABLE, "") or "0"
    if not text.isdecimal() or int(text) > 65535:
        raise ConfigError(f"{METRICS_VARIABLE}=`{text}` is not a port; give 0 to 65535, 0 for none")
    return int(text)


def required(services: Services, key: str) -> str:
    """Return the URL under `key`, or raise ConfigError that says how to give one."""
    url: str = getattr(services, key)
    if not url:
        raise ConfigError(
            f"no {key}: set {VARIABLES[key]} or `{key}` under [services] in forewarn.toml, "
            "or start the embedded services with `forewarn up`"
        )
    return url
