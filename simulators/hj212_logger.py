"""A data logger that reports by HJ 212-2017; written from the standard's text (annexes A, B)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from math import isnan

from simulators.faults import Faults
from simulators.world import World

BEIJING = timezone(timedelta(hours=8))
GARBAGE = b"##0099ST=21;CN=20\x00\xff&&##12\r\n"


def packet(text: str) -> bytes:
    """Return `text` with its length, its CRC (annex A) and the end of line."""
    register = 0xFFFF
    for byte in text.encode("ascii"):
        register = (register >> 8) ^ byte
        for _ in range(8):
            carry = register & 0x0001
            register >>= 1
            if carry:
                register ^= 0xA001
    return f"##{len(text):04d}{text}{register:04X}\r\n".encode("ascii")


class Hj212Logger:
    """One logger that sends real-time values (CN 2011) and wants an answer.

    Parameters
    ----------
    factors : mapping
        Factor → observed property of `station`.
    send : callable
        Puts bytes on the line.
    """

    def __init__(
        self,
        station: str,
        factors: Mapping[str, str],
        *,
        mn: str,
        send: Callable[[bytes], None],
        world: World,
        faults: Faults,
    ) -> None:
        self._station, self._factors, self._mn = station, factors, mn
        self._send, self._world, self._faults = send, world, faults
        self.unanswered: dict[str, bytes] = {}
        """QN of each message that was not answered → the message."""

    def report(self, now: datetime) -> None:
        """Send the values of `now`; a value that is not known is flagged D."""
        at = now.timestamp()
        if self._faults.active(self._station, "silence", at):
            return
        if self._faults.active(self._station, "garbage", at):
            self._send(GARBAGE)
            return
        there = now.astimezone(BEIJING)
        qn = f"{there:%Y%m%d%H%M%S}000"
        groups = [f"DataTime={there:%Y%m%d%H%M%S}"]
        for factor, name in self._factors.items():
            value = self._world.current(f"{self._station}/{name}", at)
            shown, flag = ("0", "D") if isnan(value) else (f"{value:.3f}", "N")
            groups.append(f"{factor}-Rtd={shown},{factor}-Flag={flag}")
        text = f"QN={qn};ST=21;CN=2011;PW=123456;MN={self._mn};Flag=5;CP=&&{';'.join(groups)}&&"
        self.unanswered[qn] = packet(text)
        self._send(self.unanswered[qn])

    def receive(self, chunk: bytes) -> None:
        """Take an answer (CN 9014)."""
        for message in chunk.split(b"\r\n"):
            if b"CN=9014" in message:
                qn = message.partition(b"QN=")[2][:17].decode("ascii", "replace")
                self.unanswered.pop(qn, None)
