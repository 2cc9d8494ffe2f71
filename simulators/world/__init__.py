"""What instruments ask: the value of a datastream at a time, whatever it comes from."""

from typing import Protocol


class World(Protocol):
    """A simulated or a recorded world. Times are Unix seconds; absent values are NaN."""

    first: float
    """Time of the oldest values it holds [s]."""
    last: float
    """Time of the newest values it holds [s]; later there is nothing to show."""

    def recorded(self, datastream: str, at: float) -> float:
        """Return the value whose phenomenon time is exactly `at`, in the datastream's unit."""
        ...

    def current(self, datastream: str, at: float) -> float:
        """Return what an instrument without a memory shows at `at`, in the datastream's unit."""
        ...

    def fallen(self, datastream: str, at: float) -> float:
        """Return the rain that fell from `first` to `at` [mm]."""
        ...
