"""One GET to a foreign host that cannot be turned against our own network.

Only https, to an address that is public; the socket is opened to the very address that was
judged, so that the name cannot mean another one a moment later. Every redirect is judged
anew. Never more than a megabyte is read, and never for longer than `PATIENCE_S`.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from alerts import AlertError
from alerts.cap_check import MAX_BYTES
from forewarn.domain.foreign import wrong_url

PATIENCE_S = 20.0
"""Real seconds for all of one question, redirects included."""
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
CHUNK = 65_536
CARRIERS = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]
"""IPv6 that carries an IPv4 address inside: a way around the judgement of that one."""


class Unreachable(AlertError):
    """There is no answer that may be used; the text says why."""


class Answer(Struct, frozen=True):
    """What a host answered."""

    body: bytes | None
    """None: it has not changed since."""
    url: str
    """Where it came from in the end: links in it are relative to this."""
    tag: str
    """ETag, to ask with next time."""


def get(
    url: str,
    hosts: Sequence[str] = (),
    *,
    tag: str = "",
    tls: ssl.SSLContext | None = None,
    patience_s: float = PATIENCE_S,
) -> Answer:
    """Return what is at `url`; Unreachable says why there is nothing.

    `hosts` may have addresses that are not public; `tag` is the ETag of what we have; `tls` is
    for tests with an authority of their own.
    """
    end = time.monotonic() + patience_s
    headers = {"Accept-Encoding": "identity", "User-Agent": "Forewarn", "Connection": "close"}
    headers |= {"If-None-Match": tag} if tag else {}
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask(url, hosts, headers, tls or ssl.create_default_context(), end)
        if isinstance(answer, Answer):
            return answer
        url = answer
    raise Unreachable(f"{url}: more than {MOST_REDIRECTS} redirects")


def _ask(
    url: str, hosts: Sequence[str], headers: Mapping[str, str], tls: ssl.SSLContext, end: float
) -> Answer | str:
    """Return the answer, or where it has moved."""
    if wrong := wrong_url(url, tuple(hosts)):
        raise Unreachable(wrong)
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = judged(host, port, allowed=host in hosts, loopback=not secure)
    left = end - time.monotonic()
    if left <= 0:
        raise Unreachable(f"{url}: no time left")
    connection = _Connection(host, port, address, tls if secure else None, left)
    # A host that sends one byte now and then never lets a timeout of single reads pass.
    watch = threading.Timer(left, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers=dict(headers))
        with connection.getresponse() as response:
            answer = _taken(url, response)
        if time.monotonic() >= end:  # what was cut can look like a whole answer
            raise TimeoutError
        return answer
    except (OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
        late = time.monotonic() >= end
        why = f"no whole answer in time, {type(error).__name__}" if late else _said(error)
        raise Unreachable(f"{url}: {why}") from error
    finally:
        watch.cancel()
        connection.close()


def _taken(url: str, response: http.client.HTTPResponse) -> Answer | str:
    if response.status in REDIRECTS:
        return urljoin(url, response.headers.get("Location", ""))
    tag = response.headers.get("ETag", "")
    if response.status == 304:
        return Answer(None, url, tag)
    if response.status != 200:
        raise Unreachable(f"{url}: answers {response.status} {response.reason}"[:300])
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Unreachable(f"{url}: it is compressed though we did not ask for that")
    said = response.headers.get("Content-Length", "")
    body = b""
    while len(body) <= MAX_BYTES and not (said.isdecimal() and int(said) > MAX_BYTES):
        part = response.read(CHUNK)
        if not part and said.isdecimal() and len(body) < int(said):
            raise Unreachable(f"{url}: cut off after {len(body)} of {said} bytes")
        if not part:
            return Answer(body, url, tag)
        body += part
    raise Unreachable(f"{url}: more than {MAX_BYTES} bytes; not read")


def judged(host: str, port: int, *, allowed: bool, loopback: bool = False) -> str:
    """Return an address of `host` that may be asked; Unreachable where one of them may not.

    With `allowed` it need not be public, and with `loopback` must be on this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host}: {_said(error)}") from error
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        if loopback and not address.is_loopback:
            raise Unreachable(f"{host} is {address}: http is for this machine alone; use https")
        if not allowed and not is_public(address):
            raise Unreachable(
                f"{host} is {address}, which is not public; if that is meant, name the host in "
                "`hosts` of the [[foreign]]"
            )
    return addresses[0]


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether everybody in the world means the same host by `address`."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in net for net in CARRIERS):
            return False
    return address.is_global and not address.is_multicast


class _Connection(http.client.HTTPConnection):
    """Goes to one address, whatever the name means by then; TLS asks for the name's certificate."""

    def __init__(
        self, host: str, port: int, address: str, tls: ssl.SSLContext | None, timeout_s: float
    ) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self.default_port = 443 if tls else 80
        self._address, self._tls, self._timeout_s = address, tls, timeout_s
        self._cut = False
        self._raw: socket.socket | None = None

    def connect(self) -> None:
        """Open the socket."""
        self._raw = self.sock = socket.create_connection(
            (self._address, self.port), self._timeout_s
        )
        if self._tls is not None:
            self.sock = self._raw = self._tls.wrap_socket(self.sock, server_hostname=self.host)
        if self._cut:
            self.cut()

    def cut(self) -> None:
        """End it now, from another thread: whoever reads gets an error."""
        self._cut = True
        if self._raw is not None:
            with suppress(OSError):
                self._raw.shutdown(socket.SHUT_RDWR)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
