"""Which message a display that wakes up should find: the worst that stands in its area.

A real warning comes before every drill, whatever their levels.
"""

from collections.abc import Iterable

from forewarn.domain.hazard import AlertMessage


def worst(messages: Iterable[AlertMessage], area: str) -> AlertMessage | None:
    """Return the message of the highest level in `area`, of those the newest; None if none.

    One of a drill only where no other stands.
    """
    here = [message for message in messages if message.area == area]
    return max(here, key=lambda m: (not m.drill, m.level, m.sent, m.identifier), default=None)


def to_retain(message: AlertMessage, active: Iterable[AlertMessage]) -> AlertMessage | None:
    """Return what the area's topic should keep once `message` went out.

    The worst standing message; where none stands, the Cancel itself; None where `message`
    is neither, e.g. an old Update that was delivered late.
    """
    standing = worst(active, message.area)
    if standing is None and message.msg_type == "Cancel":
        return message
    return standing
