"""The engines are real servers: they keep their ports, and come back from a kill."""

import socket
import stat
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from kafka.admin import KafkaAdminClient
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from forewarn.domain.topics import KAFKA_TOPICS
from forewarn.runtime import EngineError, StateError
from forewarn.runtime.engines import EmbeddedKafka, EmbeddedMqtt, EmbeddedPostgres
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics
from forewarn.runtime.retained import retained


def test_topics_are_made_once(kafka_url: str) -> None:
    assert ensure_topics(kafka_url) == []
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers(kafka_url))
    end = time.monotonic() + 10  # a broker lists what was made a moment after it has said so
    while not set(KAFKA_TOPICS) <= set(admin.list_topics()):
        assert time.monotonic() < end, admin.list_topics()
        time.sleep(0.1)
    admin.close()


def test_database_is_reached_with_its_password_only(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("forewarn",)
    user, _, host = database_url.partition("://")[2].partition("@")
    name = user.partition(":")[0]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://{name}:wrong@{host}")


def test_every_engine_listens_on_the_loopback_alone(
    mqtt_url: str, kafka_url: str, database_url: str
) -> None:
    ports = {urlsplit(url).port for url in (mqtt_url, kafka_url, database_url)}
    listening = {
        (connection.laddr.ip.removeprefix("::ffff:"), connection.laddr.port)
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
    }
    assert listening == {("127.0.0.1", port) for port in ports}


def test_postgres_keeps_what_it_committed_when_it_is_killed(state: Path) -> None:
    engine = EmbeddedPostgres(state)
    url = engine.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
        engine.kill()
    assert not engine.alive
    assert (engine.cluster / "postmaster.pid").is_file()
    assert engine.start() == url
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    engine.stop()
    again = EmbeddedPostgres(state)
    assert again.start() == url
    again.stop()
    assert not (engine.cluster / "postmaster.pid").exists()


def test_postgres_starts_where_the_pid_file_names_a_stranger(state: Path) -> None:
    engine = EmbeddedPostgres(state, durable=False)
    engine.start()
    engine.kill()
    pid_file = engine.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(psutil.Process().ppid()), *lines[1:]]) + "\n")
    engine.start()
    engine.stop()


def test_postgres_that_was_left_running_is_replaced(state: Path) -> None:
    left = EmbeddedPostgres(state, durable=False)
    left.start()
    engine = EmbeddedPostgres(state, durable=False)
    engine.start()
    assert engine.pid != left.pid
    assert not left.alive
    engine.stop()


def test_database_password_is_for_its_owner_only(state: Path) -> None:
    engine = EmbeddedPostgres(state)
    assert engine.url.startswith("postgresql://forewarn:")
    mode = (engine.folder / "password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_interrupted_making_of_the_cluster_is_begun_again(state: Path) -> None:
    engine = EmbeddedPostgres(state, durable=False)
    part = engine.folder / "cluster.part"
    part.mkdir(parents=True)
    (part / "PG_VERSION").write_text("18\n")
    engine.start()
    engine.stop()
    assert not part.exists()


def test_kafka_comes_back_empty_on_its_port(state: Path) -> None:
    engine = EmbeddedKafka(state)
    url = engine.start()
    assert set(ensure_topics(url)) == set(KAFKA_TOPICS)
    engine.kill()
    assert engine.start() == url
    assert set(ensure_topics(url)) == set(KAFKA_TOPICS)
    engine.stop()


def test_mqtt_5_and_3_1_1_see_the_same_large_messages(mqtt_url: str, mqtt5_url: str) -> None:
    publisher = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    publisher.connect("127.0.0.1", urlsplit(mqtt5_url).port or 0)
    publisher.loop_start()
    payload = bytes(100_000)
    publisher.publish("runtime/big", payload, qos=1, retain=True).wait_for_publish(5)
    publisher.disconnect()
    publisher.loop_stop()
    assert retained(mqtt_url, "runtime/big") == {"runtime/big": payload}


def test_mqtt_comes_back_on_its_ports(state: Path) -> None:
    engine = EmbeddedMqtt(state)
    url, url_v5 = engine.start(), engine.url_v5
    engine.kill()
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:\d+: Connection refused"):
        retained(url, "#")
    assert (engine.start(), engine.url_v5) == (url, url_v5)
    assert retained(url, "#") == {}
    engine.stop()


def test_mqtt_gives_again_what_a_persistent_session_did_not_acknowledge(mqtt_url: str) -> None:
    port = urlsplit(mqtt_url).port or 0
    received: list[MQTTMessage] = []

    def session() -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, "runtime-s", clean_session=False, manual_ack=True
        )
        client.on_message = lambda _client, _userdata, message: received.append(message)
        client.connect("127.0.0.1", port)
        return client

    def listen(client: Client, wanted: int) -> None:
        for _ in range(100):
            if len(received) >= wanted:
                return
            client.loop(0.05)

    first = session()
    first.subscribe("runtime/again", qos=1)
    listen(first, 0)
    first.loop(0.05)
    first.loop(0.05)
    for text in (b"one", b"two"):
        first.publish("runtime/again", text, qos=1)
    listen(first, 2)
    first.ack(received[0].mid, 1)
    first.loop(0.05)
    first.disconnect()
    received.clear()
    second = session()
    listen(second, 1)
    second.ack(received[0].mid, 1)
    second.disconnect()
    assert [message.payload for message in received] == [b"two"]


def test_taken_port_is_named_with_its_owner(state: Path) -> None:
    engine = EmbeddedMqtt(state)
    state.mkdir()
    with socket.socket() as other:
        other.bind(("127.0.0.1", engine.port))
        other.listen()
        with pytest.raises(EngineError, match=rf"port {engine.port} .* in use by .*pid.*delete"):
            engine.start()


def test_state_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"file: Not a directory; .*--state"):
        EmbeddedKafka(tmp_path / "file").start()


def test_broken_ports_file_is_named(state: Path) -> None:
    state.mkdir()
    (state / "ports.json").write_text("{")
    with pytest.raises(EngineError, match=r"ports\.json: .*delete the file"):
        EmbeddedKafka(state).start()
