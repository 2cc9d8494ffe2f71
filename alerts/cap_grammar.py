"""Structure of CAP 1.2 as a table: which elements, in which order, how often, with what in them.

From OASIS, Common Alerting Protocol 1.2 (2010), sections 3.2 and 3.3.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from lxml import etree
from msgspec import Struct

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
INTEGER = re.compile(r"[-+]?[0-9]+")
DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")

Rule = Callable[[str], str]
"""Returns what is wrong with a text, or an empty string."""


class Child(Struct, frozen=True):
    """One element that may stand inside another."""

    name: str
    rule: Rule | None = None
    """None for an element with children of its own."""
    required: bool = False
    many: bool = False


def parse_time(text: str) -> datetime | None:
    """Return the time written as CAP wants it, or None."""
    if not TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def structure(alert: etree._Element) -> Iterator[str]:
    """Yield what in `alert` is not as the schema has it."""
    if alert.tag != f"{{{NAMESPACE}}}alert":
        yield f"root element is {alert.tag}, not alert of {NAMESPACE}"
    else:
        yield from _children(alert, "alert")


def _children(parent: etree._Element, path: str) -> Iterator[str]:
    kind = path.rpartition("/")[2]
    grammar, names = GRAMMAR[kind], [child.name for child in GRAMMAR[kind]]
    if (parent.text or "").strip() or any((child.tail or "").strip() for child in parent):
        yield f"{path}: text between elements"
    if parent.attrib:
        yield f"{path}: attribute {parent.keys()[0]!r}; CAP has none"
    position, seen = 0, dict.fromkeys(names, 0)
    for child in parent:
        if not isinstance(child.tag, str):
            continue
        if kind == "alert" and child.tag.startswith(SIGNATURE):
            position = len(names)
            continue
        name = child.tag.removeprefix(f"{{{NAMESPACE}}}")
        if name == child.tag or name not in seen:
            yield f"{path}: unknown element {child.tag}"
            continue
        if names.index(name) < position:
            yield f"{path}: {name} stands after {names[min(position, len(names) - 1)]}"
        position = max(position, names.index(name))
        seen[name] += 1
        yield from _content(child, grammar[names.index(name)], path)
    yield from _counts(grammar, seen, path)


def _content(element: etree._Element, child: Child, path: str) -> Iterator[str]:
    here = f"{path}/{child.name}"
    if child.rule is None:
        yield from _children(element, here)
    elif any(isinstance(inner.tag, str) for inner in element) or element.attrib:
        yield f"{here}: only text belongs there"
    elif wrong := child.rule("".join(element.itertext(with_tail=False))):
        yield f"{here}: {wrong}"


def _counts(grammar: tuple[Child, ...], seen: Mapping[str, int], path: str) -> Iterator[str]:
    for child in grammar:
        if child.required and not seen[child.name]:
            yield f"{path}: no {child.name}"
        if seen[child.name] > 1 and not child.many:
            yield f"{path}: {seen[child.name]} times {child.name}"


def _text(text: str) -> str:
    return ""


def _time(text: str) -> str:
    if parse_time(text):
        return ""
    return f"`{text}` is not a time such as 2020-08-05T03:10:00+08:00 (no `Z`, no fractions)"


def _one_of(*choices: str) -> Rule:
    return lambda text: "" if text in choices else f"`{text}` is not one of {', '.join(choices)}"


def _like(pattern: re.Pattern[str], what: str) -> Rule:
    return lambda text: "" if pattern.fullmatch(text.strip()) else f"`{text}` is not {what}"


_PAIR = (Child("valueName", _text, required=True), Child("value", _text, required=True))

CATEGORY = _one_of(
    *[
        "Geo",
        "Met",
        "Safety",
        "Security",
        "Rescue",
        "Fire",
        "Health",
        "Env",
        "Transport",
        "Infra",
        "CBRNE",
        "Other",
    ]
)
RESPONSE_TYPE = _one_of(
    *["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"]
)

GRAMMAR: dict[str, tuple[Child, ...]] = {
    "alert": (
        Child("identifier", _text, required=True),
        Child("sender", _text, required=True),
        Child("sent", _time, required=True),
        Child("status", _one_of("Actual", "Exercise", "System", "Test", "Draft"), required=True),
        Child("msgType", _one_of("Alert", "Update", "Cancel", "Ack", "Error"), required=True),
        Child("source", _text),
        Child("scope", _one_of("Public", "Restricted", "Private"), required=True),
        Child("restriction", _text),
        Child("addresses", _text),
        Child("code", _text, many=True),
        Child("note", _text),
        Child("references", _text),
        Child("incidents", _text),
        Child("info", many=True),
    ),
    "info": (
        Child("language", _like(LANGUAGE, "a language such as zh-CN")),
        Child("category", CATEGORY, required=True, many=True),
        Child("event", _text, required=True),
        Child("responseType", RESPONSE_TYPE, many=True),
        Child(
            "urgency",
            _one_of("Immediate", "Expected", "Future", "Past", "Unknown"),
            required=True,
        ),
        Child(
            "severity", _one_of("Extreme", "Severe", "Moderate", "Minor", "Unknown"), required=True
        ),
        Child(
            "certainty",
            _one_of("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
            required=True,
        ),
        Child("audience", _text),
        Child("eventCode", many=True),
        Child("effective", _time),
        Child("onset", _time),
        Child("expires", _time),
        Child("senderName", _text),
        Child("headline", _text),
        Child("description", _text),
        Child("instruction", _text),
        Child("web", _text),
        Child("contact", _text),
        Child("parameter", many=True),
        Child("resource", many=True),
        Child("area", many=True),
    ),
    "eventCode": _PAIR,
    "parameter": _PAIR,
    "geocode": _PAIR,
    "resource": (
        Child("resourceDesc", _text, required=True),
        Child("mimeType", _text, required=True),
        Child("size", _like(INTEGER, "a whole number")),
        Child("uri", _text),
        Child("derefUri", _text),
        Child("digest", _text),
    ),
    "area": (
        Child("areaDesc", _text, required=True),
        Child("polygon", _text, many=True),
        Child("circle", _text, many=True),
        Child("geocode", many=True),
        Child("altitude", _like(DECIMAL, "a number")),
        Child("ceiling", _like(DECIMAL, "a number")),
    ),
}
