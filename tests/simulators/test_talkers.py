"""Radar gauge, buoy and tipping bucket, asked and heard as a gateway would."""

import asyncio
import struct
from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from operator import xor
from typing import Any

from forewarn.domain.clock import ManualClock
from simulators.faults import Fault, Faults, FaultyWorld
from simulators.line import SerialLine
from simulators.nmea_talker import NmeaTalker
from simulators.radar_level import RadarLevel
from simulators.tipping_bucket import TippingBucket

NOON_S = 1_785_585_600.0
ALWAYS = (NOON_S, NOON_S + 86_400)
PROPERTIES = ["wind_speed", "wind_direction", "pressure", "wave_height", "water_temperature"]


def talker(clock: ManualClock, world: Any, line: Any, *faults: Fault) -> NmeaTalker:
    return NmeaTalker(
        "buoy",
        PROPERTIES,
        interval=timedelta(seconds=20),
        line=line,
        world=world,
        clock=clock,
        faults=Faults(faults),
    )


def bucket(clock: ManualClock, world: Any, *faults: Fault) -> TippingBucket:
    line: Any = None
    return TippingBucket(
        "hill/rain", mm_per_tip=0.2, line=line, world=world, clock=clock, faults=Faults(faults)
    )


def tips(clock: ManualClock, instrument: TippingBucket, seconds: int) -> bytes:
    """Let `seconds` pass, with a look at the rain each second."""
    heard = b""
    for _ in range(seconds):
        asyncio.run(clock.advance(timedelta(seconds=1)))
        heard += instrument.tip()
    return heard


def test_radar_shows_the_distance_down_to_the_water(noon: ManualClock, ramp: Any) -> None:
    asyncio.run(noon.advance(timedelta(minutes=3)))
    radar = RadarLevel("beidu/stage", elevation_m=12.5, world=ramp, clock=noon, faults=Faults())
    high, low, status = radar.registers(0, 3)
    assert struct.unpack(">f", struct.pack(">HH", high, low)) == (9.5,)
    assert status == 0


def test_radar_without_water_to_see_says_that_its_echo_is_lost(noon: ManualClock) -> None:
    class Nothing:
        first = last = NOON_S

        def current(self, datastream: str, at: float) -> float:
            return float("nan")

        recorded = fallen = current

    radar = RadarLevel("b/stage", elevation_m=9, world=Nothing(), clock=noon, faults=Faults())
    assert radar.registers(0, 3) == [0x7FC0, 0, 1]


def test_every_sentence_of_the_buoy_has_its_checksum_and_value(
    noon: ManualClock, ramp: Any
) -> None:
    asyncio.run(noon.advance(timedelta(minutes=12)))
    lines = talker(noon, ramp, None).burst(noon.now()).decode("ascii").split("\r\n")
    assert [line.partition("*")[0] for line in lines[:-1]] == [
        "$WIMWV,12.0,T,12.0,M,A",
        "$YXMTW,12.0,C",
        "$WIXDR,P,0.01200,B,BARO",
        "$YXXDR,D,12.00,M,HS",
    ]
    for line in lines[:-1]:
        body, _, checksum = line[1:].partition("*")
        assert int(checksum, 16) == reduce(xor, body.encode())


def test_checksum_of_a_sentence_from_a_real_device() -> None:
    """From gpsd's log of a Humminbird echo sounder."""
    from simulators.nmea_talker import sentence

    assert sentence("INDPT,2.2,0.0") == b"$INDPT,2.2,0.0*47\r\n"


def test_bursts_come_at_multiples_of_the_interval(
    noon: ManualClock, ramp: Any, raw_serial: Callable[[str], Any]
) -> None:
    async def talk() -> list[int]:
        line = SerialLine("nmea")
        client = raw_serial(line.url())
        task = asyncio.create_task(talker(noon, ramp, line).talk())
        heard = []
        for _ in range(4):
            await noon.advance(timedelta(seconds=10))
            heard.append(client.read(0.0).count(b"$WIMWV"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        line.close()
        return heard

    assert asyncio.run(talk()) == [0, 1, 0, 1]


def test_faults_of_the_buoy(noon: ManualClock, ramp: Any) -> None:
    good = talker(noon, ramp, None).burst(noon.now())

    def burst(kind: str, amount: float = 0) -> bytes:
        fault = Fault("buoy", kind, amount, *ALWAYS)
        return talker(noon, ramp, None, fault).burst(noon.now())

    assert burst("silence") == b""
    assert b"\r\n" in burst("garbage")
    assert b"BARO" not in burst("garbage")
    doubled = burst("duplicates", 2)
    sentences = good.splitlines()
    assert doubled.splitlines() == [line for line in sentences for _ in range(2)]


def test_the_bucket_tips_once_for_each_fifth_of_a_millimetre(noon: ManualClock, ramp: Any) -> None:
    assert tips(noon, bucket(noon, ramp), 3600) == b"T" * 30  # 6 mm fell


def test_rain_before_the_start_is_not_tipped_again(noon: ManualClock, ramp: Any) -> None:
    asyncio.run(noon.advance(timedelta(hours=5)))
    assert tips(noon, bucket(noon, ramp), 60) == b""
    assert tips(noon, bucket(noon, ramp), 120) == b"T"


def test_a_burst_of_rain_is_tipped_one_by_one(noon: ManualClock, ramp: Any) -> None:
    instrument = bucket(noon, ramp)
    asyncio.run(noon.advance(timedelta(minutes=10)))
    assert [instrument.tip() for _ in range(6)] == [b"T"] * 5 + [b""]


def test_faults_of_the_bucket(noon: ManualClock, ramp: Any) -> None:
    def heard(kind: str, amount: float = 0) -> bytes:
        start = noon.now().timestamp()
        fault = Fault("hill", kind, amount, start, start + 601)  # the tip at ten minutes too
        return tips(noon, bucket(noon, ramp, fault), 720)

    assert heard("silence") == b"T"  # of the 2 minutes after it
    assert heard("frozen") == b"T"
    assert heard("duplicates", 3) == b"TTT" * 5 + b"T"
    assert heard("garbage").count(b"T") == 1


def test_drift_and_frozen_values(ramp: Any) -> None:
    drift = FaultyWorld(ramp, Faults([Fault("a", "drift", 0.5, NOON_S + 3600, NOON_S + 10_800)]))
    at = [drift.recorded("a/stage", NOON_S + hour * 3600) for hour in range(4)]
    assert at == [0, 60, 120.5, 180]
    assert drift.current("b/stage", NOON_S + 7200) == 120
    frozen = FaultyWorld(ramp, Faults([Fault("a", "frozen", 0, NOON_S + 600, NOON_S + 1200)]))
    at = [frozen.recorded("a/stage", NOON_S + minute * 60) for minute in (9, 10, 15, 19, 20)]
    assert at == [9, 10, 10, 10, 20]


def test_a_line_survives_that_its_driver_goes_and_comes(
    raw_serial: Callable[[str], Any],
) -> None:
    import os

    line = SerialLine("pulse")
    for _ in range(3):
        client = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
        line.write(b"T\x00\n\r\x03")  # raw: no byte is special
        assert os.read(client, 10) == b"T\x00\n\r\x03"
        os.close(client)
    for _ in range(100):
        line.write(b"x" * 1000)  # nobody reads: lost, not blocked
    line.close()
