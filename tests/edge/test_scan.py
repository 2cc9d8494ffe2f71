"""`forewarn edge scan` over real Modbus, on TCP and on a serial line."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from edge.cli import main
from edge.scan import units_in
from forewarn.domain.errors import ConfigError
from simulators.line import SerialLine
from simulators.modbus import SerialBus, TcpBus
from simulators.register_map import RegisterMap
from simulators.siren import Siren
from tests.edge.instruments import PROFILES, floats

RADAR = RegisterMap(inputs={2000: 0, 2001: 0} | floats(2002, 3.25, 8.5, 1.0))
TIPPING = RegisterMap(
    inputs=dict.fromkeys(range(13), 0) | {0: 0x00C0, 1: 0x3343, 6: 2794, 8: 5588, 10: 2}
)
SIREN = Siren(lambda: 0.0)

Units = Mapping[int, RegisterMap | Siren]


@contextmanager
def served(kind: str, units: Units) -> Iterator[str]:
    """Serve `units` in a thread, because a command has an event loop of its own."""
    ready, end = threading.Event(), threading.Event()
    found: list[str] = []

    async def run() -> None:
        line, bus = SerialLine("bus"), TcpBus(units)
        if kind == "serial":
            SerialBus(line, units)
        found.append(line.url() if kind == "serial" else await bus.open())
        ready.set()
        while not end.is_set():
            await asyncio.sleep(0.01)
        line.close()
        await bus.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(5)
        yield found[0]
    finally:
        end.set()
        thread.join()


@pytest.mark.parametrize("kind", ["tcp", "serial"])
def test_units_are_found_and_the_profiles_that_fit(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(kind, {2: TIPPING, 4: RADAR, 5: SIREN}) as url:
        options = ["--profiles", str(PROFILES), "--timeout", "0.05"]
        assert main(["scan", "--url", url, "--units", "1-6", *options]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("unit")] == ["unit 2", "unit 4", "unit 5"]
    assert said[1].split()[:4] == ["dfrobot_sen0575", "it", "is", "one"]
    radar = said[said.index("unit 4") + 1 : said.index("unit 5")]
    assert [line.split()[:4] for line in radar] == [["vega_vegapuls", "3", "of", "3"]]
    siren = [line.split()[0] for line in said[said.index("unit 5") + 1 :]]
    assert siren == ["siren_timed", "rika_rk400_01"]  # the likelier first
    assert SIREN.blasts == 0


def test_nobody_answers_is_said_with_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    with served("serial", {9: RADAR}) as url:
        options = ["--units", "1-2", "--profiles", str(PROFILES), "--timeout", "0.05"]
        assert main(["scan", "--url", url, *options]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "nobody answers at /dev/pts/" in said.err
    assert "units 1–2, 0.05 s each. The line was 9600 baud 8N1: try others" in said.err


def test_a_line_that_is_not_there_is_named() -> None:
    from edge import DriverError

    with pytest.raises(DriverError, match="nobody there at /dev/not-there"):
        main(["scan", "--url", "serial:///dev/not-there", "--profiles", str(PROFILES)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "gpio:///17"], "Modbus hangs on tcp"),
        (["--url", "tcp://host"], "is not the address of a line"),
        (["--url", "tcp://h:1", "--units", "1-x"], "give e.g. 1-247"),
        (["--url", "tcp://h:1", "--units", "300"], "0 to 255"),
        (["--url", "tcp://h:1", "--units", "9-3"], "0 to 255"),
        (["--url", "tcp://h:1", "--timeout", "0"], "--timeout 0"),
        (["--url", "tcp://h:1", "--profiles", "/no/such"], "no such folder"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], message: str) -> None:
    if "--profiles" not in arguments:
        arguments = [*arguments, "--profiles", str(PROFILES)]
    with pytest.raises(ConfigError, match=message):
        main(["scan", *arguments])


def test_units_are_read_as_people_write_them() -> None:
    assert units_in("1-3,2,80") == [1, 2, 3, 80]


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["scan", "--help"])
    said = capsys.readouterr().out
    assert "examples:" in said
    assert "rtu+tcp://" in said
