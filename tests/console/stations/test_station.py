"""Everything about one station, over HTTP, with a real database behind."""

from datetime import timedelta
from typing import Any

import pytest

from console.stations.views import flag_reason
from forewarn.domain.desk import Incident, IncidentState, Silence, SilenceKind
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.hazard import Level
from forewarn.domain.observation import Rejection, to_milliseconds
from forewarn.domain.station import Limits
from forewarn.storage import store, store_gateways
from forewarn.storage.incidents import add_silence, save_incident

HOUR = timedelta(hours=1)


def test_a_flag_comes_from_limits_or_from_the_course_of_values() -> None:
    limits = Limits(fail=(-1, 20), suspect=(0, 15))
    found = [
        flag_reason(*given, limits)
        for given in ((21.0, 4), (16.0, 3), (8.0, 3), (8.0, 1), (16.0, 2), (None, 9))
    ]
    assert found == ["fail_range", "suspect_range", "course", "", "", "missing"]
    assert flag_reason(99.0, 3, Limits()) == "course"


def test_a_station_tells_all_of_itself_and_nothing_of_others(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    world.observe("weir/stage", (now - timedelta(minutes=1), 8.4, 3))
    world.forecast(now)
    for key in ("weir/stage", "weird/stage"):
        refused = Rejection(reason="too old", detail=f"{key} of last year", datastream=key)
        store(world.connection, [], [("gw", now - HOUR, refused)], [])
    status = {"online": True, "version": "1", "boot_id": "b", "time": now}
    for gateway, instrument in (("gw", "weir/modbus"), ("gw-2", "hill/tipping_bucket")):
        told = GatewayStatus(**status, gateway=gateway, instruments={instrument: "ok"})
        store_gateways(world.connection, [(now, told)])
    quiet = {"author": "kim", "reason": "a new float", "start": now, "end": now + HOUR}
    for pattern in ("weir/*", "hill/*"):
        silence = Silence(**quiet, kind=SilenceKind.MAINTENANCE, datastream=pattern)
        add_silence(world.connection, silence)
    for days, key in ((3, "weir/stage"), (40, "weir/stage"), (3, "hill/rain")):
        opened = now - timedelta(days=days)
        incident = Incident(
            incident=f"test.flood.{key}.{days}",
            area="town",
            hazard="flood",
            datastream=key,
            status="Actual",
            state=IncidentState.CLOSED,
            level=Level.NONE,
            highest=Level.ORANGE,
            headline="Flood warning",
            opened=opened,
            changed=opened,
            ended=opened + HOUR,
        )
        save_incident(world.connection, incident)
    client = serve(database)
    found = client.json("/api/station?id=weir")
    [newest] = found["newest"]
    assert (newest["result"], newest["quality"], newest["reason"]) == (8.4, 3, "course")
    assert newest["time"] == to_milliseconds(now - timedelta(minutes=1))
    assert [a["key"] for a in found["assessments"]] == ["weir/stage"]
    assert [r["detail"] for r in found["refused"]] == ["weir/stage of last year"]
    assert [(q["kind"], q["datastream"]) for q in found["quiet"]] == [("maintenance", "weir/*")]
    assert [i["incident"] for i in found["incidents"]] == ["test.flood.weir/stage.3"]
    assert [g["status"]["gateway"] for g in found["gateways"]] == ["gw"]
    assert client.json("/api/station?id=weer", 404)["error"].endswith("did you mean `weir`?")


@pytest.mark.usefixtures("world")
def test_a_station_that_never_said_anything_is_not_calm_but_empty(
    serve: Any, database: str
) -> None:
    found = serve(database).json("/api/station?id=hill")
    assert found["newest"] == found["gateways"] == found["assessments"] == []
