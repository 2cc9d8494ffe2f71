"""A model in a process of its own: whatever it does, the worker gets an answer or a reason."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream.forecasting import Forecaster, ForecastFailed, read_model

WELL = np.array([[1.0, 2.0]])
PROVOKED = np.array([[1.0, np.nan]])


@pytest.fixture(scope="module", autouse=True)
def _importable() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent / "models"))
        yield


def forecaster(behaviour: bytes, timeout_s: float = 20.0) -> Forecaster:
    import forewarn_awkward_model as awkward

    return Forecaster(behaviour, load=awkward.load, predict=awkward.predict, timeout_s=timeout_s)


def run(
    behaviour: bytes, use: Callable[[Forecaster], Awaitable[Any]], timeout_s: float = 20.0
) -> Any:
    async def use_and_close() -> Any:
        made = forecaster(behaviour, timeout_s)
        try:
            return await use(made)
        finally:
            made.close()

    return asyncio.run(use_and_close())


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_it_answers_from_a_process_of_its_own_which_ends_on_close() -> None:
    async def use(made: Forecaster) -> dict[str, Any]:
        return await made.predict(WELL, 60.0)

    answer = run(b"well", use)
    assert (answer["sum"], answer["issue_s"]) == (3.0, 60.0)
    assert answer["pid"] != os.getpid()
    assert gone(answer["pid"])


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [(b"raise", "ZeroDivisionError: depth is 0"), (b"die", "died"), (b"hang", "within 1.5 s")],
)
def test_a_failure_has_a_reason_and_the_next_forecast_comes(behaviour: bytes, reason: str) -> None:
    async def use(made: Forecaster) -> None:
        before = await made.predict(WELL, 0.0)
        with pytest.raises(ForecastFailed, match=reason):
            await made.predict(PROVOKED, 0.0)
        after = await made.predict(WELL, 0.0)
        assert (after["pid"] == before["pid"]) == (behaviour == b"raise")
        assert behaviour == b"raise" or gone(before["pid"])

    run(behaviour, use, timeout_s=1.5)


def test_a_model_that_cannot_be_loaded_is_a_reason_too() -> None:
    async def use(made: Forecaster) -> None:
        made.warm_up()
        with pytest.raises(ForecastFailed, match="died"):
            await made.predict(WELL, 0.0)

    run(b"torn", use)


def test_a_site_without_a_model_file_has_no_model(tmp_path: Path) -> None:
    assert read_model(tmp_path) is None
    (tmp_path / "flood.npz").write_bytes(b"model")
    assert read_model(tmp_path) == b"model"
