"""A buoy adrift: the watch circle, GPS scatter, and what becomes of its observations."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import cos, radians
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.nmea.watch import Anchor, Watch, distance_m
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Quality
from tests.edge.instruments import Talker, sentence, until
from tests.edge.test_nmea import listener

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANCHOR = Anchor(latitude=29.95, longitude=121.75, radius_m=70)
METRE = 1 / 111_195.08


def place(north_m: float, east_m: float) -> tuple[float, float]:
    east = east_m * METRE / cos(radians(ANCHOR.latitude))
    return ANCHOR.latitude + north_m * METRE, ANCHOR.longitude + east


def test_scatter_and_single_jumps_do_not_cut_the_chain() -> None:
    watch, random = Watch(ANCHOR), Random(1)
    for second in range(7200):
        jump = 400 if second % 97 == 0 else 0
        fix = place(55 + random.gauss(0, 5) + jump, random.gauss(0, 5))
        assert not watch.fix(NOON + timedelta(seconds=second), *fix)


def test_a_drifting_buoy_is_found_and_one_on_the_rim_does_not_flicker() -> None:
    watch, random = Watch(ANCHOR), Random(2)
    states = []
    for second in range(0, 4 * 3600, 10):
        drift = min(71.0, 71.0 * second / 3600) if second < 7200 else 120.0
        fix = place(drift + random.gauss(0, 3), random.gauss(0, 3))
        states.append(watch.fix(NOON + timedelta(seconds=second), *fix))
    assert states[-1]
    assert sum(a != b for a, b in pairwise(states)) == 1
    back = [
        watch.fix(NOON + timedelta(hours=4, seconds=s), *place(65, 0)) for s in range(0, 600, 10)
    ]
    assert all(back)  # inside, but on the rim
    back = [
        watch.fix(NOON + timedelta(hours=5, seconds=s), *place(40, 0)) for s in range(0, 600, 10)
    ]
    assert not back[-1]
    assert watch.remark(NOON + timedelta(hours=5, seconds=600), NOON, timedelta(hours=1)) == ""


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180))
def test_distance_is_one_both_ways_and_zero_to_itself(
    latitude: float, longitude: float, other: float, far: float
) -> None:
    there = distance_m(latitude, longitude, other, far)
    assert there == pytest.approx(distance_m(other, far, latitude, longitude))
    assert distance_m(latitude, longitude, latitude, longitude) == 0
    assert 0 <= there <= 20_015_115


def test_distance_of_a_degree_of_latitude() -> None:
    """One degree of a great circle of the mean radius: 111.195 km."""
    assert distance_m(0, 0, 1, 0) == pytest.approx(111_195.08, abs=0.01)


def gga(north_m: float) -> bytes:
    latitude, longitude = place(north_m, 0)
    minutes, east = (latitude % 1) * 60, (longitude % 1) * 60
    return sentence(
        f"GPGGA,120000,{int(latitude):02d}{minutes:07.4f},N,"
        f"{int(longitude):03d}{east:07.4f},E,1,8,1.0,3.2,M,10.0,M,,"
    )


def test_observations_of_a_buoy_adrift_are_suspect_and_not_lost(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        fields = {"MTW.temperature": "water_temperature", "GGA.latitude": "latitude"}
        driver = listener(talker.url, clock, fields, anchor=ANCHOR)  # type: ignore[arg-type]
        await driver.read()
        said = 0
        for north_m in (10, 500, 510, 520, 530):
            talker.say(gga(north_m) + sentence("YXMTW,17.9,C"))
            said += 2
            await until(lambda: driver._talker.tally.decoded == said)  # noqa: B023
            await clock.advance(timedelta(minutes=1))
        answer = await driver.read()
        shown = [line for line in await driver.probe() if line.name == "anchor"]
        await driver.aclose()
        warm = [o.quality for o in answer.observations if o.datastream.endswith("temperature")]
        north = [o.quality for o in answer.observations if o.datastream.endswith("latitude")]
        assert warm == [Quality.UNCHECKED] * 3 + [Quality.SUSPECT] * 2
        assert set(north) == {Quality.UNCHECKED}
        assert answer.remark.startswith("ADRIFT: 530 m from its anchor at 29.95000, 121.75000")
        assert (shown[0].raw, shown[0].result) == ("530 m", "adrift")

    asyncio.run(run())


def test_a_buoy_that_does_not_say_where_it_is_is_named(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        fields = {"MTW.temperature": "water_temperature"}
        driver = listener(talker.url, clock, fields, anchor=ANCHOR)  # type: ignore[arg-type]
        await driver.read()
        await clock.advance(timedelta(minutes=11))
        answer = await driver.read()
        await driver.aclose()
        assert answer.remark.startswith("no position: whether it is adrift cannot be told")

    asyncio.run(run())


def test_a_tide_buoy_reports_the_mean_height_of_fixed_solutions_only(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = listener(
            talker.url,
            clock,
            {"GGA.altitude": "tide", "MWD.direction_true": "wind_direction"},
            statistic="mean",
            fix_quality=(4,),
        )
        await driver.read()
        for quality, height in ((4, 2.1), (5, 9.0), (4, 2.5), (1, -30.0)):
            talker.say(sentence(f"GPGGA,1,2957.0,N,12145.0,E,{quality},8,1.0,{height},M,10.0,M,,"))
        for direction in (350, 30):
            talker.say(sentence(f"WIMWD,{direction},T,,M,,N,5,M"))
        await until(lambda: driver._talker.tally.decoded == 6)
        await clock.advance(timedelta(minutes=1))
        answer = await driver.read()
        await driver.aclose()
        assert [o.result for o in answer.observations] == [2.3, 10.0]

    asyncio.run(run())
