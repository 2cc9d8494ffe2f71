"""The words of a page, in Chinese or English, never longer than one SMS.

One SMS carries 160 characters of the GSM 7-bit alphabet (3GPP TS 23.038), or 70 UCS-2 units.
"""

import unicodedata
from collections.abc import Mapping

from alerts.hazards import texts
from alerts.texts import EXERCISE, LEVELS, Pair
from forewarn.domain.desk import Incident
from forewarn.domain.paging import Due, Kind

UCS2 = 70
GSM7 = 160

NOT_ACTUAL = Pair("演习 ", "EXERCISE ")
"""First in every page of what is not Actual."""

SAID = {
    Kind.PAGE: Pair("请确认", "Please acknowledge"),
    Kind.APPROVE: Pair("草稿待批准", "A draft waits for your approval"),
    Kind.ASKED: Pair("值班员请您支援", "The duty officer asks for you"),
    Kind.AGAIN: Pair("已确认但无后续处置", "Acknowledged, but nothing was done since"),
    Kind.OVER: Pair("已结束", "Over"),
}


def message(
    incident: Incident, due: Due, *, others: int, language: str, names: Mapping[str, str]
) -> str:
    """Return what is sent: exercise or not, level, hazard, where, what to do, and the id's end.

    `others` is how many more incidents of the hazard it tells of; `names` are those of areas.
    """
    hazard, level, said = texts(incident.hazard).event, LEVELS[due.level], SAID[due.kind]
    place = f"{names.get(incident.area, incident.area)} ({incident.datastream.partition('/')[0]})"
    exercise = Pair("", "") if incident.status == "Actual" else NOT_ACTUAL
    if incident.drill:
        exercise = EXERCISE
    ended = due.kind is Kind.OVER
    if language == "zh":
        head = exercise.zh + ("" if ended else level.zh) + f"{hazard.zh}预警："
        tail = (f"等{others + 1}处" if others else "") + f"。{said.zh}"
        return _fitted(head, place, tail, UCS2)
    head = exercise.en + ("" if ended else level.en.upper() + " ") + f"{hazard.en} warning: "
    tail = (f" and {others} more" if others else "") + f". {said.en}."
    return _fitted(_plain(head), _plain(place), _plain(tail), GSM7)


def _fitted(head: str, place: str, tail: str, limit: int) -> str:
    """Shorten the place alone: level and what to do are never cut."""
    room = limit - _units(head) - _units(tail)
    while _units(place) > room:
        place = place[:-1]
    return head + place + tail


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _plain(text: str) -> str:
    """Return `text` in characters that ASCII and the GSM 7-bit basic alphabet share."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(" " if c in "[]{}\\^~|`" or ord(c) < 32 else c for c in bare)
