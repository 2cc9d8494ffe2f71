"""Decides how often instruments are asked, and says why. Pure but for what it is told.

What counts first, each beats all below it:

1. a command from above, until it ends;
2. a critically low battery: slower;
3. an alarm in doubt, rising water, a standing alert: faster, and for `hold` after;
4. a low battery: slower;
5. the instruments' own intervals.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from edge.drivers.contract import InstrumentConfig
from edge.sampling.settings import Pace, Sampling
from edge.sampling.slope import Slope
from forewarn.domain.hazard import AlertMessage, Level
from forewarn.domain.observation import Quality

SETTLED = 0.1
"""Share by which an interval must change to be a change at all."""


class Sampler:
    """The sampling of one gateway; times are steady seconds of the world [s]."""

    def __init__(self, settings: Sampling) -> None:
        self._settings = settings
        self._slopes = [Slope(rule) for rule in settings.rise]
        self._alerts: dict[str, AlertMessage] = {}
        self._pace: Pace | None = None
        self._fast_until_s = 0.0
        self._why_fast = ""
        self._low = self._critical = False
        self.battery: float | None = None
        """Newest charge of the battery [0–1]."""
        self.condition = "normal"
        """`normal`, `fast` or `slower`, and why, as the status shows it."""
        self._mode = "normal"

    def take(self, key: str, at_s: float, value: float | None, quality: int) -> None:
        """Take one observation of this gateway."""
        if value is None or quality in (Quality.FAIL, Quality.SUSPECT):
            return
        for slope in self._slopes:
            if slope.rule.datastream == key:
                slope.take(at_s, value)
        if key == self._settings.battery and 0 <= value <= 1:
            settings = self._settings
            self.battery = value
            self._low = value < (settings.battery_recovered if self._low else settings.battery_low)
            critical = settings.battery_critical
            self._critical = value < (
                (critical + settings.battery_low) / 2 if self._critical else critical
            )

    def hear(self, area: str, message: AlertMessage | None) -> None:
        """Take the newest alert message of an area; None where its topic was emptied."""
        if message is None or message.msg_type == "Cancel":
            self._alerts.pop(area, None)
        else:
            self._alerts[area] = message

    def command(self, mode: Pace | None) -> None:
        """Follow a command, or none any more."""
        self._pace = mode

    def decide(self, now_s: float, now: datetime, hinted: Sequence[str] = ()) -> bool:
        """Look at everything anew; return whether the mode changed.

        `hinted` are datastreams of which one more value would decide a local alarm.
        """
        why = self._reason(now, hinted)
        if why:
            self._fast_until_s = now_s + self._settings.hold.total_seconds()
            self._why_fast = why
        if self._pace and now_s >= self._pace.until_s:
            self._pace = None
        before = self._mode
        self._mode, because = self._choose(now_s, why)
        self.condition = f"{self._mode}: {because}" if because else self._mode
        return self._mode != before

    def _choose(self, now_s: float, why: str) -> tuple[str, str]:
        charge = f"battery at {100 * (self.battery or 0):.0f} %"
        if self._pace:
            return {"slow": "slower"}.get(self._pace.mode, self._pace.mode), "by command"
        if self._critical:
            return "slower", f"{charge}, critical"
        if why or now_s < self._fast_until_s:
            return "fast", why or f"{self._why_fast}, until a while ago"
        if self._low:
            return "slower", charge
        return "normal", ""

    def _reason(self, now: datetime, hinted: Sequence[str]) -> str:
        if hinted:
            return f"{hinted[0]} may be beyond an alarm's threshold"
        for slope in self._slopes:
            if slope.rises:
                return f"{slope.rule.datastream} rises"
        lowest = Level.parse(self._settings.alert_level)
        for area, message in self._alerts.items():
            if message.level >= lowest and message.expires > now:
                return f"{message.level.name.lower()} alert in {area}"
        return ""

    def interval(self, instrument: InstrumentConfig) -> timedelta:
        """Return how often `instrument` is to be asked now (world time)."""
        own = instrument.interval
        if self._mode == "normal" or set(instrument.properties()) & set(self._settings.never):
            return own
        if self._mode == "slower":
            return own * self._settings.slow
        return min(own, max(own / self._settings.fast, self._settings.fastest))
