"""Bundles what arrives one by one, without letting go of what was not dealt with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def gather(source: AsyncIterator[T], *, most: int, within_s: float) -> AsyncIterator[list[T]]:
    """Yield lists of up to `most` items in their order, `within_s` real seconds after the first.

    While the caller is busy with a list, at most `most` further items are taken from
    `source`: that is the back-pressure. Faust's own `take` does the same, but it acknowledges
    its events even when the caller failed or was cancelled; here nobody acknowledges but the
    caller. Ends when `source` ends, and raises what `source` raises.
    """
    queue: asyncio.Queue[T] = asyncio.Queue(most)
    pump = asyncio.create_task(_pump(source, queue))
    try:
        while (first := await _next(queue, pump)) is not None:
            if not queue.full():
                await asyncio.wait({pump}, timeout=within_s)
            batch = [first[0]]
            while len(batch) < most and not queue.empty():
                batch.append(queue.get_nowait())
            yield batch
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump


async def _pump(source: AsyncIterator[T], queue: "asyncio.Queue[T]") -> None:
    async for item in source:
        await queue.put(item)


async def _next(queue: "asyncio.Queue[T]", pump: "asyncio.Task[None]") -> tuple[T] | None:
    """Return the next item in a tuple, or None when the source has ended."""
    if not queue.empty():
        return (queue.get_nowait(),)
    waiting = asyncio.create_task(queue.get())
    try:
        await asyncio.wait({waiting, pump}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return (waiting.result(),)
        pump.result()
        return None if queue.empty() else (queue.get_nowait(),)
    finally:
        waiting.cancel()
