"""Runs the model in a process of its own, so that it can neither block nor take down the worker."""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.errors import ForewarnError

log = logging.getLogger("stream.forecasting")

MODEL_FILE = "flood.npz"
TIMEOUT_S = 20.0
"""Real seconds after which a forecast is given up and its process killed."""


class ForecastFailed(ForewarnError):
    """No forecast came out, for a reason that the officer will read."""


class Quantiles(NamedTuple):
    """One target's forecast as it leaves the model's process."""

    values: list[list[float]]
    """(n_leads, n_probabilities), in the unit of the datastream."""
    degraded: list[str]


Answer = dict[str, Quantiles | str]
"""Target → quantiles, or the reason why there are none."""

A = TypeVar("A")
Predict = Callable[[Any, Any, float], A]
"""(model, what it is asked with, issue time [Unix s]) → answer."""


class Model(Protocol):
    """What the worker knows of a fitted model (stream.models.flood.gauges.model.GaugeModel)."""

    @property
    def name(self) -> str:
        """Name that is kept with each forecast."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Datastream keys, in the order of the rows of the history."""
        ...

    @property
    def targets(self) -> tuple[str, ...]:
        """Datastream keys that are forecast."""
        ...

    @property
    def history_minutes(self) -> int:
        """Minutes of history it looks at, the issue minute included."""
        ...

    @property
    def leads_s(self) -> Sequence[int]:
        """Lead times [s], ascending."""
        ...

    @property
    def probabilities(self) -> Sequence[float]:
        """Probabilities of the quantiles, ascending."""
        ...


def read_model(site: Path) -> bytes | None:
    """Return the fitted model of `site` as stored, None if none was fitted."""
    path = site / MODEL_FILE
    return path.read_bytes() if path.is_file() else None


def load_gauge_model(stored: bytes) -> Any:
    """Return the GaugeModel in `stored`."""
    from stream.models.flood.gauges.model import GaugeModel

    return GaugeModel.from_bytes(stored)


def predict_gauges(model: Any, history: NDArray[np.float64], issue_s: float) -> Answer:
    """Return what the gauge model answers, in plain lists."""
    from stream.models.flood.gauges.model import NoForecast, predict

    return {
        target: found.reason
        if isinstance(found, NoForecast)
        else Quantiles(np.asarray(found.values, dtype=float).tolist(), list(found.degraded))
        for target, found in predict(model, history, issue_s).items()
    }


def gauge_forecaster(stored: bytes) -> "Forecaster[Answer]":
    """Return the forecaster that runs the gauge model in `stored`."""
    return Forecaster(stored, load=load_gauge_model, predict=predict_gauges)


class Forecaster(Generic[A]):
    """One process that holds a model; started again after a crash or a time-out.

    Parameters
    ----------
    stored : bytes
        The fitted model, handed to `load` in the process.
    load, predict : callable
        Importable functions that run in the process.
    timeout_s : float
        Real seconds for one forecast, the first one's start-up included.
    """

    def __init__(
        self,
        stored: bytes,
        *,
        load: Callable[[bytes], Any],
        predict: Predict[A],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._stored, self._load, self._predict = stored, load, predict
        self._timeout_s = timeout_s
        self._pool: ProcessPoolExecutor | None = None
        self._children: set[BaseProcess] = set()

    async def predict(self, asked: Any, issue_s: float) -> A:
        """Return the model's answer to `asked`; ForecastFailed says why there is none."""
        try:
            future = asyncio.wrap_future(self._submit(asked, issue_s))
            return await asyncio.wait_for(future, self._timeout_s)
        except TimeoutError:
            self.close()
            raise ForecastFailed(
                f"the model did not answer within {self._timeout_s:g} s; it was started again"
            ) from None
        except BrokenProcessPool:
            self.close()
            raise ForecastFailed("the model's process died; it was started again") from None
        except Exception as error:  # whatever a model raises must not stop the minute
            log.exception("the model failed")
            raise ForecastFailed(f"the model failed: {type(error).__name__}: {error}") from error

    def warm_up(self) -> None:
        """Start the process now, so that the first forecast need not wait for it."""
        with suppress(BrokenProcessPool):
            self._executor().submit(_ready)

    async def ready(self) -> None:
        """Wait until the process has loaded its model; ForecastFailed if it cannot."""
        try:
            await asyncio.wrap_future(self._executor().submit(_ready))
        except BrokenProcessPool:
            self.close()
            raise ForecastFailed("the model's process cannot load its model") from None

    def close(self) -> None:
        """End the process, at once, even in the middle of a forecast."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for child in self._children:
                child.kill()
            pool.shutdown(wait=True, cancel_futures=True)
        self._children = set()

    def _submit(self, asked: Any, issue_s: float) -> Any:
        return self._executor().submit(_run, asked, issue_s)

    def _executor(self) -> ProcessPoolExecutor:
        if self._pool is None:
            before = set(multiprocessing.active_children())
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._stored, self._load, self._predict, os.getpid()),
            )
            self._pool.submit(_ready)
            self._children = set(multiprocessing.active_children()) - before
        return self._pool


_model: Any = None
_function: Predict[Any] | None = None


def _begin(stored: bytes, load: Callable[[bytes], Any], predict: Predict[Any], parent: int) -> None:
    """Prepare the model's process: it ends with its parent, however that ends."""
    global _model, _function
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _model, _function = load(stored), predict


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


def _ready() -> None:
    """Do nothing, in the model's process."""


def _run(asked: Any, issue_s: float) -> Any:
    if _function is None:
        raise ForecastFailed("the model's process was not prepared")
    return _function(_model, asked, issue_s)
