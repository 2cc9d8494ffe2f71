"""From a gauge's last days to the level of the next hours, live, at any minute.

level(t) = tide(t) + sun's cycle(t) + residual(t): the first two are known; the residual is forecast
from the newest observation on, the anchor, however old it is: an hour of silence is an hour more
of lead, and so wider.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.tide.constants import Constants
from stream.models.tide.prediction import predict
from stream.models.tide.surge import cycle, plausibility
from stream.models.tide.surge.features import BACK_H, LEADS_H, TIDE_H
from stream.models.tide.surge.model import Anchored, SurgeModel, at_leads, tides_around
from stream.models.tide.surge.sampling import from_minutes, grid
from stream.models.tide.surge.spread import WINDOW_H

Array = NDArray[np.float64]

MINUTE_S = 60.0
HISTORY_MINUTES = 60 * (BACK_H + WINDOW_H + LEADS_H[-1])
"""What `forecast` looks back on: a week of lags, and three days of forecasts to judge."""
SILENT_MIN = 20
"""A gauge that is silent for longer is called so."""
LEAST_KNOWN = 0.9
"""With less than this share of the last day known, that is said."""
SURPRISE = 6.0
"""A newest value so many usual errors from what was forecast is doubted."""
DOUBTED = 1.5
"""What the spread is multiplied with where the gauge is not believed."""


class Outlook(NamedTuple):
    """The level to come."""

    values: Array
    """(leads, p) quantiles of the level [m], probabilities as `model.PROBABILITIES`."""
    tide: Array
    """(leads,) astronomical tide [m]."""
    residual: float | None
    """Observed − tide, newest [m]; None where nothing was observed."""
    anchor_s: float | None
    """When that was [Unix s]."""
    said: tuple[str, ...]
    """What is wrong with the inputs."""
    believed: bool
    """False where the gauge's zero or clock seems wrong: its present level is no evidence."""


def forecast(
    model: SurgeModel,
    constants: Constants,
    minutes: Array,
    issue_s: float,
    leads_s: Array,
    *,
    silent_min: float = SILENT_MIN,
) -> Outlook:
    """Forecast the level at `leads_s` (k,) [s] after `issue_s` from the last days' minutes.

    Parameters
    ----------
    minutes : (n,) array
        Observed level [m] each minute up to `issue_s`, NaN where there is none; any length,
        `HISTORY_MINUTES` are used.
    silent_min : float
        How long a gauge may be silent before that is said.
    """
    line = predict(constants, issue_s + leads_s)
    ahead = line + cycle.predict(model.cycle, issue_s + np.asarray(leads_s, dtype=float))
    known = np.flatnonzero(np.isfinite(minutes))
    if not len(known):
        return Outlook(
            ahead[:, None] + model.climate,
            line,
            None,
            None,
            ("no level observed: astronomical tide, and the usual surges around it",),
            False,
        )
    last = int(known[-1])
    age_min = len(minutes) - 1 - last
    anchor_s = issue_s - MINUTE_S * age_min
    anchored, verdict = _history(model, constants, minutes[: last + 1], anchor_s)
    said = list(verdict.said)
    believed = not any(word in line_ for line_ in said for word in ("zero", "clock"))
    day = anchored.grid.known[-24 * model.reach.hour :]
    if day.mean() < LEAST_KNOWN:
        said.append(f"{(1 - day.mean()) * 24:.0f} of the last 24 h are missing; wider")
    if age_min > silent_min:
        said.insert(0, f"silent for {age_min} min; wider")
    count = len(anchored.grid.times_s)
    mean, size = anchored.mean(np.arange(count)), anchored.size(np.arange(count))
    size = size * anchored.lately(mean, size)
    now, own_mean, own_size = anchored.grid.filled[-1:], mean[-1:], size[-1:]
    surprise = abs(now[0] - mean[-1 - model.reach.hour, 0]) / size[-1 - model.reach.hour, 0]
    if surprise > SURPRISE:
        said.append(f"the newest level is {surprise:.0f} usual errors off its forecast; wider")
    if surprise > SURPRISE or not believed:
        own_size = own_size * DOUBTED
    values = at_leads(model, now, own_mean, own_size, np.asarray(leads_s) + MINUTE_S * age_min)
    residual = float(anchored.grid.filled[-1])
    return Outlook(
        np.sort(ahead[:, None] + values[0], axis=1),
        line,
        residual,
        anchor_s,
        tuple(said),
        believed,
    )


def _history(
    model: SurgeModel, constants: Constants, minutes: Array, anchor_s: float
) -> tuple[Anchored, plausibility.Verdict]:
    """Return the grid that ends at the anchor, cleaned, and what is wrong with the gauge."""
    step_min = round(model.step_s / MINUTE_S)
    count = (HISTORY_MINUTES // step_min) + 1
    per_hour = model.reach.hour
    before, after = -min(TIDE_H) * per_hour, max(TIDE_H) * per_hour
    at = anchor_s + model.step_s * np.arange(1 - count - before, after + 1, dtype=np.float64)
    line = predict(constants, at)
    times = at[before : before + count]
    seen = minutes[-HISTORY_MINUTES - step_min :]
    place = anchor_s - MINUTE_S * np.arange(len(seen) - 1, -1, -1.0)
    sampled = from_minutes(
        seen - predict(constants, place), step_min * np.arange(count - 1, -1, -1)
    )
    residual = sampled - cycle.predict(model.cycle, times)
    centred = line - constants.mean
    around = tides_around(centred, count, before, per_hour)
    verdict = plausibility.judge(
        grid(times, residual, model.step_s), around[0], model.step_s, model.known
    )
    clean = grid(times, verdict.residual, model.step_s)
    return Anchored(model, clean, around), verdict
