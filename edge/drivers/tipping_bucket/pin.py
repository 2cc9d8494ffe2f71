"""A contact on a pin of a Raspberry Pi, as a line of tips."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from edge.drivers.tipping_bucket.decode import TIP
from forewarn.domain.clock import Clock

log = logging.getLogger("edge.line")

EXAMPLE = "`gpio:///17` or `gpio:///17?pull=down`"


class Pin(Struct, frozen=True):
    """Where the contact is."""

    number: int
    """BCM number, as in GPIO17."""
    pull_up: bool
    """True: the contact closes to ground (the pin falls); False: it closes to 3.3 V."""


def pin_of(url: str) -> Pin:
    """Return the pin in `url`; ValueError says what would be one."""
    parts = urlsplit(url)
    number, options = parts.path.removeprefix("/"), parse_qs(parts.query)
    pull = options.pop("pull", ["up"])[-1]
    whole = parts.netloc or options or not (number.isascii() and number.isdecimal())
    if parts.scheme != "gpio" or whole or int(number) > 27 or pull not in ("up", "down"):
        raise ValueError(f"url `{url}` is no pin 0 to 27; write e.g. {EXAMPLE}")
    return Pin(int(number), pull == "up")


class PinLine:
    """Watches a pin through gpiozero; has what a `StreamLine` has, each tip being one byte.

    gpiozero tells of a closing contact in a thread of its own; `on_tip` is called in the event
    loop, with the real time at which it closed.

    Parameters
    ----------
    on_tip : callable
        Called with b"T" and the real time of the closing, on the loop's clock [s].
    """

    def __init__(self, url: str, clock: Clock, on_tip: Callable[[bytes, float], None]) -> None:
        self._url, self._clock, self._on_tip = url, clock, on_tip
        self._contact: Any = None
        self.up_since: datetime | None = None
        """World time since when the pin is watched; None while it is not."""
        self.trouble = "not opened yet"
        """Why the pin is not watched; empty while it is."""

    async def start(self) -> None:
        """Claim the pin if that has not succeeded yet."""
        if self._contact is not None:
            return
        try:
            from gpiozero import DigitalInputDevice, GPIOZeroError
        except ImportError:
            self.trouble = "gpio:// needs gpiozero: `pip install 'forewarn[pi]'`"
            return
        try:
            pin = pin_of(self._url)
            self._contact = DigitalInputDevice(pin.number, pull_up=pin.pull_up)
        except (GPIOZeroError, OSError, ValueError) as error:
            self.trouble = f"{self._url}: {error}"
            return
        loop = asyncio.get_running_loop()
        self._contact.when_activated = lambda: self._closed(loop)
        self.up_since, self.trouble = self._clock.now(), ""
        log.info("%s: open", self._url)

    def _closed(self, loop: asyncio.AbstractEventLoop) -> None:
        at_s = loop.time()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._on_tip, bytes([TIP]), at_s)

    async def aclose(self) -> None:
        """Let go of the pin."""
        contact, self._contact = self._contact, None
        self.up_since = None
        if contact is not None:
            contact.when_activated = None
            contact.close()
