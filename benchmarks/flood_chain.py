"""The flood chain: a thousand sub-catchments with routing and filter; a cycle of the demo site.

The ratio that travels between machines: the catchment steps of the whole run (runoff, routing and
filter) over the bare powers x^1.3 that the same cores compute in the same time. A catchment step
needs a few such powers when it rains, so a machine that is twice as fast is so for both.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from benchmarks.machine import describe, verdict
from forewarn.domain.config import load
from stream.models.flood.basin import Basin
from stream.models.flood.chain import Chain, State
from stream.models.flood.rivers import muskingum_cunge
from stream.models.flood.rivers.reaches import tree
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.runoff.parameters import Parameters
from stream.models.flood.updating.enkf import analyse

Array = NDArray[np.float64]

CATCHMENTS, MEMBERS, MINUTES, EVERY = 1000, 50, 180, 10
GAUGES = 50
SITE = Path("sites/yongjiang")
WARM_UP_MIN = 720


def main() -> int:
    """Measure; return 1 if a budget is broken."""
    print(describe())
    kept = [*_thousand(), *_demo_site()]
    return 0 if all(kept) else 1


def _thousand() -> list[bool]:
    """Runoff, routing and filter of 1,000 sub-catchments, 50 members, 180 minutes."""
    cycle = _cycle()
    cycle()
    seconds = _least(cycle)
    steps = CATCHMENTS * MEMBERS * MINUTES / seconds
    powers = np.random.default_rng(1).uniform(0.1, 1.0, 1 << 22)
    _powers(powers)
    rate = len(powers) / _least(lambda: _powers(powers))
    print(f"{steps / 1e6:.1f} M catchment steps/s, {rate / 1e6:.0f} M powers/s")
    return [
        verdict("1,000 catchments × 50 members × 180 min", seconds, "s", most=2.0),
        verdict("catchment steps per bare power", steps / rate, "", least=0.03),
    ]


def _cycle() -> Callable[[], None]:
    random = np.random.default_rng(1)
    below = (np.arange(CATCHMENTS) - 1) // 2  # a binary tree, its outlet first
    parameters = Parameters.of(CATCHMENTS)
    reaches = tree(
        length_m=3000.0, slope=0.002, width_m=10.0, manning=0.035, downstream=below, cells=1
    )
    stores = xinanjiang.initial(parameters, MEMBERS, wetness=0.8, baseflow_mm_h=0.1)
    stores[..., : xinanjiang.FREE] *= random.uniform(0.7, 1.0, (MEMBERS, CATCHMENTS, 1))
    rain = random.gamma(0.5, 0.3, (MEMBERS, CATCHMENTS, MINUTES))
    pet = np.full(EVERY, 0.003)
    storage = muskingum_cunge.steady(reaches, np.full((MEMBERS, CATCHMENTS), 0.3))
    gauges = np.arange(31, 31 + GAUGES)
    upstream = _upstream(below, gauges)
    taper = np.concatenate([np.repeat(upstream, xinanjiang.N_STATES, axis=0), upstream])
    error = np.full(GAUGES, 50.0)

    def run() -> None:
        state, water = stores, storage
        for first in range(0, MINUTES, EVERY):
            part = rain[:, :, first : first + EVERY]
            runoff, state = xinanjiang.run(state, part, pet, parameters, 60.0)
            flow = xinanjiang.discharge_m3_s(runoff, 10.0, 60.0)
            water = muskingum_cunge.route(reaches, water, dt_s=60.0, lateral=flow).storage
            joined = np.concatenate([state.reshape(MEMBERS, -1), water], axis=1)
            seen = water[:, gauges]
            after = analyse(
                joined,
                seen,
                1.01 * seen.mean(axis=0),
                error,
                localisation=taper,
                between=np.eye(GAUGES),
                inflation=1.02,
            )
            state = xinanjiang.bounded(after[:, : -water.shape[1]].reshape(state.shape), parameters)
            water = np.maximum(after[:, -water.shape[1] :], 0.0)

    return run


def _upstream(below: NDArray[np.int64], gauges: NDArray[np.int64]) -> Array:
    """Return (n, gauges) 1 where a catchment drains past a gauge, else 0."""
    found = np.zeros((len(below), len(gauges)))
    for number in range(len(below)):
        at = number
        while at >= 0:
            found[number, gauges == at] = 1.0
            at = int(below[at])
    return found


@njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def _powers(values: Array) -> float:
    total = 0.0
    for i in prange(len(values)):
        total += values[i] ** 1.3
    return total


def _least(what: Callable[[], object], times: int = 3) -> float:
    """Return the least of the seconds that `what` takes."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        found.append(time.perf_counter() - began)
    return min(found)


def _demo_site() -> list[bool]:
    """Warm-up, a minute and a forecast of the demonstration site's chain."""
    chain = Chain(load(SITE / "basin.toml", Basin))
    first_s = 1_786_752_000.0
    history = _weather(chain, WARM_UP_MIN + 61)

    def at(minute: int) -> float:
        return first_s + 60.0 * minute

    def warm_up() -> State:
        state = chain.start(np.random.default_rng(1))
        return chain.assimilate(state, history[:, :WARM_UP_MIN], at(0), at(WARM_UP_MIN - 1))

    began = time.perf_counter()
    state = warm_up()
    print(f"first warm-up, compiling where nothing is cached: {time.perf_counter() - began:.1f} s")
    seconds = _least(warm_up, 1)
    chain.forecast(state, state.time_s)
    forecast = _least(lambda: chain.forecast(state, state.time_s))
    began = time.perf_counter()
    for minute in range(WARM_UP_MIN, WARM_UP_MIN + 60):
        part = history[:, minute - 60 : minute + 1]
        state = chain.assimilate(state, part, at(minute - 60), at(minute))
    minute_s = (time.perf_counter() - began) / 60
    return [
        verdict("demo site: warm-up with 12 h of history", seconds, "s", most=20.0),
        verdict("demo site: assimilate one minute", minute_s, "s", most=0.3),
        verdict("demo site: forecast of 3 h, all members", forecast, "s", most=2.0),
    ]


def _weather(chain: Chain, minutes: int) -> Array:
    """Return a wet half day: what the instruments say matters little for how long it takes."""
    random = np.random.default_rng(2)
    history = np.empty((len(chain.inputs), minutes))
    for row, key in enumerate(chain.inputs):
        usual = {"rain": 0.2, "discharge": 300.0, "pressure": 995.0, "tide": 0.8}
        history[row] = usual.get(key.partition("/")[2], 1.5) + 0.01 * random.standard_normal(
            minutes
        )
    return history


if __name__ == "__main__":
    sys.exit(main())
