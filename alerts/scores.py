"""The scores of a month as a table for the terminal."""

from collections.abc import Sequence

from alerts.listing import width
from forewarn.domain.scores import COLUMNS, Score, cells_of


def table(found: Sequence[Score]) -> str:
    """Return `found` as a table with a header; what is not `Actual` says so in each line."""
    cells = [COLUMNS, *[cells_of(score) for score in found]]
    widths = [max(width(line[i]) for line in cells) for i in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(line)).rstrip()
        for line in cells
    )
