"""What travels between the fleet's authority and a gateway: enrolment, and signed envelopes."""

from msgspec import Struct

from forewarn.domain.observation import AwareTime


class Offer(Struct, frozen=True, kw_only=True):
    """What an enrolment token says to the gateway that holds it."""

    url: str
    """Where to enrol, `https://host:port`."""
    gateway: str
    secret: str
    ca: str
    """SHA-256 of the authority's certificate, hexadecimal: only it is believed."""


class Enrolment(Struct, frozen=True, kw_only=True):
    """What a gateway asks with."""

    gateway: str
    secret: str
    request: str
    """Certificate signing request, PEM; the key never leaves the gateway."""


class Welcome(Struct, frozen=True, kw_only=True):
    """What it is given."""

    certificate: str
    """Its client certificate, PEM."""
    ca: str
    """The authority's certificate, PEM."""
    verify_key: str
    """Ed25519 key of configurations and commands, hexadecimal."""
    config: str
    """Its gateway.toml."""


class Envelope(Struct, frozen=True, kw_only=True):
    """A signed message to one gateway, on its `config` or `command` topic."""

    body: bytes
    """The encoded `Configuration` or `Command`."""
    signature: bytes
    """Ed25519 over `kind`, a zero byte and `body`."""


CONFIG_KIND, COMMAND_KIND = b"config", b"command"


class Configuration(Struct, frozen=True, kw_only=True):
    """A gateway.toml for one gateway."""

    gateway: str
    version: int
    """Ascending: an older one is not taken back from the wire."""
    issued: AwareTime
    config: str
    """The TOML text."""
    trial_s: float = 120.0
    """It must report within this many real seconds, or the one before comes back [s]."""


class Command(Struct, frozen=True, kw_only=True):
    """Something that a gateway is to do now."""

    gateway: str
    number: int
    """Ascending: none is done twice."""
    issued: AwareTime
    expires: AwareTime
    name: str
    """`alarm-off`, `alarm-test`, `sample-fast`, `sample-normal` …"""
    argument: str = ""


def signed_part(kind: bytes, body: bytes) -> bytes:
    """Return what is signed: a configuration never passes for a command."""
    return kind + b"\0" + body
