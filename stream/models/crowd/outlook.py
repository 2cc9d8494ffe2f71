"""How many will be there in the next half hour: members that come and go as they lately did.

Arrivals are those that the schedule expects times a factor, or without a schedule the mean of the
last half hour times a factor; the factor starts at what was seen lately and returns to 1.
Departures are a share of those who are there, which starts at what was seen lately too. Both
wander, member by member, and all counts are Poisson. The exits let no more out than they can.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEMORY_MIN = 20.0
"""Time in which a rate forgets what it lately was [min]."""
TURNOUT_MIN = 90.0
"""The same of the share of those expected who really come: a wet day stays wet [min]."""
SPREAD = 0.35
"""Standard deviation of the logarithm of a rate that has wandered for long [-], before it is seen
how much this place's rates do; `SPREAD_WEIGHT` blocks of `RECENT` minutes' worth of belief."""
SPREAD_WEIGHT = 8.0
SPREADS = (0.1, 0.8)
"""Least and greatest spread that is believed."""
EVENT_SPREAD = 0.6
"""The same around an event: nobody knows how many come, or how fast they go."""
WANDER_MIN = 25.0
"""Time in which it wanders that far [min]."""
RECENT = 15
"""Minutes over which a rate is taken as `lately`."""
LONGER = 30
"""Minutes over which its mean is taken, to which it returns."""
PRIOR = 10.0
"""Persons that a schedule counts for against what was lately seen."""


class Lately(NamedTuple):
    """What is known now."""

    persons: float
    sd: float
    """Standard deviation of `persons`."""
    inflow: Array
    """(n,) persons who came in each of the last minutes, best some hours; NaN where unknown."""
    outflow: Array
    """(n,) persons who left."""


class Planned(NamedTuple):
    """What a schedule expects over the last `RECENT` and the next minutes."""

    arrivals: Array
    """(RECENT + steps,) [persons/min]."""
    leaving: Array
    """(RECENT + steps,) share of those there who leave [1/min]."""


def outlook(
    lately: Lately,
    *,
    planned: Planned | None = None,
    most_out: float = np.inf,
    room: float = np.inf,
    steps: int = 30,
    members: int = 200,
    random: np.random.Generator,
) -> Array:
    """Return the persons there at each of the next minutes, (members, steps).

    Parameters
    ----------
    planned : Planned, optional
        Of a schedule. Without it what was lately seen goes on.
    most_out : float
        Persons per minute that the exits let out.
    room : float
        Nobody more comes in than this many find room (parking bays); inf: nobody is kept out.
    """
    start = np.maximum(lately.persons + lately.sd * random.standard_normal(members), 0.0)
    np.minimum(start, room, out=start)
    share = lately.outflow / _were_there(lately)
    counted = float(np.nansum(lately.outflow[-RECENT:]))
    leave = wandering_rates(share, steps, members, random, counted=counted)
    if planned is None:
        come = wandering_rates(lately.inflow, steps, members, random)
    else:
        come = _planned_rates(lately.inflow, planned.arrivals, steps, members, random)
        expected = float(planned.arrivals[:RECENT].sum())
        beside = wandering_rates(lately.inflow, steps, members, random)
        come = come + beside * PRIOR / (expected + PRIOR)  # who would have come anyway
        after = _planned_rates(share, planned.leaving, steps, members, random, prior=0.1)
        # Before an event's end its leaving says nothing: what is usual goes on.
        leave = np.where(planned.leaving[RECENT:] > 0, after, leave)
    ahead = np.empty((members, steps))
    state = start
    for step in range(steps):
        came = random.poisson(come[:, step])
        wanted = np.minimum(leave[:, step] * state, most_out)
        left = np.minimum(random.poisson(wanted), state)
        state = np.minimum(np.maximum(state + came - left, 0.0), room)
        ahead[:, step] = state
    return ahead


def _were_there(lately: Lately) -> Array:
    """Return how many were there before each of the last minutes, from who came and went since."""
    net = np.nan_to_num(lately.inflow - lately.outflow)
    return np.asarray(np.maximum(lately.persons - np.cumsum(net[::-1])[::-1], 1.0))


def wandering_rates(
    seen: Array,
    steps: int,
    members: int,
    random: np.random.Generator,
    *,
    counted: float | None = None,
) -> Array:
    """Return members' rates over the next minutes, in the unit of `seen`, (members, steps).

    The mean returns from that of the last `RECENT` minutes to that of the last `LONGER`.
    `counted` is how many passed in `RECENT` minutes, where `seen` is not counts.
    """
    lately = seen[-RECENT:]
    longer, known = (part[np.isfinite(part)] for part in (seen[-LONGER:], lately))
    base = float(longer.mean()) if len(longer) else 0.0
    now = float(known.mean()) if len(known) else base
    fade = np.exp(-np.arange(1, steps + 1) / MEMORY_MIN)
    count = float(known.sum()) if counted is None else counted
    doubt = 1.0 / np.sqrt(max(count, 1.0)) if len(known) else 0.5
    scale = 1.0 if counted is None else counted / max(float(known.sum()), 1e-12)
    factor = _factors(doubt, spread_of(seen * scale), steps, members, random)
    return np.asarray(np.maximum(base + (now - base) * fade, 0.0) * factor)


def spread_of(seen: Array) -> float:
    """Return how much a rate wanders [-], from counts of the last hours and from `SPREAD`.

    The change from one block of `RECENT` minutes to the next, less what Poisson counts alone
    change by, is what the rate has wandered in so long.
    """
    blocks = len(seen) // RECENT
    sums = seen[len(seen) - blocks * RECENT :].reshape(blocks, RECENT).sum(axis=1)
    before, after = sums[:-1], sums[1:]
    usable = np.isfinite(before) & np.isfinite(after) & (before + after >= 20)
    number = int(usable.sum())
    variance = SPREAD**2
    if number:
        both = (before + after)[usable]
        excess = (after - before)[usable] ** 2 - both
        wandered = max(float(np.mean(excess / (both / 2) ** 2)), 0.0)
        seen_variance = wandered / (1 - np.exp(-2 * RECENT / WANDER_MIN))
        variance = (number * seen_variance + SPREAD_WEIGHT * variance) / (number + SPREAD_WEIGHT)
    return float(np.clip(np.sqrt(variance), *SPREADS))


def _planned_rates(
    seen: Array,
    pattern: Array,
    steps: int,
    members: int,
    random: np.random.Generator,
    *,
    prior: float = PRIOR,
) -> Array:
    """Return members' rates about a pattern times what lately came of it, (members, steps)."""
    recent = seen[-RECENT:]
    heard = np.isfinite(recent)
    expected = float(pattern[RECENT - len(recent) : RECENT][heard].sum())
    turnout = (float(recent[heard].sum()) + prior) / (expected + prior)
    fade = np.exp(-np.arange(1, steps + 1) / TURNOUT_MIN)
    mean = pattern[RECENT:] * (1 + (turnout - 1) * fade)
    doubt = min(0.5, np.sqrt(prior / (expected + prior)))
    return np.asarray(mean * _factors(doubt, EVENT_SPREAD, steps, members, random))


def _factors(
    doubt: float, spread: float, steps: int, members: int, random: np.random.Generator
) -> Array:
    """Return factors of mean 1 that start within `doubt` and wander to `spread`."""
    minutes = np.arange(1, steps + 1)
    wander = np.sqrt(doubt**2 + spread**2 * (1 - np.exp(-2 * minutes / WANDER_MIN)))
    # One path a member: successive minutes move together.
    level = random.standard_normal((members, 1))
    walk = np.cumsum(random.standard_normal((members, steps)), axis=1) / np.sqrt(minutes)
    return np.asarray(np.exp(wander * (level + walk) / np.sqrt(2.0) - 0.5 * wander**2))


def quantiles(ahead: Array, leads_min: tuple[int, ...], probabilities: tuple[float, ...]) -> Array:
    """Return the members' quantiles at some leads, (leads, probabilities)."""
    return np.quantile(ahead[:, [lead - 1 for lead in leads_min]], probabilities, axis=0).T


def first_passage(ahead: Array, bound: float) -> Array:
    """Return after how many minutes each member first reaches `bound`; inf: not in this time."""
    reached = ahead >= bound
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)
