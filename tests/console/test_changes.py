"""What is new since the last look."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from console.changes import Changes, Look
from forewarn.domain.hazard import Assessment, Forecast, Level, Outcome
from forewarn.domain.station import Site
from forewarn.storage import AlertRow, Latest

NOON = datetime(2026, 7, 12, 4, tzinfo=UTC)
NOTHING = Look(latest=[], assessments=[], alerts=[], forecasts={})
KEY = "weir/stage"


def kinds(changes: Changes, look: Look) -> list[str]:
    return [kind for kind, _ in changes.take(look, 0)]


def assessment(at: datetime, outcome: Outcome = Outcome.OK) -> Assessment:
    return Assessment(area="town", hazard="flood", datastream=KEY, issue_time=at, outcome=outcome)


def forecast(at: datetime) -> Forecast:
    return Forecast(
        area="town",
        datastream=KEY,
        issue_time=at,
        model="m",
        leads_s=[600],
        probabilities=[0.5],
        values=[[1.0]],
    )


def alert() -> AlertRow:
    return AlertRow(
        identifier="1",
        incident="i",
        msg_type="Alert",
        status="Actual",
        sent=NOON,
        expires=NOON,
        area="town",
        hazard="flood",
        datastream=KEY,
        level=Level.RED,
        previous_level=Level.NONE,
        headline="",
        probability=None,
        onset=None,
        lead_s=None,
        threshold=None,
        references=[],
        cap="",
        acknowledged_by=None,
        acknowledged_at=None,
        active=True,
    )


def test_the_same_look_twice_announces_once(site: Site) -> None:
    changes = Changes(site)
    latest = [Latest(KEY, NOON, 1.0, 1, NOON), Latest("hill/rain", NOON, 0.0, 1, NOON)]
    look = Look(latest=latest, assessments=[assessment(NOON)], alerts=[alert()], forecasts={})
    assert kinds(changes, look) == ["vitals", "forecast", "alert"]
    assert kinds(changes, look) == []
    assert changes.newest == NOON


def test_only_the_datastream_that_changed_is_announced(site: Site) -> None:
    changes = Changes(site)
    rain = Latest("hill/rain", NOON, 0.0, 1, NOON)
    list(changes.take(replace(NOTHING, latest=[Latest(KEY, NOON, 1.0, 1, NOON), rain]), 0))
    later = NOON + timedelta(minutes=1)
    look = replace(NOTHING, latest=[Latest(KEY, later, 1.0, 1, later), rain])
    [(kind, message)] = changes.take(look, 7)
    assert kind == "vitals"
    assert isinstance(message, dict)
    assert [vital.key for vital in message["vitals"]] == [KEY]


def test_a_late_verdict_of_quality_control_is_announced(site: Site) -> None:
    changes = Changes(site)
    list(changes.take(replace(NOTHING, latest=[Latest(KEY, NOON, 1.0, 1, NOON)]), 0))
    revised = replace(NOTHING, latest=[Latest(KEY, NOON, 1.0, 3, NOON)])
    assert kinds(changes, revised) == ["vitals"]


def test_an_acknowledgement_is_announced(site: Site) -> None:
    changes = Changes(site)
    list(changes.take(replace(NOTHING, alerts=[alert()]), 0))
    acked = replace(alert(), acknowledged_by="kim", acknowledged_at=NOON)
    assert kinds(changes, replace(NOTHING, alerts=[acked])) == ["alert"]


def test_a_forecast_is_asked_for_until_it_is_as_new_as_its_assessment(site: Site) -> None:
    changes, later = Changes(site), NOON + timedelta(minutes=1)
    assert changes.wants_forecast(assessment(NOON))
    look = replace(NOTHING, assessments=[assessment(NOON)], forecasts={KEY: forecast(NOON)})
    list(changes.take(look, 0))
    assert not changes.wants_forecast(assessment(NOON))
    assert changes.wants_forecast(assessment(later)), "the forecast may be committed after it"
    assert not changes.wants_forecast(assessment(later, Outcome.FAILED))


def test_a_failed_assessment_keeps_the_old_forecast_in_view(site: Site) -> None:
    changes = Changes(site)
    look = replace(NOTHING, assessments=[assessment(NOON)], forecasts={KEY: forecast(NOON)})
    list(changes.take(look, 0))
    failed = assessment(NOON + timedelta(minutes=1), Outcome.FAILED)
    [(_, outlook)] = changes.take(replace(NOTHING, assessments=[failed]), 0)
    assert outlook.assessment.outcome == "failed"  # type: ignore[attr-defined]
    assert outlook.forecast.issue_time == NOON.timestamp() * 1000  # type: ignore[attr-defined]
