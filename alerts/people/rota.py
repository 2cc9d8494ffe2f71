"""Who is on duty when, from an iCalendar file as every calendar program writes it."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from forewarn.domain.errors import ConfigError


class Rota:
    """The events of one calendar; the summary of each is the id of a contact or group."""

    def __init__(self, calendar: Any) -> None:
        from recurring_ical_events import of

        self._calendar, self._events = calendar, of(calendar)

    def names(self) -> set[str]:
        """Return all ids that are ever on duty."""
        return {str(event.get("SUMMARY", "")).strip() for event in self._calendar.walk("VEVENT")}

    def on_duty(self, at: datetime) -> list[str]:
        """Return the ids on duty at `at`, sorted; none in a gap."""
        return sorted({str(e.get("SUMMARY", "")).strip() for e in self._events.at(at)})

    def gaps(self, start: datetime, days: int) -> list[datetime]:
        """Return the hours of the `days` from `start` on in which nobody is on duty."""
        hours = [start + timedelta(hours=n) for n in range(24 * days)]
        events = self._events.between(start, start + timedelta(days=days))
        spans = [(_aware(e.start, start), _aware(e.end, start)) for e in events]
        return [h for h in hours if not any(begin <= h < end for begin, end in spans)]


def _aware(when: date, like: datetime) -> datetime:
    """Return whole days and times without a zone as times in that of `like`."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=like.tzinfo)
    return when if when.tzinfo else when.replace(tzinfo=like.tzinfo)


def load_rota(path: Path) -> Rota:
    """Read the calendar at `path`. Raises ConfigError where it is none, or has no event."""
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(path.read_bytes())
        rota = Rota(calendar)
        names = rota.names()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}; give an iCalendar file (.ics)") from error
    if not names or "" in names:
        raise ConfigError(
            f"{path}: each event needs a SUMMARY that is the id of a contact or group"
        )
    return rota
