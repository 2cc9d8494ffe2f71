"""Bundling: order, back-pressure, and nothing let go of by itself."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from stream.gather import gather


async def numbers(count: int, taken: list[int]) -> AsyncIterator[int]:
    for number in range(count):
        taken.append(number)
        yield number


def test_what_is_there_comes_in_order_and_in_bounded_lists() -> None:
    async def bundles() -> list[list[int]]:
        return [b async for b in gather(numbers(25, []), most=10, within_s=0.01)]

    found = asyncio.run(bundles())
    assert [number for bundle in found for number in bundle] == list(range(25))
    assert max(map(len, found)) == 10


def test_while_the_caller_is_busy_no_more_than_one_bundle_is_taken() -> None:
    async def waiting() -> int:
        taken: list[int] = []
        bundles = gather(numbers(1000, taken), most=10, within_s=0.0)
        await anext(bundles)
        await asyncio.sleep(0.02)
        await bundles.aclose()
        return len(taken)

    assert asyncio.run(waiting()) <= 10 + 10 + 1


def test_an_error_of_the_source_reaches_the_caller_after_what_came_before_it() -> None:
    async def torn() -> AsyncIterator[int]:
        yield 1
        raise ConnectionError("cable cut")

    async def read() -> list[list[int]]:
        bundles = gather(torn(), most=10, within_s=0.0)
        first = await anext(bundles)
        with pytest.raises(ConnectionError, match="cable cut"):
            await anext(bundles)
        return [first]

    assert asyncio.run(read()) == [[1]]


def test_a_trickle_is_not_held_back_for_long() -> None:
    async def endless() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    async def first() -> list[int]:
        bundles = gather(endless(), most=10, within_s=0.01)
        try:
            return await asyncio.wait_for(anext(bundles), 2.0)
        finally:
            await bundles.aclose()

    assert asyncio.run(first()) == [1]
