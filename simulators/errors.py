"""The error of this package; drawn in `simulators/__init__.py`."""

from forewarn.domain.errors import ForewarnError


class SimulatorError(ForewarnError):
    """A simulator that cannot start or go on; names the line and the instrument."""
