from datetime import UTC, datetime, timedelta

from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.venue import Programme
from forewarn.domain.vital import State, Vitals, VitalSign
from forewarn.storage import (
    Connection,
    SignRow,
    store_gateways,
    store_programmes,
    store_vitals,
)
from forewarn.storage.reader import gateways, programmes_latest, vital_series, vitals_latest

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
    assert vital_series(connection, "rivers", NOON, NOON + minutes(2)) == [
        SignRow(NOON, 40.0, State.NORMAL),
        SignRow(NOON + minutes(1), 41.0, State.NORMAL),
    ]


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
