"""The vision room: what cameras see, as counts. The only part of `edge` that carries numpy.

It runs as a process of its own, `python -m edge.cameras watch`, started by the driver `camera`:
a JSON plan comes in on its standard input, one JSON report a picture goes out. Pictures go
nowhere. It needs `pip install forewarn[edge,camera]`; `scene` and `report` need only msgspec.

Errors::

    EdgeError
    +-- CameraError     no picture, no model, or a calibration that cannot work: what would help
"""

from edge import EdgeError


class CameraError(EdgeError):
    """A camera without a picture, or a calibration that cannot work; says what would help."""
