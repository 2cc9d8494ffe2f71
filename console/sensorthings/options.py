"""The query options of a request, and of each `$expand` in it, as typed values.

    $expand=Datastreams($orderby=id;$top=100)&$count=true&$top=1000

Only inside brackets are options parted by `;`. Text comes here percent-decoded.
"""

from collections.abc import Iterator, Sequence

from console.sensorthings.errors import QueryRefused
from console.sensorthings.filters import parse
from forewarn.storage.things.expressions import Path
from forewarn.storage.things.question import DEFAULT_TOP, Expand, Options, Order

MAX_TOP = 1_000
"""Entities of one page: what Grafana's plugin asks for. A larger `$top` gets as many."""
MAX_SKIP = 1_000_000
MAX_EXPANDED = 10
"""Expansions of one request, nested ones included."""
MAX_EXPAND_DEPTH = 4
FORMATS = ("json", "dataArray")
NAMES = ("$filter", "$expand", "$select", "$orderby", "$top", "$skip", "$count", "$resultFormat")


def read_options(pairs: Sequence[tuple[str, str]], depth: int = 0) -> Options:
    """Return the (name, value) pairs as Options; QueryRefused says what is wrong with which."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in NAMES:
            raise QueryRefused(f"no query option `{name[:40]}`; there are {', '.join(NAMES)}")
        if name in given:
            raise QueryRefused(f"{name} is there twice")
        given[name] = value
    expand = tuple(_expand(part, depth + 1) for part in _split(given.get("$expand", ""), ","))
    if sum(map(_expansions, expand)) > MAX_EXPANDED:
        raise QueryRefused(f"$expand: more than {MAX_EXPANDED} expansions in one request")
    return Options(
        filter=parse(given["$filter"]) if "$filter" in given else None,
        expand=expand,
        select=tuple(_name(part, "$select") for part in _split(given.get("$select", ""), ",")),
        order=tuple(_order(part) for part in _split(given.get("$orderby", ""), ",")),
        top=min(MAX_TOP, _whole(given, "$top", DEFAULT_TOP)),
        skip=_whole(given, "$skip", 0),
        count=_one_of(given.get("$count", "false"), "$count", ("false", "true")) == "true",
        data_array=_one_of(given.get("$resultFormat", "json"), "$resultFormat", FORMATS)
        == "dataArray",
    )


def _expand(text: str, depth: int) -> Expand:
    """Return `Datastreams/Sensor($select=name)` as nested expansions."""
    if depth > MAX_EXPAND_DEPTH:
        raise QueryRefused(f"$expand is nested deeper than {MAX_EXPAND_DEPTH}")
    path, bracket, inner = text.partition("(")
    head, slash, _ = path.partition("/")
    if slash:
        rest = text[len(head) + 1 :]
        inside = _expand(rest, depth + 1)
        return Expand(_name(head, "$expand"), Options(expand=(inside,)), (("$expand", rest),))
    if not bracket:
        return Expand(_name(head, "$expand"), Options())
    if not inner.endswith(")"):
        raise QueryRefused(f"$expand: `{text[:40]}` has no closing `)`")
    parts = (part.partition("=") for part in _split(inner[:-1], ";"))
    pairs = [(name, value) for name, _, value in parts]
    return Expand(_name(head, "$expand"), read_options(pairs, depth), tuple(pairs))


def _expansions(expand: Expand) -> int:
    return 1 + sum(map(_expansions, expand.options.expand))


def _split(text: str, mark: str) -> Iterator[str]:
    """Yield the parts of `text` between `mark`s that stand outside brackets and quotes."""
    depth, quoted, start = 0, False, 0
    for at, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif character == mark and depth == 0 and not quoted:
            yield text[start:at].strip()
            start = at + 1
    if text:
        yield text[start:].strip()


def _order(text: str) -> Order:
    found = text.split()
    if len(found) not in (1, 2) or found[1:] not in ([], ["asc"], ["desc"]):
        raise QueryRefused(f"$orderby: `{text[:40]}` is not a property with `asc` or `desc`")
    steps = tuple(_name(step, "$orderby") for step in found[0].split("/"))
    return Order(Path(steps), found[1:] == ["desc"])


def _name(text: str, option: str) -> str:
    name = text.removeprefix("@iot.")
    if not (name.isascii() and name.isidentifier()):
        raise QueryRefused(f"{option}: `{text[:40]}` is not a name")
    return text


def _whole(given: dict[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= MAX_SKIP):
        raise QueryRefused(f"{name}=`{text[:40]}` is not a whole number from 0 to {MAX_SKIP}")
    return int(text)


def _one_of(text: str, name: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise QueryRefused(f"{name}=`{text[:40]}`; it is one of {', '.join(known)}")
    return text
