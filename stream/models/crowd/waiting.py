"""Queues before posts: how long, how long to wait, and whether enough posts are staffed."""

from math import ceil, inf, isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Queue(NamedTuple):
    """A queue as it stands."""

    length: float
    """Persons who wait."""
    waiting_min: float
    """How long who joins now will wait [min]; inf where nobody is served."""
    balance: float
    """Persons by which it grows in a minute; negative: it shrinks."""


def queue_now(length: float, arrivals_per_min: float, posts: float, per_post_min: float) -> Queue:
    """Return the queue as it stands.

    Who joins now waits until those before him are served: W = L / mu, with mu = posts ×
    `per_post_min` (Little 1961, Oper. Res. 9, 383: L = lambda W holds for what is served).
    """
    service = max(0.0, posts) * per_post_min
    waiting = length / service if service > 0 else (inf if length > 0 else 0.0)
    return Queue(length, waiting, arrivals_per_min - service)


def erlang_c(posts: int, load: float) -> float:
    """Return the probability that one who comes must wait (Erlang 1917).

    `load` is arrivals / service of one post [Erlang]; 1 where it is not below `posts`. The
    blocking probability is built up as B(c) = a B(c-1) / (c + a B(c-1)), and
    C = B / (1 - a/c (1 - B)).
    """
    if posts <= 0 or load >= posts:
        return 1.0
    blocked = 1.0
    for post in range(1, posts + 1):
        blocked = load * blocked / (post + load * blocked)
    return blocked / (1 - load / posts * (1 - blocked))


def mean_wait_min(posts: int, arrivals_per_min: float, per_post_min: float) -> float:
    """Return the mean wait in the steady state [min], C / (c mu - lambda); inf if overloaded."""
    if per_post_min <= 0 or arrivals_per_min >= posts * per_post_min:
        return inf if arrivals_per_min > 0 else 0.0
    spare = posts * per_post_min - arrivals_per_min
    return erlang_c(posts, arrivals_per_min / per_post_min) / spare


def posts_needed(arrivals_per_min: float, per_post_min: float, most_wait_min: float) -> int:
    """Return the fewest posts with which the mean wait is at most `most_wait_min`."""
    if arrivals_per_min <= 0:
        return 1
    if not (per_post_min > 0 and most_wait_min > 0 and isfinite(arrivals_per_min)):
        raise ValueError(f"{per_post_min} persons/min at a post, {most_wait_min} min: give > 0")
    posts = ceil(arrivals_per_min / per_post_min)
    while mean_wait_min(posts, arrivals_per_min, per_post_min) > most_wait_min:
        posts += 1
    return posts


def waits_ahead(
    length: float,
    arrivals: Array,
    service_per_min: float,
    *,
    steps: int,
    members: int,
    random: np.random.Generator,
) -> Array:
    """Return how long who joins in each of the next minutes will wait [min].

    L(t+1) = max(0, L(t) + A(t) - S(t)): arrivals and service are Poisson, about a mean that is
    uncertain by what `arrivals` varied more than chance (negative binomial), member by member.

    Parameters
    ----------
    arrivals : (n,) array
        Persons who came in each of the last minutes, NaN where unknown; perhaps all of them.
    service_per_min : float
        Persons served in a minute by all staffed posts.

    Returns
    -------
    (members, steps) array, inf where nobody is served and somebody waits.
    """
    known = arrivals[np.isfinite(arrivals)]
    mean = float(known.mean()) if len(known) else service_per_min
    variance = float(known.var()) if len(known) > 1 else mean + (0.5 * mean) ** 2
    share = np.sqrt(max(variance - mean, 0.0) + mean / max(len(known), 1)) / max(mean, 1e-9)
    spread = np.clip(share, 0.05, 1.0) if mean > 0 else 0.05
    level = mean * random.gamma(1 / spread**2, spread**2, members)
    state = np.full(members, max(0.0, length))
    waits = np.empty((members, steps))
    for step in range(steps):
        came = random.poisson(level)
        served = random.poisson(service_per_min, members)
        state = np.maximum(state + came - served, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            waits[:, step] = np.where(state > 0, state / service_per_min, 0.0)
    return waits
