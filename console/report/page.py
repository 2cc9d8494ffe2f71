"""A report as a page that needs no script and prints as it is."""

from html import escape

from console.report.document import Block, Document, Figure, Section, Table, Text
from console.report.drawing import svg

LANGUAGES = {"en": "en", "zh": "zh-CN"}


def page(document: Document, *, pdf: str, other: str, words: tuple[str, str]) -> str:
    """Return the HTML of `document`.

    `pdf` and `other` are the addresses of its PDF and of itself in the other language, `words`
    what these two links are called.
    """
    title = f"{document.title} · {document.site}"
    banners = "".join(f'<p class="banner">{escape(text)}</p>' for text in document.banners)
    lines = "".join(f"<p>{escape(line)}</p>" for line in document.lines)
    sections = "".join(_section(section) for section in document.sections)
    return (
        f'<!doctype html><html lang="{LANGUAGES[document.language]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/static/report.css"></head><body>'
        f'<nav><a href="{escape(pdf)}">{escape(words[0])}</a>'
        f'<a href="{escape(other)}">{escape(words[1])}</a></nav>'
        f"<main><header>{banners}<h1>{escape(document.title)}</h1>"
        f'<p class="site">{escape(document.site)}</p><div class="lines">{lines}</div></header>'
        f"{sections}</main><footer>{escape(document.foot)}</footer></body></html>"
    )


def _section(section: Section) -> str:
    name = f"report-{section.id}"
    blocks = "".join(_block(block) for block in section.blocks)
    return (
        f'<section class="{name}" aria-labelledby="{name}">'
        f'<h2 id="{name}">{escape(section.title)}</h2>{blocks}</section>'
    )


def _block(block: Block) -> str:
    if isinstance(block, Text):
        if block.tone == "head":
            return f"<h3>{escape(block.text)}</h3>"
        return f'<p class="{block.tone or "plain"}">{escape(block.text)}</p>'
    if isinstance(block, Figure):
        return (
            f"<figure>{svg(block.drawing)}<figcaption>{escape(block.caption)}</figcaption></figure>"
        )
    return _table(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(word)}</th>' for word in table.head)
    # Styles are not for markup here (console/headers.py); the old attribute says the same.
    columns = "".join(f'<col width="{share:.0%}">' for share in table.widths)
    rows = []
    for number, row in enumerate(table.rows):
        level = table.levels[number] if table.levels else 0
        cells = [_cell(cell, level if column == 0 else 0) for column, cell in enumerate(row)]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="wide" tabindex="0"><table><colgroup>{columns}</colgroup>'
        f"<thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(text: str, level: int) -> str:
    lines = "<br>".join(escape(line) for line in text.split("\n"))
    return f'<td class="level-{level}">{lines}</td>' if level else f"<td>{lines}</td>"
