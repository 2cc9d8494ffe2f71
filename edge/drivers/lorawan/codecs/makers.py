"""The codecs by the maker's name."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from edge.drivers.lorawan.codecs import decentlab, dragino, milesight
from edge.drivers.lorawan.codecs.decoded import Decoded


class Codec(Struct, frozen=True):
    """What every maker's file offers."""

    models: Callable[[], list[str]]
    names: Callable[[str], list[str]]
    """Model → names of its values."""
    parameters: Callable[[str], dict[str, float]]
    """Model → calibration values that it needs."""
    decode: Callable[[str, bytes, int, Mapping[str, float]], Decoded]
    """Model, payload, port, calibration values → what it says; PayloadError where nothing."""


CODECS = {
    "decentlab": Codec(decentlab.models, decentlab.names, decentlab.parameters, decentlab.decode),
    "milesight": Codec(milesight.models, milesight.names, milesight.parameters, milesight.decode),
    "dragino": Codec(dragino.models, dragino.names, dragino.parameters, dragino.decode),
}
