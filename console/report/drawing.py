"""Lines, areas and texts of a figure, which page and paper both know how to show."""

from collections.abc import Sequence
from html import escape

from msgspec import Struct

INK, QUIET, GRID, PAPER = "#16202c", "#566373", "#d5dce4", "#ffffff"
LINE, FORECAST = "#0b5cad", "#6b3fa0"

LEVEL_INK = ("#1a7a3c", "#1a56b8", "#7a5b00", "#a34e00", "#b3202a")
LEVEL_GROUND = ("#ffffff", "#e4eefc", "#fdf3cc", "#fdebd8", "#fce4e6")
LEVEL_FILL = ("#eaf6ee", "#2468d6", "#e3b400", "#ee7d11", "#d11f2e")
"""As in `console/web/src/app.css`, light."""

Point = tuple[float, float]


class Path(Struct, frozen=True, kw_only=True):
    """A line or an area through points; y grows downwards."""

    points: Sequence[Point]
    stroke: str = ""
    fill: str = ""
    width: float = 1.0
    dash: bool = False
    closed: bool = False


class Label(Struct, frozen=True, kw_only=True):
    """A text at a point of its baseline."""

    x: float
    y: float
    text: str
    size: float = 9.0
    anchor: str = "start"
    """`start`, `middle` or `end`."""
    ink: str = INK
    bold: bool = False


class Drawing(Struct, frozen=True, kw_only=True):
    """A figure, `width` wide and `height` high."""

    width: float
    height: float
    marks: Sequence[Path | Label]
    """Later ones over earlier ones."""
    says: str
    """What it shows, for those who do not see it."""


def svg(drawing: Drawing) -> str:
    """Return `drawing` as an SVG element without styles, which the page's policy forbids."""
    width, height = _n(drawing.width), _n(drawing.height)
    shown = "".join(_path(m) if isinstance(m, Path) else _label(m) for m in drawing.marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' role="img" aria-label="{escape(drawing.says)}">{shown}</svg>'
    )


def _path(path: Path) -> str:
    if len(path.points) < 2:
        return ""
    steps = "L".join(f"{_n(x)} {_n(y)}" for x, y in path.points)
    dash = ' stroke-dasharray="5 3"' if path.dash else ""
    return (
        f'<path d="M{steps}{"Z" if path.closed else ""}" fill="{path.fill or "none"}"'
        f' stroke="{path.stroke or "none"}" stroke-width="{_n(path.width)}"'
        f' stroke-linejoin="round"{dash}/>'
    )


def _label(label: Label) -> str:
    weight = ' font-weight="600"' if label.bold else ""
    return (
        f'<text x="{_n(label.x)}" y="{_n(label.y)}" font-size="{_n(label.size)}"'
        f' text-anchor="{label.anchor}" fill="{label.ink}"{weight}>{escape(label.text)}</text>'
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
