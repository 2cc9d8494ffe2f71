"""What is new since the last look at the database: no I/O, no clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from console.translate import alert_view, assessment_view, forecast_view, vital
from console.views import AlertView, Outlook, Vital
from forewarn.domain.hazard import Assessment, Forecast, Outcome
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import AlertRow, Latest


class Look(Struct, frozen=True, kw_only=True):
    """What one look at the database found."""

    latest: Sequence[Latest]
    assessments: Sequence[Assessment]
    alerts: Sequence[AlertRow]
    forecasts: dict[str, Forecast | None]
    """Only of the datastreams for which `Changes.wants_forecast`."""


class Changes:
    """Remembers the last look and says what is different in the next one."""

    def __init__(self, site: Site) -> None:
        self._thresholds = {key: d.thresholds for key, _, d in site.datastreams()}
        self._areas = {area.id: area.name for area in site.areas}
        self._vitals: dict[str, Vital] = {}
        self._outlooks: dict[str, Outlook] = {}
        self._alerts: dict[str, AlertView] = {}
        self.newest: datetime | None = None
        """Phenomenon time of the newest observation of the site."""

    def wants_forecast(self, assessment: Assessment) -> bool:
        """Return whether the forecast behind `assessment` is not known yet."""
        known = self._outlooks.get(assessment.datastream)
        if known is None or known.forecast is None:
            return True
        newer = known.forecast.issue_time < to_milliseconds(assessment.issue_time)
        return newer and assessment.outcome is not Outcome.FAILED

    def take(self, look: Look, world_time: int) -> Iterator[tuple[str, object]]:
        """Yield (kind, message) of each event that tells the clients of what is new in `look`."""
        self.newest = max((row.phenomenon_time for row in look.latest), default=None)
        if vitals := self._new_vitals(look.latest):
            yield "vitals", {"world_time": world_time, "vitals": vitals}
        for assessment in look.assessments:
            outlook = self._outlook(assessment, look.forecasts)
            if self._outlooks.get(outlook.key) != outlook:
                self._outlooks[outlook.key] = outlook
                yield "forecast", outlook
        if alerts := self._new_alerts(look.alerts):
            yield "alert", {"alerts": alerts}

    def _new_vitals(self, rows: Sequence[Latest]) -> list[Vital]:
        vitals = {row.datastream: vital(row, self._thresholds[row.datastream]) for row in rows}
        new = [v for key, v in vitals.items() if self._vitals.get(key) != v]
        self._vitals = vitals
        return new

    def _outlook(self, assessment: Assessment, forecasts: dict[str, Forecast | None]) -> Outlook:
        key = assessment.datastream
        forecast = forecasts.get(key)
        known = self._outlooks.get(key)
        view = forecast_view(forecast) if forecast else known.forecast if known else None
        return Outlook(key=key, forecast=view, assessment=assessment_view(assessment))

    def _new_alerts(self, rows: Sequence[AlertRow]) -> list[AlertView]:
        alerts = {row.identifier: alert_view(row, self._areas) for row in rows}
        new = [a for key, a in alerts.items() if self._alerts.get(key) != a]
        self._alerts = alerts
        return new
