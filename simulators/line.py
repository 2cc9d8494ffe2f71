"""A serial line without a wire: a pseudo-terminal in raw mode."""

import asyncio
import os
import tty
from collections.abc import Callable
from contextlib import suppress

from simulators.errors import SimulatorError


class SerialLine:
    """One end of a serial line; the other end is a device file that a driver opens.

    Both ends stay open here: a driver that closes and opens again finds the line as it
    was. What nobody reads is lost when the line's buffer is full, as on a real UART.
    """

    def __init__(self, name: str) -> None:
        try:
            self._near, self._far = os.openpty()
        except OSError as error:
            raise SimulatorError(f"line `{name}`: no pseudo-terminal to be had: {error}") from error
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)
        self._reader: Callable[[bytes], None] | None = None

    def url(self, baud: int = 9600) -> str:
        """Return where a driver finds this line, `serial:///dev/pts/5?baud=9600&parity=N`."""
        return f"serial://{self.path}?baud={baud}&parity=N"

    def on_bytes(self, reader: Callable[[bytes], None]) -> None:
        """Call `reader` in the running event loop with the bytes that arrive."""
        self._reader = reader
        asyncio.get_running_loop().add_reader(self._near, self._read)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            received = os.read(self._near, 4096)
            if self._reader is not None:
                self._reader(received)

    def write(self, message: bytes) -> None:
        """Send `message`; what the line's buffer does not hold is lost."""
        with suppress(BlockingIOError):
            os.write(self._near, message)

    def close(self) -> None:
        """Give both ends back."""
        if self._reader is not None:
            asyncio.get_running_loop().remove_reader(self._near)
        os.close(self._near)
        os.close(self._far)
