"""A recording through the physical chain: what it would have forecast, step by step."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.hindcast.past import Past
from stream.models.flood.basin import Basin
from stream.models.flood.chain import Chain, ChainForecast
from stream.models.flood.chain.inputs import inputs
from stream.models.flood.coupling import quantiles
from stream.models.flood.gauges.fit import Record

Array = NDArray[np.float64]

SEED = 1
PROBABILITIES = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
WARM_UP_S = 6 * 3600.0
"""The filter has seen so much before the first forecast counts."""
HISTORY_MIN = 360
"""Minutes handed over at each step: what came late may still count."""
NO_RAIN = "chain, no rain to come"
KNOWN_RAIN = "chain, told the rain to come"

Progress = Callable[[str, float], None]


class ChainPast(NamedTuple):
    """What the chain had forecast, with its own rain to come and with other rain."""

    past: Past
    others: dict[str, Array]
    """NO_RAIN and KNOWN_RAIN → (n, n_targets, n_leads) medians."""


def run_chain(basin: Basin, record: Record, step_s: float, progress: Progress) -> ChainPast:
    """Return forecasts every `step_s` of `record`, whose rows are those of the basin's inputs."""
    chain = Chain(basin)
    state = chain.start(np.random.default_rng(SEED))
    minutes = record.minutes.shape[1]
    every = max(1, round(step_s / 60.0))
    leads = np.arange(0, basin.horizon_min + 1, every)
    rows = [chain.inputs.index(key) for key in chain.gauges]
    first = round(WARM_UP_S / 60.0)
    issues = np.arange(-(-first // every) * every, minutes, every)
    values = np.full((len(issues), len(rows), len(leads), len(PROBABILITIES)), np.nan)
    medians = np.full((2, len(issues), len(rows), len(leads)), np.nan)
    none = np.zeros((basin.updating.members, len(chain.catchments), basin.horizon_min))
    fell = _fallen(basin, record, basin.horizon_min)
    for number, at in enumerate(issues.tolist()):
        begin = 0 if number == 0 else max(0, at - HISTORY_MIN)
        issue_s = record.first_s + 60.0 * float(at)
        history = record.minutes[:, begin : at + 1]
        state = chain.assimilate(state, history, record.first_s + 60.0 * begin, issue_s)
        told = _told(chain, chain.forecast(state, issue_s), leads)
        known = np.broadcast_to(fell[:, at + 1 : at + 1 + basin.horizon_min], none.shape).copy()
        for row, members in enumerate(told):
            values[number, row] = quantiles(members, np.array(PROBABILITIES))
        for row, rain in enumerate((none, known)):
            other = _told(chain, chain.forecast(state, issue_s, rain=rain), leads)
            medians[row, number] = np.median(other, axis=1)
        progress(f"{number + 1} of {len(issues)} issues", (number + 1) / len(issues))
    observed = _observed(record.minutes[rows], issues, leads)
    past = Past(
        model=basin.name,
        targets=chain.gauges,
        leads_s=[int(60 * lead) for lead in leads],
        probabilities=PROBABILITIES,
        issue_s=np.asarray(record.first_s + 60.0 * issues, dtype=np.float64),
        values=values,
        observed=observed,
    )
    return ChainPast(past, dict(zip((NO_RAIN, KNOWN_RAIN), medians, strict=True)))


def _fallen(basin: Basin, record: Record, beyond: int) -> Array:
    """Return (n_catchments, minutes + beyond) rain that fell [mm/h], 0 where nobody knows."""
    order = inputs(basin)
    fell = np.nan_to_num(order.catchment_rain(order.spread(record.minutes)))
    return np.concatenate([fell, np.zeros((len(fell), beyond))], axis=1)


def _told(chain: Chain, coming: ChainForecast, leads: NDArray[np.int64]) -> Array:
    """Return (n_gauges, members, n_leads): stage, or discharge where a gauge has no stage."""
    found = [
        coming.stage[:, row] if gauge.stage else coming.discharge[:, row]
        for row, gauge in enumerate(chain.basin.gauges)
    ]
    return np.stack(found)[:, :, leads]


def _observed(level: Array, issues: NDArray[np.int64], leads: NDArray[np.int64]) -> Array:
    at = issues[:, None] + leads[None, :]
    inside = at < level.shape[1]
    found = level[:, np.minimum(at, level.shape[1] - 1)]
    return np.where(inside, found, np.nan).transpose(1, 0, 2)
