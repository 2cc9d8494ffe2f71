"""`forewarn edge check` explains every mistake in alarms, outputs, sampling and the clock."""

import shutil
from pathlib import Path

import pytest

from edge.check import mistakes
from edge.settings import load_gateway
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site, load_site
from tests.edge.instruments import PROFILES

ROOT = Path(__file__).resolve().parents[2]

RIGHT = """
gateway = "yj-river"
site = "yongjiang"
[mqtt]
url = "mqtt://city.example"
[clock]
trust = "ntp"
[sampling]
alerts = ["longtan"]
battery = "longtan/battery"
[[sampling.rise]]
datastream = "longtan/stage"
per_hour = 0.3
[device.bus]
url = "tcp://192.168.1.20:502"
[device.relays]
url = "tcp://192.168.1.21:502"
[[instrument]]
driver = "modbus"
device = "bus"
unit = 1
station = "longtan"
profile = "logger8"
interval = "PT1M"
channels = { "0" = "stage", "1" = "discharge", "2" = "battery" }
[output.siren]
kind = "modbus"
device = "relays"
profile = "waveshare_relay8"
output = "relay_1"
[output.lamp]
kind = "gpio"
pin = 17
[output.horn]
kind = "mqtt"
url = "mqtt://127.0.0.1"
topic = "horn/set"
[[alarm]]
name = "high-water"
datastream = "longtan/stage"
above = 5.0
clear = 4.8
for = "PT1M"
range = [-1.0, 9.0]
outputs = ["siren", "lamp", "horn"]
reported_as = "longtan/alarm"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a site with one station, a battery and an alarm."""
    folder = tmp_path_factory.mktemp("site")
    datastream = '[[station.datastream]]\nproperty = "{}"\nunit = "1"\ninterval = "PT1M"\n'
    text = (
        'id = "yongjiang"\nname = "Y"\ntimezone = "UTC"\ngateways = ["yj-river"]\n[[area]]\n'
        'id = "longtan"\nname = "L"\npolygon = [[0, 0], [0, 1], [1, 1], [0, 0]]\n[[station]]\n'
        'id = "longtan"\nname = "L"\narea = "longtan"\nlatitude = 0\nlongitude = 0\n'
    )
    text += "".join(datastream.format(p) for p in ("discharge", "battery", "alarm", "stage"))
    (folder / "site.toml").write_text(text + "limits = { fail = [-2.0, 12.0] }\n")
    return load_site(folder)


def found(folder: Path, site: Site, old: str, new: str) -> str:
    assert old in RIGHT
    path = folder / "gateway.toml"
    path.write_text(RIGHT.replace(old, new, 1))
    try:
        return "\n".join(mistakes(load_gateway(path), PROFILES, site))
    except ConfigError as error:
        return str(error)


def test_the_right_one_has_no_mistake(tmp_path: Path, site: Site) -> None:
    assert found(tmp_path, site, "gateway", "gateway") == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('datastream = "longtan/stage"\nabove', 'datastream = "longtan/stag"\nabove', "`longtan/s"),
        ('"siren", "lamp", "horn"', '"sirene", "lamp", "horn"', "no [output.sirene]. Did you mean"),
        ('"siren", "lamp", "horn"', '"lamp", "horn"', "output siren: no alarm uses it"),
        ('"siren", "lamp", "horn"', '"siren", "siren", "lamp", "horn"', "`siren` is there 2 times"),
        ("clear = 4.8", "clear = 5.1", "`clear` (5.1) lies above `above` (5)"),
        ("clear = 4.8", "claer = 4.8", "Did you mean `clear`?"),
        ("clear = 4.8\n", "", "missing required field `clear`"),
        ("above = 5.0", "above = 5.0\nbelow = 1.0", "either `above` or `below`"),
        ("range = [-1.0, 9.0]", "range = [0.0, 4.9]", "must lie within `range`"),
        ("above = 5.0", "above = 12.5", "must lie within `range`"),
        ("above = 5.0\n", 'above = 5.0\nwhen = "sometimes"\n', "[[alarm]] 1"),
        ('for = "PT1M"', 'for = "-PT1M"', "must not be negative"),
        ('for = "PT1M"', "agree = 1", "more than half"),
        ('"longtan/alarm"', '"longtan/alarms"', "Did you mean `longtan/alarm`?"),
        ('"longtan/alarm"', '"longtan/discharge"', "an instrument feeds `longtan/discharge`"),
        ('kind = "gpio"', 'kind = "gpoi"', "kind `gpoi` is none of modbus, mqtt, gpio"),
        ("pin = 17", "pin = 40", "[output.lamp]"),
        ('device = "relays"', 'device = "relay"', "no [device.relay]. Did you mean `relays`?"),
        ('output = "relay_1"', 'output = "relay_9"', "no output `relay_9`"),
        ('url = "tcp://192.168.1.21:502"', 'url = "rtsp://camera"', "Modbus needs tcp://"),
        ('url = "mqtt://127.0.0.1"', 'url = "mqtt://city.example"', "is the city's broker"),
        ('topic = "horn/set"', 'topic = "horn/+"', "plain topics"),
        ('alerts = ["longtan"]', 'alerts = ["lontan"]', "no area `lontan`"),
        ('battery = "longtan/battery"', 'battery = "longtan/batery"', "feeds `longtan/batery`"),
        ('battery = "lo', 'slow = 4.0\nbattery = "lo', "the site takes for silence"),
        ('battery = "lo', 'battery_low = 0.6\nbattery = "lo', "battery_low (0.6) < battery_rec"),
        ("per_hour = 0.3", 'per_hour = 0.3\nover = "PT5M"', "too short to tell a rise"),
        ("per_hour = 0.3", "per_hour = -1", "per_hour"),
        ("longtan/stage", "longtan/level", "sampling.rise: no instrument"),
        ('trust = "ntp"', 'trust = "gps"', "trust"),
        ('trust = "ntp"', "max_error = 1", "Did you mean `max_error_s`?"),
        ('trust = "ntp"', 'flagged_after = "PT0S"', "`flagged_after` must be above 0"),
        ('kind = "gpio"\npin = 17', 'kind = "modbus"\ndevice = "bus"', "missing required field"),
    ],
)
def test_a_mistake_is_explained(
    tmp_path: Path, site: Site, old: str, new: str, message: str
) -> None:
    assert message in found(tmp_path, site, old, new)


def test_two_outputs_on_one_pin_and_two_alarms_of_one_name(tmp_path: Path, site: Site) -> None:
    again = '[output.second]\nkind = "gpio"\npin = 17\n[output.horn]'
    assert "GPIO 17 is that of output lamp" in found(tmp_path, site, "[output.horn]", again)
    alarm = RIGHT[RIGHT.index("[[alarm]]") :]
    assert "alarm `high-water` is there 2 times" in found(
        tmp_path, site, "[[alarm]]", alarm + "[[alarm]]"
    )


def test_the_sample_of_the_edge_has_them_all(tmp_path: Path) -> None:
    sample = tmp_path / "gateway.toml"
    shutil.copyfile(ROOT / "edge" / "sample.toml", sample)
    config = load_gateway(sample)
    assert config.alarms
    assert config.outputs
    assert config.sampling.rise
