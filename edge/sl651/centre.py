"""The centre's side of the talk with remote stations (modes M1-M4), over any line.

A `Dialogue` is the talk on one connection: bytes in, telegrams out, and acknowledgements once
whoever took a telegram says that it is in good hands.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from edge.sl651.errors import TelegramError
from edge.sl651.frames import Coding, End, Frame, encode_frame
from edge.sl651.packets import Assembler, Parts
from edge.sl651.stream import FrameBuffer, Refused
from edge.sl651.telegram import (
    Telegram,
    acknowledgement,
    ask_again,
    encode,
    read_telegram,
)

KEEP_ALIVE = 0x2F

MAX_TEXT_BYTES = 2_000_000
"""The longest text in packets that is put together [bytes]: a picture of 2 MB."""


class Arrival:
    """A telegram that came, and the way to acknowledge it."""

    def __init__(self, telegram: Telegram, peer: str, accept: Callable[[], None]) -> None:
        self.telegram, self.peer = telegram, peer
        self.accept = accept
        """Sends the acknowledgement; call it when the telegram is in good hands."""

    @property
    def key(self) -> tuple[str, int, int, int]:
        """Return what a telegram that is sent again has in common with the first.

        The number is the same, the time of sending perhaps not; the text behind them tells
        telegrams apart when the numbers begin anew.
        """
        frame, body = self.telegram.frame, self.telegram.body
        text = frame.text[16 if frame.coding is Coding.ASCII else 8 :]
        return frame.station, frame.function, body.serial if body else 0, hash(text)


class Centre:
    """What all connections of one device share.

    Parameters
    ----------
    now : callable
        Returns the time in the zone of the stations, without the zone.
    on_arrival : callable
        Takes each telegram that came whole; it acknowledges it, sooner or later.
    on_trouble : callable
        Takes, in words, what was refused.
    knows : callable
        Tells whether a station is one of ours: of others no packets are put together.
    stay_online : bool
        Whether acknowledged stations are told to stay online.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        on_arrival: Callable[[Arrival], None],
        on_trouble: Callable[[str], None],
        knows: Callable[[str], bool] = lambda station: True,
        stay_online: bool = True,
        limit_bytes: int = MAX_TEXT_BYTES,
    ) -> None:
        self.now, self.on_arrival, self.on_trouble = now, on_arrival, on_trouble
        self.knows = knows
        self.stay_online, self.limit_bytes = stay_online, limit_bytes
        self.alive: dict[str, datetime] = {}
        """Address of a station → when it was last heard, telegram or keep-alive."""
        self._reached: dict[str, Dialogue] = {}
        self._asked: dict[tuple[str, int], asyncio.Future[Telegram]] = {}

    def meet(self, send: Callable[[bytes], None], peer: str) -> "Dialogue":
        """Return the talk on a new connection."""
        return Dialogue(self, send, peer)

    async def ask(self, question: Telegram, *, timeout_s: float = 30.0) -> Telegram:
        """Send a query or command to a station that is connected; return its answer (mode M4).

        It is sent three times at most. TelegramError where the station is not connected or
        does not answer within `timeout_s` each time.
        """
        station, function = question.frame.station, question.frame.function
        if station not in self._reached:
            raise TelegramError(f"station {station} is not connected")
        answer: asyncio.Future[Telegram] = asyncio.get_running_loop().create_future()
        self._asked[station, function] = answer
        try:
            for _ in range(3):
                self._reached[station].send(encode(question))
                done, _pending = await asyncio.wait([answer], timeout=timeout_s)
                if done:
                    return answer.result()
        finally:
            del self._asked[station, function]
        raise TelegramError(f"station {station} does not answer function {function:02X}")

    def heard(self, station: str, dialogue: "Dialogue") -> None:
        """Note through which connection a station is reached."""
        self.alive[station] = self.now()
        self._reached[station] = dialogue

    def left(self, dialogue: "Dialogue") -> None:
        """Note that a connection is gone."""
        for station in [s for s, other in self._reached.items() if other is dialogue]:
            del self._reached[station]

    def answered(self, arrival: Arrival) -> bool:
        """Hand an answer to whoever asks for it; False where nobody does."""
        frame = arrival.telegram.frame
        waiting = self._asked.get((frame.station, frame.function))
        if waiting is None or waiting.done():
            return False
        waiting.set_result(arrival.telegram)
        arrival.accept()
        return True


class Dialogue:
    """The talk on one connection."""

    def __init__(self, centre: Centre, send: Callable[[bytes], None], peer: str) -> None:
        self._centre, self.send, self._peer = centre, send, peer
        self._buffer = FrameBuffer()
        self._assembler = Assembler(centre.limit_bytes)

    def feed(self, chunk: bytes) -> None:
        """Take the bytes that came."""
        for found in self._buffer.feed(chunk):
            self._take(found)

    def idle(self) -> None:
        """Give up what was begun; ask for packets that are missing."""
        for found in self._buffer.idle():
            self._take(found)
        for parts in self._assembler.waiting():
            self._ask_again(parts)

    def closed(self) -> None:
        """Note that the connection is gone."""
        self._centre.left(self)
        for parts in self._assembler.waiting():
            self._give_up(parts)

    def _take(self, found: Frame | Refused) -> None:
        if isinstance(found, Refused):
            self._centre.on_trouble(f"{self._peer}: {found.why}")
        elif not found.down:  # what goes down is an echo of ours
            self._take_frame(found)

    def _take_frame(self, frame: Frame) -> None:
        self._centre.heard(frame.station, self)
        if frame.function == KEEP_ALIVE:
            return
        if frame.packet and not self._centre.knows(frame.station):
            self._centre.on_trouble(f"{self._peer}: packets of station {frame.station}, not ours")
            return
        try:
            whole = self._assembler.add(frame)
            if whole is not None:
                self._arrived(read_telegram(whole, whole=True))
            elif frame.end is End.ETX:
                for parts in self._assembler.waiting():
                    if parts.newest is frame:
                        self._ask_again(parts)
        except TelegramError as error:
            self._centre.on_trouble(f"{self._peer}: {error}")

    def _arrived(self, telegram: Telegram) -> None:
        def accept() -> None:
            centre = self._centre
            reply = acknowledgement(telegram, now=centre.now(), stay_online=centre.stay_online)
            self.send(encode_frame(reply))

        arrival = Arrival(telegram, self._peer, accept)
        if not self._centre.answered(arrival):
            self._centre.on_arrival(arrival)

    def _ask_again(self, parts: Parts) -> None:
        number = parts.next_to_ask()
        if number is None:
            self._give_up(parts)
        else:
            self.send(encode_frame(ask_again(parts.newest, number, now=self._centre.now())))

    def _give_up(self, parts: Parts) -> None:
        self._assembler.forget(parts)
        total = parts.newest.packet.total if parts.newest.packet else 0
        missing = ", ".join(str(number) for number in parts.missing()[:10])
        self._centre.on_trouble(
            f"{parts.newest.station}, function {parts.newest.function:02X}: "
            f"packets {missing} of {total} never came"
        )
