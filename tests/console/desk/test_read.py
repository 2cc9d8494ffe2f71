"""Who was told of an incident and opens it on the desk has read the message; polling reads none."""

from datetime import datetime, timedelta
from typing import Any

from forewarn.domain.hazard import Level
from forewarn.domain.paging import Due, Kind, Page
from forewarn.storage.paging import accepted, claim, enqueue, told

NAME = "test.flood.weir-stage"


def test_an_incident_that_is_opened_was_read_by_who_opened_it(
    world: Any, now: datetime, serve: Any, database: str, signed_in: Any
) -> None:
    world.alert(1)
    for person in ("kim", "lee"):
        due = Due(
            person=person,
            incident=NAME,
            state="yellow",
            kind=Kind.PAGE,
            level=Level.YELLOW,
            step=0,
            at=now,
        )
        enqueue(
            world.connection,
            Page(person=person, text="x", priority=1, urgent=False, dues=(due,)),
            now - timedelta(minutes=1),
        )
        sent = claim(world.connection, lease_s=60)
        assert sent is not None
        accepted(world.connection, sent.id, via="file", at=now)
    client = serve(database)
    kim = signed_in(client.port, "kim", "duty")
    kim.ask(f"/api/desk/incident?id={NAME}")
    assert [t.progress for t in told(world.connection, NAME)] == ["accepted", "accepted"]
    assert kim.ask("/api/desk/seen", {"incident": "nobody"})[0] == 404
    assert kim.ask("/api/desk/seen", {"incident": NAME}) == (200, {})
    _, case = kim.ask(f"/api/desk/incident?id={NAME}")
    assert [(t["person"], t["progress"]) for t in case["told"]] == [
        ("kim", "read"),
        ("lee", "accepted"),
    ]
