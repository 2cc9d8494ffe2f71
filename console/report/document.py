"""A report in words: sections of paragraphs, tables and figures. Page and paper show it alike."""

from collections.abc import Sequence

from msgspec import Struct

from console.report.drawing import Drawing


class Text(Struct, frozen=True):
    """A paragraph."""

    text: str
    tone: str = ""
    """`warn`: must not be overlooked; `quiet`: small; `head`: a heading inside a section."""


class Table(Struct, frozen=True, kw_only=True):
    """Rows under headings; a cell may have several lines."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    """Of the columns, as shares of the whole; they sum to 1."""
    levels: Sequence[int] = ()
    """Of each row, for its first cell; empty: rows have none."""


class Figure(Struct, frozen=True):
    """A drawing with what stands under it."""

    drawing: Drawing
    caption: str


Block = Text | Table | Figure


class Section(Struct, frozen=True, kw_only=True):
    """A part of the report."""

    id: str
    title: str
    blocks: Sequence[Block]


class Document(Struct, frozen=True, kw_only=True):
    """The whole report."""

    language: str
    """`en` or `zh`."""
    title: str
    site: str
    banners: Sequence[str]
    """What every reader must know first: EXERCISE, simulated, an earlier time."""
    lines: Sequence[str]
    """As of when, made when and by whom, in which zone."""
    sections: Sequence[Section]
    foot: str
    """For the foot of each page of paper: site and time."""
    page: str
    """`Page {0} of {1}`, with its places still open."""
