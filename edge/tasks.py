"""Ending tasks for certain."""

import asyncio
from collections.abc import Sequence
from typing import Any

AGAIN_AFTER_S = 0.2


async def cancel(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    """Cancel `tasks` and return when all have ended, whatever they ended with.

    Once is not enough: in Python 3.11 `asyncio.wait_for`, which libraries use, forgets a
    cancellation that arrives just as its result does.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=AGAIN_AFTER_S)
    await asyncio.gather(*tasks, return_exceptions=True)
