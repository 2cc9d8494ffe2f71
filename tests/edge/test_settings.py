"""gateway.toml: the sample is right, and every mistake is named where it is."""

import json
import re
import shutil
from pathlib import Path

import pytest

from edge import EdgeError, address
from edge.address import SerialAddress, TcpAddress
from edge.cli import main
from edge.drivers.registry import instrument_names
from edge.lines import Lines
from edge.settings import DRIVERS, Device, load_gateway
from forewarn.domain.errors import ConfigError
from tests.edge.instruments import PROFILES

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "edge" / "sample.toml"

SITE = """
id = "yongjiang"
name = "Yongjiang"
timezone = "Asia/Shanghai"
gateways = ["yj-river"]
[[area]]
id = "town"
name = "Town"
polygon = [[29.0, 121.0], [29.0, 121.1], [29.1, 121.1], [29.0, 121.0]]
"""

STATION = """
[[station]]
id = "{id}"
name = "{id}"
area = "town"
latitude = 29.0
longitude = 121.0
"""

STREAM = '[[station.datastream]]\nproperty = "{property}"\nunit = "m"\ninterval = "PT10M"\n'

STATIONS = {
    "longtan": ("stage", "discharge", "rain"),
    "dongqiao": ("stage",),
    "estuary": ("wind_speed", "wind_direction", "water_temperature", "wave_height", "tide"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project's folder with the sample as a gateway, its profiles and its site."""
    gateway = tmp_path / "firmware_configs" / "yj-river"
    gateway.mkdir(parents=True)
    shutil.copy(SAMPLE, gateway / "gateway.toml")
    shutil.copytree(PROFILES, tmp_path / "firmware_configs" / "profiles")
    site = SITE
    for station, properties in STATIONS.items():
        site += STATION.format(id=station)
        site += "".join(STREAM.format(property=name) for name in properties)
    (tmp_path / "sites" / "yongjiang").mkdir(parents=True)
    (tmp_path / "sites" / "yongjiang" / "site.toml").write_text(site)
    return tmp_path


def change(folder: Path, *changes: tuple[str, str]) -> Path:
    path = folder / "firmware_configs" / "yj-river" / "gateway.toml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    return path


def check(folder: Path) -> int:
    config = folder / "firmware_configs" / "yj-river" / "gateway.toml"
    return main(["check", "--config", str(config), "--site", str(folder / "sites" / "yongjiang")])


def test_the_sample_has_no_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder) == 0
    printed = capsys.readouterr().out
    assert "4 instruments, no mistake (against Yongjiang)" in printed
    assert "note: no instrument feeds `estuary/tide`" in printed


def test_the_sample_shows_several_drivers_and_names_instruments() -> None:
    shown = {name.split("/")[1] for name in instrument_names(load_gateway(SAMPLE))}
    assert {"modbus", "nmea", "tipping_bucket"} <= shown <= set(DRIVERS)


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_has_a_sample_of_its_own(driver: str) -> None:
    config = load_gateway(ROOT / "edge" / "drivers" / driver / "sample.toml")
    assert {name.split("/")[1].split("-")[0] for name in instrument_names(config)} == {driver}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('site = "yong', 'sit = "yong', "unknown field `sit`. Did you mean `site`?"),
        ('driver = "nmea"', 'driver = "nema"', "[[instrument]] 3: driver `nema` is none of "),
        ("unit = 1", "unit = 300", "[[instrument]] 1: Expected `int` <= 255"),
        ("mm_per_tip = 0.2", "mm_per_tp = 0.2", "4: Object contains unknown field `mm_per_tp`"),
        ("mm_per_tip = 0.2", "mm_per_tip = 0", "Expected `float` > 0.0"),
        ('"PT10M"', '"PT0S"', "`interval` must be above 0"),
        ('"PT10M"', '"10 minutes"', "Invalid ISO8601 duration"),
        ("tcp://192.168.1.20:502", "tcp://192.168.1.20", "[device.bus]: url `tcp://192.168.1.20`"),
        ("tcp://192.168.1.20:502", "tcp://a:99999", "Port out of range"),
        ("baud=9600&parity=N", "baud=9600&pairity=N", "no option `pairity`; known: baud, parity"),
        ("baud=9600&parity=N", "baud=fast", "invalid literal for int"),
        ("parity=N", "parity=Q", "parity is N, E or O"),
        ("window = 20 ", "window = 0 ", "Expected `int` >= 1 - at `$.publish.window`"),
    ],
)
def test_a_mistake_of_form_is_named(folder: Path, old: str, new: str, message: str) -> None:
    path = change(folder, (old, new))
    with pytest.raises(ConfigError, match=re.escape(message)) as raised:
        load_gateway(path)
    assert str(path) in str(raised.value)


def test_all_mistakes_of_form_are_named_at_once(folder: Path) -> None:
    path = change(
        folder, ("unit = 1", "unit = 300"), ('driver = "nmea"', "driver = 1"), ("tcp:", "udp:")
    )
    with pytest.raises(ConfigError) as raised:
        load_gateway(path)
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('gateway = "yj-river"', 'gateway = "yj-rivr"', "Did you mean `yj-river`?"),
        ('site = "yongjiang"', 'site = "han"', "site = `han`, but this is the site `yongjiang`"),
        ('station = "dongqiao"', 'station = "dongqio"', "Did you mean `dongqiao`?"),
        ('property = "rain"', 'property = "snow"', "station `longtan` has no `snow`"),
        ('device = "nmea"', 'device = "nma"', "no [device.nma]. Did you mean `nmea`?"),
        ('device = "nmea"', 'device = "rs485"', "cannot serve modbus and nmea at once"),
        ('device = "nmea"', 'device = "pulse"', "device `nmea` has no instrument"),
        (
            'profile = "radar_level"',
            'profile = "radar"',
            "no such profile. Did you mean `radar_level`",
        ),
        ("{ distance =", "{ distanc =", "has no `distanc`. Did you mean `distance`?"),
        ('{ "0" = "stage"', '{ "8" = "stage"', "profile `logger8` has no `8`"),
        ('"MWV.speed_true"', '"MWV.sped_true"', "Did you mean `MWV.speed_true`?"),
        ('"1" = "discharge"', '"1" = "stage"', "datastream `longtan/stage` is fed 2 times"),
        ('"PT10M"', '"PT1H"', "interval 1:00:00 is longer than the 0:10:00"),
        ("serial:///dev/ttyUSB1?baud=4800", "rtu+tcp://h:1", "cannot hang on rtu+tcp"),
    ],
)
def test_a_mistake_of_meaning_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    change(folder, (old, new))
    assert check(folder) == 1
    assert message in capsys.readouterr().err


def test_run_refuses_a_configuration_that_cannot_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = change(folder, ('profile = "radar_level"', 'profile = "radar"'))
    with pytest.raises(ConfigError, match="no such profile"):
        main(["run", "--config", str(path)])
    monkeypatch.delenv("FOREWARN_MQTT_URL", raising=False)
    path = change(
        folder,
        ('profile = "radar"', 'profile = "radar_level"'),
        ('url = "mqtt://127.0.0.1:1883"', ""),
    )
    with pytest.raises(ConfigError, match="no broker: set `url` under"):
        main(["run", "--config", str(path)])


def test_probe_knows_its_stations(folder: Path) -> None:
    path = change(folder)
    with pytest.raises(ConfigError, match="no station `x`; there are: dongqiao, estuary, longtan"):
        main(["probe", "--config", str(path), "--station", "x"])


def test_every_driver_folder_has_the_same_files() -> None:
    for name in DRIVERS:
        driver = ROOT / "edge" / "drivers" / name
        for file in ("config.py", "driver.py", "sample.toml", "README.md"):
            assert (driver / file).is_file(), f"{name} lacks {file}"
        assert load_gateway(driver / "sample.toml").instruments
        readme = (driver / "README.md").read_text()
        for heading in ("## Datasheet", "## Faults"):
            assert heading in readme, f"{name}/README.md lacks {heading}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "firmware_configs").glob("*/gateway.toml")), ids=lambda p: p.parent.name
)
def test_the_gateways_of_this_project_have_no_mistake(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = ROOT / "sites" / load_gateway(path).site
    assert main(["check", "--config", str(path), "--site", str(site)]) == 0, capsys.readouterr().err


def test_addresses() -> None:
    assert address.parse("tcp://host:502") == TcpAddress("host", 502)
    assert address.parse("rtu+tcp://10.0.0.1:4001") == TcpAddress("10.0.0.1", 4001, rtu=True)
    full = address.parse("serial:///dev/ttyUSB0?baud=19200&parity=E&bits=7&stop=2")
    assert full == SerialAddress("/dev/ttyUSB0", 19200, "E", 7, 2)


def test_overridden_addresses_are_read_again_when_they_change(tmp_path: Path) -> None:
    path = tmp_path / "devices.json"
    lines = Lines({"bus": Device(url="tcp://a:1"), "nmea": Device(url="tcp://b:2")}, path)
    with pytest.raises(EdgeError, match="is not there yet"):
        lines.address("bus")
    path.write_text(json.dumps({"bus": "tcp://c:3"}))
    assert (str(lines.address("bus")), str(lines.address("nmea"))) == ("c:3", "b:2")
    newer = tmp_path / "newer"
    newer.write_text(json.dumps({"bus": "serial:///dev/pts/9"}))
    newer.replace(path)
    assert str(lines.address("bus")) == "/dev/pts/9"
    for broken in ("{", "[]", '{"bus": "x"}'):
        newer.write_text(broken)
        newer.replace(path)
        with pytest.raises(EdgeError):
            lines.address("bus")
