"""Back-off, logs, the list of services."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forewarn.domain.config import Services
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import load_site
from forewarn.runtime.logfiles import bound, says_ready, size, tail
from forewarn.runtime.parts import Kept, ServiceProcess
from forewarn.runtime.ports import free_port, is_free, kept_port
from forewarn.runtime.reach import check_reachable, without_password
from forewarn.runtime.services import (
    Service,
    core_services,
    edge_services,
    environment,
    foreign_services,
)


def dying(log: Path) -> Kept:
    program = (sys.executable, "-S", "-c")
    service = Service(name="dying", arguments=["raise SystemExit(3)"], program=program)
    return Kept(ServiceProcess(service, {}, log))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_keeps_dying_is_restarted_ever_more_slowly(tmp_path: Path) -> None:
    kept = dying(tmp_path / "dying.log")
    now = 1000.0
    kept.launch(now)
    pauses = []
    for _ in range(6):
        until(lambda: not kept.part.alive)
        said = kept.tick(now)
        assert said is not None
        assert "dying ended with exit code 3; it starts again in" in said
        pauses.append(float(said.partition("again in ")[2].partition(" s")[0]))
        assert kept.tick(now + pauses[-1] - 0.01) is None
        restarts = kept.restarts
        now += pauses[-1]
        assert kept.tick(now) is None
        assert kept.restarts == restarts + 1
    kept.part.kill()
    assert pauses == [0.5, 1, 2, 4, 5, 5]
    assert kept.hopeless


def test_back_off_begins_anew_after_a_quiet_while(tmp_path: Path) -> None:
    patient = Service(
        name="patient",
        arguments=["import time; time.sleep(600)"],
        program=(sys.executable, "-S", "-c"),
    )
    kept = Kept(ServiceProcess(patient, {}, tmp_path / "patient.log"))
    kept.launch(0.0)
    for now in (1.0, 10.0):
        kept.part.kill()
        assert kept.tick(now) is not None
        kept.tick(now + 5)
    assert kept.tick(100.0) is None
    kept.part.kill()
    said = kept.tick(101.0)
    assert said is not None
    assert "was killed by signal 9; it starts again in 0.5 s" in said


def test_ready_is_a_word_and_said_since_the_newest_start(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert not says_ready(log, 0)
    log.write_text("topics are there already\n")
    assert not says_ready(log, 0)
    log.write_text("12:00:00 info gateway: ready site=han\n")
    assert says_ready(log, 0)
    assert not says_ready(log, size(log))
    assert says_ready(log, size(log) + 1), "the log was cut since"


def test_log_is_bounded_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        assert not bound(log, 100)
        writer.write(b"y")
        assert bound(log, 100)
        writer.write(b"next\n")
    assert log.read_bytes() == b"next\n"
    assert (tmp_path / "a.log.1").read_bytes() == b"x" * 100 + b"y"
    assert not bound(tmp_path / "none.log", 100)


def test_tail_shows_the_end(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {n}\n" for n in range(2000)))
    assert tail(log, 2) == "    line 1998\n    line 1999"
    assert tail(tmp_path / "none.log") == "    (nothing)"


def test_ports_are_kept_and_below_those_of_outgoing_connections(tmp_path: Path) -> None:
    port = kept_port(tmp_path, "mqtt")
    assert kept_port(tmp_path, "mqtt") == port
    assert kept_port(tmp_path, "kafka") != port
    assert 20_000 <= free_port() < 32_768
    assert is_free(port)


def test_ports_are_kept_for_all_who_ask_at_once(tmp_path: Path) -> None:
    names = [f"engine-{n}" for n in range(20)]
    with ThreadPoolExecutor(20) as threads:
        ports = list(threads.map(lambda name: kept_port(tmp_path, name), names))
    assert [kept_port(tmp_path, name) for name in names] == ports


def test_core_services_are_named_for_their_workers() -> None:
    names = [service.name for service in core_services(workers=2)]
    assert names == ["gateway", "stream-1", "stream-2", "alerts", "pager", "console", "watchdog"]
    assert "stream" in [service.name for service in core_services()]


def test_foreign_messages_are_taken_in_where_the_site_names_a_source(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "sites" / "han" / "site.toml").read_text()
    (tmp_path / "site.toml").write_text(text)
    assert foreign_services(load_site(tmp_path)) == []
    more = '[[foreign]]\nid = "kma"\nurl = "drop"\nsenders = ["kma@example.org"]\n'
    (tmp_path / "site.toml").write_text(f"{text}\n{more}")
    [service] = foreign_services(load_site(tmp_path))
    assert service.arguments == ["alerts", "foreign", "run"]


def test_edges_are_those_of_the_site(tmp_path: Path) -> None:
    for gateway, site in (("han-river", "han"), ("yj-river", "yongjiang")):
        (tmp_path / gateway).mkdir()
        (tmp_path / gateway / "gateway.toml").write_text(f'site = "{site}"\n')
    [edge] = edge_services("han", tmp_path, Path("/state/devices.json"))
    assert edge.name == "edge-han-river"
    assert edge.arguments[-2:] == ["--devices", "/state/devices.json"]
    (tmp_path / "yj-river" / "gateway.toml").write_text("site = ")
    with pytest.raises(ConfigError, match="yj-river"):
        edge_services("han", tmp_path)


def test_environment_overrides_what_was_there() -> None:
    urls = Services(kafka_url="kafka://127.0.0.1:9")
    base = {"FOREWARN_KAFKA_URL": "kafka://old:1", "HOME": "/h", "OMP_NUM_THREADS": "2"}
    clock = "epoch=2020-01-01T00:00:00Z,origin=0,speed=2"
    found = environment(urls=urls, site=Path("/s"), state=Path("/t"), clock=clock, base=base)
    assert found["FOREWARN_KAFKA_URL"] == "kafka://127.0.0.1:9"
    assert (found["FOREWARN_SITE"], found["FOREWARN_STATE"]) == ("/s", "/t")
    assert (found["FOREWARN_CLOCK"], found["HOME"]) == (clock, "/h")
    assert found["OMP_NUM_THREADS"] == "2"


def test_reachable_services_pass(mqtt_url: str, kafka_url: str) -> None:
    several = f"kafka://127.0.0.1:1,{kafka_url.removeprefix('kafka://')}"
    check_reachable(Services(mqtt_url=mqtt_url, kafka_url=several))


def test_password_is_not_shown() -> None:
    assert without_password("postgresql://u:p%40w@h:5/d") == "postgresql://h:5/d"
    assert without_password("kafka://h:1") == "kafka://h:1"
