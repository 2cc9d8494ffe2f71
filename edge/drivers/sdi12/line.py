"""One SDI-12 line: one command at a time, each repeated if nobody answers."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from edge import DriverError
from edge.drivers.sdi12.config import Sdi12Config
from edge.drivers.sdi12.decode import Promise, promise, values
from edge.lines import Lines
from edge.stream_line import StreamLine
from forewarn.domain.clock import Clock

TRIES = 3
"""A command that is not answered is sent again (SDI-12 1.4, "Command retries": at least
three times)."""

MOST_LETTERS = 82
"""Of an answer: address, 75 of values, checksum, line end."""

MOST_ANSWERS = 10
"""`D0` to `D9`."""

T = TypeVar("T")


class Sdi12Line:
    """A serial line, or a TCP stream, to an adapter that makes SDI-12 of what it is told.

    Parameters
    ----------
    name : str
        Name of the device in gateway.toml.
    """

    def __init__(self, name: str, lines: Lines, clock: Clock) -> None:
        self._name, self._lines = name, lines
        self._stream = StreamLine(name, lines, clock, self._take)
        self._lock = asyncio.Lock()
        self._received = b""
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    async def measure(self, config: Sdi12Config) -> list[float]:
        """Return the values of one measurement; DriverError names station, sensor and line."""
        if config.measurement[0] == "R":
            async with self._lock:
                return await self._send_for(config, config.command())
        async with self._lock:
            promised = await self._start(config)
            if config.measurement[0] == "M":
                await self._until_ready(config, promised)
                return await self._collect(config, promised)
        await asyncio.sleep(promised.wait_s)
        async with self._lock:
            return await self._collect(config, promised)

    async def identify(self, config: Sdi12Config) -> str:
        """Return what the sensor says it is: version, maker, model, serial number."""

        def own(reply: str) -> str:
            if reply[:1] != config.address:
                raise ValueError(f"answered `{reply}`, not for address {config.address}")
            return reply[1:]

        async with self._lock:
            return await self._ask(config, f"{config.address}I!", own)

    async def aclose(self) -> None:
        """Let go of the line."""
        await self._stream.aclose()

    async def _start(self, config: Sdi12Config) -> Promise:
        promised = await self._ask(config, config.command(), lambda r: promise(r, config.address))
        if not promised.values:
            raise DriverError(f"{self._who(config)}: has no values for {config.measurement}")
        return promised

    async def _until_ready(self, config: Sdi12Config, promised: Promise) -> None:
        """Wait for the sensor's service request, at most as long as it said."""
        deadline = asyncio.get_running_loop().time() + promised.wait_s
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            if await self._next(left) == config.address:
                return

    async def _collect(self, config: Sdi12Config, promised: Promise) -> list[float]:
        found: list[float] = []
        for number in range(MOST_ANSWERS):
            if len(found) >= promised.values:
                break
            more = await self._send_for(config, f"{config.address}D{number}!")
            if not more:
                break
            found += more
        if len(found) < promised.values:
            raise DriverError(
                f"{self._who(config)}: gave {len(found)} of the {promised.values} values that it "
                f"promised for {config.measurement}"
            )
        return found

    async def _send_for(self, config: Sdi12Config, command: str) -> list[float]:
        return await self._ask(
            config, command, lambda r: values(r, config.address, checked=config.crc)
        )

    async def _ask(self, config: Sdi12Config, command: str, parse: Callable[[str], T]) -> T:
        """Send `command` until `parse` can make something of an answer, three times at most."""
        await self._stream.start()
        timeout_s, wrong = self._lines.timeout_s(self._name), ""
        for _ in range(TRIES):
            if self._stream.up_since is None:
                raise DriverError(f"{self._who(config)}: {self._stream.trouble}")
            self._forget()
            self._stream.write(command.encode("ascii"))
            reply = await self._next(timeout_s)
            if reply == command:  # an adapter that echoes
                reply = await self._next(timeout_s)
            try:
                if reply is not None:
                    return parse(reply)
            except ValueError as error:
                wrong = str(error)
        told = wrong or f"no answer within {timeout_s:g} s"
        raise DriverError(f"{self._who(config)}: `{command}` {TRIES} times: {told}")

    async def _next(self, within_s: float) -> str | None:
        try:
            async with asyncio.timeout(within_s):
                return await self._heard.get()
        except TimeoutError:
            return None

    def _take(self, chunk: bytes) -> None:
        self._received = (self._received + chunk)[-4 * MOST_LETTERS :]
        *whole, self._received = self._received.split(b"\r\n")
        for line in whole:
            self._stream.heard()
            self._heard.put_nowait(line.lstrip(b"\x00\xff").decode("ascii", "replace"))

    def _forget(self) -> None:
        self._received = b""
        while not self._heard.empty():
            self._heard.get_nowait()

    def _who(self, config: Sdi12Config) -> str:
        return f"{config.station}: SDI-12 sensor {config.address} on `{self._name}`"
