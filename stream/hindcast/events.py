"""Threshold crossings, and whether and how long before them a warning would have stood."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import AlertRule, Level, Threshold
from stream.hindcast.past import Past, exceedance
from stream.models.flood.gauges.grid import Array
from stream.models.verification import Contingency

APART_S = 6 * 3600.0
"""Two crossings closer than this are one event."""
BEFORE_S = 12 * 3600.0
"""A warning that began earlier than this before a crossing is given no more credit."""


class Crossing(NamedTuple):
    """One event: the observed level rose through a threshold."""

    time_s: float
    lead_s: float | None
    """How long before it the warning began that stood at it; None: it was not warned of."""


class Episode(NamedTuple):
    """A warning, from its first issue to its end."""

    start_s: float
    end_s: float
    hit: bool
    """The threshold was exceeded during it, or within the horizon of its last issue."""


class Verdict(NamedTuple):
    """What one threshold's warnings were worth."""

    gauge: str
    threshold: Threshold
    crossings: list[Crossing]
    episodes: list[Episode]

    @property
    def contingency(self) -> Contingency:
        """Return hits and misses of crossings, and false episodes."""
        hits = sum(crossing.lead_s is not None for crossing in self.crossings)
        false = sum(not episode.hit for episode in self.episodes)
        return Contingency(hits, false, len(self.crossings) - hits)


def crossings(times_s: Array, level: Array, threshold: float) -> list[float]:
    """Return when `level` rose to `threshold` after being below it for APART_S [s].

    Gaps (NaN) are no crossing: what was above before a gap and after it did not rise.
    """
    known = np.flatnonzero(np.isfinite(level))
    found: list[float] = []
    above_until = -np.inf
    for before, at in pairwise(known):
        if level[before] >= threshold:
            above_until = times_s[before]
        if level[at] >= threshold > level[before] and times_s[at] - above_until >= APART_S:
            found.append(float(times_s[at]))
    return found


def standing(
    probability: Array, observed: NDArray[np.bool_], rule: AlertRule, level: Level, step_s: float
) -> NDArray[np.bool_]:
    """Return (n,) whether a warning stands after each issue, by the rule of the alert service.

    On from `rule.on(level)` or when observed; off after `rule.hold` below `rule.off(level)`.
    An issue without a forecast changes nothing.
    """
    on, off = rule.on(level), rule.off(level)
    hold = rule.hold.total_seconds()
    state, below_s = False, 0.0
    found = np.zeros(len(probability), dtype=bool)
    for number, (p, seen) in enumerate(zip(probability, observed, strict=True)):
        if seen or p >= on:
            state, below_s = True, 0.0
        elif state and p < off:
            below_s += step_s
            state = below_s < hold
        elif state and p >= off:
            below_s = 0.0
        found[number] = state
    return found


def judge(past: Past, target: int, threshold: Threshold, rule: AlertRule) -> Verdict:
    """Return crossings and warnings of one threshold of one gauge."""
    ahead = past.values[:, target, 1:]
    chance = exceedance(ahead, past.probabilities, threshold.value)
    highest = np.max(np.nan_to_num(chance, nan=-1.0), axis=1)
    highest = np.where(highest < 0, np.nan, highest)
    present = past.present(target)
    seen = np.nan_to_num(present, nan=-np.inf) >= threshold.value
    level = Level.parse(threshold.level)
    stands = standing(highest, seen, rule, level, past.step_s)
    times = crossings(past.issue_s, present, threshold.value)
    horizon = float(past.leads_s[-1])
    exceeded = past.issue_s[seen]
    episodes = [
        Episode(
            start,
            end,
            bool(np.any((exceeded >= start) & (exceeded <= end + horizon))),
        )
        for start, end in _runs(past.issue_s, stands)
    ]
    return Verdict(
        past.targets[target], threshold, [_crossing(t, episodes) for t in times], episodes
    )


def _crossing(time_s: float, episodes: list[Episode]) -> Crossing:
    for episode in episodes:
        if episode.start_s < time_s <= episode.end_s:
            return Crossing(time_s, min(time_s - episode.start_s, BEFORE_S))
    return Crossing(time_s, None)


def _runs(times_s: Array, state: NDArray[np.bool_]) -> list[tuple[float, float]]:
    edges = np.diff(np.concatenate([[0], state.astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return [(float(times_s[a]), float(times_s[b])) for a, b in zip(starts, ends, strict=True)]
