"""A report as a PDF on A4, with page numbers, in both languages.

Latin letters are Helvetica, Chinese ones STSong-Light, fonts that every reader of PDFs brings
along or replaces (ISO 32000-1, 9.6.2.2 and 9.7.5.2): neither is in the file.
"""

from collections.abc import Iterable
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)
from reportlab.platypus import Table as Grid

from console.report.document import Block, Document, Figure, Section, Table, Text
from console.report.drawing import (
    GRID,
    INK,
    LEVEL_GROUND,
    LEVEL_INK,
    QUIET,
    Drawing,
    Label,
    Path,
)

LATIN, BOLD, HAN = "Helvetica", "Helvetica-Bold", "STSong-Light"

MARGIN, FOOT = 15 * mm, 16 * mm
WIDTH = A4[0] - 2 * MARGIN - 12
"""Of the text [pt]: the frame keeps 6 pt free on each side."""

FIGURE_HEIGHT = 78 * mm

LEAST = 38 * mm
"""Room that a section, or a table in it, begins with."""

FEW = 4
"""Chinese letters in a row, such as ≥, that need no breaks of their own."""

pdfmetrics.registerFont(UnicodeCIDFont(HAN))


def paper(document: Document) -> bytes:
    """Return the PDF of `document`."""
    out = BytesIO()
    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=FOOT,
        title=f"{document.title} · {document.site}",
        author=document.site,
        lang="zh-CN" if document.language == "zh" else "en",
    )
    story = [*_head(document)]
    for section in document.sections:
        story += _section(section)
    template.build(story, canvasmaker=lambda *a, **k: _Numbered(document, *a, **k))
    return out.getvalue()


def runs(text: str) -> Iterable[tuple[bool, str]]:
    """Yield (Latin, part) of each part of `text` that one font can show."""
    for latin, letters in groupby(text, key=_is_latin):
        yield latin, "".join(letters)


def _is_latin(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


class _Numbered(Canvas):  # type: ignore[misc]
    """Writes `Page 2 of 5` on every page, which is known only at the end."""

    def __init__(self, document: Document, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._document = document
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._foot(number, len(self._pages))
            super().showPage()
        super().save()

    def _foot(self, number: int, of: int) -> None:
        marks = [
            Label(x=0, y=0, text=self._document.foot, size=8, ink=QUIET),
            Label(
                x=WIDTH,
                y=0,
                text=self._document.page.format(number, of),
                size=8,
                anchor="end",
                ink=QUIET,
            ),
        ]
        self.saveState()
        self.translate(MARGIN + 6, 9 * mm)
        for mark in marks:
            _write(self, mark, mark.y)
        self.restoreState()


class _Drawn(Flowable):  # type: ignore[misc]
    """Shows a drawing as wide as the page, or as high as a third of it."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing = drawing
        self._scale = min(WIDTH / drawing.width, FIGURE_HEIGHT / drawing.height)
        self.width, self.height = drawing.width * self._scale, drawing.height * self._scale

    def draw(self) -> None:
        canvas = self.canv
        canvas.scale(self._scale, self._scale)
        for mark in self._drawing.marks:
            if isinstance(mark, Path):
                _trace(canvas, mark, self._drawing.height)
            else:
                _write(canvas, mark, self._drawing.height - mark.y)


def _trace(canvas: Canvas, path: Path, height: float) -> None:
    if len(path.points) < 2:
        return
    drawn = canvas.beginPath()
    drawn.moveTo(path.points[0][0], height - path.points[0][1])
    for x, y in path.points[1:]:
        drawn.lineTo(x, height - y)
    if path.closed:
        drawn.close()
    if path.stroke:
        canvas.setStrokeColor(HexColor(path.stroke))
        canvas.setLineWidth(path.width)
        canvas.setDash(*((5, 3) if path.dash else ()))
    if path.fill:
        canvas.setFillColor(HexColor(path.fill))
    canvas.drawPath(drawn, stroke=int(bool(path.stroke)), fill=int(bool(path.fill)))


def _write(canvas: Canvas, label: Label, y: float) -> None:
    latin = BOLD if label.bold else LATIN
    parts = [(latin if is_latin else HAN, text) for is_latin, text in runs(label.text)]
    widths = [pdfmetrics.stringWidth(text, font, label.size) for font, text in parts]
    x = label.x - sum(widths) * {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
    canvas.setFillColor(HexColor(label.ink))
    for (font, text), width in zip(parts, widths, strict=True):
        canvas.setFont(font, label.size)
        canvas.drawString(x, y, text)
        x += width


def _style(size: float, *, ink: str = INK, after: float = 2.0, ground: str = "") -> ParagraphStyle:
    return ParagraphStyle(
        f"{size} {ink} {ground}",
        fontName=LATIN,
        fontSize=size,
        leading=size * 1.35,
        spaceAfter=after,
        textColor=HexColor(ink),
        backColor=HexColor(ground) if ground else None,
        borderPadding=3 if ground else 0,
    )


PLAIN, SMALL, CELL = _style(9.5), _style(8, ink=QUIET), _style(8.2, after=0)
WARN = _style(9.5, ink=LEVEL_INK[4], after=3)
LOUD = _style(12, ink=LEVEL_INK[4], after=8, ground=LEVEL_GROUND[4])
TITLE, HEADING, SUBHEADING = _style(20, after=2), _style(13, after=4), _style(10.5, after=2)


def _paragraph(text: str, style: ParagraphStyle, *, bold: bool = False) -> Paragraph:
    parts, longest = [], 0
    for latin, part in runs(text):
        said = escape(part, quote=False).replace("\n", "<br/>")
        parts.append(said if latin else f'<font name="{HAN}">{said}</font>')
        longest = max(longest, 0 if latin else len(part))
    joined = "".join(parts)
    # The Chinese font has no bold: half a bold line looks like a mistake.
    joined = joined if longest or not bold else f"<b>{joined}</b>"
    # Chinese breaks anywhere, English between words.
    breaking = ParagraphStyle("breaking", style, wordWrap="CJK" if longest > FEW else None)
    return Paragraph(joined, breaking)


def _head(document: Document) -> Iterable[Flowable]:
    for text in document.banners:
        yield _paragraph(text, LOUD, bold=True)
    yield _paragraph(document.title, TITLE, bold=True)
    yield _paragraph(document.site, HEADING)
    for line in document.lines:
        yield _paragraph(line, SMALL)


def _section(section: Section) -> Iterable[Flowable]:
    waiting: list[Flowable] = [Spacer(1, 10), _paragraph(section.title, HEADING, bold=True)]
    for block in section.blocks:
        if isinstance(block, Figure):
            yield KeepTogether([*waiting, *_block(block)])
        else:
            heading = isinstance(block, Text) and block.tone == "head"
            yield from [CondPageBreak(LEAST)] if waiting or heading else []
            yield from [*waiting, *_block(block)]
        waiting = []


def _block(block: Block) -> list[Flowable]:
    if isinstance(block, Text):
        if block.tone == "head":
            return [Spacer(1, 4), _paragraph(block.text, SUBHEADING, bold=True)]
        return [_paragraph(block.text, {"warn": WARN, "quiet": SMALL}.get(block.tone, PLAIN))]
    if isinstance(block, Figure):
        return [_Drawn(block.drawing), _paragraph(block.caption, SMALL), Spacer(1, 4)]
    return [_grid(block), Spacer(1, 6)]


def _grid(table: Table) -> Grid:
    rows = [[_paragraph(word, CELL, bold=True) for word in table.head]]
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(GRID)),
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, HexColor(INK)),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
    for number, row in enumerate(table.rows, 1):
        level = table.levels[number - 1] if table.levels else 0
        style.append(("BACKGROUND", (0, number), (0, number), HexColor(LEVEL_GROUND[level])))
        first = _style(8.2, ink=LEVEL_INK[level] if level else INK, after=0)
        cells = [_paragraph(row[0], first, bold=level > 0)]
        rows.append(cells + [_paragraph(cell, CELL) for cell in row[1:]])
    widths = [WIDTH * share for share in table.widths]
    # A cell may be longer than a page: somebody wrote two thousand lines.
    return Grid(rows, colWidths=widths, repeatRows=1, splitInRow=1, style=style, hAlign="LEFT")
