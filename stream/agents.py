"""Faust's agents: thin generators between the topics and the parts that decide."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.logs import fields
from stream.gather import gather
from stream.settle import Settled

log = logging.getLogger("stream.agents")

MOST_BATCHES = 100
"""Batches in one transaction: up to 10,000 observations."""
WITHIN_S = 0.2
"""Real seconds for which the first batch waits for others to share its transaction."""

T = TypeVar("T")
Agent = Callable[[Any], AsyncIterator[int]]
Settle = Callable[[Sequence[tuple[str, bytes]]], Settled]


def intake(
    settle: Settle,
    executor: Executor,
    tell: Callable[[Settled], Awaitable[None]],
    fatal: Callable[[BaseException], None],
) -> Agent:
    """Return the agent that has received batches settled and then tells the news.

    A message is acknowledged to Kafka only when the database holds it and the news of it
    are on their way. While the database is away the agent waits in `settle` and takes
    nothing more. What `settle` raises is `fatal`: better to start again than to skip.
    """

    async def agent(stream: Any) -> AsyncIterator[int]:
        stream.enable_acks = False
        loop = asyncio.get_running_loop()
        async for events in gather(stream.events(), most=MOST_BATCHES, within_s=WITHIN_S):
            messages = [(_text(event.key), event.value or b"") for event in events]
            try:
                settled = await loop.run_in_executor(executor, settle, messages)
                await tell(settled)
            except Exception as error:
                fatal(error)
                raise
            for event in events:
                await stream.ack(event)
            yield settled.rows

    return agent


def hear(schema: type[T], take: Callable[[T], None]) -> Agent:
    """Return the agent that hands each message, decoded, to `take`; others are left out."""

    async def agent(stream: Any) -> AsyncIterator[int]:
        async for payload in stream:
            try:
                message = decode(payload or b"", schema)
            except CodecError as error:
                size, kind = len(payload or b""), schema.__name__
                log.warning("no %s, left out: %s", kind, error, extra=fields(bytes=size))
                continue
            take(message)
            yield 1

    return agent


def _text(key: bytes | None) -> str:
    return (key or b"unknown").decode("utf-8", "replace")
