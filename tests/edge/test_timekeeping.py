"""Time before NTP: stamped from boot, corrected when it is known, never silently wrong."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox import Outbox
from edge.timekeeping import ABSOLUTE_MS, Correction, Dating, Timekeeper, is_stamp, restamp
from edge.timekeeping.correction import latest_possible
from edge.timekeeping.kernel import KernelClock, boot, kept_without_power, kernel_clock, steady_s
from edge.timekeeping.settings import ClockSettings
from forewarn.domain.codec import decode
from forewarn.domain.observation import Batch, Columns, Quality

TRUE_BOOT_S = 1_790_000_000.0
"""When the machine of these tests was really switched on, Unix time [s]."""


class Machine:
    """A machine whose clocks a test turns by hand."""

    def __init__(self, wall_error_s: float = 0.0, *, synchronised: bool = False) -> None:
        self.steady = 20.0
        self.wall_error_s = wall_error_s
        self.synchronised = synchronised
        self.drift_ppm = 0.0
        self.kept = ""

    def true_s(self) -> float:
        return TRUE_BOOT_S + self.steady

    def keeper(self, settings: ClockSettings | None = None, name: str = "aaaa") -> Timekeeper:
        return Timekeeper(
            settings or ClockSettings(trust="ntp"),
            wall=lambda: self.true_s() + self.wall_error_s,
            steady=lambda: self.steady,
            kernel=lambda: KernelClock(self.synchronised, 0.01, self.drift_ppm),
            kept=lambda: self.kept,
            boot_id=name,
        )

    def ntp(self) -> None:
        """NTP answers: the system's clock is stepped, and the kernel says so."""
        self.wall_error_s, self.synchronised = 0.0, True


def batch(seq: int, at_ms: int, boot_id: str = "aaaa-1", quality: int = 2) -> Batch:
    columns = Columns(
        datastreams=["weir/stage"], of=[0], time=[at_ms], result=[1.0], quality=[quality]
    )
    return Batch(gateway="gw", boot_id=boot_id, seq=seq, created=at_ms + 100, columns=columns)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return open_outbox(tmp_path)


def open_outbox(folder: Path) -> Outbox:
    return Outbox(folder / "outbox.db", limit_bytes=10**8, memory_bytes=10**6)


def held(outbox: Outbox) -> list[Batch]:
    return [decode(entry.payload, Batch) for entry in outbox.after(0, 1000)]


def test_a_pi_that_boots_without_ntp_stamps_from_boot_and_corrects_when_time_arrives(
    outbox: Outbox,
) -> None:
    pi = Machine(wall_error_s=-86_400 * 40)  # what fake-hwclock left from the last shutdown
    keeper = pi.keeper()
    dating = Dating(keeper)
    dating.begin(outbox)
    true_times = []
    for seq in range(1, 6):
        keeper.look()
        assert is_stamp(keeper.now())
        assert not keeper.trusted
        assert "not set since boot" in keeper.condition
        true_times.append(round(1000 * pi.true_s()))
        outbox.add([batch(seq, round(1000 * keeper.now().timestamp()))])
        pi.steady += 60
    assert held(outbox) == [], "nothing goes out before its time is known"
    assert outbox.state().batches == 5
    assert dating.step(outbox) == 0
    pi.ntp()
    keeper.look()
    assert keeper.trusted
    assert keeper.condition == "ok"
    assert keeper.error_s == pytest.approx(86_400 * 40)
    assert dating.step(outbox) == 5
    assert [b.columns.time[0] for b in held(outbox)] == true_times
    assert [b.columns.quality[0] for b in held(outbox)] == [Quality.UNCHECKED] * 5
    assert all(b.created - b.columns.time[0] == 100 for b in held(outbox))
    outbox.close()


def test_a_killed_agent_still_corrects_what_it_wrote_and_knows_the_time_at_once(
    tmp_path: Path,
) -> None:
    pi = Machine(wall_error_s=-3600.0)
    keeper, first = pi.keeper(), open_outbox(tmp_path)
    first.add([batch(1, round(1000 * keeper.now().timestamp()))])
    true_ms = round(1000 * pi.true_s())
    first.close()  # killed; started again in the same boot of the machine
    second, keeper = open_outbox(tmp_path), pi.keeper()
    dating = Dating(keeper)
    dating.begin(second)
    pi.steady += 30
    pi.ntp()
    keeper.look()
    dating.step(second)
    assert held(second)[0].columns.time == [true_ms]
    second.close()
    pi.synchronised = False  # hours without network: the kernel no longer vouches
    pi.wall_error_s = 500.0
    pi.steady += 40_000
    third, keeper = open_outbox(tmp_path), pi.keeper()
    Dating(keeper).begin(third)
    keeper.look()
    assert keeper.trusted
    assert keeper.now().timestamp() == pytest.approx(pi.true_s(), abs=0.01)
    third.close()


def test_an_earlier_boot_whose_time_was_learned_is_dated_exactly(tmp_path: Path) -> None:
    pi = Machine(wall_error_s=-9e5)
    keeper, outbox = pi.keeper(), open_outbox(tmp_path)
    dating = Dating(keeper)
    dating.begin(outbox)
    pi.ntp()
    keeper.look()
    dating.step(outbox)  # learned and noted on disk …
    stamp = round(1000 * (pi.steady - 10))
    outbox.add([batch(1, stamp)])  # … but power goes before this batch was dated
    outbox.close()
    later = Machine(wall_error_s=-9e5)
    later.steady = 7200.0 + 15
    keeper, outbox = later.keeper(name="bbbb"), open_outbox(tmp_path)
    dating = Dating(keeper)
    dating.begin(outbox)
    later.ntp()
    keeper.look()
    dating.step(outbox)
    assert held(outbox)[0].columns.time == [round(1000 * TRUE_BOOT_S) + stamp]
    assert held(outbox)[0].columns.quality == [Quality.UNCHECKED]
    outbox.close()


def test_an_earlier_boot_that_never_learned_the_time_is_late_flagged_and_said(
    tmp_path: Path,
) -> None:
    outbox = open_outbox(tmp_path)
    outbox.add([batch(1, 50_000, "aaaa-1"), batch(2, 80_000, "aaaa-1", Quality.FAIL)])
    pi = Machine(synchronised=True)
    keeper = pi.keeper(name="bbbb")
    dating = Dating(keeper)
    dating.begin(outbox)
    keeper.look()
    assert dating.step(outbox) == 2
    first, second = held(outbox)
    assert second.created == round(1000 * TRUE_BOOT_S), "directly before this boot began"
    assert second.columns.time[0] - first.columns.time[0] == 30_000
    assert [first.columns.quality, second.columns.quality] == [[Quality.SUSPECT], [Quality.FAIL]]
    assert "aaaa" in outbox.state().findings[0]
    outbox.close()


def test_boots_in_a_row_follow_each_other_and_never_overlap() -> None:
    now = Correction(wall_s=2_000_000.0, steady_s=100.0)
    known = {"b": Correction(wall_s=1_500_000.0, steady_s=50.0)}
    found = latest_possible([("a", 30_000), ("b", 90_000), ("c", 60_000)], known, now)
    assert found["c"].time_s(60.0) == now.time_s(0.0)
    assert found["b"] == known["b"]
    assert found["a"].time_s(30.0) == known["b"].time_s(0.0)
    assert (found["a"].flagged, found["b"].flagged, found["c"].flagged) == (True, False, True)


def test_where_ntp_never_comes_it_says_so_and_after_a_while_goes_on_flagged(
    outbox: Outbox,
) -> None:
    pi = Machine(wall_error_s=7.0)
    keeper = pi.keeper(ClockSettings(trust="ntp", flagged_after=timedelta(minutes=15)))
    dating = Dating(keeper)
    dating.begin(outbox)
    outbox.add([batch(1, round(1000 * keeper.now().timestamp()))])
    pi.steady += 3600
    keeper.look()  # no broker: there is no hurry
    assert keeper.correction() is None
    keeper.look(broker=True)
    pi.steady += 14 * 60
    keeper.look(broker=True)
    assert keeper.correction() is None
    pi.steady += 61
    keeper.look(broker=True)
    assert dating.step(outbox) == 1
    assert held(outbox)[0].columns.quality == [Quality.SUSPECT]
    assert held(outbox)[0].columns.time == [round(1000 * (TRUE_BOOT_S + 20 + 7))]
    assert not keeper.trusted
    assert "flagged" in keeper.condition
    pi.ntp()
    keeper.look()
    assert keeper.trusted
    assert keeper.error_s == pytest.approx(-7.0)
    outbox.close()


def test_a_clock_that_is_behind_what_it_was_is_not_even_guessed_by(tmp_path: Path) -> None:
    pi, outbox = Machine(synchronised=True), open_outbox(tmp_path)
    keeper = pi.keeper()
    dating = Dating(keeper)
    dating.begin(outbox)
    keeper.look()
    dating.step(outbox)  # notes that this time was reached
    outbox.close()
    later = Machine(wall_error_s=-86_400.0)
    keeper, outbox = later.keeper(name="bbbb"), open_outbox(tmp_path)
    Dating(keeper).begin(outbox)
    for _ in range(100):
        later.steady += 60
        keeper.look(broker=True)
    assert keeper.correction() is None
    assert "behind" in keeper.condition
    outbox.close()


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 86_400.0 * 365])
def test_a_step_that_ntp_did_not_make_is_noticed_and_not_followed(step_s: float) -> None:
    pi = Machine(synchronised=True)
    keeper = pi.keeper()
    keeper.look()
    pi.wall_error_s, pi.synchronised = step_s, False  # settimeofday unsynchronises the kernel
    for _ in range(60):
        pi.steady += 1
        keeper.look()
    assert keeper.now().timestamp() == pytest.approx(pi.true_s(), abs=0.01)
    assert "not followed" in keeper.condition
    assert keeper.trusted


@pytest.mark.parametrize("step_s", [120.0, -120.0])
def test_a_step_by_ntp_is_followed_once_it_has_lasted_and_is_told(step_s: float) -> None:
    pi = Machine(wall_error_s=-step_s, synchronised=True)  # synchronised to a wrong server
    keeper = pi.keeper(ClockSettings(trust="ntp", settle_s=5.0))
    keeper.look()
    pi.steady += 1
    pi.wall_error_s = 0.0
    keeper.look()
    assert keeper.now().timestamp() == pytest.approx(pi.true_s() - step_s, abs=0.01)
    pi.steady += 6
    keeper.look()
    assert keeper.now().timestamp() == pytest.approx(pi.true_s(), abs=0.01)
    assert keeper.error_s == pytest.approx(step_s)
    assert "stepped" in keeper.condition
    pi.steady += 4000
    keeper.look()
    assert keeper.condition == "ok"


def test_a_month_without_ntp_is_bridged_by_the_crystal_then_flagged() -> None:
    pi = Machine(synchronised=True)
    pi.drift_ppm = 30.0
    keeper = pi.keeper(ClockSettings(trust="ntp", drift_ppm=20.0, max_error_s=60.0))
    keeper.look()
    learned = keeper.now().timestamp()
    pi.synchronised = False
    pi.steady += 31 * 86_400
    keeper.look()
    assert keeper.trusted
    rate = 1 + 30e-6  # what NTP had learned of the crystal goes on to be used
    assert keeper.now().timestamp() - learned == pytest.approx(31 * 86_400 * rate, abs=0.01)
    pi.steady += 10 * 86_400
    keeper.look()
    assert not keeper.trusted
    assert "flagged" in keeper.condition
    assert keeper.correction() is not None, "it still stamps the best time it has"


def test_a_battery_backed_clock_is_believed_from_the_start_until_ntp_knows_better() -> None:
    pi = Machine(wall_error_s=2.5)
    pi.kept = "hardware clock rtc0"
    keeper = pi.keeper(ClockSettings(trust="auto"))
    keeper.look()
    assert keeper.trusted
    assert keeper.error_s is None
    pi.ntp()
    for _ in range(8):
        pi.steady += 1
        keeper.look()
    assert keeper.now().timestamp() == pytest.approx(pi.true_s(), abs=0.01)
    assert keeper.error_s == pytest.approx(-2.5)
    pi.synchronised, pi.wall_error_s = False, 9000.0
    pi.steady += 60
    keeper.look()
    assert keeper.now().timestamp() == pytest.approx(pi.true_s(), abs=0.01)


def test_sleepers_wake_when_the_time_arrives() -> None:
    async def run() -> None:
        pi = Machine()
        keeper = pi.keeper()
        sleeping = asyncio.create_task(keeper.sleep_until(keeper.now() + timedelta(seconds=0.2)))
        await asyncio.sleep(0)
        pi.ntp()
        keeper.look()
        async with asyncio.timeout(2):
            await sleeping

    asyncio.run(run())


@given(
    stamps=st.lists(st.integers(0, 40 * 86_400_000), min_size=1, max_size=20),
    drift_ppm=st.floats(-100, 100),
    elapsed_s=st.floats(0, 40 * 86_400),
)
def test_correction_keeps_the_order_and_the_distances_to_the_crystals_rate(
    stamps: list[int], drift_ppm: float, elapsed_s: float
) -> None:
    correction = Correction(1.79e9 + elapsed_s, elapsed_s, 1 + drift_ppm * 1e-6)
    stamps = sorted(stamps)
    times = [correction.time_ms(stamp) for stamp in stamps]
    assert times == sorted(times)
    for stamp, at in zip(stamps, times, strict=True):
        apart = (stamp - stamps[0]) * (1 + drift_ppm * 1e-6)
        assert abs((at - times[0]) - apart) <= 1.5


def test_what_the_instrument_dated_itself_keeps_time_and_quality() -> None:
    dated = 1_789_000_000_000
    columns = Columns(
        datastreams=["a/stage", "b/stage"],
        of=[0, 1, 1],
        time=[dated, 5_000, 6_000],
        result=[1.0, 2.0, None],
        quality=[2, 2, 9],
    )
    mixed = Batch(gateway="gw", boot_id="a-1", seq=1, created=7_000, columns=columns)
    found = restamp(mixed, Correction(1.79e9, 10.0, flagged=True))
    assert found.columns.time == [dated, 1_789_999_995_000, 1_789_999_996_000]
    assert found.columns.quality == [2, Quality.SUSPECT, Quality.MISSING]


def test_the_machine_we_run_on_can_be_asked() -> None:
    assert kernel_clock() is None or kernel_clock().max_error_s >= 0  # type: ignore[union-attr]
    before = steady_s()
    assert 0 <= before <= steady_s() < ABSOLUTE_MS / 1000
    assert len(boot()) == 12
    assert boot() == boot()


def test_what_keeps_the_time_without_power_is_found(tmp_path: Path) -> None:
    assert kept_without_power(tmp_path) == ""
    info = tmp_path / "proc" / "cpuinfo"
    info.parent.mkdir()
    info.write_text("processor : 0\nflags : fpu tsc hypervisor\nbugs : none\n")
    assert "host" in kept_without_power(tmp_path)
    clock = tmp_path / "sys" / "class" / "rtc" / "rtc0"
    clock.mkdir(parents=True)
    (clock / "hctosys").write_text("1\n")
    assert kept_without_power(tmp_path) == "hardware clock rtc0"


def test_a_system_clock_that_is_trusted_by_configuration_is_right_at_once() -> None:
    pi = Machine()
    keeper = pi.keeper(ClockSettings(trust="system"))
    keeper.look()
    assert keeper.trusted
    assert keeper.now() == datetime.fromtimestamp(pi.true_s(), UTC)
