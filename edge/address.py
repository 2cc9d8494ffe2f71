"""Where a line is: `tcp://host:port` or `serial:///dev/ttyUSB0?baud=9600&parity=N`.

`rtu+tcp://host:port` is a converter that passes Modbus RTU frames on over TCP. Other schemes,
`gpio:` or `file:` for example, mean something to one driver alone.
"""

from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

EXAMPLES = "`tcp://192.168.1.20:502` or `serial:///dev/ttyUSB0?baud=9600&parity=N`"


class TcpAddress(Struct, frozen=True):
    """A device or a serial-to-network converter that listens on TCP."""

    host: str
    port: int
    rtu: bool = False
    """True behind a converter that passes Modbus RTU frames on as they are."""

    @property
    def scheme(self) -> str:
        """Return the scheme of its URL."""
        return "rtu+tcp" if self.rtu else "tcp"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class SerialAddress(Struct, frozen=True):
    """A serial port of this machine, or a pseudo-terminal."""

    path: str
    baud: int = 9600
    parity: str = "N"
    bits: int = 8
    stop: int = 1

    @property
    def scheme(self) -> str:
        """Return the scheme of its URL."""
        return "serial"

    def __str__(self) -> str:
        return self.path


class OtherAddress(Struct, frozen=True):
    """Something that one driver alone understands: its URL as it was written."""

    url: str

    @property
    def scheme(self) -> str:
        """Return the scheme of its URL."""
        return urlsplit(self.url).scheme

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        if "@" not in parts.netloc:
            return self.url
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


Line = TcpAddress | SerialAddress
Address = Line | OtherAddress
"""As text it names no password."""

OTHER_SCHEMES = (
    "listen",
    "mqtt",
    "mqtts",
    "http",
    "https",
    "gpio",
    "i2c",
    "file",
    "rtsp",
    "rtsps",
    "drawn",
)


def parse(url: str) -> Address:
    """Return the address in `url`; ValueError says what would be one."""
    parts = urlsplit(url)
    if parts.scheme in ("tcp", "rtu+tcp") and parts.hostname:
        try:
            port = parts.port
        except ValueError as error:
            raise ValueError(f"url `{url}`: {error}; give e.g. {EXAMPLES}") from error
        if port:
            return TcpAddress(parts.hostname, port, rtu=parts.scheme == "rtu+tcp")
    if parts.scheme == "serial" and not parts.netloc and parts.path.startswith("/"):
        return _serial(url, parts.path, dict(parse_qsl(parts.query)))
    if parts.scheme in OTHER_SCHEMES and (parts.netloc or parts.path):
        return OtherAddress(url)
    raise ValueError(f"url `{url}` is not the address of a line; give e.g. {EXAMPLES}")


def _serial(url: str, path: str, options: dict[str, str]) -> SerialAddress:
    unknown = sorted(set(options) - {"baud", "parity", "bits", "stop"})
    if unknown:
        raise ValueError(f"url `{url}`: no option `{unknown[0]}`; known: baud, parity, bits, stop")
    parity = options.get("parity", "N")
    try:
        numbers = {key: int(options[key]) for key in ("baud", "bits", "stop") if key in options}
    except ValueError as error:
        raise ValueError(f"url `{url}`: {error}") from error
    address = SerialAddress(path=path, parity=parity, **numbers)
    if parity not in ("N", "E", "O") or address.bits not in (7, 8) or address.stop not in (1, 2):
        raise ValueError(f"url `{url}`: parity is N, E or O, bits 7 or 8, stop 1 or 2")
    if address.baud <= 0:
        raise ValueError(f"url `{url}`: baud must be above 0")
    return address
