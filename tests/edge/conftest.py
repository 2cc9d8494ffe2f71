from collections.abc import Iterator

import pytest

from tests.edge.instruments import Talker


@pytest.fixture
def talker() -> Iterator[Talker]:
    """Return the far end of a serial line."""
    talker = Talker()
    yield talker
    talker.hang_up()
