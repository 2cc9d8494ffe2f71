"""Instruments that speak their real protocols over a simulated or a recorded world.

Written from datasheets and standards, never from the drivers: nothing here imports
`edge`, so that a mistake in one cannot hide in the other. The world (`world/`) knows
physics and no protocol; an instrument knows its protocol and asks the world. Errors::

    ForewarnError
    +-- SimulatorError       cannot start or go on: names the line or the instrument
"""

from simulators.errors import SimulatorError

__all__ = ["SimulatorError"]
