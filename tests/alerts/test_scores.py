from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.cli import main
from alerts.scores import table
from forewarn.domain.clock import WorldClock
from forewarn.domain.errors import ForewarnError
from forewarn.domain.hazard import Level
from forewarn.domain.scores import as_csv, month_span, quartiles, scores
from forewarn.domain.verdict import EventOutcome, EventVerdict, Remark, Why
from forewarn.storage import connect
from forewarn.storage.outcomes import add_misses, remarks

START = datetime(2026, 11, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def outcome(
    verdict: EventVerdict,
    *,
    lead: float | None = None,
    promised: float = 120.0,
    event: str = "miss.flood.town-stage.1",
    status: str = "Actual",
    began: datetime = START,
) -> EventOutcome:
    """Return an outcome of yellow; `lead` and `promised` are minutes after the first message."""
    return EventOutcome(
        event=event,
        level=Level.YELLOW,
        area="west",
        hazard="flood",
        datastream="town/stage",
        status=status,
        verdict=verdict,
        why=Why.WARNED,
        began=began,
        warned=None if lead is None else began,
        promised=None if lead is None else began + timedelta(minutes=promised),
        crossed=None if lead is None else began + timedelta(minutes=lead),
        lead_s=None if lead is None else lead * 60,
    )


MONTH = [
    *(outcome(EventVerdict.HIT, lead=minutes) for minutes in (60, 100, 140)),
    outcome(EventVerdict.MISS),
    outcome(EventVerdict.FALSE_ALARM),
    outcome(EventVerdict.FALSE_ALARM),
    outcome(EventVerdict.UNKNOWN),
    outcome(EventVerdict.ONGOING),
    outcome(EventVerdict.HIT, lead=30, status="Exercise"),
]


def test_ratios_and_leads_by_hand() -> None:
    actual, exercise = scores(MONTH)
    counts = (actual.hits, actual.misses, actual.false_alarms, actual.unknown)
    assert counts == (3, 1, 2, 1)
    assert (actual.pod, actual.far, actual.csi) == (3 / 4, 2 / 5, 3 / 6)
    assert actual.leads_s == [3600, 6000, 8400]
    assert quartiles(actual.leads_s) == (4800, 7200)
    assert actual.early_s == [-1200, 1200, 3600]
    assert (exercise.status, exercise.hits) == ("Exercise", 1)


def test_nothing_is_divided_by_nothing() -> None:
    [only] = scores([outcome(EventVerdict.UNKNOWN)])
    assert (only.pod, only.far, only.csi, quartiles(only.leads_s)) == (None, None, None, None)
    cells = table([only]).splitlines()[1].split()
    assert cells == ["Actual", "flood", "yellow", *"0001", *"------"]


def test_an_exercise_says_so_in_its_line_and_in_the_csv() -> None:
    lines = table(scores(MONTH)).splitlines()
    assert lines[1].startswith("Actual")
    assert lines[2].startswith("EXERCISE 演习")
    rows = as_csv(scores(MONTH)).splitlines()
    assert rows[1] == "Actual,flood,yellow,3,1,2,1,0.75,0.40,0.50,100,80..120,20"
    assert rows[0].endswith("promised_minus_actual_min")


def test_a_month_is_that_of_the_site() -> None:
    start, end = month_span("2026-12", "Asia/Shanghai")
    assert (start.astimezone(UTC), end.astimezone(UTC)) == (
        datetime(2026, 11, 30, 16, tzinfo=UTC),
        datetime(2026, 12, 31, 16, tzinfo=UTC),
    )
    for wrong in ("2026-13", "november", "2026"):
        with pytest.raises(ForewarnError, match="is no month"):
            month_span(wrong, "UTC")


def test_the_month_and_a_remark_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    database: str,
) -> None:
    clock = WorldClock(START + 24 * HOUR, datetime.now(UTC).timestamp(), 1.0)
    monkeypatch.setenv("FOREWARN_CLOCK", clock.variable())
    monkeypatch.setenv("FOREWARN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("FOREWARN_DATABASE_URL", database)
    monkeypatch.delenv("FOREWARN_SITE", raising=False)

    def run(*args: str) -> str:
        assert main(list(args)) == 0
        return capsys.readouterr().out

    assert "no event of 2026-11 is judged" in run("outcomes")
    crossed = outcome(EventVerdict.MISS, lead=90, promised=60)
    with connect(database, application="forewarn-test") as connection:
        add_misses(connection, [crossed], apart_s=60)
        said = run("remark", crossed.event, "--by", "Li", "--text", "the road was under water")
        assert "remark 1 by Li" in said
        [kept] = remarks(connection, crossed.event)
        assert kept == Remark(
            number=1, event=crossed.event, at=kept.at, author="Li", text="the road was under water"
        )
    text = run("outcomes", "--month", "2026-11")
    assert "flood   yellow  0     1" in text
    assert "1 remark" in text
    assert run("outcomes", "--csv").splitlines()[1].startswith("Actual,flood,yellow,0,1,0,0,0.00")
    assert "no event" in run("outcomes", "--month", "2026-10")
