"""Which constituents a record can tell apart (Rayleigh), and which it may borrow."""

from collections.abc import Sequence

import numpy as np

from stream.models.tide.catalogue import catalogue
from stream.models.tide.errors import TideError, TooShort

MIN_SPAN_S = 2 * 86_400.0
"""A shorter record tells no tide."""


def resolvable(
    span_s: float, *, rayleigh: float = 1.0, step_s: float = 3600.0, extended: bool = False
) -> tuple[str, ...]:
    """Return the constituents that a record of `span_s` seconds can tell apart.

    Each is taken when it turns by `rayleigh` cycles more or less within the record than the
    one that Foreman (1977) compares it with, and fewer than half a turn within `step_s`.

    Parameters
    ----------
    extended : bool
        Also the compounds of shallow water that differ as much from all that were taken, in
        the order of the tables: for long records in estuaries and shelf seas.

    Raises
    ------
    TooShort
        The span is below two days.
    """
    if not span_s >= MIN_SPAN_S:
        raise TooShort(f"a record of {span_s / 3600:.0f} h is too short: a tide needs two days")
    table = catalogue()
    speeds = table.speeds
    closest = rayleigh / span_s
    taken = []
    for at, other in enumerate(table.compare):
        if not other or speeds[at] * step_s >= 0.5:
            continue
        apart = speeds[at] - (0.0 if other == "Z0" else speeds[table.names.index(other)])
        if abs(apart) >= closest:
            taken.append(at)
    if extended:
        for at, other in enumerate(table.compare):
            near = np.abs(speeds[taken] - speeds[at]).min() if taken else np.inf
            if not other and near >= closest and speeds[at] * step_s < 0.5:
                taken.append(at)
    return tuple(table.names[at] for at in sorted(taken, key=lambda at: speeds[at]))


def check_apart(names: Sequence[str], span_s: float, least: float) -> None:
    """Raise TideError where two of `names` differ by less than `least` cycles in the record."""
    table = catalogue()
    order = sorted(names, key=lambda name: table.speeds[table.index(name)])
    speeds = table.speeds[[table.index(name) for name in order]]
    gaps = np.diff(speeds) * span_s
    if len(gaps) and gaps.min() < least:
        at = int(gaps.argmin())
        needed = least / max(float(gaps[at]), 1e-12) * span_s / 86_400.0
        raise TideError(
            f"{order[at]} and {order[at + 1]} cannot be told apart in {span_s / 86_400:.0f} days;"
            f" leave one out, infer it, or give {needed:.0f} days"
        )
