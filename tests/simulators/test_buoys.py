"""Buoys: raw heave of a known sea, and a place that drifts away."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np

from forewarn.domain.clock import ManualClock
from simulators.faults import Fault, Faults
from simulators.line import SerialLine
from simulators.nmea_talker import NmeaTalker
from simulators.wave_buoy import GARBAGE, WaveBuoy
from simulators.world.waves import Sea, jonswap

ALWAYS = (0.0, 4e9)


def test_jonswap_has_the_height_and_the_peak_that_it_is_told() -> None:
    frequency = np.linspace(0.02, 0.6, 2000)
    density = jonswap(frequency, 2.5, 8.0)
    assert np.isclose(4 * np.sqrt(np.sum(density) * (frequency[1] - frequency[0])), 2.5)
    assert np.isclose(1 / frequency[density.argmax()], 8.0, rtol=0.01)


def test_a_crest_moves_onwards_in_the_direction_of_the_waves() -> None:
    """At a crest water moves with the wave: towards the west for waves from the east."""
    sea = Sea(hs=2, tp=8, coming_from_deg=90, spreading=2000, components=50)
    times = np.arange(0, 600, 0.1)
    heave, _, east = sea.at(times)
    crests = heave > 2.0 * heave.std()
    assert np.gradient(east, times)[crests].mean() < -0.3


def test_a_buoy_sends_each_sample_once_with_its_time(noon: ManualClock, ramp: Any) -> None:
    asyncio.run(noon.advance(timedelta(minutes=2)))
    line: Any = None
    faults = Faults()
    buoy = WaveBuoy("buoy", rate_hz=2.0, line=line, world=ramp, clock=noon, faults=faults)
    now = noon.now().timestamp()
    rows = [buoy.burst(now + second).decode().split() for second in (10, 10.2, 20)]
    times = [float(row.split(",")[0]) - now for part in rows for row in part]
    assert times == [n / 2 for n in range(1, 41)]
    assert all(len(row.split(",")) == 4 for part in rows for row in part)
    heaves = [float(row.split(",")[1]) for part in rows for row in part]
    assert 0.1 < np.std(heaves) < 1.2  # Hs is 2 m: minutes since noon


def test_faults_of_a_wave_buoy(noon: ManualClock, ramp: Any) -> None:
    line: Any = None

    def burst(kind: str) -> bytes:
        faults = Faults([Fault("buoy", kind, 0, *ALWAYS)])
        buoy = WaveBuoy("buoy", rate_hz=2.0, line=line, world=ramp, clock=noon, faults=faults)
        return buoy.burst(noon.now().timestamp() + 70)

    assert burst("silence") == b""
    assert burst("garbage") == GARBAGE


def test_a_buoy_talks_on_its_line(
    noon: ManualClock, ramp: Any, raw_serial: Callable[[str], Any]
) -> None:
    async def talk() -> bytes:
        await noon.advance(timedelta(minutes=1))
        line = SerialLine("buoy")
        client = raw_serial(line.url())
        buoy = WaveBuoy("buoy", rate_hz=2.0, line=line, world=ramp, clock=noon, faults=Faults())
        await noon.advance(timedelta(seconds=5))
        task = asyncio.create_task(buoy.talk())
        await asyncio.sleep(0.3)
        heard: bytes = client.read(0.0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        line.close()
        return heard

    assert asyncio.run(talk()).count(b"\r\n") == 10


def test_an_anchored_buoy_says_where_it_is_and_adrift_it_leaves(
    noon: ManualClock, ramp: Any
) -> None:
    line: Any = None

    def latitude(hours: float, *faults: Fault) -> float:
        talker = NmeaTalker(
            "buoy",
            ["wave_height"],
            interval=timedelta(seconds=20),
            line=line,
            world=ramp,
            clock=noon,
            faults=Faults(faults),
            anchor=(-29.999999, 121.75),
        )
        burst = talker.burst(noon.now() + timedelta(hours=hours)).decode()
        [fix] = [row for row in burst.split("\r\n") if "GPGGA" in row]
        fields = fix.split(",")
        assert (fields[3], fields[5]) == ("S", "E")
        return -(int(fields[2][:2]) + float(fields[2][2:]) / 60)

    start = noon.now().timestamp()
    adrift = Fault("buoy", "adrift", 0.5, start, start + 1e6)
    assert all(abs(latitude(hour) + 30) * 111_195 < 40 for hour in range(24))
    assert 1200 < (latitude(1, adrift) + 30) * 111_195 < 1350
