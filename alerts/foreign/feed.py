"""What a body from the net is: a CAP message, or an Atom or RSS feed that links to some."""

from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree
from msgspec import Struct

from alerts.cap_check import parse
from alerts.cap_grammar import NAMESPACE

ATOM = "{http://www.w3.org/2005/Atom}"
MOST_LINKS = 500
"""Of one feed, the first ones: feeds have the newest first."""


class Link(Struct, frozen=True):
    """One entry of a feed."""

    url: str
    version: str
    """Changes when the message at `url` does."""


def links(body: bytes, base: str) -> "list[Link] | str | None":
    """Return the messages that a feed links to; None: it is a CAP message; a text: neither, why."""
    root = parse(body)
    if isinstance(root, str):
        return root
    if root.tag == f"{{{NAMESPACE}}}alert":
        return None
    if root.tag == f"{ATOM}feed":
        found = _atom(root)
    elif root.tag == "rss":
        found = _rss(root)
    else:
        return f"root element is {root.tag}: neither a CAP 1.2 alert nor an Atom or RSS feed"
    listed = {url: Link(_absolute(base, url), version) for url, version in found if url}
    return list(listed.values())[:MOST_LINKS]


def _absolute(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:  # the one who asks will say what is wrong with it
        return url


def _atom(feed: etree._Element) -> Iterator[tuple[str, str]]:
    for entry in feed.findall(f"{ATOM}entry"):
        found = entry.findall(f"{ATOM}link")
        ranked = sorted(found, key=_rank)
        if ranked and _rank(ranked[0]) < NO_MESSAGE:
            yield (ranked[0].get("href") or "").strip(), _text(entry, f"{ATOM}updated")


NO_MESSAGE = 3


def _rank(link: etree._Element) -> int:
    """Return how likely a link leads to the message: the lower the better."""
    if (link.get("type") or "").startswith("application/cap+xml"):
        return 0
    if link.get("rel", "alternate") == "alternate":
        return 2 if (link.get("type") or "").startswith("text/html") else 1
    return NO_MESSAGE


def _rss(feed: etree._Element) -> Iterator[tuple[str, str]]:
    for item in feed.iter("item"):
        enclosed = item.find("enclosure")
        url = (enclosed.get("url") or "") if enclosed is not None else _text(item, "link")
        yield url.strip(), _text(item, "pubDate") or _text(item, "guid")


def _text(parent: etree._Element, name: str) -> str:
    return (parent.findtext(name) or "").strip()
