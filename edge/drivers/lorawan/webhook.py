"""Uplinks that a network server posts over HTTP: as much of a server as a webhook needs."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from hmac import compare_digest
from urllib.parse import parse_qs, urlsplit

from edge.drivers.lorawan.uplink import MAX_BYTES

HEAD_BYTES = 16_384
LENGTH_DIGITS = 9
REQUEST_S = 10.0
MAX_CONNECTIONS = 50

REASONS = {
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    503: "Service Unavailable",
}


class WebhookSource:
    """Listens at `listen://host:port/path[?token=secret]`.

    With a token, a request must carry `Authorization: Bearer <token>`. ChirpStack adds
    `?event=…` to the path: events other than `up` are answered and passed over.
    """

    def __init__(self, url: str, take: Callable[[bytes, Callable[[], None]], None]) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 0
        self._path = parts.path or "/"
        self._token = parse_qs(parts.query).get("token", [""])[0]
        self._take = take
        self._server: asyncio.Server | None = None
        self._open = 0
        self.trouble = "not listening yet"
        """Why it does not listen; empty while it does."""

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return self._server.sockets[0].getsockname()[1] if self._server else self._port

    async def start(self) -> None:
        """Listen; where the port is taken, `trouble` says so and the next call tries again."""
        if self._server:
            return
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self._port)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"cannot listen on {self._host}:{self._port}: {error.strerror}"

    async def aclose(self) -> None:
        """Stop listening."""
        server, self._server = self._server, None
        if server:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(REQUEST_S):
                code = 503 if self._open > MAX_CONNECTIONS else await self._answer(reader)
                head = f"HTTP/1.1 {code} {REASONS[code]}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode())
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # who hangs up or dawdles is not answered
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> int:
        """Read one request and return the status code of its answer."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return 400
        request, *lines = head.decode("latin-1").split("\r\n")
        words = request.split(" ")
        if len(words) != 3 or len(head) > HEAD_BYTES:
            return 400
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        try:
            target = urlsplit(words[1])
        except ValueError:  # e.g. a bracket that is not closed
            return 400
        if target.path != self._path:
            return 404
        if words[0] != "POST":
            return 405
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if self._token and not compare_digest(given.encode(), self._token.encode()):
            return 401
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdecimal()):
            return 411
        if len(length) > LENGTH_DIGITS or int(length) > MAX_BYTES:
            return 413
        body = await reader.readexactly(int(length))
        if parse_qs(target.query).get("event", ["up"])[0] == "up":
            self._take(body, _nobody_waits)
        return 204


def _nobody_waits() -> None:
    """Take note that a message is kept: its sender was answered long before."""
