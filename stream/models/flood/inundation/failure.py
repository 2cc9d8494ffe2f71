"""What can go wrong in the two-dimensional solver."""

from typing import NamedTuple


class InundationError(Exception):
    """The root of this room's errors."""


class GroundError(InundationError, ValueError):
    """A terrain the solver cannot take; says which array, which cell and what would help."""


class ForcingError(InundationError, ValueError):
    """Rain, stages, sources or breaches that do not fit the ground; says which and where."""


class Cell(NamedTuple):
    """Where something went wrong."""

    row: int
    column: int


class Diverged(InundationError, ArithmeticError):
    """The water is no longer believable: NaN, or deeper than any flood."""

    def __init__(self, where: Cell, when_s: float, why: str) -> None:
        super().__init__(
            f"inundation diverged in row {where.row}, column {where.column}, "
            f"{when_s:.0f} s after the start: {why}"
        )
        self.where = where
        """The first cell found, in row order."""
        self.when_s = when_s
        """Seconds after the start at which it was found."""
        self.why = why
        """The likely cause."""
