"""How many will be there in the next half hour: members that come and go as they lately did.

Arrivals follow a pattern (the schedule's events, or the mean of the last half hour) times a
factor that starts at what was seen lately and returns to 1; departures are a share of those who
are there, which starts at what was seen lately too. Both factors wander, member by member, and
all counts are Poisson. The exits let no more out than they can.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEMORY_MIN = 20.0
"""Time in which a rate forgets what it lately was [min]."""
SPREAD = 0.35
"""Standard deviation of the logarithm of a rate that has wandered for long [-]."""
WANDER_MIN = 25.0
"""Time in which it wanders that far [min]."""
RECENT = 15
"""Minutes over which a rate is taken as `lately`."""
PRIOR = 5.0
"""Persons that a pattern counts for against what was lately seen."""


class Lately(NamedTuple):
    """What is known now."""

    persons: float
    sd: float
    """Standard deviation of `persons`."""
    inflow: Array
    """(n,) persons who came in each of the last minutes; NaN where unknown."""
    outflow: Array
    """(n,) persons who left."""


def outlook(
    lately: Lately,
    *,
    arrivals: Array | None = None,
    departures: Array | None = None,
    most_out: float = np.inf,
    room: float = np.inf,
    steps: int = 30,
    members: int = 200,
    random: np.random.Generator,
) -> Array:
    """Return the persons there at each of the next minutes, (members, steps).

    Parameters
    ----------
    arrivals, departures : (RECENT + steps,) arrays, optional
        Persons per minute that the schedule expects over the last `RECENT` and the next `steps`
        minutes. Without it what was lately seen goes on.
    most_out : float
        Persons per minute that the exits let out.
    room : float
        Nobody more comes in than this many find room (parking bays); inf: nobody is kept out.
    """
    come = wandering_rates(lately.inflow, arrivals, steps, members, random)
    start = np.maximum(lately.persons + lately.sd * random.standard_normal(members), 0.0)
    np.minimum(start, room, out=start)
    leave = wandering_rates(lately.outflow, departures, steps, members, random)
    share = leave / max(lately.persons, 1.0)
    ahead = np.empty((members, steps))
    state = start
    for step in range(steps):
        came = random.poisson(come[:, step])
        wanted = leave[:, step] if departures is not None else share[:, step] * state
        left = np.minimum(random.poisson(np.minimum(wanted, most_out)), state)
        state = np.minimum(np.maximum(state + came - left, 0.0), room)
        ahead[:, step] = state
    return ahead


def wandering_rates(
    seen: Array, pattern: Array | None, steps: int, members: int, random: np.random.Generator
) -> Array:
    """Return the members' rates over the next minutes [1/min], (members, steps).

    `seen` and `pattern` are as in `Lately` and `outlook`. The mean returns from what was seen in
    the last `RECENT` minutes to the pattern, or to the mean of all that was seen.
    """
    recent = seen[-RECENT:]
    known = recent[np.isfinite(recent)]
    minutes = np.arange(1, steps + 1)
    fade = np.exp(-minutes / MEMORY_MIN)
    if pattern is None:
        longer = seen[np.isfinite(seen)]
        base = float(longer.mean()) if len(longer) else 0.0
        now = float(known.mean()) if len(known) else base
        mean = base + (now - base) * fade
    else:
        past, future = pattern[:RECENT], pattern[RECENT:]
        expected = float(past[-len(recent) :][np.isfinite(recent)].sum()) if len(recent) else 0.0
        factor = (float(known.sum()) + PRIOR) / (expected + PRIOR)
        mean = future * (1 + (factor - 1) * fade)
    doubt = 1.0 / np.sqrt(max(float(known.sum()), 1.0)) if len(known) else 0.5
    wander = np.sqrt(doubt**2 + SPREAD**2 * (1 - np.exp(-2 * minutes / WANDER_MIN)))
    # One wandering path a member: successive minutes move together.
    level = random.standard_normal((members, 1)) * 0.7
    path = level + np.cumsum(random.standard_normal((members, steps)), axis=1) * 0.7 / np.sqrt(
        minutes
    )
    logarithm = wander * path - 0.5 * wander**2
    return np.asarray(np.maximum(mean, 0.0) * np.exp(logarithm))


def quantiles(ahead: Array, leads_min: tuple[int, ...], probabilities: tuple[float, ...]) -> Array:
    """Return the members' quantiles at some leads, (leads, probabilities)."""
    return np.quantile(ahead[:, [lead - 1 for lead in leads_min]], probabilities, axis=0).T


def first_passage(ahead: Array, bound: float) -> Array:
    """Return after how many minutes each member first reaches `bound`; inf: not in this time."""
    reached = ahead >= bound
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)
