"""SDI-12 sensors behind an adapter that speaks ASCII, written from the specification 1.4.

Commands: `a!`, `?!`, `aI!`, `aM!` `aM1!`–`aM9!`, `aC!` …, the same with a checksum (`aMC!`,
`aCC!`), `aD0!`–`aD9!`, `aR0!` `aRC0!` …. A service request ends the wait for `aM!`. A command to a
sensor that is measuring breaks the measurement off.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from math import floor, isnan, log10

from simulators.line import SerialLine

COMMAND = re.compile(r"(?P<address>[0-9A-Za-z])(?P<kind>[MC])(?P<crc>C?)(?P<number>[1-9]?)!")
CONTINUOUS = re.compile(r"(?P<address>[0-9A-Za-z])R(?P<crc>C?)(?P<number>[0-9])!")
SEND = re.compile(r"(?P<address>[0-9A-Za-z])D(?P<number>[0-9])!")

MOST_LETTERS = {"M": 35, "C": 75}
"""Of values in one answer to `aD0!`, after either kind of measurement."""

NO_VALUE = -9999.0
"""What these sensors send where they have no value."""

GARBAGE = b"\xff\x7e0@@\r\n"


def checksum(answer: str) -> str:
    """Return the three letters of an answer's CRC: 16 bits, polynomial 0xA001, begun at 0."""
    crc = 0
    for letter in answer:
        crc ^= ord(letter)
        for _ in range(8):
            carry, crc = crc & 1, crc >> 1
            crc ^= 0xA001 if carry else 0
    return chr(0x40 | crc >> 12) + chr(0x40 | crc >> 6 & 0x3F) + chr(0x40 | crc & 0x3F)


def written(value: float) -> str:
    """Return `value` as a sensor writes it: a sign and at most seven digits."""
    if isnan(value):
        value = NO_VALUE
    whole = 1 if abs(value) < 1 else floor(log10(abs(value))) + 1
    text = f"{value:+.{max(min(7 - whole, 4), 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Sdi12Sensor:
    """One sensor.

    Parameters
    ----------
    values : callable
        Returns its values as they are when a measurement begins; NaN where it has none.
    wait_s : int
        Real seconds that it says a measurement takes, 0 to 999.
    fault : callable, optional
        Returns `silence` or `garbage` while it has that fault.
    """

    def __init__(
        self,
        address: str,
        values: Callable[[], Sequence[float]],
        *,
        wait_s: int = 0,
        identity: str = "14FOREWARNSIM012001",
        fault: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.address, self.identity, self.wait_s = address, identity, wait_s
        self._values, self._fault = values, fault
        self._ready: list[str] = []
        self._checked = False
        self.measuring: asyncio.TimerHandle | None = None
        self.trouble: str | None = None
        """`silence`, `garbage`, `checksum` (wrong ones) or `lazy` (no service request)."""

    def fault(self) -> str | None:
        """Return what is wrong with it now."""
        return self.trouble or self._fault()

    def begin(self, kind: str, *, checked: bool) -> int:
        """Measure, keep the answers to `aD0!` …, and return how many values there are."""
        texts = [written(value) for value in self._values()]
        self._ready, self._checked = [""], checked
        for text in texts:
            if len(self._ready[-1]) + len(text) > MOST_LETTERS[kind]:
                self._ready.append("")
            self._ready[-1] += text
        return len(texts)

    def break_off(self) -> None:
        """Forget the measurement that is under way."""
        if self.measuring:
            self.measuring.cancel()
            self.measuring, self._ready = None, []

    def answer(self, number: int) -> str:
        """Return the answer to `aD<number>!`."""
        body = self._ready[number] if number < len(self._ready) else ""
        return self.signed(self.address + body, checked=self._checked)

    def signed(self, answer: str, *, checked: bool) -> str:
        """Return `answer` with its checksum if that was asked for."""
        letters = checksum(answer) if checked else ""
        return answer + ("@@@" if letters and self.trouble == "checksum" else letters)


class Sdi12Bus:
    """The sensors on one line."""

    def __init__(self, line: SerialLine, sensors: Sequence[Sdi12Sensor]) -> None:
        self._line = line
        self._sensors: Mapping[str, Sdi12Sensor] = {sensor.address: sensor for sensor in sensors}
        self._received = ""
        self.commands: list[str] = []
        """All that were heard."""
        line.on_bytes(self.receive)

    def receive(self, message: bytes) -> None:
        """Take bytes from the line and answer each command."""
        self._received += message.decode("ascii", "replace")
        while "!" in self._received:
            command, _, self._received = self._received.partition("!")
            self._obey(command.lstrip("\r\n\0") + "!")

    def _obey(self, command: str) -> None:
        self.commands.append(command)
        if command == "?!" and len(self._sensors) == 1:
            command = f"{next(iter(self._sensors))}!"
        sensor = self._sensors.get(command[0])
        fault = sensor.fault() if sensor else "silence"
        if sensor is None or fault == "silence":
            return
        if fault == "garbage":
            self._line.write(GARBAGE)
            return
        sensor.break_off()
        reply = self._reply(sensor, command)
        if reply is not None:
            self._say(reply)

    def _reply(self, sensor: Sdi12Sensor, command: str) -> str | None:
        if command[1:] == "!":
            return sensor.address
        if command[1:] == "I!":
            return sensor.address + sensor.identity
        if started := COMMAND.fullmatch(command):
            kind = started["kind"]
            count = sensor.begin(kind, checked=bool(started["crc"]))
            if kind == "M":
                count = min(count, 9)
                if sensor.wait_s and sensor.trouble != "lazy":
                    loop = asyncio.get_running_loop()
                    early = 0.5 * min(sensor.wait_s, 0.2)
                    sensor.measuring = loop.call_later(early, self._done, sensor)
            return f"{sensor.address}{sensor.wait_s:03d}{count:0{1 if kind == 'M' else 2}d}"
        if now := CONTINUOUS.fullmatch(command):
            sensor.begin("C", checked=bool(now["crc"]))
            return sensor.answer(0)
        if sent := SEND.fullmatch(command):
            return sensor.answer(int(sent["number"]))
        return None

    def _done(self, sensor: Sdi12Sensor) -> None:
        sensor.measuring = None
        self._say(sensor.address)  # the service request

    def _say(self, answer: str) -> None:
        self._line.write(answer.encode("ascii") + b"\r\n")
