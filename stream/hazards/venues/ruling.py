"""One event's limits: how severe each is now and later, and why."""

from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.venue import Advice, LimitState, Stretch
from stream.hazards.venues.quantities import Quantity
from stream.models.venue import advice, paths
from stream.models.venue.advice import Code
from stream.models.venue.lightning import Lightning
from stream.models.venue.sports import Limit

Array = NDArray[np.float64]

ADVICE = {
    Code.GO: Advice.GO,
    Code.CAUTION: Advice.CAUTION,
    Code.UNKNOWN: Advice.UNKNOWN,
    Code.STOP: Advice.STOP,
}
UPPER = paths.PROBABILITIES.index(0.9)


class Ruling(NamedTuple):
    """One limit over the coming hours."""

    name: str
    limit: Limit
    quantity: Quantity
    now: int
    """Code of what is observed, settled."""
    severity_now: float
    """NaN where unknown."""
    quantiles: Array
    """Severity's quantiles, (steps, probabilities); NaN where unknown."""
    codes: advice.Codes
    """(steps,), the first of them `now`."""
    note: str = ""
    """What replaces the usual words: `lightning 6 km away 12 min ago`."""
    seen: int = paths.STEPS
    """Steps of `codes` that are more than hope: nobody forecasts lightning."""

    def why(self, step: int) -> str:
        """Say why it is so at `step`."""
        code, limit = int(self.codes[step]), self.limit
        if code == Code.UNKNOWN:
            missing = "; ".join(self.quantity.notes) or f"{self.quantity.datastream} is not known"
            return f"{self.name}: {missing}"
        if self.note:
            return self.note
        low = limit.stop < limit.caution
        bound = limit.stop if code == Code.STOP else limit.caution
        unit = f" {limit.unit}" if limit.unit not in ("", "1") else ""
        side = "below" if low else "above"
        observed = self.quantity.observed
        if step == 0 and observed is not None and code == self.now:
            said = f"{observed:.1f}{unit}" if (observed < bound) == low else "was lately"
            return f"{self.name} {said} {side} {bound:.1f}{unit}"
        value = self.reached(step)
        if value is None:
            return f"{self.name} {side} {bound:.1f}{unit}"
        return f"{self.name} may reach {value:.1f}{unit}, {side} {bound:.1f}{unit}"

    def reached(self, step: int) -> float | None:
        """Return the bad end of what is forecast at `step`; None where nothing is."""
        path = self.quantity.path
        if path is None or not np.isfinite(path[step]).all():
            return None
        low = self.limit.stop < self.limit.caution
        return float(path[step, len(paths.PROBABILITIES) - 1 - UPPER if low else UPPER])

    def state(self, steps: slice, ahead: list[Stretch]) -> LimitState:
        """Return it as it is published; `worst` is over the steps of the event."""
        observed, path = self.quantity.observed, self.quantity.path
        worst: float | None = None
        if path is not None and np.isfinite(path[steps]).any():
            low = self.limit.stop < self.limit.caution
            column = len(paths.PROBABILITIES) - 1 - UPPER if low else UPPER
            ends = path[steps, column]
            worst = float(np.nanmin(ends) if low else np.nanmax(ends))
        return LimitState(
            name=self.name,
            datastream=self.quantity.datastream,
            unit=self.limit.unit,
            advice=ADVICE[Code(self.now)],
            observed=None if observed is None else round(observed, 3),
            caution=round(self.limit.caution, 3),
            stop=round(self.limit.stop, 3),
            worst=None if worst is None else round(worst, 3),
            why=self.why(0) if self.now != Code.GO else "",
            timeline=ahead,
        )


def rule(name: str, limit: Limit, quantity: Quantity, *, hold: int) -> Ruling:
    """Judge one limit by what is observed and forecast; `hold` [min] as in venues.toml."""
    severities = advice.severity(quantity.recent, limit.caution, limit.stop)
    if quantity.path is None:
        quantiles = np.full((paths.STEPS, len(paths.PROBABILITIES)), np.nan)
    else:
        quantiles = advice.severity_path(quantity.path, limit.caution, limit.stop)
    codes = advice.expected_codes(quantiles[:, paths.MEDIAN], quantiles[:, UPPER])
    if np.isfinite(severities).any() or quantity.path is None:
        now = advice.observed_code(severities, hold=hold)
        codes[0] = now
    else:
        now = int(codes[0])  # of what only a model knows, a crowd's density
    newest = float(severities[-1])
    severity_now = newest if np.isfinite(newest) else float(quantiles[0, paths.MEDIAN])
    return Ruling(name, limit, quantity, now, severity_now, quantiles, codes)


def rule_lightning(name: str, limit: Limit, quantity: Quantity, now: Lightning) -> Ruling:
    """Judge lightning: stop until the hold ends, then caution; what is not heard is unknown."""
    if not now.known:
        quantiles = np.full((paths.STEPS, len(paths.PROBABILITIES)), np.nan)
        codes = np.full(paths.STEPS, int(Code.UNKNOWN))
        return Ruling(name, limit, quantity, Code.UNKNOWN, float("nan"), quantiles, codes)
    severe = np.where(now.watch_min > paths.AHEAD_MIN, 1.0, 0.0)
    severe = np.where(now.hold_min > paths.AHEAD_MIN, 2.0, severe)
    codes = np.where(severe >= 2, Code.STOP, np.where(severe >= 1, Code.CAUTION, Code.GO))
    near = "" if now.nearest_km is None else f" {now.nearest_km:.0f} km away in the last half hour"
    note = f"lightning{near or ' near'}; all clear in {now.hold_min} min if nothing strikes"
    if now.hold_min == 0:
        note = f"lightning{near or ' lately'}: be ready to stop"
    quantiles = np.repeat(severe[:, None], len(paths.PROBABILITIES), axis=1)
    struck = np.flatnonzero(codes != Code.GO)
    return Ruling(
        name,
        limit,
        quantity,
        int(codes[0]),
        float(severe[0]),
        quantiles,
        codes,
        note,
        seen=int(struck[-1]) + 1 if len(struck) else 1,
    )


def clock(at: datetime, zone: tzinfo) -> str:
    """Return the local time of day, for the officer."""
    return at.astimezone(zone).strftime("%H:%M")


def moment(issue_s: float, step: int) -> datetime:
    """Return the time of a step."""
    return datetime.fromtimestamp(issue_s + 60 * paths.STEP_MIN * step, UTC)
