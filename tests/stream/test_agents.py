"""The agents without Faust: a list of messages is a broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from forewarn.domain.codec import encode
from forewarn.domain.observation import CheckedColumns, Columns
from stream.agents import hear, intake
from stream.settle import Settled


class Event(NamedTuple):
    key: bytes | None
    value: bytes | None


class Replay:
    """A stream of messages that were written down beforehand."""

    def __init__(self, *events: Event) -> None:
        self._events = events
        self.acked: list[Event] = []
        self.enable_acks = True

    async def events(self) -> AsyncIterator[Event]:
        for event in self._events:
            yield event

    async def __aiter__(self) -> AsyncIterator[bytes | None]:
        for event in self._events:
            yield event.value

    async def ack(self, event: Event) -> bool:
        self.acked.append(event)
        return True


EVENTS = [Event(b"g", b"1"), Event(None, None), Event(b"g", b"2")]


def take_in(replay: Replay, settle: Any, log: list[Any]) -> None:
    async def tell(settled: Settled) -> None:
        log.append(("told", settled.rows, len(replay.acked)))

    async def play() -> None:
        with ThreadPoolExecutor(1) as thread:
            agent = intake(settle, thread, tell, lambda error: log.append(("fatal", str(error))))
            async for rows in agent(replay):
                log.append(("rows", rows))

    asyncio.run(play())


def test_messages_are_settled_then_told_then_acknowledged() -> None:
    replay, log = Replay(*EVENTS), list[Any]()

    def settle(messages: Sequence[tuple[str, bytes]]) -> Settled:
        log.append(list(messages))
        return Settled([], [], 5)

    take_in(replay, settle, log)
    assert log == [[("g", b"1"), ("unknown", b""), ("g", b"2")], ("told", 5, 0), ("rows", 5)]
    assert replay.acked == EVENTS
    assert not replay.enable_acks, "Faust must not acknowledge by itself"


def test_what_could_not_be_settled_is_fatal_and_never_acknowledged() -> None:
    replay, log = Replay(*EVENTS), list[Any]()

    def settle(messages: Sequence[tuple[str, bytes]]) -> Settled:
        raise ValueError("disk full")

    with pytest.raises(ValueError, match="disk full"):
        take_in(replay, settle, log)
    assert (log, replay.acked) == ([("fatal", "disk full")], [])


def test_checked_columns_go_to_the_series_and_garbage_is_left_out() -> None:
    empty = Columns(datastreams=[], of=[], time=[], result=[], quality=[])
    checked = CheckedColumns(area="seoul", columns=empty)
    added: list[CheckedColumns] = []

    async def play() -> None:
        replay = Replay(Event(b"x", b"{"), Event(b"x", None), Event(b"seoul", encode(checked)))
        async for _ in hear(CheckedColumns, added.append)(replay):
            pass

    asyncio.run(play())
    assert added == [checked]
