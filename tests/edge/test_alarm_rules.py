"""When a local alarm sounds and when it is over: enough believable values, never one alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.alarm.evidence import Evidence
from edge.alarm.settings import AlarmConfig, MqttOutputConfig, Network
from edge.alarm.standing import Kept, Standing
from edge.alarm.watch import Link
from forewarn.domain.observation import Quality

NOW = datetime(2026, 7, 1, tzinfo=UTC)
GOOD = int(Quality.UNCHECKED)


def alarm(**more: Any) -> AlarmConfig:
    settings: dict[str, Any] = {
        "name": "underpass",
        "datastream": "underpass/depth",
        "above": 0.3,
        "clear": 0.2,
        "range": (-0.1, 4.0),
        **more,
    }
    return AlarmConfig(**settings)


def course(evidence: Evidence, *values: float | None, every_s: float = 10.0) -> list[bool]:
    """Give `values` at regular times after all before; return what was believed after each."""
    found = []
    for value in values:
        quality = GOOD if value is not None else int(Quality.MISSING)
        evidence.take(getattr(evidence, "_newest_s", 0.0) + every_s, value, quality)
        found.append(evidence.beyond)
    return found


def started(config: AlarmConfig, memory_s: float = 90.0, first: float = 0.1) -> Evidence:
    evidence = Evidence(config, memory_s)
    evidence.take(0.0, first, GOOD)
    return evidence


def test_two_of_three_sound_it_and_two_of_three_end_it() -> None:
    evidence = started(alarm())
    assert course(evidence, 0.31, 0.1, 0.31) == [False, False, True]
    assert course(evidence, 0.25, 0.25, 0.25) == [True, True, True], "between: nothing changes"
    assert course(evidence, 0.2, 0.31, 0.2) == [True, True, False]


@pytest.mark.parametrize("spike", [0.31, 3.9, 1e9, -50.0])
def test_one_spike_never_sounds_it_and_never_ends_it(spike: float) -> None:
    evidence = started(alarm())
    assert not any(course(evidence, 0.1, spike, 0.1, 0.1, 0.1))
    course(evidence, 0.4, 0.4)
    assert all(course(evidence, 0.4, 0.0, 0.4, 0.4))


def test_missing_and_failed_values_neither_sound_nor_end_it() -> None:
    evidence = started(alarm())
    course(evidence, 0.4, None, 0.4)
    assert evidence.beyond
    assert all(course(evidence, *[None] * 50))
    for step in range(50):
        evidence.take(10_000.0 + step, 0.0, int(Quality.FAIL))
    assert evidence.beyond


def test_persistence_is_counted_by_the_values_own_times() -> None:
    evidence = started(alarm(persist=timedelta(seconds=60)), memory_s=300.0)
    assert course(evidence, *[0.4] * 7) == [False] * 6 + [True]
    evidence = started(alarm(persist=timedelta(seconds=60)), memory_s=300.0)
    assert not any(course(evidence, 0.4, 0.4, 0.4, 0.1, 0.1, 0.4, 0.4, 0.4, 0.4, 0.4))


def test_a_jump_is_doubted_until_its_neighbours_agree() -> None:
    evidence = started(alarm(max_rate_per_s=0.01))
    assert not any(course(evidence, 2.0, 0.1, 3.0, 0.1, 1.0, 3.9))
    assert not evidence.beyond
    assert evidence.refused == 3
    evidence = started(alarm(max_rate_per_s=0.01))
    assert course(evidence, 1.5, 1.55) == [False, True], "a wave is no error for ever"


def test_old_values_say_nothing_about_now() -> None:
    evidence = started(alarm(), memory_s=90.0)
    course(evidence, 0.4)
    assert course(evidence, 0.4, every_s=3600.0) == [False]


def test_below_is_the_mirror_image() -> None:
    evidence = started(alarm(above=None, below=1.0, clear=1.2), first=2.0)
    assert course(evidence, 2.0, 0.9, 0.9, 1.1, 1.1, 1.1) == [False, False, True, True, True, True]
    assert course(evidence, 1.2, 1.3)[-1] is False


@given(st.lists(st.one_of(st.none(), st.floats(-1, 5)), max_size=60), st.integers(1, 3))
def test_it_never_changes_on_one_value_against_all_others(
    values: list[float | None], agree: int
) -> None:
    """Between two changes there are at least `agree` values of the other side."""
    evidence = started(alarm(agree=max(agree, 2), of=3), memory_s=1e9)
    sides: list[int] = []
    before = False
    for value, beyond in zip(values, course(evidence, *values), strict=True):
        if value is not None and -0.1 <= value <= 4.0:
            sides.append(1 if value > 0.3 else -1 if value <= 0.2 else 0)
        if beyond != before:
            assert sides[-3:].count(1 if beyond else -1) >= 2
        before = beyond


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"clear": 0.4}, "lies above `above`"),
        ({"above": None}, "either `above` or `below`"),
        ({"below": 0.1}, "either `above` or `below`"),
        ({"above": None, "below": 0.3, "clear": 0.2}, "lies below `below`"),
        ({"range": (0.5, 4.0)}, "must lie within `range`"),
        ({"agree": 1, "of": 3}, "more than half"),
        ({"agree": 4, "of": 3}, "more than half"),
        ({"max_on": timedelta(0)}, "above 0"),
    ],
)
def test_a_wrong_alarm_is_refused_with_its_reason(mistake: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        alarm(**mistake)


def test_a_wrong_mqtt_output_is_refused() -> None:
    with pytest.raises(ValueError, match="plain topics"):
        MqttOutputConfig(url="mqtt://127.0.0.1", topic="siren/#")
    with pytest.raises(ValueError, match="mqtt://127"):
        MqttOutputConfig(url="http://127.0.0.1", topic="siren")


def sounds(standing: Standing, now_s: float, *, beyond: bool, armed: bool = True) -> bool:
    return standing.update(beyond=beyond, armed=armed, now_s=now_s, now=NOW)


def test_with_the_network_there_it_is_silent_and_says_why() -> None:
    standing = Standing(alarm(), Kept(), 0.0)
    assert not sounds(standing, 1.0, beyond=True, armed=False)
    assert "network is there" in standing.condition(1.0)
    assert sounds(standing, 2.0, beyond=True, armed=True)
    assert sounds(standing, 3.0, beyond=True, armed=False), "a flapping link does not silence it"
    assert not sounds(standing, 4.0, beyond=False, armed=True)
    assert standing.condition(4.0) == "off"


def test_it_falls_silent_after_its_longest_time_and_sounds_again_only_after_it_was_over() -> None:
    standing = Standing(alarm(max_on=timedelta(seconds=60)), Kept(), 0.0)
    assert sounds(standing, 0.0, beyond=True)
    assert sounds(standing, 59.0, beyond=True)
    assert not sounds(standing, 60.0, beyond=True)
    assert "silent after 60 s" in standing.condition(60.0)
    assert not sounds(standing, 5000.0, beyond=True)
    assert not sounds(standing, 5001.0, beyond=False)
    assert sounds(standing, 5002.0, beyond=True)


def test_latch_waits_to_be_acknowledged() -> None:
    standing = Standing(alarm(latch=True), Kept(), 0.0)
    assert sounds(standing, 0.0, beyond=True)
    assert sounds(standing, 1.0, beyond=False)
    assert "waits to be acknowledged" in standing.condition(1.0)
    assert standing.acknowledge()
    assert not sounds(standing, 2.0, beyond=False)
    assert not standing.acknowledge()
    assert standing.condition(2.0) == "off"


def test_acknowledged_while_beyond_it_is_silent_until_it_was_over() -> None:
    standing = Standing(alarm(), Kept(), 0.0)
    sounds(standing, 0.0, beyond=True)
    standing.acknowledge()
    assert not sounds(standing, 1.0, beyond=True)
    assert "acknowledged" in standing.condition(1.0)
    sounds(standing, 2.0, beyond=False)
    assert sounds(standing, 3.0, beyond=True)


def test_a_test_sounds_for_a_moment_and_is_no_alarm() -> None:
    standing = Standing(alarm(), Kept(), 0.0)
    standing.test(10.0, 5.0)
    assert sounds(standing, 11.0, beyond=False)
    assert standing.condition(11.0) == "test"
    assert not standing.sounding
    assert not sounds(standing, 15.0, beyond=False)


def test_a_restart_knows_what_sounded() -> None:
    first = Standing(alarm(), Kept(), 0.0)
    sounds(first, 0.0, beyond=True)
    second = Standing(alarm(), first.kept(), 100.0)
    assert sounds(second, 100.0, beyond=True, armed=False)
    assert second.condition(100.0) == first.condition(0.0)


def test_the_network_is_lost_after_a_while_without_broker_or_without_durable_acks() -> None:
    link = Link(Network(lost_after_s=1.0, unacked_after_s=30.0), 0.0)
    assert not link.update(connected=False, unacked_s=0.0, now_s=0.9)
    assert link.update(connected=False, unacked_s=0.0, now_s=1.0), "from the start, too"
    assert not link.update(connected=True, unacked_s=0.0, now_s=2.0)
    assert not link.update(connected=True, unacked_s=29.0, now_s=40.0)
    assert link.update(connected=True, unacked_s=30.0, now_s=41.0)
