"""The live table of the demo, and the wait for its first alert."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from forewarn.domain.clock import WorldClock
from forewarn.domain.errors import ForewarnError
from forewarn.domain.observation import Quality
from forewarn.domain.station import Site
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader
from forewarn.storage.rows import AlertRow, Latest, Totals

POLL_S = 0.5
SILENT_AFTER_INTERVALS = 3
COLOURS = {"blue": "blue", "yellow": "yellow", "orange": "dark_orange", "red": "red"}


class View(msgspec.Struct, frozen=True):
    """What the database says at one moment."""

    totals: Totals
    latest: dict[str, Latest]
    alerts: list[AlertRow]


class Dashboard:
    """Reads the demo's database and shows it.

    Parameters
    ----------
    site : Site
        Whose stations are shown.
    running : Supervisor
        The running system.
    clock : WorldClock
        World time.
    began : float
        `time.monotonic()` when the command was started [s].
    invited : str
        How to sign in to the console.
    """

    def __init__(
        self,
        site: Site,
        running: Supervisor,
        clock: WorldClock,
        began: float,
        invited: str = "",
    ) -> None:
        self._site, self._running, self._clock, self._began = site, running, clock, began
        self._invited = invited
        self._zone = ZoneInfo(site.timezone)
        self.headline = ""
        """Of the first alert, once it came."""

    def live(self, screen: Console) -> None:
        """Show the table until interrupted."""
        with Live(console=screen, refresh_per_second=4) as live:
            while True:
                live.update(self._render(self._view()))
                time.sleep(POLL_S)

    def until_alert(self, screen: Console, limit_s: float) -> bytes | None:
        """Return the first alert as JSON, or None if none came within `limit_s` of our start."""
        while time.monotonic() - self._began < limit_s:
            view = self._view()
            if view is not None and view.alerts:
                first = view.alerts[-1]
                self.headline = first.headline
                return self._as_json(first)
            if view is not None:
                screen.print(self._line(view), soft_wrap=True)
            time.sleep(2 * POLL_S)
        return None

    def why_no_alert(self, limit_s: float) -> str:
        """Say how far things came, for the one who waited in vain."""
        view = self._view()
        how_far = self._line(view) if view else "the database does not answer"
        restarts = {name: n for name, n in self._running.restarts.items() if n}
        return (
            f"forewarn demo: no alert within {limit_s:g} s: {how_far}; "
            f"restarts {restarts or 'none'}; logs in {self._running.state / 'log'}"
        )

    def _view(self) -> View | None:
        url = self._running.urls.database_url
        try:
            with connect(url, application="forewarn demo") as connection:
                return View(
                    reader.totals(connection),
                    {row.datastream: row for row in reader.latest(connection)},
                    reader.alerts(connection),
                )
        except (ForewarnError, psycopg.Error):
            return None

    def _line(self, view: View) -> str:
        reporting, known = self._reporting(view)
        return (
            f"{time.monotonic() - self._began:4.0f} s  {self._clock.now():%d %H:%M} UTC  "
            f"{reporting} of {known} stations, {view.totals.observations:,} observations, "
            f"forecast {self._age(view)}, {len(view.alerts)} alert messages"
        )

    def _reporting(self, view: View) -> tuple[int, int]:
        """Return how many stations have a fresh observation, and how many there are."""
        now = self._clock.now()
        fresh = {
            station.id
            for key, station, stream in self._site.datastreams()
            if key in view.latest
            and now - view.latest[key].phenomenon_time
            <= SILENT_AFTER_INTERVALS * stream.interval + self._grace()
        }
        return len(fresh), len(self._site.stations)

    def _grace(self) -> timedelta:
        """World time that passes in three real seconds: a fast clock is no silence."""
        return timedelta(seconds=3 * self._clock.speed)

    def _age(self, view: View) -> str:
        issued = view.totals.newest_issue_time
        if issued is None:
            return "none yet"
        return f"{(self._clock.now() - issued).total_seconds() / 60:.0f} min old"

    def _render(self, view: View | None) -> Group | Text:
        if view is None:
            return Text("waiting for the database …")
        reporting, known = self._reporting(view)
        head = Table(title=f"{self._site.name} — {self._site.invented}", title_justify="left")
        for name in ("world time", "speed", "stations", "observations", "rejected", "forecast"):
            head.add_column(name)
        head.add_row(
            f"{self._clock.now().astimezone(self._zone):%Y-%m-%d %H:%M}",
            f"{self._clock.speed:g}×",
            f"{reporting} of {known} reporting",
            f"{view.totals.observations:,}",
            f"{view.totals.rejections:,}",
            self._age(view),
        )
        invited = f"   {self._invited}" if self._invited else ""
        foot = Text(f"console {self._running.console_url}{invited}   Ctrl-C stops")
        return Group(head, self._gauges(view), self._alerts(view), foot)

    def _gauges(self, view: View) -> Table:
        table = Table()
        for name in ("gauge", "newest", "age", "flag", "next threshold"):
            table.add_column(name, justify="right" if name in ("newest", "age") else "left")
        for key, station, stream in self._site.datastreams():
            if not stream.thresholds:
                continue
            row = view.latest.get(key)
            value = None if row is None else row.result
            above = [t for t in stream.thresholds if value is None or t.value > value]
            following = min(above, key=lambda t: t.value, default=None)
            table.add_row(
                station.name,
                "–" if value is None else f"{value:.2f} {stream.unit}",
                "" if row is None else self._minutes(row.phenomenon_time),
                "" if row is None else Quality(row.quality).name.lower(),
                f"{following.value:g} {following.level}" if following else "above all",
            )
        return table

    def _minutes(self, since: datetime) -> str:
        return f"{(self._clock.now() - since).total_seconds() / 60:.0f} min"

    def _alerts(self, view: View) -> Table:
        table = Table()
        for name in ("sent", "", "alert", "lead", "p"):
            table.add_column(name)
        for alert in view.alerts[:8]:
            level = alert.level.name.lower()
            table.add_row(
                f"{alert.sent.astimezone(self._zone):%H:%M}",
                f"{alert.msg_type}",
                Text(alert.headline, style=COLOURS.get(level, "")),
                ""
                if alert.lead_s is None
                else f"{alert.lead_s // 3600} h {alert.lead_s // 60 % 60:02d}",
                "" if alert.probability is None else f"{alert.probability:.2f}",
            )
        return table

    def _as_json(self, alert: AlertRow) -> bytes:
        body = {
            "after_s": round(time.monotonic() - self._began, 1),
            "gauge": alert.datastream,
            "level": alert.level.name.lower(),
            "threshold": alert.threshold,
            "onset": alert.onset,
            "lead_s": alert.lead_s,
            "probability": alert.probability,
            "headline": alert.headline,
            "identifier": alert.identifier,
            "sent": alert.sent,
            "console": self._running.console_url,
        }
        return msgspec.json.format(msgspec.json.encode(body), indent=1)


def _hours(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds // 3600} h {seconds // 60 % 60:02d}"
