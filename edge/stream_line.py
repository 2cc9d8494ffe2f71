"""A line on which an instrument talks by itself: a serial port or a TCP stream of bytes."""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import serial

from edge import EdgeError
from edge.address import Line, SerialAddress
from edge.lines import Lines
from edge.tasks import cancel
from forewarn.domain.clock import Clock

log = logging.getLogger("edge.line")

RECONNECT_MIN_S, RECONNECT_MAX_S = 0.5, 30.0
"""Real seconds between attempts to open a line that is lost; doubled from the first on."""

CHUNK_BYTES = 4096


class StreamLine:
    """Keeps a line open and hands on the bytes that come, each chunk as it comes.

    Parameters
    ----------
    name : str
        Device name, to look up its address at each connection.
    on_bytes : callable
        Called with every chunk.
    silent_after_s : float, optional
        Real seconds without a call of `heard` after which the line is opened anew [s].
    """

    def __init__(
        self,
        name: str,
        lines: Lines,
        clock: Clock,
        on_bytes: Callable[[bytes], None],
        *,
        silent_after_s: float | None = None,
    ) -> None:
        self._name, self._lines, self._clock, self._on_bytes = name, lines, clock, on_bytes
        self._silent_after_s = silent_after_s
        self._heard_at = 0.0
        self._lost = asyncio.Event()
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._write: Callable[[bytes], object] | None = None
        self.up_since: datetime | None = None
        """World time since when the line is open without a break; None while it is lost."""
        self.trouble = "not opened yet"
        """Why the line is not open; empty while it is."""

    async def start(self) -> None:
        """Begin to keep the line open, if that has not begun yet; return after the first try."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_open(), name=f"line {self._name}")
        await self._tried.wait()

    def write(self, message: bytes) -> None:
        """Send `message`; while the line is lost it is dropped."""
        if self._write is not None and self.up_since is not None:
            try:
                self._write(message)
            except OSError as error:
                self.reopen(f"cannot be written to: {error}")

    def heard(self) -> None:
        """Note that something sensible came."""
        self._heard_at = asyncio.get_running_loop().time()

    def reopen(self, why: str) -> None:
        """Close the line, e.g. because nothing sensible comes, and open it again."""
        self.trouble = why
        self._lost.set()

    async def aclose(self) -> None:
        """Close the line for good."""
        if self._task:
            await cancel([self._task])
            self._task = None
        self.up_since = None

    async def _keep_open(self) -> None:
        delay, now = RECONNECT_MIN_S, asyncio.get_running_loop().time
        while True:
            opened_at = now()
            try:
                await self._listen(self._lines.line(self._name))
            except (OSError, EdgeError, ValueError) as error:
                self.trouble = str(error) or f"no answer: {type(error).__name__}"
            self._tried.set()
            if now() - opened_at > RECONNECT_MAX_S:
                delay = RECONNECT_MIN_S
            self.up_since = None
            await asyncio.sleep(delay)
            delay = min(2 * delay, RECONNECT_MAX_S)

    async def _until_lost(self) -> None:
        now = asyncio.get_running_loop().time
        while not self._lost.is_set():
            left = None
            if self._silent_after_s is not None:
                left = self._heard_at + self._silent_after_s - now()
                if left <= 0:
                    self.reopen(f"silent for {self._silent_after_s:g} s")
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._lost.wait()

    async def _listen(self, address: Line) -> None:
        """Hand on bytes until the line is lost."""
        self._lost.clear()
        if isinstance(address, SerialAddress):
            await self._listen_serial(address)
        else:
            await self._listen_tcp(address.host, address.port)

    def _opened(self) -> None:
        self.up_since, self.trouble = self._clock.now(), ""
        self._tried.set()
        self.heard()

    async def _listen_serial(self, address: SerialAddress) -> None:
        port = serial.Serial(
            address.path,
            baudrate=address.baud,
            parity=address.parity,
            bytesize=address.bits,
            stopbits=address.stop,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
        self._write = port.write
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(port.fileno(), self._readable, port.fileno())
            self._opened()
            await self._until_lost()
        finally:
            loop.remove_reader(port.fileno())
            port.close()

    def _readable(self, descriptor: int) -> None:
        try:
            chunk = os.read(descriptor, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:  # EIO: the other end of a pseudo-terminal or USB is gone
            self.reopen(f"the port is gone: {error.strerror}")
            return
        if chunk:
            self._on_bytes(chunk)
        else:
            self.reopen("the port is gone")

    async def _listen_tcp(self, host: str, port: int) -> None:
        timeout_s = self._lines.timeout_s(self._name)
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
        self._write = writer.write
        lost = asyncio.create_task(self._until_lost())
        try:
            self._opened()
            while not lost.done():
                read = asyncio.ensure_future(reader.read(CHUNK_BYTES))
                await asyncio.wait((read, lost), return_when=asyncio.FIRST_COMPLETED)
                if not read.done():
                    read.cancel()
                elif chunk := read.result():
                    self._on_bytes(chunk)
                else:
                    self.reopen("the other side closed the connection")
        finally:
            lost.cancel()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
