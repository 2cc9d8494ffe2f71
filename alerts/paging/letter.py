"""What a message says that has room: the page, the warnings in full in both languages, the desk."""

from collections.abc import Mapping
from urllib.parse import quote

from lxml import etree

from forewarn.domain.hazard import AlertMessage
from forewarn.domain.paging import Claimed

TAGS = ("headline", "description", "instruction")
LANGUAGES = ("zh-CN", "en-US")


def address(console_url: str, incident: str) -> str:
    """Return where the console shows `incident`; empty where no address of it is known."""
    return f"{console_url.rstrip('/')}/#desk/{quote(incident, safe='')}" if console_url else ""


def letter(claimed: Claimed, messages: Mapping[str, AlertMessage], console_url: str) -> str:
    """Return the page, then of each incident its newest message in both languages.

    `messages` are the newest by incident; a draft has none yet. What expired is not repeated:
    its text would read as a warning that stands.
    """
    parts = [claimed.text]
    for incident, state in claimed.incidents:
        newest = messages.get(incident)
        if newest is not None and (state != "over" or newest.msg_type == "Cancel"):
            parts += _texts(newest)
        parts.append("\n".join(line for line in (incident, address(console_url, incident)) if line))
    return "\n\n".join(parts)


def _texts(message: AlertMessage) -> list[str]:
    root = etree.fromstring(message.cap.encode(), etree.XMLParser(resolve_entities=False))
    found = []
    for language in LANGUAGES:
        for info in root.iterfind("{*}info"):
            if info.findtext("{*}language") == language:
                lines = [info.findtext(f"{{*}}{tag}") or "" for tag in TAGS]
                found.append("\n".join(line for line in lines if line))
    return found
