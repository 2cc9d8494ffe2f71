"""How good the warnings of a month were, by hazard and level. Pure; docs/outcomes.md.

POD = H / (H + M), FAR = F / (H + F), CSI = H / (H + M + F), with H hits, M misses and F false
alarms (Jolliffe & Stephenson 2012, Forecast Verification, ch. 3). What is unknown or ongoing is
in none of them: with many unknowns the ratios say little.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from statistics import median, quantiles
from zoneinfo import ZoneInfo

from msgspec import Struct

from forewarn.domain.errors import ForewarnError
from forewarn.domain.hazard import Level
from forewarn.domain.verdict import EventOutcome, EventVerdict

COLUMNS = (
    *("STATUS", "HAZARD", "LEVEL", "HITS", "MISSES", "FALSE", "UNKNOWN"),
    *("POD", "FAR", "CSI", "LEAD MIN", "QUARTILES", "PROMISED-ACTUAL MIN"),
)


class Score(Struct, frozen=True, kw_only=True):
    """The outcomes of one hazard at one level."""

    status: str
    hazard: str
    level: Level
    hits: int
    misses: int
    false_alarms: int
    unknown: int
    leads_s: list[float]
    """Actual leads of the hits [s], ascending; none of what an officer's word settled."""
    early_s: list[float]
    """Promised minus actual onset of the hits [s], ascending."""

    @property
    def pod(self) -> float | None:
        """Return the probability of detection; None where nothing happened."""
        return _ratio(self.hits, self.hits + self.misses)

    @property
    def far(self) -> float | None:
        """Return the false alarm ratio; None where nobody was warned."""
        return _ratio(self.false_alarms, self.hits + self.false_alarms)

    @property
    def csi(self) -> float | None:
        """Return the critical success index; None where nothing is known."""
        return _ratio(self.hits, self.hits + self.misses + self.false_alarms)


def scores(outcomes: Sequence[EventOutcome]) -> list[Score]:
    """Return one score for each status, hazard and level in `outcomes`, in this order."""
    groups: dict[tuple[str, str, Level], list[EventOutcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.status, outcome.hazard, outcome.level), []).append(outcome)
    return [_score(*key, groups[key]) for key in sorted(groups)]


def _score(status: str, hazard: str, level: Level, outcomes: Sequence[EventOutcome]) -> Score:
    verdicts = [o.verdict for o in outcomes]
    hits = [o for o in outcomes if o.verdict is EventVerdict.HIT]
    return Score(
        status=status,
        hazard=hazard,
        level=level,
        hits=len(hits),
        misses=verdicts.count(EventVerdict.MISS),
        false_alarms=verdicts.count(EventVerdict.FALSE_ALARM),
        unknown=verdicts.count(EventVerdict.UNKNOWN),
        leads_s=sorted(o.lead_s for o in hits if o.lead_s is not None),
        early_s=sorted(o.early_s for o in hits if o.early_s is not None),
    )


def quartiles(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the lower and upper quartile of at least two `values`, interpolated; else None."""
    if len(values) < 2:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def month_span(text: str, zone: str) -> tuple[datetime, datetime]:
    """Return the beginning and end of the month `text`, `2026-11`, in the zone of the site.

    Raises ForewarnError where `text` is no month.
    """
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ForewarnError(f"`{text}` is no month; give one like 2026-11") from None
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    start, end = (datetime(d.year, d.month, 1, tzinfo=ZoneInfo(zone)) for d in (first, after))
    return start, end


def as_csv(found: Sequence[Score]) -> str:
    """Return `found` as CSV with the columns of the table; empty cells are not known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name.lower().replace(" ", "_").replace("-", "_minus_") for name in COLUMNS])
    for score in found:
        writer.writerow(["" if cell == "-" else cell for cell in cells_of(score)])
    return out.getvalue()


def cells_of(score: Score) -> tuple[str, ...]:
    """Return `score` as text under `COLUMNS`, `-` where nothing is known, minutes for leads."""
    middle = quartiles(score.leads_s)
    return (
        score.status if score.status == "Actual" else f"{score.status.upper()} 演习",
        score.hazard,
        score.level.name.lower(),
        *(str(n) for n in (score.hits, score.misses, score.false_alarms, score.unknown)),
        *("-" if r is None else f"{r:.2f}" for r in (score.pod, score.far, score.csi)),
        _minutes(median(score.leads_s)) if score.leads_s else "-",
        f"{_minutes(middle[0])}..{_minutes(middle[1])}" if middle else "-",
        _minutes(median(score.early_s)) if score.early_s else "-",
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}"


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
