"""Faults on order: how they are written, and what is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forewarn.domain.errors import ConfigError
from simulators.faults import Faults, parse
from simulators.scenario import check_fault, load_instruments

START = datetime(2024, 8, 1, tzinfo=UTC)


def test_times_count_from_the_start_or_are_absolute() -> None:
    relative = parse("fenghua:silence:+30m:+1.5h", START)
    absolute = parse("fenghua:silence:20240801T0030Z:20240801T013000+0000", START)
    assert relative == absolute
    assert (relative.end - relative.start) == 3600


def test_a_fault_is_active_from_its_start_until_its_end() -> None:
    fault = parse("fenghua:drift=0.25:+10m:+20m", START)
    faults = Faults([fault])

    def active(minutes: float) -> bool:
        now = (START + timedelta(minutes=minutes)).timestamp()
        return faults.active("fenghua", "drift", now) is not None

    assert [active(m) for m in (9.99, 10, 19.99, 20)] == [False, True, True, False]
    assert faults.active("yuyao", "drift", fault.start) is None
    assert faults.active("fenghua", "silence", fault.start) is None
    assert fault.amount == 0.25


@pytest.mark.parametrize(
    "text",
    [
        "fenghua:silence:+30m",
        "fenghua:silenc:+30m:+1h",
        "fenghua:silence:+1h:+30m",
        ":silence:+30m:+1h",
        "fenghua:drift=much:+30m:+1h",
        "fenghua:silence:soon:+1h",
        "fenghua:silence:2024-08-01T03:00:00Z:+1h",
        "",
    ],
)
def test_mistakes_are_answered_with_an_example_and_the_kinds(text: str) -> None:
    with pytest.raises(ConfigError, match=r"fenghua:silence:\+30m:\+1h.*duplicates") as caught:
        parse(text, START)
    assert f"fault `{text}`" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nowhere:silence:+1m:+2m", "no instrument at `nowhere`; known: basin-weather, .*beidu"),
        ("beidu:clock:+1m:+2m", "radar_level at `beidu` cannot have it"),
        ("youshan-buoy:late:+1m:+2m", "nmea_talker at `youshan-buoy` cannot"),
        ("fenghua:duplicates:+1m:+2m", "logger8 at `fenghua` cannot"),
        ("siming-rain:drift:+1m:+2m", "tipping_bucket at `siming-rain` cannot"),
    ],
)
def test_an_instrument_can_only_have_faults_of_its_kind(
    text: str, complaint: str, root: Path
) -> None:
    _, instruments = load_instruments(root / "sites/yongjiang")
    with pytest.raises(ConfigError, match=complaint):
        check_fault(parse(text, START), instruments)
