"""Embedded brokers and database, and the supervisor of all processes of one machine.

Errors::

    ForewarnError
    +-- EngineError     a broker or database does not start: its log, and what would help
    +-- StateError      the state directory: not writable, full, or used by another run
"""

from forewarn.runtime.errors import EngineError, StateError

__all__ = ["EngineError", "StateError"]
