"""Shared answers: asked for seldom, and what cannot be read never takes the old one away."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from console.errors import DatabaseUnavailable
from console.polled import Polled
from console.prepared import Prepared

log = logging.getLogger("console.tests")


class Stored:
    """Stands for the database's thread; counts how often it is asked."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), 0

    async def ask(self, question: Callable[[Any], Prepared]) -> Prepared:
        self.asked += 1
        await asyncio.sleep(0)
        return question(self.answers.pop(0))


class Told(Polled):
    def __init__(self, stored: Stored, interval_s: float) -> None:
        super().__init__(stored, interval_s, Prepared("nothing"), log)  # type: ignore[arg-type]

    def _read(self, connection: object) -> Prepared:
        if isinstance(connection, Exception):
            raise connection
        return Prepared(connection)


def test_many_pages_at_once_are_one_question() -> None:
    stored = Stored("first")
    told = Told(stored, interval_s=3600.0)
    assert told.version == Prepared("nothing").version

    async def run() -> list[Prepared]:
        return await asyncio.gather(*(told.newest() for _ in range(20)))

    assert {answer.body for answer in asyncio.run(run())} == {b'"first"'}
    assert stored.asked == 1
    assert told.version == Prepared("first").version


def test_what_cannot_be_read_is_logged_and_the_old_answer_stays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told(Stored("first", msgspec.ValidationError("no area"), "third"), interval_s=0.0)

    async def run() -> list[bytes]:
        return [(await told.newest()).body for _ in range(3)]

    assert asyncio.run(run()) == [b'"first"', b'"first"', b'"third"']
    assert [record.name for record in caplog.records] == ["console.tests"]


def test_a_database_that_does_not_answer_is_asked_again_at_once() -> None:
    stored = Stored(DatabaseUnavailable("gone"), "back")
    told = Told(stored, interval_s=3600.0)

    async def run() -> bytes:
        with pytest.raises(DatabaseUnavailable, match="gone"):
            await told.newest()
        return (await told.newest()).body

    assert asyncio.run(run()) == b'"back"'
