"""foreign.toml, ESPHome's states and gateways' statuses; then all of it over real brokers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer

from forewarn.domain import topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import ConfigError
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import ReceivedBatch
from forewarn.domain.station import load_site
from forewarn.runtime.kafka_topics import bootstrap_servers
from gateway.foreign.esphome import split
from gateway.foreign.plan import Foreign, Target, load_foreign
from gateway.inbox import Arrived
from gateway.registry import Registry
from gateway.route import route, subscriptions
from tests.gateway.conftest import SITE

NOW = datetime(2020, 8, 5, 12, tzinfo=UTC)
REGISTRY = Registry(
    site="lab", gateways=frozenset({"gw"}), datastreams=frozenset({"hangang/stage"})
)
GAUGE = {"water_level": Target(datastream="hangang/stage", scale=0.01)}
FOREIGN = Foreign(esphome={"garden/gauge": ("gw", GAUGE)}, units={"hangang/stage": "m"})
STATE = "garden/gauge/sensor/water_level/state"
STATUS = GatewayStatus(online=True, gateway="gw", version="1", boot_id="b", time=NOW)


def arrived(topic: str, payload: bytes, *, retained: bool = False) -> Arrived:
    return Arrived(1, 1, 1, topic, payload, NOW, retained)


def routed(topic: str, payload: bytes) -> ReceivedBatch:
    found = route(arrived(topic, payload), REGISTRY, FOREIGN)
    assert found is not None
    assert found.batch is not None
    return found.batch


@pytest.mark.parametrize(
    ("payload", "result", "quality"),
    [(b"231.5", 2.315, 2), (b"-4e1", -0.4, 2), (b"nan", None, 9), (b"ON", 0.01, 2)],
)
def test_an_esphome_state_is_dated_by_its_arrival(
    payload: bytes, result: float | None, quality: int
) -> None:
    [(key, time, value, flag)] = routed(STATE, payload).columns.rows()
    assert (key, time, value, flag) == ("hangang/stage", 1596628800000, result, quality)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (STATE, b"wet", "no number"),
        (STATE, b"\xff", "no number"),
        (STATE, b"1" * 65, "no number"),
        ("garden/gauge/sensor/other/state", b"1", "unknown name"),
    ],
)
def test_what_esphome_says_and_nobody_understands_is_refused(
    topic: str, payload: bytes, reason: str
) -> None:
    batch = routed(topic, payload)
    assert ([r.reason for r in batch.rejected], len(batch.columns)) == ([reason], 0)


def test_a_status_that_is_taken_away_is_nothing() -> None:
    assert route(arrived(topics.status("gw"), b""), REGISTRY, FOREIGN) is None


def test_a_retained_state_is_of_unknown_age_and_goes_nowhere() -> None:
    assert route(arrived(STATE, b"231", retained=True), REGISTRY, FOREIGN) is None


@pytest.mark.parametrize("topic", ["a/state", "a/switch/x/state", "a/sensor/x/command", ""])
def test_other_topics_are_no_states(topic: str) -> None:
    assert split(topic) is None


def test_a_status_goes_to_its_own_topic_as_it_is() -> None:
    found = route(arrived(topics.status("gw"), encode(STATUS), retained=True), REGISTRY, FOREIGN)
    assert found is not None
    assert (found.topic, found.key, found.batch) == (topics.GATEWAYS, b"gw", None)
    assert decode(found.value, GatewayStatus) == STATUS


@pytest.mark.parametrize(
    ("gateway", "payload", "reason"),
    [
        ("gw", b'{"online":', "torn payload"),
        ("gw", encode(STATUS).replace(b'"gw"', b'"xx"'), "torn payload"),
        ("other", encode(STATUS).replace(b'"gw"', b'"other"'), "unknown gateway"),
    ],
)
def test_a_status_that_cannot_be_used_is_a_rejection(
    gateway: str, payload: bytes, reason: str
) -> None:
    batch = routed(topics.status(gateway), payload)
    assert [(r.reason, r.payload) for r in batch.rejected] == [(reason, payload)]


PLAN = """
[senml.gw]
"urn:dev:a:level" = "hangang/stage"

[[esphome]]
prefix = "{prefix}"
gateway = "gw"
sensors.water_level = {{ datastream = "hangang/stage", scale = 0.01 }}
"""


def test_a_plan_is_read_and_says_what_to_subscribe_to(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE.format(gateway="gw"))
    site = load_site(tmp_path)
    assert load_foreign(tmp_path, site).topics() == []
    (tmp_path / "foreign.toml").write_text(PLAN.format(prefix="garden/gauge"))
    plan = load_foreign(tmp_path, site)
    assert plan.esphome == FOREIGN.esphome
    assert plan.senml == {"gw": {"urn:dev:a:level": Target(datastream="hangang/stage")}}
    assert subscriptions(plan) == [
        "forewarn/v1/+/observations",
        "forewarn/v1/+/senml",
        "forewarn/v1/+/status",
        "garden/gauge/sensor/+/state",
        "garden/gauge/binary_sensor/+/state",
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("hangang/stage", "hangang/depth"), "has no datastream `hangang/depth`"),
        (("senml.gw", "senml.other"), "`other` is none of `gateways` in site.toml: gw"),
        (('"garden"', '"garden/#"'), "`garden/#` is no topic"),
        (('"garden"', '"forewarn/v1"'), "is ours"),
        (("scale", "scal"), "Did you mean `scale`"),
    ],
)
def test_a_mistake_in_the_plan_is_explained(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    (tmp_path / "site.toml").write_text(SITE.format(gateway="gw"))
    (tmp_path / "foreign.toml").write_text(PLAN.format(prefix="garden").replace(*change))
    with pytest.raises(ConfigError, match=says):
        load_foreign(tmp_path, load_site(tmp_path))


def test_foreign_devices_and_statuses_over_real_brokers(
    peers: Any, mqtt_url: str, kafka_url: str
) -> None:
    """A retained state in front does not keep what comes behind it from being acknowledged."""
    name = peers.gateway
    (peers.folder / "foreign.toml").write_text(PLAN.replace("gw", name).format(prefix=name))
    states = f"{name}/sensor/water_level/state"
    with peers.edge(mqtt_url) as edge, peers.stream(kafka_url) as stream:
        edge.client.publish(states, b"999", qos=1, retain=True).wait_for_publish(10)
        status = encode(STATUS).replace(b'"gw"', f'"{name}"'.encode())
        edge.client.publish(topics.status(name), status, qos=1, retain=True).wait_for_publish(10)
        with peers.bridge(mqtt_url, kafka_url):
            pack = b'[{"n":"urn:dev:a:level","u":"cm","v":231},{"n":"urn:dev:a:x","v":1}]'
            edge.client.publish(topics.senml(name), pack, qos=1).wait_for_publish(10)
            edge.client.publish(states, b"245", qos=1).wait_for_publish(10)
            edge.send(1)
            peers.eventually(lambda: len(stream.read()) >= 3, what="three batches")
            batches = [batch for _, batch in stream.seen]
            results = [row[2] for batch in batches for row in batch.columns.rows()]
            assert sorted(results) == [2.31, 2.45, 2.5]
            assert [r.reason for batch in batches for r in batch.rejected] == ["unknown name"]
        with peers.bridge(mqtt_url, kafka_url):  # nothing was left unacknowledged
            edge.send(2)
            stream.wait_for(2)
            again = [batch for _, batch in stream.seen[len(batches) :]]
            assert [batch.seq for batch in again] == [2]
    assert _statuses(kafka_url, name, peers) >= 1
    edge_topic_cleared(mqtt_url, peers, states)


def _statuses(kafka_url: str, gateway: str, peers: Any) -> int:
    consumer = KafkaConsumer(
        topics.GATEWAYS,
        bootstrap_servers=bootstrap_servers(kafka_url),
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    found: list[GatewayStatus] = []

    def read() -> bool:
        for records in consumer.poll(100).values():
            found.extend(
                decode(r.value, GatewayStatus) for r in records if r.key == gateway.encode()
            )
        return bool(found)

    try:
        peers.eventually(read, what="the status in Kafka")
    finally:
        consumer.close()
    assert {status.gateway for status in found} == {gateway}
    return len(found)


def edge_topic_cleared(mqtt_url: str, peers: Any, topic: str) -> None:
    """Leave no retained message behind on the broker that all tests share."""
    with peers.edge(mqtt_url) as edge:
        for kept in (topic, topics.status(peers.gateway)):
            edge.client.publish(kept, b"", qos=1, retain=True).wait_for_publish(10)
