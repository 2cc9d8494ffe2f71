"""Errors of the runtime; all can be mended by who reads them."""

from forewarn.domain.errors import ForewarnError


class EngineError(ForewarnError):
    """A broker or database that could not be started: which, why, and what would help."""


class StateError(ForewarnError):
    """A state directory that cannot be used: not writable, full, or used by another run."""
