"""Who is told, when, and in which words: pure, and true of whatever people and rivers do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.people.chain import Spans, due
from alerts.people.directory import Directory, People, load_people
from alerts.people.grouping import pages
from alerts.people.message import message
from forewarn.domain.config import convert
from forewarn.domain.desk import Draft, Incident, IncidentState, Silence, SilenceKind
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Case, Due, Kind, Told

NOW = datetime(2026, 7, 11, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPANS = Spans()


def contact(name: str, language: str = "en") -> dict[str, object]:
    out = {"kind": "file", "to": "duty.jsonl"}
    return {"id": name, "name": name.title(), "language": language, "channel": [out]}


RAW: dict[str, object] = {
    "contact": [contact("li"), contact("wang", "zh"), contact("boss")],
    "group": [{"id": "crew", "members": ["li", "wang"]}],
    "chain": [
        {"id": "c", "step": [{"who": ["crew"]}, {"who": ["boss"], "after": "PT10M"}]},
    ],
    "responsibility": [{"chain": "c", "hazards": ["flood"]}],
}
PEOPLE = People(convert(RAW, Directory, source="test"))
ISSUED = Incident(
    incident="t.1",
    area="west",
    hazard="flood",
    datastream="town/stage",
    status="Actual",
    state=IncidentState.ISSUED,
    level=Level.ORANGE,
    highest=Level.ORANGE,
    headline="Town",
    opened=NOW,
    changed=NOW,
)
CASE = Case(incident=ISSUED, since=NOW)


def changed(case: Case, **changes: object) -> Case:
    return replace(case, incident=replace(case.incident, **changes))


def hear(case: Case, dues: list[Due], at: datetime, progress: str = "accepted") -> Case:
    """Note that `dues` were told at `at`."""
    new = [
        Told(
            person=d.person,
            incident=d.incident,
            state=d.state,
            kind=d.kind,
            level=d.level,
            step=d.step,
            progress=progress,
            channel="file",
            attempts=1,
            queued=at,
        )
        for d in dues
    ]
    return replace(case, told=(*case.told, *new))


def asked(case: Case, minutes: float = 0, silences: tuple[Silence, ...] = ()) -> list[Due]:
    now = NOW + minutes * MINUTE
    return due(case, now, people=PEOPLE, silences=silences, spans=SPANS)


def people_of(dues: list[Due]) -> list[str]:
    return [one.person for one in dues]


def test_the_first_step_is_told_at_once_and_the_second_in_time() -> None:
    first = asked(CASE)
    assert people_of(first) == ["li", "wang"]
    case = hear(CASE, first, NOW)
    assert asked(case, 9.9) == []
    assert people_of(asked(case, 10)) == ["boss"]


def test_a_fall_of_the_level_pages_nobody_who_heard_of_the_higher_one() -> None:
    case = hear(CASE, asked(CASE), NOW)
    fallen = changed(case, level=Level.YELLOW, changed=NOW + MINUTE)
    assert asked(fallen, 2) == []
    risen = changed(fallen, level=Level.RED, changed=NOW + 3 * MINUTE)
    assert people_of(asked(risen, 4)) == ["li", "wang"]


def test_a_step_that_nobody_could_be_reached_in_brings_the_next_early() -> None:
    assert people_of(asked(hear(CASE, asked(CASE), NOW, "failed"), 1)) == ["boss"]


def test_an_ack_stops_the_chain_until_the_level_rises() -> None:
    case = hear(CASE, asked(CASE), NOW)
    acked = replace(changed(case, acked_by="Li", acked_at=NOW + MINUTE), acked_level=Level.ORANGE)
    assert asked(acked, 20) == []
    risen = changed(replace(acked, since=NOW + 20 * MINUTE), level=Level.RED)
    assert [(d.person, d.state) for d in asked(risen, 20)] == [("li", "red"), ("wang", "red")]


def test_an_ack_without_action_comes_back_and_an_act_stops_that() -> None:
    case = replace(changed(CASE, acked_by="Boss", acked_at=NOW), acked_level=Level.ORANGE)
    case = hear(case, asked(CASE), NOW)
    assert asked(case, 29) == []
    back = asked(case, 30)
    assert {d.kind for d in back} == {Kind.AGAIN}
    assert people_of(back) == ["boss", "li", "wang"]
    assert asked(replace(case, acted=NOW + 29 * MINUTE), 31) == []
    assert asked(changed(case, level=Level.YELLOW), 31) == []


def test_an_officer_who_asks_gets_the_next_step_though_it_is_acked() -> None:
    case = replace(changed(CASE, acked_at=NOW, escalations=1), acked_level=Level.ORANGE)
    assert [(d.person, d.kind) for d in asked(case, 1)] == [("boss", Kind.ASKED)]


def test_who_was_asked_about_a_draft_is_paged_when_it_is_issued() -> None:
    draft = Draft(
        id="t.1.d1",
        level=Level.RED,
        previous_level=Level.ORANGE,
        drafted=NOW,
        due=NOW + 30 * MINUTE,
        otherwise="issue",
        needs=1,
    )
    case = hear(CASE, asked(CASE), NOW)
    waits = changed(case, draft=draft, escalations=1)
    dues = asked(waits, 1)
    assert ("boss", "approve red", Kind.ASKED) in [(d.person, d.state, d.kind) for d in dues]
    issued = changed(hear(waits, dues, NOW), draft=None, level=Level.RED)
    reds = asked(replace(issued, since=NOW + 2 * MINUTE), 2)
    assert {(d.person, d.state) for d in reds} == {(p, "red") for p in ("li", "wang", "boss")}


def test_what_is_shelved_or_silenced_is_quiet_unless_it_rises() -> None:
    shelved = changed(CASE, shelved_until=NOW + 60 * MINUTE, shelved_level=Level.ORANGE)
    assert asked(shelved) == []
    assert asked(changed(shelved, level=Level.RED)) != []
    assert asked(shelved, 60) != []
    silence = Silence(
        kind=SilenceKind.SILENCE,
        author="li",
        reason="works",
        start=NOW,
        end=NOW + 60 * MINUTE,
        datastream="town/*",
    )
    assert asked(CASE, silences=(silence,)) == []
    assert asked(changed(CASE, level=Level.RED), silences=(silence,)) != []
    assert asked(CASE, silences=(replace(silence, kind=SilenceKind.MAINTENANCE),)) != []


def test_the_end_goes_to_who_was_told_and_stops_the_chain() -> None:
    case = changed(hear(CASE, asked(CASE), NOW), state=IncidentState.CANCELLED, ended=NOW + MINUTE)
    assert [(d.person, d.state) for d in asked(case, 15)] == [("li", "over"), ("wang", "over")]
    assert asked(hear(case, asked(case, 15), NOW), 16) == []
    assert asked(changed(CASE, state=IncidentState.EXPIRED, ended=NOW), 1) == []


def test_what_is_issued_again_after_its_end_was_told_is_told_anew_to_its_end() -> None:
    case = replace(changed(CASE, acked_at=NOW, acked_by="li"), acked_level=Level.ORANGE)
    case = hear(case, asked(CASE), NOW)
    for number in (2, 3, 4):
        minute = 200 * number
        ended = changed(case, state=IncidentState.EXPIRED, ended=NOW + minute * MINUTE)
        over = asked(ended, minute)
        assert people_of(over) == ["li", "wang"]
        ended = hear(ended, over[:1], NOW + minute * MINUTE)
        assert asked(ended, minute) == over[1:]
        ended = hear(ended, over[1:], NOW + minute * MINUTE)
        assert asked(ended, minute) == []
        at = NOW + (minute + 60) * MINUTE
        case = changed(ended, state=IncidentState.ISSUED, ended=None, changed=at)
        again = asked(case, minute + 60)
        assert [(d.person, d.state) for d in again] == [
            (person, f"orange/{number}") for person in ("li", "wang")
        ]
        case = hear(case, again, at)
        assert asked(case, minute + 69) == []
        assert people_of(asked(case, minute + 70)) == ["boss"]
        fallen = changed(case, level=Level.YELLOW, changed=at + MINUTE)
        case = hear(fallen, asked(fallen, minute + 61), at + MINUTE)
        case = changed(case, level=Level.ORANGE, changed=at + 2 * MINUTE)
        assert asked(case, minute + 62) == []
        acked = changed(case, acked_at=at + 3 * MINUTE, acked_level=Level.ORANGE)
        assert asked(acked, minute + 80) == []


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["wait", "ack", "up", "down", "shelve", "act", "escalate", "end"]),
        st.integers(1, 40),
    ),
    max_size=12,
)


@settings(max_examples=300)
@given(moves=MOVES)
def test_whatever_happens_nobody_is_told_twice_and_nobody_paged_after_an_ack(
    moves: list[tuple[str, int]],
) -> None:
    case, minute, over = CASE, 0.0, False
    for move, minutes in moves:
        minute += minutes
        now = NOW + minute * MINUTE
        case = moved(case, move, now)
        dues = asked(case, minute)
        keys = [(d.person, d.state) for d in dues]
        assert len(keys) == len(set(keys))
        assert not set(keys) & {(t.person, t.state) for t in case.told}
        over = over or move == "end"
        assert all((d.kind is Kind.OVER) == over for d in dues)
        if case.incident.acked_at is not None:
            assert all(d.level > case.acked_level for d in dues if d.kind is Kind.PAGE)
        case = hear(case, dues, now)
        assert asked(case, minute) == []


def moved(case: Case, move: str, now: datetime) -> Case:
    old = case.incident
    if old.state is not IncidentState.ISSUED:
        return case
    if move == "ack" and old.acked_at is None:
        acked = max(old.level, case.acked_level)
        return replace(changed(case, acked_at=now, acked_by="li"), acked_level=acked, acted=now)
    if move == "up":
        level = Level(min(old.level + 1, Level.RED))
        return changed(replace(case, since=now), level=level)
    if move == "down":
        return changed(case, level=Level(max(old.level - 1, Level.BLUE)))
    if move == "shelve":
        until = now + 20 * MINUTE
        return replace(changed(case, shelved_until=until, shelved_level=old.level), acted=now)
    if move == "act":
        return replace(case, acted=now)
    if move == "escalate":
        return replace(changed(case, escalations=old.escalations + 1), acted=now)
    if move == "end":
        return changed(case, state=IncidentState.CANCELLED, ended=now)
    return case


def grouped(cases: list[Case], minutes: float = 0, counts: dict[str, int] | None = None) -> list:
    dues = [one for case in cases for one in asked(case, minutes)]
    return pages(
        dues,
        {case.incident.incident: case for case in cases},
        NOW + minutes * MINUTE,
        rule=PEOPLE.directory.grouping,
        languages={"wang": "zh"},
        names={"west": "West bank"},
        counts=counts or {},
    )


def gauges(count: int, level: Level) -> list[Case]:
    return [changed(CASE, incident=f"t.{n}", level=level) for n in range(count)]


def test_ten_gauges_of_one_river_make_one_message_each_person() -> None:
    found = grouped(gauges(10, Level.ORANGE))
    assert [(page.person, len(page.dues)) for page in found] == [("li", 10), ("wang", 10)]
    assert "and 9 more" in found[0].text
    assert "等10处" in found[1].text


def test_what_is_not_urgent_waits_and_a_rise_takes_it_along() -> None:
    low = gauges(2, Level.YELLOW)
    assert grouped(low) == []
    assert len(grouped(low, 0.5)) == 2
    told = hear(low[0], asked(low[0]), NOW)
    assert grouped([told, low[1]], 4) == []
    assert len(grouped([told, low[1]], 5)) == 2
    risen = changed(low[1], level=Level.ORANGE)
    assert [p.urgent for p in grouped([told, risen], 1)] == [True, True]


def test_another_area_in_danger_does_not_wait_for_minutes() -> None:
    first, second, third = (
        changed(CASE, incident=name, area=area)
        for name, area in (("t.1", "west"), ("t.2", "west"), ("t.3", "east"))
    )
    first = hear(first, asked(first), NOW)
    assert grouped([first, second], 4) == []
    assert grouped([first, second, third], 1 / 60) == []
    assert [len(page.dues) for page in grouped([first, second, third], 2 / 60)] == [2, 2]
    yellow = changed(third, level=Level.YELLOW)
    assert grouped([first, yellow], 4) == []


def test_a_limit_holds_back_what_is_not_about_life() -> None:
    full = {"li": 30, "wang": 30}
    assert grouped(gauges(1, Level.YELLOW), 1, full) == []
    assert len(grouped(gauges(1, Level.ORANGE), 1, full)) == 2


def test_a_drill_is_told_apart_and_after_what_is_real() -> None:
    world, drill = gauges(1, Level.ORANGE)[0], changed(CASE, incident="d", drill="7")
    found = grouped([changed(drill, level=Level.RED), world])
    assert [len(page.dues) for page in found] == [1, 1, 1, 1]
    assert [page.text.startswith(("EXERCISE EX", "演习 演习 演习")) for page in found] == [
        *(False, False),
        *(True, True),
    ]
    assert not any(page.urgent for page in found[2:])
    full = {"li": 30, "wang": 30}
    assert [page.dues[0].incident for page in grouped([drill, world], 0, full)] == ["t.0", "t.0"]


@settings(max_examples=100)
@given(
    level=st.sampled_from(Level),
    kind=st.sampled_from(Kind),
    others=st.integers(0, 99_999),
    status=st.sampled_from(["Actual", "Exercise", "Test"]),
    hazard=st.sampled_from(["flood", "inundation", "debris_flow", "unknown"]),
    name=st.text(max_size=200),
)
def test_a_page_is_one_sms_and_says_exercise_first(
    level: Level, kind: Kind, others: int, status: str, hazard: str, name: str
) -> None:
    incident = replace(ISSUED, status=status, hazard=hazard)
    one = Due(person="li", incident="t.1", state="s", kind=kind, level=level, step=0, at=NOW)
    zh, en = (
        message(incident, one, others=others, language=language, names={"west": name})
        for language in ("zh", "en")
    )
    assert len(zh.encode("utf-16-le", "surrogatepass")) <= 140
    assert len(en) <= 160
    assert en.isascii()
    assert zh.startswith("演习") == en.startswith("EXERCISE") == (status != "Actual")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('who = ["li"]', 'who = ["lee"]', "chain `c` tells `lee`"),
        ('chain = "c"', 'chain = "d"', "a responsibility has `d`"),
        ("[[chain]]", '[[chain]]\nevery = "PT0S"', "must be longer than nothing"),
        ('to = "x.jsonl"', 'to = "../x"', "bare name"),
        ('language = "en"', 'lang = "en"', "Did you mean `language`"),
        ('file = "duty.ics"', 'file = "none.ics"', "none.ics"),
    ],
)
def test_faults_of_people_toml_are_named(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    (tmp_path / "duty.ics").write_bytes(ROTA)
    text = TOML.replace(before, after)
    assert text != TOML
    (tmp_path / "people.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_people(tmp_path)
    assert said in str(caught.value)
    assert "people.toml" in str(caught.value)


def test_a_rota_tells_who_is_on_duty_through_repeats_and_gaps(tmp_path: Path) -> None:
    (tmp_path / "duty.ics").write_bytes(ROTA)
    (tmp_path / "people.toml").write_text(TOML, encoding="utf-8")
    people = load_people(tmp_path)
    assert people is not None
    at = datetime(2026, 7, 14, 3, 0, tzinfo=UTC)
    assert people.who(["duty"], at) == ["li"]
    assert people.who(["duty"], at + timedelta(hours=12)) == []
    assert len(people.rotas["duty"].gaps(at.replace(hour=0), 1)) == 12
    assert load_people(tmp_path / "elsewhere") is None


TOML = """
[[contact]]
id = "li"
name = "Li"
language = "en"
[[contact.channel]]
kind = "file"
to = "x.jsonl"
[[rota]]
id = "duty"
file = "duty.ics"
[[chain]]
id = "c"
[[chain.step]]
who = ["li"]
[[responsibility]]
chain = "c"
"""
ROTA = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//test//\r
BEGIN:VEVENT\r
UID:1\r
DTSTART:20260701T000000Z\r
DTEND:20260701T120000Z\r
RRULE:FREQ=DAILY\r
SUMMARY:li\r
END:VEVENT\r
END:VCALENDAR\r
"""
