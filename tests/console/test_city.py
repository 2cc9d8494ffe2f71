"""Vital signs, venues and gateways, as the page gets them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.venue import Advice, EventState, Programme, Span
from forewarn.domain.vital import State, Vitals, VitalSign
from forewarn.storage import connect, store_gateways, store_programmes, store_vitals

NOW = datetime(2026, 8, 17, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fill(database: str, at: datetime) -> None:
    with connect(database) as connection:
        sign = VitalSign(
            indicator="rivers", name="Rivers", unit="%", value=None, state=State.UNKNOWN, reason="?"
        )
        store_vitals(connection, [Vitals(area="down", time=at, signs=[sign])])
        event = EventState(
            event="final",
            name="Final",
            start=NOW,
            end=NOW + HOUR,
            advice=Advice.STOP,
            next_window=Span(start=NOW + 3 * HOUR, end=NOW + 5 * HOUR),
        )
        programme = Programme(
            venue="beach", name="Beach", area="down", issue_time=at, events=[event]
        )
        store_programmes(connection, [programme])
        status = GatewayStatus(online=True, gateway="g", version="1", boot_id="b", time=at)
        store_gateways(connection, [(at, status)])


def test_the_city_is_told_as_it_stands(serve: Any, database: str) -> None:
    client = serve(database)
    assert client.json("/api/city") == {"signs": [], "programmes": [], "gateways": []}
    with client.events() as following:
        fill(database, NOW)
        while (news := following())[0] != "city":
            pass
    assert list(news[2]) == ["version"]
    told = client.json("/api/city")
    [sign], [programme], [gateway] = told["signs"], told["programmes"], told["gateways"]
    assert (sign["value"], sign["state"], sign["time"]) == (None, "unknown", to_milliseconds(NOW))
    [event] = programme["events"]
    assert (event["advice"], event["next_window"]["start"]) == (
        "stop",
        to_milliseconds(NOW + 3 * HOUR),
    )
    assert (gateway["gateway"], gateway["battery"]) == ("g", None)
