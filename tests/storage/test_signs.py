from datetime import UTC, datetime, timedelta
from typing import Any

from forewarn.domain.codec import encode
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.venue import Programme
from forewarn.domain.vital import State, Vitals, VitalSign
from forewarn.storage import (
    Connection,
    store_gateways,
    store_programmes,
    store_vitals,
)
from forewarn.storage.reader import gateways, programmes_latest, vitals_latest
from forewarn.storage.signs import LATEST

NOON = datetime(2026, 8, 17, 4, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def sign(value: float | None, indicator: str = "rivers") -> VitalSign:
    state = State.UNKNOWN if value is None else State.NORMAL
    return VitalSign(
        indicator=indicator, name="rivers", unit="%", value=value, state=state, tell=["duty"]
    )


def test_the_newest_sign_of_each_indicator_stands(connection: Connection) -> None:
    first = Vitals(area="city", time=NOON, signs=[sign(40.0), sign(None, "roads")])
    later = Vitals(area="city", time=NOON + minutes(1), signs=[sign(41.0)])
    store_vitals(connection, [later, first])
    store_vitals(connection, [Vitals(area="city", time=NOON, signs=[sign(99.0)])])
    assert [(row.time, row.sign.value) for row in vitals_latest(connection)] == [
        (NOON + minutes(1), 41.0),
        (NOON, None),
    ]
    rivers = "SELECT time, value, state FROM vital WHERE indicator = 'rivers' ORDER BY time"
    assert connection.execute(rivers).fetchall() == [
        (NOON, 40.0, State.NORMAL),
        (NOON + minutes(1), 41.0, State.NORMAL),
    ]


def test_without_signs_there_is_none(connection: Connection) -> None:
    assert vitals_latest(connection) == []


def test_the_newest_signs_are_found_without_reading_the_old(connection: Connection) -> None:
    indicators, each = ("crowds", "rivers", "roads"), 5000
    for indicator in indicators:
        connection.execute(
            "INSERT INTO vital SELECT %s, %s + n * interval '10 minutes', 'city', n, 'normal',"
            " jsonb_set(%s::jsonb, '{value}', to_jsonb(n)) FROM generate_series(1, %s) AS n",
            (indicator, NOON, encode(sign(0.0, indicator)).decode(), each),
        )
    compress(connection, "vital", NOON + minutes(10 * each) - timedelta(days=9))
    connection.execute("VACUUM ANALYZE vital")
    assert [(row.sign.indicator, row.sign.value) for row in vitals_latest(connection)] == [
        (indicator, each) for indicator in indicators
    ]
    found = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + LATEST).fetchone()
    assert found is not None
    assert most_rows(found[0][0]["Plan"]) <= 20


def compress(connection: Connection, table: str, before: datetime) -> None:
    """Compress the chunks of `table` as TimescaleDB does in time; nothing on PostgreSQL."""
    if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
        chunks = "show_chunks(%s::regclass, older_than => %s::timestamptz)"
        done = connection.execute(
            f"SELECT count(compress_chunk(chunk)) FROM {chunks} AS chunk", (table, before)
        ).fetchone()
        assert done is not None
        assert done[0] > 0


def most_rows(plan: dict[str, Any]) -> float:
    """Return the rows that the busiest node of a plan gave or threw away."""
    seen = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return max([seen, *(most_rows(part) for part in plan.get("Plans", []))])


def test_older_advice_never_replaces_newer(connection: Connection) -> None:
    newer, older = (
        Programme(venue="beach", name="Beach", area="city", issue_time=at, events=[])
        for at in (NOON + minutes(1), NOON)
    )
    store_programmes(connection, [newer])
    store_programmes(connection, [older])
    assert programmes_latest(connection) == [newer]


def test_of_each_gateway_what_was_heard_last_is_kept(connection: Connection) -> None:
    def status(gateway: str, backlog: int) -> GatewayStatus:
        return GatewayStatus(
            online=True, gateway=gateway, version="1", boot_id="b", time=NOON, backlog=backlog
        )

    store_gateways(connection, [(NOON, status("b", 1)), (NOON + minutes(1), status("b", 2))])
    store_gateways(connection, [(NOON, status("b", 9)), (NOON, status("a", 3))])
    assert [(row.heard, row.status.backlog) for row in gateways(connection)] == [
        (NOON, 3),
        (NOON + minutes(1), 2),
    ]
