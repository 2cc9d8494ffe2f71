"""When the watchdog speaks: at once, again after growing pauses, and when all is well. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from alerts.watchdog.stages import Late

FIRST_PAUSE_S = 300.0
LONGEST_PAUSE_S = 3600.0


class Kind(StrEnum):
    """What a notice is."""

    ALARM = "alarm"
    REPEAT = "repeat"
    CLEAR = "clear"


class Notice(Struct, frozen=True, kw_only=True):
    """One message of the watchdog, to whoever mends the system; never to the public."""

    kind: Kind
    site: str
    stages: list[str]
    """Where canaries stop; empty when all is well again."""
    text: str
    """In English and Chinese."""


class Alarm:
    """Remembers what was said; `look` answers with what is to be said now.

    Parameters
    ----------
    site : str
        Id of the site, for the text.
    real : callable
        Turns the clock of `Late.since_s` into real time, for the text.
    """

    def __init__(self, site: str, real: Callable[[float], datetime]) -> None:
        self._site, self._real = site, real
        self._named: set[str] = set()
        self._pause_s, self._next_s = FIRST_PAUSE_S, 0.0

    def look(self, culprits: Sequence[Late], late: bool, now_s: float) -> Notice | None:
        """Return what is to be said at `now_s`.

        `late` tells whether any stage is late: it is only well when none is, and while stages
        catch up there are no culprits, and nothing to say.
        """
        if not late and self._named:
            self._named = set()
            return self._notice(Kind.CLEAR, culprits)
        names = {culprit.stage.name for culprit in culprits}
        if names - self._named:
            self._named |= names
            self._pause_s, self._next_s = FIRST_PAUSE_S, now_s + FIRST_PAUSE_S
            return self._notice(Kind.ALARM, culprits)
        if names and now_s >= self._next_s:
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._next_s = now_s + self._pause_s
            return self._notice(Kind.REPEAT, culprits)
        return None

    def _notice(self, kind: Kind, culprits: Sequence[Late]) -> Notice:
        if kind is Kind.CLEAR:
            text = (
                f"Forewarn watchdog, site {self._site}: all clear, canaries come through again.\n"
                f"预警系统看门狗，站点 {self._site}：已恢复正常，各环节重新畅通。"
            )
        else:
            text = "\n".join([self._english(culprits), self._chinese(culprits)])
        names = [culprit.stage.name for culprit in culprits]
        return Notice(kind=kind, site=self._site, stages=names, text=text)

    def _english(self, culprits: Sequence[Late]) -> str:
        where = "; ".join(
            f"stage `{c.stage.name}` ({c.stage.means}) since {self._since(c)}" for c in culprits
        )
        return (
            f"Forewarn watchdog, site {self._site}: NO CANARY COMES THROUGH at {where}. "
            "Warnings may be late or missing until this is mended."
        )

    def _chinese(self, culprits: Sequence[Late]) -> str:
        where = "；".join(
            f"环节 {c.stage.name}（{c.stage.means_zh}），始于 {self._since(c)}" for c in culprits
        )
        return f"预警系统看门狗，站点 {self._site}：链路中断于{where}。修复前预警可能延误或缺失。"

    def _since(self, culprit: Late) -> str:
        return f"{self._real(culprit.since_s):%Y-%m-%d %H:%M:%S} UTC"
