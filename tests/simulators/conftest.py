"""What the tests of the simulators share: a world simple enough to know by heart."""

import os
import select
import socket
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import pytest

from forewarn.domain.clock import ManualClock

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)


class Ramp:
    """A world in which every value says when it was: minutes since noon, NaN on the 5th."""

    first = NOON.timestamp()
    last = NOON.timestamp() + 86_400.0

    def recorded(self, datastream: str, at: float) -> float:
        minutes = (at - self.first) / 60
        return nan if minutes == 5 or minutes != int(minutes) else minutes

    def current(self, datastream: str, at: float) -> float:
        return (at - self.first) / 60

    def fallen(self, datastream: str, at: float) -> float:
        return 0.1 * (at - self.first) / 60


@pytest.fixture
def ramp() -> Ramp:
    return Ramp()


@pytest.fixture
def noon() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def root() -> Path:
    return ROOT


class RawTcp:
    """Modbus TCP by hand: bytes out, bytes in."""

    def __init__(self, url: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5)

    def exchange(self, message: bytes) -> bytes:
        """Send a whole frame; return the frame that comes back, b"" after 0.3 s of silence."""
        self.socket.sendall(message)
        if not select.select([self.socket], [], [], 0.3)[0]:
            return b""
        return self.socket.recv(4096)

    def read(self, unit: int, address: int, count: int, transaction: int = 7) -> bytes:
        """Return the register bytes of a function 4 request; AssertionError on an exception."""
        answer = self.exchange(struct.pack(">HHHBBHH", transaction, 0, 6, unit, 4, address, count))
        head = struct.unpack(">HHHBBB", answer[:9])
        assert head == (transaction, 0, 3 + 2 * count, unit, 4, 2 * count)
        return answer[9:]


@pytest.fixture
def raw_tcp() -> Iterator[Callable[[str], RawTcp]]:
    clients: list[RawTcp] = []

    def connect(url: str) -> RawTcp:
        clients.append(RawTcp(url))
        return clients[-1]

    yield connect
    for client in clients:
        client.socket.close()


class RawSerial:
    """A serial line by hand, opened as a driver would open it."""

    def __init__(self, url: str) -> None:
        self.path = url.removeprefix("serial://").partition("?")[0]
        self.file = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def write(self, message: bytes) -> None:
        os.write(self.file, message)

    def read(self, seconds: float = 0.3) -> bytes:
        """Return what is there within `seconds`, and all that follows at once."""
        received = b""
        while select.select([self.file], [], [], seconds if not received else 0.02)[0]:
            received += os.read(self.file, 4096)
        return received


@pytest.fixture
def raw_serial() -> Iterator[Callable[[str], RawSerial]]:
    lines: list[RawSerial] = []

    def connect(url: str) -> RawSerial:
        lines.append(RawSerial(url))
        return lines[-1]

    yield connect
    for line in lines:
        os.close(line.file)
