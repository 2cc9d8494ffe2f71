"""A connection to an empty, migrated database."""

from collections.abc import Iterator

import pytest

from forewarn.storage import Connection, connect


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    made = connect(database, application="forewarn-test")
    yield made
    made.close()
