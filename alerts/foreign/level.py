"""Which of our four colours a foreign message means, and whether its sender said so."""

import re
from collections.abc import Sequence

from forewarn.domain.hazard import Level

COLOURS = {
    "red": Level.RED,
    "orange": Level.ORANGE,
    "yellow": Level.YELLOW,
    "amber": Level.ORANGE,
    "blue": Level.BLUE,
    "green": Level.NONE,
    "white": Level.NONE,
    "红": Level.RED,
    "橙": Level.ORANGE,
    "黄": Level.YELLOW,
    "蓝": Level.BLUE,
}
"""As services name them: MeteoAlarm `2; yellow; Moderate`, `chinaLevel` Orange, `红色`."""

SEVERITY = {
    "Extreme": Level.RED,
    "Severe": Level.ORANGE,
    "Moderate": Level.YELLOW,
    "Minor": Level.BLUE,
}
"""What our own messages say the other way round."""

_WORD = re.compile("|".join(name if name[0] > "z" else rf"\b{name}\b" for name in COLOURS))
_NAMES = re.compile(r"level|colou?r|awareness|颜色|等级|级别", re.IGNORECASE)
"""What parameters that name a colour are called."""
_OTHER = re.compile(r"previous|former|type", re.IGNORECASE)
_HEADLINE = re.compile("(红|橙|黄|蓝)色")


def level_of(
    parameters: Sequence[tuple[str, str]], headline: str, severity: str
) -> tuple[Level | None, str]:
    """Return the level, and from what: `parameter`, `headline`, `severity` or nothing.

    A text that names two colours names none.
    """
    for name, value in parameters:
        if _NAMES.search(name) and not _OTHER.search(name):
            found = {COLOURS[word] for word in _WORD.findall(value.lower())}
            if len(found) == 1:
                return found.pop(), "parameter"
    named = {COLOURS[word] for word in _HEADLINE.findall(headline) if "预警" in headline}
    if len(named) == 1:
        return named.pop(), "headline"
    if severity in SEVERITY:
        return SEVERITY[severity], "severity"
    return None, ""
