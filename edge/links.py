"""Lines on which a talk goes both ways: stations that dial in, a serial port, a TCP stream.

Behind `listen://0.0.0.0:5651` any number of stations connect to us; `serial://` and `tcp://` are
one line each. Whatever comes is handed to a talk, one for each connection.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from edge import EdgeError
from edge.address import Address, OtherAddress
from edge.lines import Lines
from edge.stream_line import CHUNK_BYTES, RECONNECT_MAX_S, RECONNECT_MIN_S, StreamLine
from edge.tasks import cancel
from forewarn.domain.clock import Clock

log = logging.getLogger("edge.links")

MAX_CONNECTIONS = 512
"""Stations connected at once; one more is turned away."""

PAUSE_S = 2.0
"""Real seconds of silence after which a message that was begun is given up [s]."""

HANG_UP_S = 900.0
"""Real seconds without a byte after which a connection is closed [s]."""


class Talk(Protocol):
    """One side of the talk on one connection."""

    def feed(self, chunk: bytes) -> None:
        """Take the bytes that came."""
        ...

    def idle(self) -> None:
        """Note that nothing came for a moment after something did."""
        ...

    def closed(self) -> None:
        """Note that the connection is gone."""
        ...


Send = Callable[[bytes], None]
Meet = Callable[[Send, str], Talk]
"""Makes the talk of a new connection, from how to send and who is there."""


class Links:
    """Keeps a device's line open, or its port listening.

    Parameters
    ----------
    name : str
        Device name, to look up its address.
    meet : callable
        Makes a talk for each connection.
    """

    def __init__(self, name: str, lines: Lines, clock: Clock, meet: Meet) -> None:
        self._name, self._lines, self._clock, self._meet = name, lines, clock, meet
        self._line: StreamLine | None = None
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._up_since: datetime | None = None
        self._trouble = "not opened yet"
        self.port = 0
        """Where it listens, for `listen://…:0`."""

    @property
    def up_since(self) -> datetime | None:
        """Return since when the line is open or the port listens, in world time."""
        return self._line.up_since if self._line else self._up_since

    @property
    def trouble(self) -> str:
        """Return why it is not; empty while it is."""
        return self._line.trouble if self._line else self._trouble

    async def start(self) -> None:
        """Begin, if that has not begun yet; return after the first try."""
        if self._task is None and self._line is None:
            try:
                address = self._lines.address(self._name)
            except EdgeError as error:  # devices.json may come later
                self._trouble = str(error)
                return
            if isinstance(address, OtherAddress):
                self._task = asyncio.create_task(self._keep_listening(), name=self._name)
            else:
                self._line = StreamLine(self._name, self._lines, self._clock, self._take)
                self._single = _Paused(self._meet(self._line.write, str(address)))
        await (self._line.start() if self._line else self._tried.wait())

    async def aclose(self) -> None:
        """Close all connections, and the line or the port."""
        await cancel([*self._connections, *([self._task] if self._task else [])])
        self._task = None
        if self._line:
            await self._line.aclose()
            self._single.close()

    def _take(self, chunk: bytes) -> None:
        if self._line:
            self._line.heard()
        self._single.feed(chunk)

    async def _keep_listening(self) -> None:
        delay = RECONNECT_MIN_S
        while True:
            try:
                host, port = _where(self._lines.address(self._name))
                server = await asyncio.start_server(self._welcome, host, port, limit=CHUNK_BYTES)
            except (OSError, EdgeError, ValueError) as error:
                self._trouble = f"cannot listen: {error}"
                self._tried.set()
                await asyncio.sleep(delay)
                delay = min(2 * delay, RECONNECT_MAX_S)
                continue
            self.port = server.sockets[0].getsockname()[1]
            self._up_since, self._trouble = self._clock.now(), ""
            self._tried.set()
            try:
                await asyncio.Event().wait()
            finally:
                server.close()
                self._up_since, self._trouble = None, "closed"

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            log.warning("%s: more than %d connections", self._name, MAX_CONNECTIONS)
            writer.close()
            return
        self._connections.add(task)
        host, port = writer.get_extra_info("peername")[:2]

        def send(message: bytes) -> None:
            if not writer.is_closing():
                writer.write(message)

        talk = _Paused(self._meet(send, f"{host}:{port}"))
        try:
            while True:
                async with asyncio.timeout(HANG_UP_S):
                    chunk = await reader.read(CHUNK_BYTES)
                if not chunk:
                    break
                talk.feed(chunk)
        except (OSError, TimeoutError) as error:
            log.info("%s: %s:%s: %s", self._name, host, port, error or "silent for long")
        finally:
            talk.close()
            self._connections.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class _Paused:
    """A talk that is told when the line falls silent."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, chunk: bytes) -> None:
        self._stop()
        self._talk.feed(chunk)
        self._timer = asyncio.get_running_loop().call_later(PAUSE_S, self._talk.idle)

    def close(self) -> None:
        self._stop()
        self._talk.closed()

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _where(address: Address) -> tuple[str, int]:
    """Return host and port of `listen://host:port`."""
    parts = urlsplit(address.url if isinstance(address, OtherAddress) else "")
    if parts.scheme != "listen" or parts.port is None:
        raise ValueError(f"{address} is not listen://0.0.0.0:5651")
    return parts.hostname or "0.0.0.0", parts.port
