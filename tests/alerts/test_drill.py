"""Drills: what they pretend, that they never touch the world, and that every text says so."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from alerts import cap
from alerts.desk import Desk
from alerts.drill import assess as pretend
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from alerts.routing import to_retain, worst
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import encode
from forewarn.domain.desk import Act, Action, ApprovalRule, IncidentState
from forewarn.domain.drill import Drill, Taken, Unfit, fit_drill
from forewarn.domain.hazard import Assessment, Level, Outcome, Threshold
from forewarn.domain.station import Site
from forewarn.storage import AlertRow, connect, reader
from forewarn.storage.drills import add_drill, begun_drills, drills, end_drill
from forewarn.storage.incidents import act, action, incident, incidents, waiting_actions

Assess = Callable[..., Assessment]
MINUTE = timedelta(minutes=1)
EN, ZH = "EXERCISE EXERCISE EXERCISE ", "演习 演习 演习 "
LEVELS = ("blue", "yellow", "orange", "red")


@pytest.fixture(scope="module")
def site(site: Site) -> Site:
    """Return the site with thresholds of all levels at its first gauge."""
    station = site.stations[0]
    limits = tuple(Threshold(value=8 + n, level=x, label="flood") for n, x in enumerate(LEVELS))
    stream = replace(station.datastreams[0], thresholds=limits)
    return replace(site, stations=(replace(station, datastreams=(stream,)), *site.stations[1:]))


@pytest.fixture(scope="module")
def drill(start: datetime) -> Drill:
    return Drill(
        id=7,
        author="Li",
        reason="spring drill",
        start=start,
        end=start + 30 * MINUTE,
        area="west",
        hazard="flood",
        level=Level.ORANGE,
    )


class Town:
    """One alert service without its processes, on a real database."""

    def __init__(self, url: str, site: Site, start: datetime) -> None:
        self.url, self.site, self.clock = url, site, ManualClock(start)
        self.keeper = self.another()
        self.keeper.open()

    def another(self) -> Keeper:
        now = self.clock.now()
        desk = Desk(self.site, timing=timing(self.site.alert_rule), status="Actual", start=now)
        return Keeper(desk, self.url, self.clock, lambda: None)

    def restart(self) -> None:
        self.keeper.close()
        self.keeper = self.another()

    def start(self, drill: Drill) -> Drill:
        with connect(self.url) as connection:
            return add_drill(connection, drill)

    def messages(self) -> list[AlertRow]:
        with connect(self.url) as connection:
            return reader.alerts(connection)[::-1]

    def told(self, drill: str = "") -> list[tuple[str, str, str]]:
        return [(m.msg_type, m.level.name, m.status) for m in self.messages() if m.drill == drill]

    def advance(self, span: timedelta) -> None:
        asyncio.run(self.clock.advance(span))

    def pass_minutes(self, minutes: int, *, restarts: bool = False) -> None:
        for _ in range(minutes):
            self.advance(MINUTE)
            if restarts:
                self.restart()
            self.keeper.tick()


Open = Callable[[Site], Town]


@pytest.fixture
def open_town(database: str, start: datetime) -> Iterator[Open]:
    """Return a function that makes a town of a site; it is closed after the test."""
    with ExitStack() as stack:

        def opened(site: Site) -> Town:
            town = Town(database, site, start)
            stack.callback(lambda: town.keeper.close())
            return town

        yield opened


@pytest.fixture
def town(open_town: Open, site: Site) -> Town:
    return open_town(site)


def test_a_drill_pretends_that_its_level_and_those_below_are_certain(
    drill: Drill, site: Site, start: datetime
) -> None:
    found = pretend(drill, site, start + MINUTE)
    assert [e.level.name.lower() for e in found.exceedances] == list(LEVELS[:3])
    assert {e.probability for e in found.exceedances} == {1.0}
    assert (found.drill, found.datastream, found.outcome) == ("7", "town/stage", Outcome.OK)
    assert [e.observed for e in pretend(drill, site, start + 60 * MINUTE).exceedances] == [True] * 3


def test_what_the_site_cannot_do_is_refused_with_what_it_can(
    drill: Drill, site: Site, start: datetime
) -> None:
    fit_drill(drill, site, start)
    for change, said in (
        ({"area": "east"}, "no area `east`; there are: west"),
        ({"hazard": "wave"}, "hazards with one: flood"),
        ({"level": Level.NONE}, "needs a level"),
        ({"author": " "}, "name of who"),
        ({"reason": ""}, "needs a reason"),
        ({"reason": "x" * 301}, "at most 300"),
        ({"end": start}, "over before it begins"),
        ({"end": start + timedelta(days=8)}, "later than 7 days"),
    ):
        with pytest.raises(Unfit, match=said):
            fit_drill(replace(drill, **change), site, start)


@pytest.mark.parametrize("level", [Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED])
def test_every_text_of_a_drill_begins_with_exercise(
    level: Level, drill: Drill, site: Site, start: datetime
) -> None:
    practised = replace(drill, level=level)
    desk = Desk(site, timing=timing(site.alert_rule), status="", start=start, drill=practised)
    begun = desk.take(pretend(practised, site, start), start)
    assert begun is not None
    desk.settle(begun)
    ended = desk.conclude(start + MINUTE)
    assert ended is not None
    for message in (begun.message, ended.message):
        assert message is not None
        assert (message.status, message.drill) == ("Exercise", "7")
        assert message.headline.startswith((EN, ZH))
        assert not cap.check(message.cap.encode())
        tree = etree.fromstring(message.cap.encode())
        assert [e.text for e in tree.iter("{*}status")] == ["Exercise"]
        texts = [e.text or "" for tag in ("headline", "description", "instruction")
                 for e in tree.iter(f"{{*}}{tag}")]  # fmt: skip
        assert len(texts) == 6
        assert all(text.startswith((EN, ZH)) for text in texts), texts
    assert "The drill is over." in ended.message.cap
    assert "演习结束" in ended.message.cap


def test_a_drill_goes_the_whole_way_and_the_world_goes_its_own(
    town: Town, drill: Drill, assess: Assess
) -> None:
    made = town.start(drill)
    town.keeper.take([encode(assess(0, blue=0.9))])
    town.pass_minutes(10)
    town.keeper.take([encode(assess(10, blue=0.9, red=0.9))])
    town.pass_minutes(21)
    number = str(made.id)
    exercise = [("Alert", "ORANGE", "Exercise"), ("Cancel", "NONE", "Exercise")]
    assert town.told(number) == exercise
    world = [kind[1:] for kind in town.told() if kind[0] != "Update" or kind[1] == "RED"]
    assert world[:2] == [("BLUE", "Actual"), ("RED", "Actual")]
    assert "NONE" not in [level for _, level, _ in town.told()]
    assert not any(EN in m.cap or ZH in m.cap for m in town.messages() if not m.drill)
    with connect(town.url) as connection:
        found = {i.drill: i for i in incidents(connection)}
        assert drills(connection, after=town.clock.now()) == []
    assert found[number].incident == "testford.drill-1.flood.town-stage.20260711T0901"
    assert (found[number].state, found[""].state) == (
        IncidentState.CANCELLED,
        IncidentState.ISSUED,
    )


def test_a_service_that_dies_each_minute_tells_each_thing_once(town: Town, drill: Drill) -> None:
    made = town.start(replace(drill, end=drill.start + 8 * MINUTE))
    town.pass_minutes(12, restarts=True)
    assert town.told(str(made.id)) == [
        ("Alert", "ORANGE", "Exercise"),
        ("Cancel", "NONE", "Exercise"),
    ]


def test_a_service_that_was_away_ends_late_what_it_began(town: Town, drill: Drill) -> None:
    made = town.start(drill)
    with pytest.raises(Taken, match="drill 1 of Li is about flood in west at that time"):
        town.start(replace(drill, level=Level.BLUE))
    town.pass_minutes(1)
    town.advance(timedelta(hours=5))
    hour = timedelta(hours=1)
    late = town.start(replace(drill, start=drill.end + hour, end=drill.end + 2 * hour))
    town.restart()
    town.pass_minutes(2)
    assert town.told(str(made.id))[-1] == ("Cancel", "NONE", "Exercise")
    assert town.told(str(late.id)) == []  # it was over before anybody heard of it
    with connect(town.url) as connection:
        assert begun_drills(connection, town.clock.now()) == []


def test_who_cancels_a_drills_warning_ends_the_drill(
    town: Town, drill: Drill, start: datetime
) -> None:
    made = town.start(drill)
    town.pass_minutes(2)
    with connect(town.url) as connection:
        name = incidents(connection)[0].incident
        given = {"reason": "seen enough"}
        done = act(connection, Action(at=start, author="Wei", act=Act.CANCEL, incident=name,
                                      detail=given))  # fmt: skip
        town.pass_minutes(80)
        settled = action(connection, done.number)
        ended = connection.execute("SELECT ended_by, closed FROM drill").fetchone()
    assert settled is not None
    assert settled.refused == ""
    assert ended is not None
    assert ended[0] == "Wei"
    assert ended[1] is not None
    assert [kind for kind, _, _ in town.told(str(made.id))] == ["Alert", "Cancel"]


def test_an_act_that_came_while_the_service_was_away_finds_its_drill(
    town: Town, drill: Drill, start: datetime
) -> None:
    town.start(drill)
    town.pass_minutes(2)
    town.keeper.close()
    with connect(town.url) as connection:
        name = incidents(connection)[0].incident
        given = {"reason": "seen enough"}
        done = act(
            connection,
            Action(at=start, author="Wei", act=Act.CANCEL, incident=name, detail=given),
        )
        town.restart()
        town.pass_minutes(1)
        settled = action(connection, done.number)
    assert settled is not None
    assert (settled.refused, settled.taken) == ("", town.clock.now())


def test_approval_is_practised_too(
    open_town: Open, database: str, site: Site, drill: Drill, start: datetime
) -> None:
    rule = ApprovalRule(levels=("orange",), people=2, within=10 * MINUTE, otherwise="withdraw")
    town = open_town(replace(site, approvals=(rule,)))
    made = town.start(drill)
    town.pass_minutes(1)
    assert town.told(str(made.id)) == [("Alert", "YELLOW", "Exercise")]
    with connect(database) as connection:
        found = incidents(connection)[0]
        assert found.draft is not None
        assert found.draft.headline.startswith((EN, ZH))
        for author in ("Li", "Wei"):
            act(connection, Action(at=start, author=author, act=Act.APPROVE,
                incident=found.incident, detail={"draft": found.draft.id}))  # fmt: skip
        town.pass_minutes(1)
        assert waiting_actions(connection) == []
        assert town.told(str(made.id))[-1] == ("Update", "ORANGE", "Exercise")
        assert end_drill(connection, made.id, author="Li", at=town.clock.now())
        town.pass_minutes(1)
        after = incident(connection, found.incident)
    assert after is not None
    assert after.state is IncidentState.CANCELLED


def test_a_draft_of_a_drill_is_withdrawn_at_its_end(
    open_town: Open, database: str, site: Site, drill: Drill
) -> None:
    rule = ApprovalRule(levels=LEVELS, within=timedelta(hours=2))
    town = open_town(replace(site, approvals=(rule,)))
    town.start(drill)
    town.pass_minutes(1)
    with connect(database) as connection:
        first = incidents(connection)[0]
        assert (first.state, first.drill) == (IncidentState.DRAFT, "1")
        town.pass_minutes(31)
        assert incidents(connection)[0].state is IncidentState.WITHDRAWN
    assert town.messages() == []


def test_a_drill_that_cannot_be_read_does_not_stop_the_world(
    town: Town, drill: Drill, assess: Assess, caplog: pytest.LogCaptureFixture
) -> None:
    town.start(drill)
    town.keeper.take([encode(assess(0, blue=0.9))])
    with connect(town.url) as connection:
        connection.execute("UPDATE drill SET state = %s", (b"{",))
    town.pass_minutes(120)
    assert town.told("")[0] == ("Alert", "BLUE", "Actual")
    assert len(town.told("")) > 1, "renewed as ever"
    assert caplog.text.count("drill does not go on") == 1


def test_a_drill_from_elsewhere_is_not_told(town: Town, assess: Assess) -> None:
    town.keeper.take([encode(replace(assess(0, red=0.9), drill="7"))])
    assert town.messages() == []


minutes = st.lists(
    st.tuples(st.sampled_from(["none", "blue", "red"]), st.sampled_from(list(Outcome))),
    min_size=1,
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(world=minutes, begins=st.integers(0, 59), lasts=st.integers(1, 30))
def test_the_world_is_told_the_same_with_a_drill_and_without(
    world: list[tuple[str, Outcome]],
    begins: int,
    lasts: int,
    assess: Assess,
    site: Site,
    start: datetime,
    drill: Drill,
) -> None:
    def run(*, practises: bool) -> list[str]:
        real = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
        own = Desk(site, timing=timing(site.alert_rule), status="", start=start, drill=drill)
        said = []
        for minute, (level, outcome) in enumerate(world):
            now = start + minute * MINUTE
            chances = {} if level == "none" else {level: 0.9}
            steps = [real.take(assess(minute, outcome=outcome, **chances), now), *real.tick(now)]
            for step in filter(None, steps):
                real.settle(step)
                said += [step.message.cap] if step.message else []
            if practises and begins <= minute < begins + lasts:
                step = own.take(pretend(drill, site, now), now)
                if step is not None:
                    own.settle(step)
                    assert step.message is None or step.message.status == "Exercise"
        known = {s.incident for s in real.standings.values() if s.incident}
        assert not known & {s.incident for s in own.standings.values()}
        return said

    assert run(practises=True) == run(practises=False)


def test_a_display_finds_the_real_warning_and_not_the_worse_drill(
    drill: Drill, site: Site, start: datetime
) -> None:
    desk = Desk(site, timing=timing(site.alert_rule), status="", start=start, drill=drill)
    step = desk.take(pretend(drill, site, start), start)
    assert step is not None
    assert step.message is not None
    practised = step.message
    real = replace(practised, drill="", status="Actual", level=Level.BLUE, identifier="r")
    assert worst([practised, real], "west") == real
    assert worst([practised], "west") == practised
    assert to_retain(practised, [practised, real]) == real
