"""Raw values in the status: the newest of each datastream, within a budget of bytes."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest

from edge.drivers.contract import Raw
from forewarn.domain.codec import encode

BYTES_PER_INSTRUMENT = 100
"""A status is retained and sent every half minute, over radio too: 1 kB for ten instruments."""


def within_budget(raws: Iterable[Mapping[str, Raw]]) -> tuple[dict[str, Raw], int]:
    """Return what fits of each instrument's raw values, and how many did not.

    The first of each instrument goes before the second of any: none is told nothing of because
    another has forty channels.
    """
    columns = [list(of.items()) for of in raws]
    room, kept, left_out = BYTES_PER_INSTRUMENT * len(columns), {}, 0
    for row in zip_longest(*columns):
        for entry in filter(None, row):
            key, (value, scaling) = entry
            told = float(f"{value:.6g}"), scaling
            size = len(encode({key: told})) - 1
            if size > room:
                left_out += 1
                continue
            kept[key] = told
            room -= size
    return kept, left_out
