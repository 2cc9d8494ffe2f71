"""Values that the network server decoded itself: numbers of its JSON object, by dotted names."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from edge.drivers.lorawan.codecs.decoded import Decoded, PayloadError

DEEPEST = 20
"""Objects within objects that are looked into."""


def flattened(decoded: Any) -> Decoded:
    """Return the leaves of the network server's object, `soil.0.moisture` for nested ones."""
    values = dict(_leaves("", decoded)) if isinstance(decoded, dict) else {}
    if not values:
        raise PayloadError("the network server decoded nothing: give it a decoder, or us a codec")
    return Decoded(values=values)


def _leaves(head: str, node: Any, depth: int = 0) -> Iterator[tuple[str, float | str]]:
    if isinstance(node, dict):
        parts = [(str(key), value) for key, value in node.items()]
    elif isinstance(node, list):
        parts = [(str(place), value) for place, value in enumerate(node)]
    else:
        if isinstance(node, str):
            yield head, node
        elif isinstance(node, bool | int | float) and (value := _finite(node)) is not None:
            yield head, value
        return
    if depth < DEEPEST:
        for name, inner in parts:
            yield from _leaves(f"{head}.{name}" if head else name, inner, depth + 1)


def _finite(number: float) -> float | None:
    """Return `number` as a float; None where it is none, e.g. of 400 digits."""
    try:
        value = float(number)
    except OverflowError:
        return None
    return value if isfinite(value) else None
