"""What was written is read back, typed, in order, and at the right time."""

import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forewarn.domain.hazard import Assessment, Exceedance, Forecast, Level, Outcome
from forewarn.domain.observation import to_milliseconds
from forewarn.storage import (
    Connection,
    StoredRow,
    reader,
    store,
    store_assessments,
    store_forecast,
    writer,
)

START = datetime(2020, 8, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def row(key: str, at: datetime, result: float | None, quality: int = 1) -> StoredRow:
    ms = to_milliseconds(at)
    return (key, ms, result, quality, ms + 250, False)


def test_latest_is_the_newest_by_phenomenon_time_not_by_arrival(connection: Connection) -> None:
    store(connection, [row("a/stage", START + HOUR, 2.0), row("b/rain", START, 0.2)], [], [])
    store(connection, [row("a/stage", START, 1.0)], [], [])
    newest = reader.latest(connection)
    assert [(n.datastream, n.result) for n in newest] == [("a/stage", 2.0), ("b/rain", 0.2)]
    assert newest[0].phenomenon_time == START + HOUR
    assert newest[0].phenomenon_time.utcoffset() == timedelta(0)
    assert newest[0].received == START + HOUR + timedelta(milliseconds=250)
    assert [n.datastream for n in reader.latest(connection, ["b/rain", "c/none"])] == ["b/rain"]
    assert reader.latest(connection, []) == []


def test_a_series_is_ascending_from_start_to_before_end(connection: Connection) -> None:
    rows = [row("a/stage", START + n * MINUTE, float(n)) for n in (3, 1, 2, 0)]
    store(connection, [*rows, row("b/stage", START, 9.0)], [], [])
    found = reader.series(connection, "a/stage", START + MINUTE, START + 3 * MINUTE)
    assert [sample.result for sample in found] == [1.0, 2.0]
    assert reader.series(connection, "nowhere/stage", START, START + HOUR) == []


def test_recent_answers_for_every_key(connection: Connection) -> None:
    rows = [row(key, START + n * MINUTE, float(n)) for key in ("a/x", "b/x") for n in range(3)]
    store(connection, rows, [], [])
    found = reader.recent(connection, ["b/x", "a/x", "c/x"], START + MINUTE)
    assert {key: [s.result for s in samples] for key, samples in found.items()} == {
        "a/x": [1.0, 2.0],
        "b/x": [1.0, 2.0],
        "c/x": [],
    }


def test_what_has_a_value_is_counted_with_both_ends(connection: Connection) -> None:
    rows = [row("a/x", START + n * MINUTE, float(n)) for n in range(4)]
    store(connection, [*rows, row("b/x", START + MINUTE, None, 9)], [], [])
    assert reader.count_between(connection, START + MINUTE, START + 2 * MINUTE) == 2


def test_hourly_counts_good_and_unchecked_values_alone(connection: Connection) -> None:
    rows = [
        row("a/stage", START, 1.0, 1),
        row("a/stage", START + 59 * MINUTE, 4.0, 2),
        row("a/stage", START + 30 * MINUTE, 99.0, 4),
        row("a/stage", START + 31 * MINUTE, 98.0, 3),
        row("a/stage", START + 32 * MINUTE, None, 9),
        row("a/stage", START + HOUR, 7.0, 1),
        row("a/stage", START + 2 * HOUR, None, 9),
    ]
    store(connection, rows, [], [])
    found = reader.hourly(connection, "a/stage", START, START + 3 * HOUR)
    assert [(h.hour, h.minimum, h.mean, h.maximum, h.count) for h in found] == [
        (START, 1.0, 2.5, 4.0, 2),
        (START + HOUR, 7.0, 7.0, 7.0, 1),
    ]
    assert len(reader.hourly(connection, "a/stage", START, START + HOUR)) == 1


def forecast(issued: datetime, median: float = 2.0) -> Forecast:
    return Forecast(
        area="seoul",
        datastream="a/stage",
        issue_time=issued,
        model="gauge",
        leads_s=[600, 1200],
        probabilities=[0.1, 0.5, 0.9],
        values=[[1.0, median, 3.0], [1.5, median, 4.5]],
        degraded=["b/stage silent for 40 min"],
    )


def test_the_newest_forecast_or_the_newest_at_a_time(connection: Connection) -> None:
    early, late = forecast(START), forecast(START + MINUTE)
    store_forecast(connection, [late, early])
    assert reader.forecast_at(connection, "a/stage") == late
    assert reader.forecast_at(connection, "a/stage", START + 30 * timedelta(seconds=1)) == early
    assert reader.forecast_at(connection, "a/stage", START) == early
    assert reader.forecast_at(connection, "a/stage", START - MINUTE) is None
    assert reader.forecast_at(connection, "b/stage") is None


def test_what_was_forecast_is_not_rewritten(connection: Connection) -> None:
    store_forecast(connection, [forecast(START), forecast(START, median=2.9)])
    store_forecast(connection, [forecast(START, median=2.8)])
    assert reader.forecast_at(connection, "a/stage") == forecast(START)
    assert reader.totals(connection).forecasts == 1


def assessment(key: str, issued: datetime, outcome: Outcome = Outcome.OK) -> Assessment:
    above = Exceedance(
        level=Level.YELLOW, threshold=5.5, label="closed", probability=0.7, onset=issued + HOUR
    )
    return Assessment(
        area="seoul",
        hazard="flood",
        datastream=key,
        issue_time=issued,
        outcome=outcome,
        exceedances=[above],
        evidence=["a/stage +1.20 m in 60 min"],
    )


def test_the_newest_assessment_of_each_datastream(connection: Connection) -> None:
    old, new = assessment("b/stage", START), assessment("b/stage", START + MINUTE, Outcome.FAILED)
    other = assessment("a/stage", START)
    store_assessments(connection, [new, old, other])
    store_assessments(connection, [assessment("b/stage", START + MINUTE)])
    assert reader.assessment_latest(connection) == [other, new]


def test_the_newest_forecast_and_assessment_of_some_datastreams(connection: Connection) -> None:
    late = forecast(START + MINUTE)
    store_forecast(connection, [late, forecast(START)])
    judged = assessment("b/stage", START)
    store_assessments(connection, [judged, assessment("c/stage", START)])
    found = reader.newest_judgements(connection, ["a/stage", "b/stage", "nobody/stage"])
    assert found == ({"a/stage": late}, {"b/stage": judged})


def test_totals_of_an_empty_and_of_a_used_database(connection: Connection) -> None:
    empty = reader.totals(connection)
    assert (empty.observations, empty.newest_phenomenon_time, empty.newest_issue_time) == (
        0,
        None,
        None,
    )
    store(connection, [row("a/x", START, 1.0), row("b/x", START + HOUR, None, 9)], [], [])
    store_forecast(connection, [forecast(START)])
    used = reader.totals(connection)
    assert (used.observations, used.forecasts, used.alerts, used.rejections) == (2, 1, 0, 0)
    assert (used.newest_phenomenon_time, used.newest_issue_time) == (START + HOUR, START)


def test_every_query_is_run_on_both_engines() -> None:
    """Each public function is called in a test that has the fixture with both engines."""
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    queries = [
        name
        for module in (reader, writer)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name in getattr(module, "__all__", dir(module))
        and next(iter(inspect.signature(function).parameters)) == "connection"
        and not name.startswith("_")
    ]
    assert len(queries) > 20
    assert [name for name in queries if f"{name}(connection" not in tests] == []


def test_an_assessment_that_cannot_be_read_has_failed_and_takes_no_other_along(
    connection: Connection,
) -> None:
    store_assessments(connection, [assessment(key, START) for key in ("weir/stage", "mill/stage")])
    connection.execute(
        "UPDATE assessment SET body = '{\"torn\": true}' WHERE datastream_id ="
        " (SELECT id FROM datastream WHERE key = 'mill/stage')"
    )
    mill, weir = reader.assessment_latest(connection)
    assert (mill.datastream, mill.outcome, weir.outcome) == ("mill/stage", "failed", "ok")
    assert "cannot be read" in mill.reason
    assert reader.newest_judgements(connection, ["mill/stage"])[1]["mill/stage"] == mill
