"""The quality of one value after another of one datastream, with a few numbers of memory."""

from datetime import timedelta
from sys import float_info
from typing import Final

from forewarn.domain.observation import Quality
from forewarn.domain.station import Datastream
from stream.flatline import FlatLine

GOOD: Final = int(Quality.GOOD)
UNCHECKED: Final = int(Quality.UNCHECKED)
SUSPECT: Final = int(Quality.SUSPECT)
FAIL: Final = int(Quality.FAIL)
MISSING: Final = int(Quality.MISSING)

GAP_INTERVALS = 3
"""Silence beyond this many intervals is a gap."""

BELIEVE_AFTER = 5
"""So many values in a row that are all too far from the last trusted one, but agree with
each other, are believed: a dam that broke is not an error for as long as the limit of the
rate would make it one."""

NEVER = -(1 << 62)
_NEVER_MS = 1 << 62
_INFINITE = float("inf")


class Rules:
    """The limits of one datastream, made ready for the loop: milliseconds, no None."""

    __slots__ = (
        "fail_high",
        "fail_low",
        "flat_fail_ms",
        "flat_ms",
        "flat_tolerance",
        "gap_ms",
        "interval_ms",
        "memory",
        "passed",
        "rate",
        "spike_fail",
        "spike_suspect",
        "spikes",
        "suspect_high",
        "suspect_low",
    )

    def __init__(self, datastream: Datastream) -> None:
        limits = datastream.limits
        self.interval_ms = max(1, round(datastream.interval.total_seconds() * 1000))
        self.gap_ms = GAP_INTERVALS * self.interval_ms
        biggest = float_info.max
        self.fail_low, self.fail_high = limits.fail or (-biggest, biggest)
        self.suspect_low, self.suspect_high = limits.suspect or (-biggest, biggest)
        self.spike_suspect = limits.spike_suspect or _INFINITE
        self.spike_fail = limits.spike_fail or _INFINITE
        self.spikes = min(self.spike_suspect, self.spike_fail) < _INFINITE
        self.rate = limits.max_rate_per_s
        self.flat_tolerance = limits.flat_tolerance
        self.flat_ms = self._full_after(limits.flat_after)
        self.flat_fail_ms = self._full_after(limits.flat_fail_after)
        tested = limits.fail or limits.suspect or self.rate is not None or self.flat
        self.passed = GOOD if tested else UNCHECKED
        """Quality of a value that no test objects to before its neighbour has come."""
        flat_for = [span for span in (self.flat_ms, self.flat_fail_ms) if span < _NEVER_MS]
        past_ms = max([2 * self.gap_ms, *flat_for])
        self.memory = timedelta(milliseconds=past_ms)
        """How much of the past is of use to judge the next value."""

    @property
    def flat(self) -> bool:
        """Whether a flat line is looked for."""
        return min(self.flat_ms, self.flat_fail_ms) < _NEVER_MS

    def _full_after(self, flat: timedelta | None) -> int:
        """Return the time since the last differing value [ms] after which `flat` is full.

        As in ioos_qc, n = int(flat / interval), and n + 1 values must be alike.
        """
        if not flat:
            return _NEVER_MS
        return (max(1, int(flat.total_seconds() * 1000 / self.interval_ms)) + 1) * self.interval_ms


class Lane:
    """A row of values ascending in time, and what has to be remembered to judge the next.

    `step` returns the quality of the new value; the verdict of the spike test on the value
    before it is in `revised` then, None where its quality stays.
    """

    __slots__ = (
        "_before",
        "_before_time",
        "_flags",
        "_flat",
        "_prior",
        "_prior_time",
        "_rules",
        "_run",
        "_trust",
        "_trust_time",
        "_witness",
        "last",
        "quality",
        "revised",
        "revised_result",
        "revised_time",
        "time",
    )

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._flat = FlatLine(rules.flat_tolerance) if rules.flat else None
        self.revised: int | None = None
        """New quality of the value before the newest, or None."""
        self.revised_time = NEVER
        self.revised_result: float | None = None
        self.restart(None)

    def restart(self, other: "Lane | None") -> None:
        """Forget all values; trust what `other` trusts."""
        self.time = NEVER
        """Time of the newest value [ms]; NEVER before the first."""
        self.last: float | None = None
        """The newest value; None if it is missing."""
        self.quality = UNCHECKED
        """Quality of the newest value."""
        self._flags = UNCHECKED  # of the newest value, without the spike test
        self._witness = False  # may the newest value testify in its neighbours' spike test?
        self._before: float | None = None  # the value before the newest, if it may testify
        self._before_time = NEVER
        self._prior: float | None = None  # what was trusted before the trusted value
        self._prior_time = NEVER
        self._run = 0  # values in a row that are far from trust but agree with each other
        self._trust: float | None = None if other is None else other._trust
        self._trust_time: int = NEVER if other is None else other._trust_time
        if self._flat is not None:
            self._flat.restart(NEVER)
            self._flat.last = NEVER

    @property
    def seen(self) -> bool:
        """Whether it has seen a value since it was restarted."""
        return self.time != NEVER

    def step(self, time: int, result: float | None, reported: int) -> int:
        """Judge the value at `time` [ms], later than all before; `reported` is its own flag."""
        rules = self._rules
        self.revised = None
        if result is None or result != result:
            self._shift(time, None, MISSING, MISSING, False)
            return MISSING
        flags = rules.passed
        if not rules.fail_low <= result <= rules.fail_high:
            flags = FAIL
        elif not rules.suspect_low <= result <= rules.suspect_high:
            flags = SUSPECT
        if reported in (SUSPECT, FAIL):
            flags = max(flags, reported)
        if flags >= SUSPECT:
            self._run = 0
        elif rules.rate is not None and self._jumps(time, result, rules.rate):
            flags = self._untrusted(time, result, rules.rate)
        else:
            self._run = 0
            if rules.spikes:
                self._judge_previous(time, result)
            self._prior, self._prior_time = self._trust, self._trust_time
            self._trust, self._trust_time = result, time
        witness = flags < SUSPECT
        flat = self._flat
        if flat is not None:
            if time - flat.last > rules.gap_ms:
                flat.restart(time - rules.interval_ms)
            still = flat.step(time, result)
            if still >= rules.flat_ms or still >= rules.flat_fail_ms:
                flags = max(flags, FAIL if still >= rules.flat_fail_ms else SUSPECT)
        self._shift(time, result, flags, flags, witness)
        return flags

    def repeat(self, time: int, result: float | None) -> int:
        """Return the quality of one more value at the newest time; it changes nothing here."""
        if result is None or result != result:
            return MISSING
        if result == self.last:
            return self.quality
        rules = self._rules
        if not rules.fail_low <= result <= rules.fail_high:
            return FAIL
        if not rules.suspect_low <= result <= rules.suspect_high:
            return SUSPECT
        jumps = rules.rate is not None and self._jumps(time, result, rules.rate)
        return SUSPECT if jumps else rules.passed

    def _shift(
        self, time: int, result: float | None, flags: int, quality: int, witness: bool
    ) -> None:
        self._before = self.last if self._witness else None
        self._before_time = self.time
        self.time, self.last = time, result
        self._flags, self.quality, self._witness = flags, quality, witness

    def _jumps(self, time: int, result: float, rate: float) -> bool:
        """Tell whether `result` is too far from the last trusted value."""
        trust = self._trust
        if trust is None:
            return False
        return self._too_fast(trust, self._trust_time, result, time, rate)

    def _untrusted(self, time: int, result: float, rate: float) -> int:
        """Judge a value that is too far from the last trusted one; return its flags.

        Either it is wrong, or the value that was trusted last was a spike, or the world
        has changed: then the values that follow agree with each other.
        """
        rules = self._rules
        prior = self._prior
        returned = (
            rules.spikes
            and prior is not None
            and self._trust_time == self.time
            and not self._too_fast(prior, self._prior_time, result, time, rate)
        )
        if returned:
            self._judge_previous(time, result)
            if self._trust_time != self.time:  # it was a spike, and trust went back
                self._prior, self._prior_time = self._trust, self._trust_time
                self._trust, self._trust_time = result, time
                self._run = 0
                return rules.passed
        last = self.last
        agrees = (
            self._run > 0
            and last is not None
            and not self._too_fast(last, self.time, result, time, rate)
        )
        self._run = self._run + 1 if agrees else 1
        if self._run < BELIEVE_AFTER:
            return SUSPECT
        self._run, self._prior = 0, None
        self._trust, self._trust_time = result, time
        return rules.passed

    def _judge_previous(self, time: int, result: float) -> None:
        """Spike test of the value before this one, between its neighbours."""
        rules, before, last = self._rules, self._before, self.last
        if before is None or last is None:
            return
        earlier, later = self.time - self._before_time, time - self.time
        if earlier > rules.gap_ms or later > rules.gap_ms:
            return
        if earlier == later:
            expected = (before + result) / 2
        else:
            expected = before + (result - before) * earlier / (earlier + later)
        distance = abs(last - expected)
        if distance > rules.spike_suspect or distance > rules.spike_fail:
            verdict = max(self._flags, FAIL if distance > rules.spike_fail else SUSPECT)
            if self._trust_time == self.time:
                self._trust, self._trust_time = self._prior, self._prior_time
        else:
            verdict = GOOD if self._flags == UNCHECKED else self._flags
        if verdict != self.quality:
            self.revised, self.revised_time, self.revised_result = verdict, self.time, last
            self._flags = self.quality = verdict

    def _too_fast(self, old: float, old_time: int, new: float, new_time: int, rate: float) -> bool:
        """Compare the rate of change with `rate` [unit/s]; within a second, that of a second.

        Where values come more often than expected, a change that would be no spike is none to
        the rate either: else the noise of an instrument asked ten times as often looks fast.
        """
        rules, span_ms, change = self._rules, abs(new_time - old_time), abs(new - old)
        if span_ms < rules.interval_ms and change <= rules.spike_suspect < _INFINITE:
            return False
        return change / max(span_ms / 1000, 1.0) > rate
