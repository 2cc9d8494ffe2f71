"""A site, CAP messages for it, and a host that answers over real TLS as it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from forewarn.domain.config import convert
from forewarn.domain.station import Site

NOW = datetime(2026, 7, 11, 3, 0, tzinfo=UTC)
SENDER = "ews@example.org"
RING = "29.40,121.80 29.40,122.00 29.52,122.00 29.52,121.80 29.40,121.80"


def cap(
    identifier: str = "n-1",
    *,
    sender: str = SENDER,
    sent: str = "2026-07-11T10:00:00+08:00",
    status: str = "Actual",
    kind: str = "Alert",
    references: str = "",
    scope: str = "Public",
    area: str = f"<polygon>{RING}</polygon>",
    expires: str = "<expires>2026-07-11T18:00:00+08:00</expires>",
    extra: str = "",
) -> bytes:
    """Return a CAP message of the national service."""
    refers = f"<references>{references}</references>" if references else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>{identifier}</identifier><sender>{sender}</sender><sent>{sent}</sent>"
        f"<status>{status}</status><msgType>{kind}</msgType><scope>{scope}</scope>{refers}"
        "<info><language>zh-CN</language><category>Met</category><event>暴雨</event>"
        "<urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>"
        f"{expires}<headline>暴雨橙色预警信号</headline>{extra}"
        f"<area><areaDesc>West</areaDesc>{area}</area></info></alert>"
    ).encode()


@pytest.fixture
def site() -> Site:
    """Return a site with two areas, one of which has codes."""
    west = [(29.4, 121.8), (29.4, 122.0), (29.52, 122.0), (29.4, 121.8)]
    east = [(29.4, 123.0), (29.4, 123.2), (29.5, 123.2), (29.4, 123.0)]
    raw = {
        "id": "testford",
        "name": "Testford",
        "timezone": "Asia/Shanghai",
        "sender": "us@example.org",
        "gateways": ["gw"],
        "area": [
            {"id": "west", "name": "West bank", "polygon": west},
            {
                "id": "east",
                "name": "East bank",
                "polygon": east,
                "geocodes": {"CN-GB2260": ["330203"]},
            },
        ],
        "station": [],
    }
    return convert(raw, Site, source="test")


class Host:
    """A web host over TLS whose pages a test sets; `asked` is what it was asked for."""

    def __init__(self, server: ThreadingHTTPServer, tls: ssl.SSLContext) -> None:
        self.tls = tls
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.url = f"https://localhost:{server.server_port}"

    def page(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Answer `path` so; return its URL."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, named, body)
        return self.url + path


@pytest.fixture(scope="session")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate of `localhost`, its own authority."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "pair.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def host(_pair: Path) -> Iterator[Host]:
    """Start a host."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            status, headers, body = found.pages.get(self.path, (404, {}, b""))
            tag = headers.get("ETag")
            if tag and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # clients that hang up are what some tests are about

    server = Quiet(("127.0.0.1", 0), Handler)
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(_pair)
    server.socket = own.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    found = Host(server, ssl.create_default_context(cafile=_pair))
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


Cap = Callable[..., bytes]


@pytest.fixture(name="cap")
def _cap() -> Cap:
    return cap
