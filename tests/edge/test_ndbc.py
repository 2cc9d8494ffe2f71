"""NDBC's text files: recorded ones, every form of missing, dropped and fetched."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.ndbc.config import NdbcConfig
from edge.drivers.ndbc.driver import NdbcDriver, open_line
from edge.drivers.ndbc.table import COLUMNS, read
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Observation, Quality
from tests.edge.instruments import PROFILES, lines

NOON = datetime(2018, 8, 1, 12, tzinfo=UTC)
HEAD = """#YY  MM DD hh mm WDIR WSPD GST  WVHT   DPD   APD MWD   PRES  ATMP  WTMP  VIS  TIDE
#yr  mo dy hr mn degT m/s  m/s     m   sec   sec degT   hPa  degC  degC  nmi    ft
"""
ROWS = """2018 08 01 12 00 150  7.0  8.0    MM    MM    MM  MM 1023.0    MM  28.0   MM    MM
2018 08 01 11 50  99  6.0   MM   1.2   6.0   5.1 120 1022.9  27.5  28.0  2.0  3.00
"""


def test_realtime_rows_in_si_units() -> None:
    table = read(HEAD + ROWS)
    first, second = table.rows
    assert (first.time, second.time) == (NOON, NOON - timedelta(minutes=10))
    assert first.values["WVHT"] is first.values["TIDE"] is second.values["GST"] is None
    assert second.values["WDIR"] == 99
    assert second.values["PRES"] == 102290.0
    assert second.values["VIS"] == 3704.0
    assert second.values["TIDE"] == pytest.approx(0.9144)
    assert table.bad == 0


def test_nines_of_historical_files_are_missing_each_in_its_own_column() -> None:
    """An hourly file as NDBC wrote them until 1998: no minutes, no units, two-digit years."""
    table = read(
        "YY MM DD hh WD   WSPD GST  WVHT  DPD   APD  MWD  BAR    ATMP  WTMP  DEWP  VIS\n"
        "98 12 31 23 099 99.0 09.9 99.00 99.00 99.00 999 9999.0 999.0  9.9 999.0 99.0\n"
    )
    [row] = table.rows
    assert row.time == datetime(1998, 12, 31, 23, tzinfo=UTC)
    there = {name: value for name, value in row.values.items() if value is not None}
    assert there == {"WDIR": 99.0, "GST": 9.9, "WTMP": 9.9}


def test_compass_points_of_a_spectral_summary_are_degrees() -> None:
    table = read(
        "#YY  MM DD hh mm WVHT  SwH  SwP  WWH  WWP SwD WWD  STEEPNESS  APD MWD\n"
        "#yr  mo dy hr mn    m    m  sec    m  sec  -  degT     -      sec degT\n"
        "2018 08 01 12 00  1.5  1.2  9.1  0.8  4.5 ENE WNW      STEEP  5.1  70\n"
    )
    [row] = table.rows
    assert (row.values["SwD"], row.values["WWD"], row.values["SwP"]) == (67.5, 292.5, 9.1)
    assert "STEEPNESS" not in table.columns


def test_a_compass_point_is_a_value_of_directions_only() -> None:
    table = read(
        "#YY  MM DD hh mm WDIR WSPD GDR GST WVHT MWD\n2026 08 16 10 00    E    E  NW   N    S SSW\n"
    )
    there = {name: value for name, value in table.rows[0].values.items() if value is not None}
    assert there == {"WDIR": 90.0, "GDR": 315.0, "MWD": 202.5}


@given(st.integers(0, len(ROWS)))
def test_wherever_a_file_is_cut_its_rows_are_those_of_the_whole(cut: int) -> None:
    whole, table = read(HEAD + ROWS), read(HEAD + ROWS[:cut])
    assert table.rows == whole.rows[: ROWS[:cut].count("\n")]
    assert table.torn == (cut > 0 and ROWS[cut - 1] != "\n")
    assert table.bad == 0


@pytest.mark.parametrize("text", ["", "<html>", "#YY MM DD\n", "time,value\n1,2\n"])
def test_what_is_no_ndbc_file_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no header of an NDBC file"):
        read(text)


def test_torn_lines_are_counted() -> None:
    table = read(HEAD + ROWS + "2018 08 01 11 4\n2018 13 01 11 40" + " 1" * 12 + "\n")
    assert (len(table.rows), table.bad) == (2, 2)


@given(st.text(max_size=200), st.integers(0, 300))
def test_no_text_after_a_header_breaks_it(text: str, cut: int) -> None:
    whole = HEAD + ROWS + text
    assert len(read(whole).rows) >= 2
    with suppress(ValueError):  # where the header is cut off
        assert len(read(whole[:cut]).rows) <= 2


@pytest.mark.recorded
def test_every_row_of_the_recorded_files_is_read(recorded_data: Path) -> None:
    for path in sorted((recorded_data / "buoy").glob("ndbc_*.txt")):
        text = path.read_text(encoding="ascii")
        table = read(text)
        assert table.bad == 0
        assert len(table.rows) == sum(not line.startswith("#") for line in text.splitlines())
        for name, low, high in (
            ("WDIR", 0, 360),
            ("WSPD", 0, 40),
            ("GST", 0, 50),
            ("WVHT", 0, 15),
            ("DPD", 2, 25),
            ("PRES", 95_000, 105_000),
            ("WTMP", -2, 35),
        ):
            values = [v for row in table.rows if (v := row.values.get(name)) is not None]
            assert all(low <= value <= high for value in values), (path.name, name)
            assert bool(values) == (name in table.columns)


def buoy(url: str, clock: ManualClock, **changes: Any) -> NdbcDriver:
    plain: dict[str, Any] = {
        "device": "buoy",
        "station": "sea",
        "interval": timedelta(minutes=10),
        "columns": {"WVHT": "wave_height", "WSPD": "wind_speed"},
    }
    config = NdbcConfig(**(plain | changes))
    [driver] = open_line("buoy", [config], lines(buoy=url), clock, PROFILES)
    assert isinstance(driver, NdbcDriver)
    return driver


def told(observations: Any) -> list[tuple[str, float | None, datetime]]:
    found: list[Observation] = list(observations)
    return [(o.datastream, o.result, o.phenomenon_time) for o in found]


def test_new_rows_of_a_dropped_file_are_reported_once(tmp_path: Path) -> None:
    async def run() -> None:
        clock, path = ManualClock(NOON), tmp_path / "41002.txt"
        path.write_text(HEAD + ROWS)
        driver = buoy(path.as_uri(), clock)
        before = NOON - timedelta(minutes=10)
        assert told((await driver.read()).observations) == [
            ("sea/wave_height", 1.2, before),
            ("sea/wind_speed", 6.0, before),
            ("sea/wind_speed", 7.0, NOON),  # MM ten minutes after a value is no gap
        ]
        assert (await driver.read()).observations == []
        await clock.advance(timedelta(minutes=70))
        answer = await driver.read()
        assert answer.remark == "the newest row is 70 min old"
        newer = "2018 08 01 13 10 150  9.0  8.0    MM    MM    MM  MM 1023.0   MM  28.0  MM   MM\n"
        path.write_text(HEAD + newer + "torn\n" + ROWS)
        answer = await driver.read()
        wave, wind = answer.observations
        assert (wave.quality, wind.result) == (Quality.MISSING, 9.0)
        assert answer.remark == "1 lines are no rows"
        shown = await driver.probe()
        await driver.aclose()
        assert [line.raw for line in shown] == ["3 rows", "missing", "9"]

    asyncio.run(run())


def test_a_row_caught_while_it_is_written_is_told_once_it_is_whole(tmp_path: Path) -> None:
    """The oldest row stands last: cut within 12.4 it would be told as 1, and never again."""
    row = "2018 08 01 11 40 150  6.5  8.0    12.4"

    async def run() -> None:
        path = tmp_path / "41002.txt"
        head = "#YY  MM DD hh mm WDIR WSPD GST  WVHT\n"
        path.write_text(head + row[:-3])
        driver = buoy(path.as_uri(), ManualClock(NOON))
        answer = await driver.read()
        assert answer.observations == []
        assert answer.remark == "the last line has no end, and waits for it"
        path.write_text(head + row)  # the number is whole, but who could tell?
        assert (await driver.read()).observations == []
        path.write_text(head + row + "\n")
        answer = await driver.read()
        assert [o.result for o in answer.observations] == [12.4, 6.5]
        assert "last line" not in answer.remark

    asyncio.run(run())


def test_old_and_future_rows_and_missing_columns_are_named(tmp_path: Path) -> None:
    async def run() -> None:
        path = tmp_path / "41002.txt"
        path.write_text(HEAD + ROWS)
        late = buoy(path.as_uri(), ManualClock(NOON + timedelta(days=9)))
        assert (await late.read()).observations == []
        early = buoy(path.as_uri(), ManualClock(NOON - timedelta(hours=1)))
        assert "2 rows are in the future" in (await early.read()).remark
        other = buoy(path.as_uri(), ManualClock(NOON), columns={"DEWP": "dew_point"})
        assert (await other.read()).remark == "the file has no column DEWP"
        with pytest.raises(DriverError, match=r"sea: .*No such file"):
            await buoy((tmp_path / "none.txt").as_uri(), ManualClock(NOON)).read()

    asyncio.run(run())


class Page(BaseHTTPRequestHandler):
    """A page with a date, as NDBC's server gives them."""

    text: ClassVar[str] = HEAD + ROWS
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        since = self.headers.get("If-Modified-Since", "")
        self.asked.append(since)
        if self.path != "/41002.txt":
            self.send_error(404)
        elif since:
            self.send_response(304)
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("Last-Modified", "Wed, 01 Aug 2018 12:05:00 GMT")
            self.end_headers()
            self.wfile.write(self.text.encode())

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_is_fetched_and_asked_for_again_only_if_it_has_changed(page: str) -> None:
    async def run() -> None:
        Page.asked.clear()
        driver = buoy(f"{page}/41002.txt", ManualClock(NOON))
        assert len((await driver.read()).observations) == 3
        assert (await driver.read()).observations == []
        assert Page.asked == ["", "Wed, 01 Aug 2018 12:05:00 GMT"]
        with pytest.raises(DriverError, match="404"):
            await buoy(f"{page}/none.txt", ManualClock(NOON)).read()
        with pytest.raises(DriverError, match="refused"):
            await buoy("http://127.0.0.1:1/x.txt", ManualClock(NOON)).read()
        with pytest.raises(DriverError, match=r"is not file:// or http\(s\)://"):
            await buoy("gpio:17", ManualClock(NOON)).read()

    asyncio.run(run())


def answering(*replies: bytes) -> tuple[str, threading.Thread]:
    """Return the URL of a server that gives these bytes, one reply for each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener:
            for reply in replies:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/41002.txt", thread


OK = b"HTTP/1.1 200 OK\r\n"
PAGE = (HEAD + ROWS).encode()


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"garbage\r\n\r\n", "no answer of a web server: BadStatusLine"),
        (b"", "no answer of a web server: RemoteDisconnected"),
        (OK + b"X: y\r\n" * 200 + b"\r\n", "got more than 100 headers"),
        (OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n", "LineTooLong"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", "torn after 0 bytes"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n40\r\nabc", "torn after"),
        (OK + b"Content-Length: 5000\r\n\r\n" + PAGE, "torn after .* are lacking"),
        (OK + b"Content-Length: 5\r\n\r\n", "torn after 0 bytes; 5 are lacking"),
    ],
)
def test_what_is_no_whole_answer_is_a_fault_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, reply: bytes, says: str
) -> None:
    async def run() -> None:
        url, thread = answering(reply, OK + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE)
        driver = buoy(url, ManualClock(NOON))
        with pytest.raises(DriverError, match=says):
            await driver.read()
        assert len((await driver.read()).observations) == 3
        thread.join()

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asyncio.run(run())


def test_a_page_that_was_cut_is_asked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a length nobody tells that the connection closed early, but the last line does."""

    async def run() -> None:
        dated = OK + b"Last-Modified: Wed, 01 Aug 2018 12:05:00 GMT\r\n\r\n"
        url, thread = answering(dated + PAGE[:-40], dated + PAGE)
        driver = buoy(url, ManualClock(NOON))
        assert [o.result for o in (await driver.read()).observations] == [None, 7.0]
        assert driver._source is not None
        assert driver._source[1]._stamp is None
        assert [o.result for o in (await driver.read()).observations] == [1.2, 6.0]
        thread.join()

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"columns": {}}, "`columns` is empty"),
        ({"columns": {"WVTH": "wave_height"}}, "no column `WVTH`. Did you mean `WVHT`?"),
        ({"backlog": timedelta(days=3)}, "at most `PT23H`"),
    ],
)
def test_a_mistake_is_explained(changes: dict[str, Any], says: str) -> None:
    plain: dict[str, Any] = {
        "device": "buoy",
        "station": "sea",
        "interval": timedelta(minutes=10),
        "columns": {"WVHT": "wave_height"},
    }
    config = NdbcConfig(**(plain | changes))
    assert any(says in mistake for mistake in config.mistakes(PROFILES))


def test_the_readme_names_every_column() -> None:
    folder = Path(__file__).resolve().parents[2] / "edge" / "drivers" / "ndbc"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in readme] == []
