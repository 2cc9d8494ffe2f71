"""A remote station that reports by SL 651-2014, HEX/BCD, in modes M2 and M3.

Written from the text of the standard (chapter 6, annexes A-C), apart from the decoder of the
gateway. It keeps what is not acknowledged, sends it three times at most, and again with its
next report (sections 6.3.2.3 and 6.3.2.4).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from math import ceil, isnan

from forewarn.domain.clock import Clock
from simulators.faults import Faults
from simulators.world import World

BEIJING = timezone(timedelta(hours=8))
GARBAGE = b"\x7e\x7e\x01\x00\x12\x34\x56\x78\x12\x34\x32\x00\x2b\x02\xff\xff~~\x01\x16"

SHORTEST_PAUSE_S = 0.5
"""Real seconds between two reports, however fast the world's clock runs."""

TRIES = 3

ELEMENTS = {
    "stage": (0x39, 4, 3),
    "tide": (0x39, 4, 3),
    "rain": (0x22, 3, 1),
    "rain_total": (0x26, 3, 1),
    "discharge": (0x27, 5, 3),
    "wind_speed": (0x35, 2, 1),
    "pressure": (0x08, 3, 0),
    "soil_moisture": (0x10, 2, 1),
    "wave_height": (0x0F, 3, 2),
    "battery": (0x38, 2, 2),
}
"""Observed property → identifier, bytes without sign, decimals (annex C)."""


def checksum(message: bytes) -> bytes:
    """Return CRC-16 with x16+x15+x2+1, from FFFF, high byte first (annex H.3.2)."""
    register = 0xFFFF
    for byte in message:
        register ^= byte
        for _ in range(8):
            low, register = register & 1, register >> 1
            if low:
                register ^= 0xA001
    return bytes([register >> 8, register & 0xFF])


def bcd(value: float, count: int, decimals: int) -> bytes:
    """Return `value` in `count` bytes of digits, with FF before them where it is negative."""
    digits = f"{round(abs(value) * 10**decimals):0{2 * count}d}"[-2 * count :]
    return (b"\xff" if value < 0 else b"") + bytes.fromhex(digits)


class Sl651Station:
    """One remote station.

    Parameters
    ----------
    address : str
        Ten digits.
    properties : sequence of str
        Of those in `ELEMENTS`; others are not reported.
    send : callable
        Puts bytes on the line.
    """

    def __init__(
        self,
        station: str,
        properties: Sequence[str],
        *,
        address: str,
        interval: timedelta,
        send: Callable[[bytes], None],
        world: World,
        clock: Clock,
        faults: Faults,
        centre: int = 1,
        password: int = 0x1234,
    ) -> None:
        self._station, self._properties = station, [p for p in properties if p in ELEMENTS]
        self._head = bytes([centre]) + bytes.fromhex(address) + password.to_bytes(2, "big")
        self._address = bytes.fromhex(address)
        self._interval, self._send = interval, send
        self._world, self._clock, self._faults = world, clock, faults
        self._serial = 0
        self._received = b""
        self._packets: list[bytes] = []
        self.kept: dict[int, tuple[bytes, int]] = {}
        """Number of a telegram that is not acknowledged → its frames, and how often it was sent."""

    async def talk(self) -> None:
        """Report at each multiple of the interval, until cancelled."""
        fastest = SHORTEST_PAUSE_S * getattr(self._clock, "speed", 1.0)
        step = self._interval * max(1, ceil(fastest / self._interval.total_seconds()))
        while True:
            now = self._clock.now()
            done = now.timestamp() % step.total_seconds()
            await self._clock.sleep_until(now + step - timedelta(seconds=done))
            self.report(self._clock.now())

    def report(self, now: datetime) -> None:
        """Send what is not acknowledged, and the timed report (32H) of `now`."""
        at = now.timestamp()
        if self._faults.active(self._station, "silence", at):
            return
        if self._faults.active(self._station, "garbage", at):
            self._send(GARBAGE)
            return
        self.send_again()
        self._keep(0x32, self._elements(at), now)

    def send_again(self) -> None:
        """Send the newest telegrams that are not acknowledged; after three times they stay."""
        for serial, (frames, tries) in list(self.kept.items())[-20:]:
            self.kept[serial] = frames, min(tries + 1, TRIES)
            self._send(frames)

    def send_picture(self, jpeg: bytes, now: datetime, *, size: int = 208) -> list[bytes]:
        """Send a picture (36H) in packets; return its frames."""
        self._serial = self._serial % 65_535 + 1
        text = self._text(now) + b"\xf3\xf3" + jpeg
        total = ceil(len(text) / size)
        self._packets = [
            (total << 12 | number).to_bytes(3, "big") + text[(number - 1) * size : number * size]
            for number in range(1, total + 1)
        ]
        ends = [0x17] * (total - 1) + [0x03]
        frames = [
            self._frame(0x36, 0x16, packet, end)
            for packet, end in zip(self._packets, ends, strict=True)
        ]
        for frame in frames:
            self._send(frame)
        return frames

    def receive(self, chunk: bytes) -> None:
        """Take what the centre sends: acknowledgements, and the question for values (37H)."""
        self._received += chunk
        while (start := self._received.find(b"\x7e\x7e" + self._address)) >= 0:
            frame = self._received[start:]
            if len(frame) < 14 or len(frame) < (size := 17 + (frame[12] & 0xFF)):
                return
            self._received = frame[size:]
            if checksum(frame[: size - 2]) == frame[size - 2 : size]:
                self._obey(frame[10], frame[14 : size - 3], frame[size - 3])

    def _obey(self, function: int, text: bytes, end: int) -> None:
        if end in (0x04, 0x06, 0x1B):  # EOT, ACK, ESC
            self.kept.pop(int.from_bytes(text[:2], "big"), None)
        elif end == 0x15 and (number := int.from_bytes(text[1:3], "big") & 0xFFF):  # NAK
            self._send(self._frame(0x36, 0x16, self._packets[number - 1], 0x03))
        elif end == 0x05 and function == 0x37:
            now = self._clock.now()
            self._keep(0x37, self._elements(now.timestamp()), now)

    def _keep(self, function: int, elements: bytes, now: datetime) -> None:
        self._serial = self._serial % 65_535 + 1
        frame = self._frame(function, 0x02, self._text(now) + elements, 0x03)
        self.kept[self._serial] = frame, 1
        self._send(frame)

    def _text(self, now: datetime) -> bytes:
        """Return number, time, address, kind and time of observation."""
        there = now.astimezone(BEIJING)
        sent, at = f"{there:%y%m%d%H%M%S}", f"{there:%y%m%d%H%M}"
        return (
            self._serial.to_bytes(2, "big")
            + bytes.fromhex(sent)
            + b"\xf1\xf1"
            + self._address
            + b"H\xf0\xf0"
            + bytes.fromhex(at)
        )

    def _frame(self, function: int, start: int, text: bytes, end: int) -> bytes:
        length = len(text).to_bytes(2, "big")
        whole = b"\x7e\x7e" + self._head + bytes([function]) + length + bytes([start])
        whole += text + bytes([end])
        return whole + checksum(whole)

    def _elements(self, at: float) -> bytes:
        whole_minute = at // 60 * 60
        found = b""
        for name in self._properties:
            code, count, decimals = ELEMENTS[name]
            value = self._world.current(f"{self._station}/{name}", whole_minute)
            size = count + (value < 0)
            raw = b"\xff" * count if isnan(value) else bcd(value, count, decimals)
            found += bytes([code, size << 3 | decimals]) + raw
        return found
