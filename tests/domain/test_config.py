from pathlib import Path

import pytest

from forewarn.domain import ConfigError
from forewarn.domain.config import Services, load_services, required
from forewarn.domain.station import load_site

SITE = """
id = "weirtown"
name = "Weirtown"
timezone = "UTC"
gateways = ["weir-1"]

[[area]]
id = "old-town"
name = "Old town"
polygon = [[1.0, 2.0], [1.0, 3.0], [2.0, 3.0], [1.0, 2.0]]

[[station]]
id = "weir"
name = "Weir"
area = "old-town"
latitude = 1.0
longitude = 2.0

[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
thresholds = [{ value = 2.0, level = "yellow", label = "bank full" }]

[station.datastream.limits]
fail = [-1.0, 9.0]
suspect = [0.0, 8.0]
"""


def written(folder: Path, text: str) -> Path:
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_site_lists_its_datastreams_by_key(tmp_path: Path) -> None:
    site = load_site(written(tmp_path, SITE))
    [(key, station, stream)] = site.datastreams()
    assert (key, station.name, stream.interval.total_seconds()) == ("weir/stage", "Weir", 60.0)
    assert stream.limits.suspect == (0.0, 8.0)


@pytest.mark.parametrize(
    ("fault", "mended", "message"),
    [
        ('name = "Weirtown"', "nam = 1", r"unknown field `nam`.*Did you mean `name`\?"),
        ("fail = [", "fial = [", r"unknown field `fial`.*Did you mean `fail`\?"),
        ('unit = "m"', "", r"missing required field `unit`.*station\[0\]"),
        ("latitude = 1.0", "latitude = 91.0", r"<= 90"),
        ("suspect = [0.0, 8.0]", "suspect = [0.0, 10.0]", "`suspect` must lie inside `fail`"),
        ('area = "old-town"', 'area = "new-town"', "no area `new-town`"),
        ('level = "yellow"', 'level = "purple"', "unknown level `purple`; choose from"),
        ("[1.0, 2.0]]", "[1.0, 2.5]]", "last equal to the first"),
        ('id = "weir"', 'id = "Weir 1"', "regex"),
        ("[[area]]", "[[area]", r"line 7"),
    ],
)
def test_a_mistake_names_file_key_and_remedy(
    tmp_path: Path, fault: str, mended: str, message: str
) -> None:
    assert fault in SITE
    with pytest.raises(ConfigError, match=message) as error:
        load_site(written(tmp_path, SITE.replace(fault, mended)))
    assert str(tmp_path / "site.toml") in str(error.value)


def test_an_absent_site_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sites/yongjiang"):
        load_site(tmp_path)


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = tmp_path / "forewarn.toml"
    path.write_text('[services]\nmqtt_url = "mqtt://a"\nkafka_url = "kafka://b:1,c:2"\n')
    services = load_services({"FOREWARN_MQTT_URL": "mqtts://u:p@d:8883"}, path)
    assert services == Services(mqtt_url="mqtts://u:p@d:8883", kafka_url="kafka://b:1,c:2")


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("FOREWARN_MQTT_URL", "http://a"),
        ("FOREWARN_MQTT_URL", "mqtt://a:port"),
        ("FOREWARN_MQTT_URL", "mqtt://"),
        ("FOREWARN_KAFKA_URL", "127.0.0.1:9092"),
        ("FOREWARN_KAFKA_URL", "kafka://a:1,:2"),
        ("FOREWARN_DATABASE_URL", "mysql://a"),
    ],
)
def test_a_bad_url_shows_a_good_one(tmp_path: Path, variable: str, url: str) -> None:
    with pytest.raises(ConfigError, match=r"give e\.g\. `"):
        load_services({variable: url}, tmp_path / "none.toml")


def test_a_service_without_its_url_says_three_ways_to_give_it() -> None:
    with pytest.raises(ConfigError, match=r"FOREWARN_KAFKA_URL.*forewarn.toml.*forewarn up"):
        required(Services(), "kafka_url")
