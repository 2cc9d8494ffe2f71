"""Raw heave: spectra against scipy, seas of known height, period and direction, and bad records."""

import asyncio
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

import edge.drivers.wave_buoy.driver as driver_module
from edge import DriverError
from edge.drivers.wave_buoy.analysis import Plan, analyse
from edge.drivers.wave_buoy.config import WaveBuoyConfig
from edge.drivers.wave_buoy.crossing import waves
from edge.drivers.wave_buoy.driver import WaveBuoyDriver, open_line
from edge.drivers.wave_buoy.formats import Heave, csv, pfec, xdr
from edge.drivers.wave_buoy.fourier import detrended, transform
from edge.drivers.wave_buoy.parameters import UNITS
from edge.drivers.wave_buoy.record import Sample, clean
from edge.drivers.wave_buoy.series import Series
from edge.drivers.wave_buoy.spectrum import welch
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Quality
from simulators.world.waves import Sea, jonswap
from tests.edge.instruments import PROFILES, Talker, lines, sentence, until

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
RATE = 1.28
PLAN = Plan(rate_hz=RATE, segment_s=200, f_min=0.033, f_max=0.6, max_bad=0.1, directional=True)


def record(sea: Sea, count: int = 2048, rate: float = RATE) -> list[Sample | None]:
    heave, north, east = sea.at(np.arange(count) / rate)
    return list(zip(heave.tolist(), north.tolist(), east.tolist(), strict=True))


@given(
    st.integers(0, 8).flatmap(
        lambda n: st.lists(st.complex_numbers(max_magnitude=1e6), min_size=2**n, max_size=2**n)
    )
)
@settings(max_examples=40)
def test_the_transform_is_numpys(samples: list[complex]) -> None:
    expected = np.fft.fft(samples)
    assert np.allclose(transform(samples), expected, atol=1e-9 * (1 + np.abs(expected).max()))


def test_a_transform_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="power of two"):
        transform([0j] * 3)


@pytest.mark.parametrize("rate", [1.0, 1.28, 4.0])
def test_spectra_and_cross_spectra_are_scipys(rate: float) -> None:
    random = np.random.default_rng(3)
    z, n, e = random.normal(size=(3, 1024)).cumsum(axis=1)
    size = 256
    starts = range(0, 1024 - size + 1, size // 2)
    ours = welch(z.tolist(), n.tolist(), e.tolist(), starts=starts, size=size, rate_hz=rate)
    options = {"fs": rate, "window": "hann", "nperseg": size, "detrend": "linear"}
    frequency, density = signal.welch(z, **options)
    assert np.allclose(ours.frequency, frequency)
    assert np.allclose(ours.heave, density)
    assert np.allclose(ours.north_east, signal.csd(n, e, **options)[1].real)
    assert np.allclose(ours.heave_north, -signal.csd(z, n, **options)[1].imag)
    assert np.allclose(ours.heave_east, -signal.csd(z, e, **options)[1].imag)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=60))
def test_detrending_is_scipys(samples: list[float]) -> None:
    assert np.allclose(detrended(samples), signal.detrend(samples), atol=1e-6)


@pytest.mark.parametrize(
    ("hs", "tp", "direction"), [(0.6, 4.0, 5.0), (2.5, 9.0, 110.0), (6.0, 14.0, 275.0)]
)
def test_a_sea_of_known_height_period_and_direction_is_found(
    hs: float, tp: float, direction: float
) -> None:
    """Means over 8 records: one record of 27 min scatters by some per cent."""
    found: dict[str, list[float]] = {}
    for seed in range(8):
        sea = Sea(hs=hs, tp=tp, coming_from_deg=direction, spreading=15, seed=seed)
        analysis = analyse(record(sea), PLAN)
        assert not analysis.suspect
        for name, value in analysis.values.items():
            assert value is not None
            found.setdefault(name, []).append(value)
    frequency = np.linspace(0.033, 0.6, 4000)
    density = jonswap(frequency, hs, tp)
    tm02 = np.sqrt(density.sum() / (density * frequency**2).sum())
    turned = [(value - direction + 180) % 360 - 180 for value in found["direction"]]
    at_peak = [(value - direction + 180) % 360 - 180 for value in found["direction_peak"]]
    assert np.mean(found["hs"]) == pytest.approx(hs, rel=0.03)
    assert np.std(found["hs"]) < 0.06 * hs
    assert np.mean(found["tp"]) == pytest.approx(tp, rel=0.04)
    assert np.mean(found["tm02"]) == pytest.approx(tm02, rel=0.04)
    assert abs(np.mean(turned)) < 3
    assert abs(np.mean(at_peak)) < 6
    assert np.mean(found["spread"]) == pytest.approx(np.degrees(np.sqrt(2 / 16)), rel=0.08)
    assert np.mean(np.array(found["h13"]) / found["hs"]) == pytest.approx(0.95, abs=0.03)


def test_a_single_wave_train_has_its_height_period_and_direction() -> None:
    """4√m0 of A·cos is 4·A/√2, and its height from trough to crest is 2·A."""
    time = np.arange(2048) / RATE
    angle = 2 * np.pi * time / 8
    towards = np.radians(200)  # it comes from 20°
    north, east = np.sin(angle) * np.cos(towards), np.sin(angle) * np.sin(towards)
    slots = list(zip(np.cos(angle).tolist(), north.tolist(), east.tolist(), strict=True))
    values = analyse(slots, PLAN).values
    assert values["hs"] == pytest.approx(4 / np.sqrt(2), rel=0.01)
    assert values["tp"] == pytest.approx(8, rel=0.01)
    assert values["direction_peak"] == pytest.approx(20, abs=0.1)
    assert values["spread_peak"] == pytest.approx(0, abs=1.0)
    assert values["h13"] == pytest.approx(2, rel=0.03)
    assert values["tz"] == pytest.approx(8, rel=0.001)


@given(st.floats(0.05, 20), st.integers(0, 30))
@settings(max_examples=10, deadline=None)
def test_heights_scale_and_periods_and_directions_do_not(scale: float, seed: int) -> None:
    sea = Sea(hs=2.0, tp=8, coming_from_deg=200, seed=seed, components=100)
    once = record(sea, 1024)
    scaled: list[Sample | None] = [
        (scale * s[0], scale * s[1], scale * s[2]) for s in once if s is not None
    ]
    plain, other = analyse(once, PLAN).values, analyse(scaled, PLAN).values
    for name in ("hs", "h13", "hmax"):
        assert other[name] == pytest.approx(scale * (plain[name] or 0))
    for name in ("tp", "tm02", "tz", "direction", "spread"):
        assert other[name] == pytest.approx(plain[name])


def test_spikes_and_short_gaps_hardly_change_what_is_found() -> None:
    sea = Sea(hs=2.5, tp=9, coming_from_deg=110, seed=5)
    whole = record(sea)
    broken = list(whole)
    for place in range(10, 2040, 97):
        broken[place] = (40.0 if place % 2 else -7.5, 0.0, 0.0)
    for place in range(50, 2040, 211):
        broken[place] = broken[place + 1] = None
    clean_, damaged = analyse(whole, PLAN), analyse(broken, PLAN)
    assert not damaged.suspect
    assert 0.015 < (damaged.values["bad"] or 0) < 0.03
    for name, off in {"hs": 0.03, "tp": 0.03, "tm02": 0.03, "h13": 0.05}.items():
        assert damaged.values[name] == pytest.approx(clean_.values[name], rel=off)
    assert damaged.values["direction"] == pytest.approx(clean_.values["direction"], abs=2)


def test_a_sound_record_loses_nothing_to_the_spike_test() -> None:
    spikes = [
        cleaned.spikes
        for seed in range(4)
        if (cleaned := clean(record(Sea(hs=3, tp=5, coming_from_deg=0, seed=seed)), RATE))
    ]
    assert spikes == [0] * 4


@pytest.mark.parametrize(
    ("slots", "says"),
    [
        ([None] * 2048, "the whole record is bad or missing"),
        ([(1.0, 0.0, 0.0)] * 2048, "the whole record is bad or missing"),
        (record(Sea(hs=2, tp=8, coming_from_deg=0))[:1700] + [None] * 348, "17 % of the record"),
        (record(Sea(hs=2, tp=8, coming_from_deg=0))[:1600] + [(0.5, 0, 0)] * 448, "448 frozen"),
    ],
)
def test_a_record_that_is_too_bad_gives_missing_values(
    slots: list[Sample | None], says: str
) -> None:
    analysis = analyse(slots, PLAN)
    assert says in analysis.remark
    assert {name for name, value in analysis.values.items() if value is not None} == {"bad"}


def test_a_long_gap_costs_its_segments_only() -> None:
    slots = record(Sea(hs=2.5, tp=9, coming_from_deg=110, seed=2))
    slots[900:1050] = [None] * 150
    analysis = analyse(slots, PLAN)
    assert analysis.values["hs"] == pytest.approx(2.5, rel=0.12)
    assert "7 % of the record is bad" in analysis.remark


def test_single_waves_that_disagree_with_the_spectrum_flag_the_record() -> None:
    """A hull that rolls at 80 s swamps the single waves; the spectrum begins at 30 s."""
    time = np.arange(2048) / RATE
    sea = Sea(hs=0.5, tp=6, coming_from_deg=0).at(time)[0] + 3 * np.sin(2 * np.pi * time / 20)
    slots: list[Sample | None] = [(float(z), 0.0, 0.0) for z in sea]
    plan = Plan(rate_hz=RATE, segment_s=200, f_min=0.08, f_max=0.6, max_bad=0.1, directional=False)
    analysis = analyse(slots, plan)
    assert analysis.suspect
    assert "of single waves" in analysis.remark


def test_a_flat_calm_has_a_height_and_no_period() -> None:
    random = np.random.default_rng(0)
    slots: list[Sample | None] = [(float(z), 0.0, 0.0) for z in random.normal(0, 0.002, 2048)]
    analysis = analyse(slots, PLAN)
    assert 0 < (analysis.values["hs"] or 0) < 0.02
    assert analysis.values["tp"] is analysis.values["direction"] is None
    assert not analysis.suspect


def test_no_wave_is_no_wave() -> None:
    assert waves([0.0] * 100, [False] * 100, 1.0) is None


@given(st.lists(st.none() | st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=512, max_size=512))
@settings(max_examples=8, deadline=None)
def test_no_record_breaks_the_analysis(slots: list[Sample | None]) -> None:
    values = analyse(slots, PLAN).values
    assert values.keys() == set(UNITS)
    assert all(value is None or -inf < value < inf for value in values.values())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"1722477600.78,53,-12,31", Heave(0.53, -0.12, 0.31, 1722477600.78)),
        (b"2024-08-01T02:00:00.78Z; 53; -12; 31", Heave(0.53, -0.12, 0.31, 1722477600.78)),
        (b"1722477600.78 53 -12 31", Heave(0.53, -0.12, 0.31, 1722477600.78)),
        (b"1722477600.78,53,-12", None),
        (b"1722477600.78,53,-12,nan", None),
        (b"yesterday,53,-12,31", None),
        (b"\xff,53,-12,31", None),
    ],
)
def test_lines_of_values(line: bytes, expected: Heave | None) -> None:
    found = csv(line, ("time", "heave", "north", "east"), 0.01, "")
    assert found == (expected and pytest.approx(expected)) or _close(found, expected)


def _close(found: Heave | None, expected: Heave | None) -> bool:
    if found is None or expected is None:
        return found is expected
    pairs = [(found.heave, expected.heave), (found.north, expected.north)]
    pairs += [(found.east, expected.east), (found.time or 0, expected.time or 0)]
    return all(a == pytest.approx(b) for a, b in pairs)


def test_other_ways_to_write_a_sample() -> None:
    axes = ("-", "west", "south", "down")
    line = sentence("HVA,7,1.0,2.0,3.0").strip()
    assert csv(line, axes, 1.0, "$HVA,") == Heave(-3.0, -2.0, -1.0)
    assert csv(line.replace(b"7", b"8", 1), axes, 1.0, "$HVA,") is None  # wrong checksum
    assert csv(b"7,1.0,2.0,3.0", axes, 1.0, "$HVA,") is None
    names = {"HEAVE": "heave", "NORTH": "north", "EAST": "east"}
    moved = sentence("YXXDR,D,0.53,M,HEAVE,D,-0.1,M,NORTH,D,0.2,M,EAST").strip()
    assert xdr(moved, names, 1.0) == Heave(0.53, -0.1, 0.2)
    assert xdr(moved, {"HEAVE": "heave"}, 0.5) == Heave(0.265)
    assert xdr(sentence("YXXDR,D,0.53,M,HEAVE").strip(), names, 1.0) is None
    assert pfec(sentence("PFEC,GPhve,-0.23,A").strip(), 1.0) == Heave(-0.23)
    assert pfec(sentence("PFEC,GPhve,-0.23,V").strip(), 1.0) is None


@given(st.binary(max_size=120))
def test_no_line_breaks_a_format(line: bytes) -> None:
    csv(line, ("time", "heave"), 1.0, "")
    xdr(line, {"HEAVE": "heave"}, 1.0)
    pfec(line, 1.0)


def test_samples_without_a_time_fall_into_their_slots_though_they_come_in_bursts() -> None:
    series = Series(2.0, 100, 5)
    for burst in range(40):
        at = NOON + timedelta(seconds=burst + (0.4 if burst % 3 else 0))
        for part in range(2):
            series.add(Heave(2 * burst + part), at)
    last = series.last()
    assert last is not None
    slots = series.slots(last, 60)
    assert [slot and slot[0] for slot in slots] == list(range(20, 80))


def test_a_silence_leaves_empty_slots_and_repeated_times_are_stepped_over() -> None:
    series = Series(1.0, 100, 5)
    for second in [*range(10), *range(5, 10), *range(40, 50)]:
        series.add(Heave(second, time=NOON.timestamp() + second), NOON + timedelta(seconds=second))
    slots = series.slots(NOON.timestamp() + 52, 53)
    assert [i for i, slot in enumerate(slots) if slot] == [*range(10), *range(40, 50)]
    late = Series(1.0, 100, 5)
    for second in [*range(10), *range(40, 50)]:
        late.add(Heave(second), NOON + timedelta(seconds=second))
    slots = late.slots(NOON.timestamp() + 49, 50)
    assert [i for i, slot in enumerate(slots) if slot] == [*range(10), *range(40, 50)]


def buoy(url: str, clock: ManualClock, **more: object) -> WaveBuoyDriver:
    config = WaveBuoyConfig(
        device="buoy",
        station="buoy",
        interval=timedelta(minutes=10),
        rate_hz=RATE,
        values={"hs": "wave_height", "direction_peak": "wave_direction"},
        **more,  # type: ignore[arg-type]
    )
    assert list(config.mistakes(PROFILES)) == []
    [driver] = open_line("buoy", [config], lines(buoy=url), clock, PROFILES)
    assert isinstance(driver, WaveBuoyDriver)
    return driver


def test_a_buoy_on_a_line_is_heard_and_a_silent_one_gives_missing_values(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = buoy(talker.url, clock)
        assert (await driver.read()).remark == "no sample heard yet"
        sea = Sea(hs=2.5, tp=9, coming_from_deg=110, seed=4)
        talker.say(b"noise,,\r\n")
        start = NOON.timestamp()
        for block in range(20):
            times = start + (np.arange(100) + 100 * block) / RATE
            rows = zip(times, *sea.at(times), strict=True)
            talker.say(b"".join(b"%.2f,%.3f,%.3f,%.3f\r\n" % row for row in rows))
            await until(lambda: driver.samples == 100 * (block + 1))  # noqa: B023
            if block == 5:
                assert "the first record is" in (await driver.read()).remark
        assert driver.bad == 1
        await clock.advance(timedelta(minutes=25, seconds=50))
        answer = await driver.read()
        height, direction = answer.observations
        assert (height.datastream, direction.datastream) == (
            "buoy/wave_height",
            "buoy/wave_direction",
        )
        assert height.phenomenon_time == NOON + timedelta(minutes=20)
        assert height.result == pytest.approx(2.5, rel=0.12)
        assert direction.result == pytest.approx(110, abs=15)
        assert answer.remark == ""
        assert (await driver.read()).observations == []  # once for each interval
        await clock.advance(timedelta(minutes=25))
        silent = await driver.read()
        shown = await driver.probe()
        await driver.aclose()
        assert {o.quality for o in silent.observations} == {Quality.MISSING}
        assert "the whole record is bad or missing" in silent.remark or "%" in silent.remark
        assert [line.name for line in shown] == ["line", "hs", "direction_peak", "record"]

    asyncio.run(run())


def test_a_lost_line_is_named(talker: Talker) -> None:
    async def run() -> None:
        driver = buoy(talker.url, ManualClock(NOON))
        await driver.read()
        talker.hang_up()
        await until(lambda: driver.line.up_since is None)
        with pytest.raises(DriverError, match="buoy: "):
            await driver.read()
        await driver.aclose()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"values": {"hss": "wave_height"}}, "no quantity `hss`. Did you mean `hs`?"),
        ({"values": {}}, "`values` is empty"),
        ({"columns": ("heave",), "values": {"spread": "s"}}, "`spread` needs columns"),
        ({"columns": ("heav",)}, "no column `heav`. Did you mean `heave`?"),
        ({"record": timedelta(minutes=2)}, "at least two segments long: PT400S"),
        ({"f_min": 0.7}, "`f_min` 0.7 Hz must be below"),
    ],
)
def test_a_mistake_is_explained(change: dict[str, object], says: str) -> None:
    plain: dict[str, object] = {
        "device": "buoy",
        "station": "buoy",
        "interval": timedelta(minutes=10),
        "rate_hz": RATE,
        "values": {"hs": "wave_height"},
    }
    config = WaveBuoyConfig(**(plain | change))  # type: ignore[arg-type]
    assert any(says in mistake for mistake in config.mistakes(PROFILES))


def test_the_readme_names_every_quantity() -> None:
    readme = (Path(driver_module.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert [name for name in UNITS if f"`{name}`" not in readme] == []
