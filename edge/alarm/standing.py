"""One alarm: from evidence to sounding or not: latch, acknowledgement, longest time. Pure."""

from datetime import datetime

from msgspec import Struct

from edge.alarm.settings import AlarmConfig


class Kept(Struct, frozen=True, kw_only=True):
    """What of an alarm outlives a restart of the agent."""

    sounding: bool = False
    silenced: str = ""
    since: str = ""


class Standing:
    """Whether one alarm sounds. All times are real seconds on the caller's clock [s].

    It begins when it is beyond while it is armed, and goes on, whatever the network does, until
    values say that it is over; with `latch` until it is acknowledged. After `max_on`, or when
    it is acknowledged, it is silent until it was over.
    """

    def __init__(self, config: AlarmConfig, kept: Kept, now_s: float) -> None:
        self.config = config
        self._begun_s: float | None = now_s if kept.sounding or kept.silenced else None
        self._since = kept.since
        self._silenced = kept.silenced
        self._test_until_s = 0.0
        self._beyond = self._begun_s is not None
        self._armed = False

    def update(self, *, beyond: bool, armed: bool, now_s: float, now: datetime) -> bool:
        """Return whether the outputs should be on now.

        `armed` is False while people above can warn better.
        """
        self._beyond, self._armed = beyond, armed
        if self._begun_s is None and beyond and armed:
            self._begun_s, self._since = now_s, f"{now:%Y-%m-%d %H:%M:%S}"
        if self._begun_s is not None:
            longest_s = self.config.max_on.total_seconds()
            if not beyond and (self._silenced or not self.config.latch):
                self._begun_s, self._silenced, self._since = None, "", ""
            elif not self._silenced and now_s - self._begun_s >= longest_s:
                self._silenced = f"silent after {longest_s:g} s"
        return self.sounding or now_s < self._test_until_s

    @property
    def sounding(self) -> bool:
        """Whether it sounds in earnest; a test does not count."""
        return self._begun_s is not None and not self._silenced

    def acknowledge(self) -> bool:
        """Make it silent until it was over; False where it did not sound."""
        if not self.sounding:
            return False
        self._silenced = "acknowledged"
        return True

    def test(self, now_s: float, seconds: float) -> None:
        """Sound it for so many real seconds, whatever the values say."""
        self._test_until_s = now_s + seconds

    def condition(self, now_s: float) -> str:
        """Return `off`, `on since …`, or why it is silent though it is beyond."""
        if self._silenced:
            return f"{self._silenced}, beyond {self.config.threshold:g} since {self._since}"
        if self.sounding:
            latched = "" if self._beyond else ", over: waits to be acknowledged"
            return f"on since {self._since}{latched}"
        if now_s < self._test_until_s:
            return "test"
        if self._beyond:
            return f"beyond {self.config.threshold:g}, silent: the network is there"
        return "off"

    def kept(self) -> Kept:
        """Return what a restart has to know."""
        return Kept(sounding=self.sounding, silenced=self._silenced, since=self._since)
