"""Where the water went: the volumes of one run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MassBalance:
    """Volumes [m³] over the free cells of one run."""

    rain: float
    """Fell on free cells."""
    inflow: float
    """Came in: point sources, and out of cells with a prescribed stage."""
    outflow: float
    """Went out into cells with a prescribed stage, or was taken by point sources below 0."""
    lost: float
    """Infiltrated."""
    drained: float
    """Taken by drains."""
    stored: float
    """In the cells at the end minus at the start."""
    initial: float
    """In the cells at the start."""

    @property
    def error(self) -> float:
        """What was made (> 0) or lost (< 0) by arithmetic [m³]."""
        return self.stored + self.lost + self.drained + self.outflow - self.inflow - self.rain

    @property
    def error_share(self) -> float:
        """|error| as a share of what came in, or of what was there if nothing came."""
        came = self.rain + self.inflow
        return abs(self.error) / max(came if came > 0 else self.initial, 1e-9)
