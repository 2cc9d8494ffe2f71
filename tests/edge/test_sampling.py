"""Faster while water rises, slower on a low battery, and what beats what."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.drivers.modbus.config import ModbusConfig
from edge.sampling import Sampler
from edge.sampling.settings import Pace, Rise, Sampling
from edge.sampling.slope import Slope
from forewarn.domain.codec import encode
from forewarn.domain.hazard import AlertMessage, Level
from tests.edge.instruments import floats, modbus_tcp, until
from tests.edge.test_agent import configuration, running
from tests.edge.upstream import Upstream

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
RISE = Rise(datastream="weir/stage", per_hour=0.3, over=timedelta(minutes=30))
GOOD, FAIL = 2, 4


def instrument(*properties: str, minutes: int = 1) -> ModbusConfig:
    return ModbusConfig(
        device="bus",
        station="weir",
        interval=timedelta(minutes=minutes),
        profile="radar_level",
        channels={str(number): name for number, name in enumerate(properties or ("stage",))},
    )


def alert(level: Level = Level.YELLOW, msg_type: str = "Alert", hours: int = 1) -> AlertMessage:
    return AlertMessage(
        identifier="x",
        incident="i",
        msg_type=msg_type,
        status="Actual",
        sent=NOW,
        expires=NOW + timedelta(hours=hours),
        area="river",
        hazard="flood",
        datastream="weir/stage",
        level=level,
        previous_level=Level.NONE,
        headline="",
        probability=None,
        onset=None,
        lead_s=None,
        threshold=None,
        references=[],
        cap="",
    )


def sampler(**more: Any) -> Sampler:
    return Sampler(
        Sampling(
            **{
                "fast": 6.0,
                "slow": 2.0,
                "hold": timedelta(minutes=30),
                "rise": (RISE,),
                "alerts": ("river",),
                "battery": "weir/battery",
                **more,
            }
        )
    )


def feed(found: Sampler, slope_per_hour: float, *, start_s: float = 0.0) -> float:
    """Give an hour of minute values that rise so fast; return the time after it [s]."""
    for minute in range(61):
        found.take("weir/stage", start_s + 60.0 * minute, slope_per_hour * minute / 60, GOOD)
    return start_s + 3600.0


def test_rising_water_is_sampled_faster_and_for_a_while_after() -> None:
    found = sampler(hold=timedelta(hours=2))
    assert not found.decide(0.0, NOW)
    now_s = feed(found, 0.31)
    assert found.decide(now_s, NOW)
    assert found.condition == "fast: weir/stage rises"
    assert found.interval(instrument()) == timedelta(seconds=10)
    now_s = feed(found, 0.0, start_s=now_s)
    found.decide(now_s, NOW)
    assert found.condition.startswith("fast: weir/stage rises, until")
    found.decide(now_s + 3601.0, NOW)
    assert found.condition == "normal"
    assert found.interval(instrument()) == timedelta(minutes=1)


def test_sums_keep_their_interval_and_nothing_is_asked_faster_than_the_fastest() -> None:
    found = sampler(fast=600.0, fastest=timedelta(seconds=2))
    found.decide(feed(found, 1.0), NOW)
    assert found.interval(instrument("rain")) == timedelta(minutes=1)
    assert found.interval(instrument("rain", "stage")) == timedelta(minutes=1)
    assert found.interval(instrument()) == timedelta(seconds=2)
    quick = replace(instrument(), interval=timedelta(seconds=1))
    assert found.interval(quick) == timedelta(seconds=1), "its own is faster already"


@given(
    spike=st.floats(-100, 100),
    place=st.integers(0, 30),
    noise=st.lists(st.floats(-0.01, 0.01), min_size=31, max_size=31),
)
def test_one_spike_in_still_water_is_no_rise(spike: float, place: int, noise: list[float]) -> None:
    slope = Slope(RISE)
    for minute in range(31):
        slope.take(60.0 * minute, noise[minute] + (spike if minute == place else 0.0))
        assert not slope.rises


def test_too_few_or_too_close_values_have_no_slope() -> None:
    slope = Slope(RISE)
    for second in range(10):
        slope.take(float(second), float(second))
    assert slope.per_hour() is None
    assert Slope(RISE).per_hour() is None


def test_failed_and_missing_values_count_for_nothing() -> None:
    found = sampler()
    for minute in range(61):
        found.take("weir/stage", 60.0 * minute, float(minute), FAIL)
        found.take("weir/stage", 60.0 * minute, None, 9)
    assert not found.decide(3600.0, NOW)


@pytest.mark.parametrize(
    ("message", "condition"),
    [
        (alert(), "fast: yellow alert in river"),
        (alert(Level.BLUE), "normal"),
        (alert(msg_type="Cancel"), "normal"),
        (alert(hours=-1), "normal"),
    ],
)
def test_an_alert_that_stands_is_sampled_faster(message: AlertMessage, condition: str) -> None:
    found = sampler(alert_level="yellow")
    found.hear("river", alert(msg_type="Update", hours=-2))
    found.hear("river", message)
    found.decide(0.0, NOW)
    assert found.condition == condition


def test_an_emptied_topic_ends_it() -> None:
    found = sampler(hold=timedelta(0))
    found.hear("river", alert())
    assert found.decide(0.0, NOW)
    found.hear("river", None)
    assert found.decide(1.0, NOW)
    assert found.condition == "normal"


def test_a_low_battery_slows_down_with_hysteresis_and_yields_to_rising_water() -> None:
    found = sampler()
    found.take("weir/battery", 0.0, 0.29, GOOD)
    assert found.decide(0.0, NOW)
    assert found.condition == "slower: battery at 29 %"
    assert found.interval(instrument()) == timedelta(minutes=2)
    found.take("weir/battery", 60.0, 0.40, GOOD)
    assert not found.decide(60.0, NOW)
    found.hear("river", alert())
    found.decide(61.0, NOW)
    assert found.condition.startswith("fast")
    found.take("weir/battery", 120.0, 0.08, GOOD)
    found.decide(120.0, NOW)
    assert found.condition == "slower: battery at 8 %, critical"
    found.command(Pace(mode="fast", until_s=500.0))
    found.decide(121.0, NOW)
    assert found.condition == "fast: by command"
    found.decide(500.0, NOW)
    assert found.condition.startswith("slower")
    found.take("weir/battery", 600.0, 0.46, GOOD)
    found.hear("river", None)
    found.decide(9000.0, NOW)
    assert found.condition == "normal"
    assert found.battery == 0.46


def test_an_alarm_in_doubt_is_looked_at_sooner() -> None:
    found = sampler()
    assert found.decide(0.0, NOW, ["weir/stage"])
    assert "may be beyond" in found.condition


@pytest.mark.parametrize(
    "mistake",
    [
        {"battery_low": 0.5},
        {"battery_critical": 0.3},
        {"alert_level": "none"},
        {"alert_level": "purple"},
        {"fastest": timedelta(0)},
    ],
)
def test_wrong_settings_are_refused(mistake: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"battery|level|fastest"):
        Sampling(**mistake)


def test_the_agent_hears_an_alert_and_asks_faster(mqtt_url: str, tmp_path: Path) -> None:
    """Over a real broker: a gauge asked each 30 s is asked each half second while alerted."""

    async def run() -> None:
        upstream = Upstream(mqtt_url, "edge-pace")
        area = "pace-test"
        topic = f"forewarn/v1/alerts/{area}"
        try:
            async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as url:
                plain = configuration("edge-pace", url)
                slow = replace(plain.instruments[0], interval=timedelta(seconds=30))
                pace = Sampling(fast=60.0, fastest=timedelta(seconds=0.4), alerts=(area,))
                config = replace(plain, instruments=(slow,), sampling=pace)
                async with running(config, mqtt_url, tmp_path):
                    await until(lambda: len(upstream.seen()) == 1)
                    standing = replace(alert(), area=area, expires=datetime(2100, 1, 1, tzinfo=UTC))
                    upstream._client.publish(topic, encode(standing), 1, retain=True)
                    await until(lambda: len(set(upstream.seen())) >= 4, within_s=4)
                    await until(lambda: "alert in pace-test" in upstream.statuses[-1]["sampling"])
        finally:
            upstream._client.publish(topic, b"", 1, retain=True)
            upstream.close()

    asyncio.run(run())
