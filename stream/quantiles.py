"""Questions to a forecast's quantiles: how probable, when, how high. Pure arithmetic.

Between two quantiles the distribution is taken as linear, and between two leads the quantiles
are. Beyond the outermost quantiles nothing is known: probabilities are clipped to those of
the outermost, so that a forecast with quantiles from 0.05 to 0.95 never says less than 5 % or
more than 95 %.
"""

from bisect import bisect_left
from collections.abc import Sequence


def exceedance(values: Sequence[float], probabilities: Sequence[float], threshold: float) -> float:
    """Return P(X >= threshold) [0–1] of one lead, clipped to the outermost quantiles.

    `values[j]` is the quantile `probabilities[j]`; both ascend.
    """
    above = bisect_left(values, threshold)
    if above == 0:
        return 1 - probabilities[0]
    if above == len(values):
        return round(1 - probabilities[-1], 9)  # 0.05, and not 0.05000000000000004
    low, high = values[above - 1], values[above]
    share = (threshold - low) / (high - low)
    below = probabilities[above - 1]
    return 1 - (below + share * (probabilities[above] - below))


def quantile(values: Sequence[float], probabilities: Sequence[float], wanted: float) -> float:
    """Return the quantile `wanted` of one lead, clipped to the outermost ones."""
    above = bisect_left(probabilities, wanted)
    if above == 0:
        return values[0]
    if above == len(probabilities):
        return values[-1]
    if probabilities[above] == wanted:
        return values[above]  # exactly: a median must not cross what the quantiles do not
    low, high = probabilities[above - 1], probabilities[above]
    share = (wanted - low) / (high - low)
    return values[above - 1] + share * (values[above] - values[above - 1])


def first_crossing(
    leads_s: Sequence[float], line: Sequence[float], threshold: float
) -> float | None:
    """Return the lead [s] at which `line` first reaches `threshold`; None if it never does."""
    for i, value in enumerate(line):
        if value >= threshold:
            if i == 0:
                return leads_s[0]
            before = line[i - 1]
            share = (threshold - before) / (value - before)
            return leads_s[i - 1] + share * (leads_s[i] - leads_s[i - 1])
    return None
