"""Kernels on one thread: tests run side by side, and threads that wait for each other crawl."""

from collections.abc import Iterator

import numba
import pytest


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(1)
