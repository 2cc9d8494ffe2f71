"""The pager: real database, real HTTP receiver, and a process that is killed in a storm."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from alerts.paging.channels import Ways
from alerts.paging.plan import plan
from alerts.paging.sender import TRIES, Sender
from alerts.paging.service import Pager
from alerts.people.chain import Spans
from alerts.people.directory import Directory, People
from forewarn.domain.clock import ManualClock, WorldClock
from forewarn.domain.config import convert
from forewarn.domain.desk import Act, Action, Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.domain.station import Site
from forewarn.storage import Connection, connect
from forewarn.storage.heartbeats import heartbeats, queue_canary
from forewarn.storage.incidents import act, incident, save_incident
from forewarn.storage.paging import told
from tests.alerts.conftest import SITE

NOW = datetime(2026, 7, 11, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KILLS = 20
ISSUED = Incident(
    incident="t.1",
    area="west",
    hazard="flood",
    datastream="town/stage",
    status="Exercise",
    state=IncidentState.ISSUED,
    level=Level.RED,
    highest=Level.RED,
    headline="Town",
    opened=NOW,
    changed=NOW,
)


class Receiver:
    """Takes pages, drops repeats by their key, and answers 503 while `broken`."""

    def __init__(self, url: str) -> None:
        self.url, self.broken, self.posts = url, False, 0
        self.taken: dict[str, dict[str, object]] = {}
        self.bodies: list[Any] = []
        self.reply = b"{}"

    def states(self) -> list[tuple[str, str, str]]:
        """Return (person, incident, state) of all that was taken."""
        return [
            (str(page["person"]), entry["incident"], entry["state"])
            for page in list(self.taken.values())
            for entry in page["incidents"]  # type: ignore[attr-defined]
        ]


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.posts += 1
            receiver.bodies.append(body)
            if not receiver.broken:
                receiver.taken.setdefault(self.headers["Idempotency-Key"], body)
            self.send_response(503 if receiver.broken else 200)
            self.end_headers()
            self.wfile.write(receiver.reply)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def directory(url: str, *, people: int = 1) -> dict[str, object]:
    hook, paper = {"kind": "webhook", "to": url}, {"kind": "file", "to": "paper.jsonl"}
    names = [f"p{n}" for n in range(people)]
    return {
        "contact": [
            {"id": name, "name": name, "language": "en", "channel": [hook, paper]} for name in names
        ],
        "chain": [{"id": "c", "step": [{"who": names}]}],
        "responsibility": [{"chain": "c"}],
    }


class Duty:
    """A pager's parts, worked by hand."""

    def __init__(self, url: str, database: str, connection: Connection, folder: Path) -> None:
        self.people = People(convert(directory(url), Directory, source="test"))
        self.connection, self.folder = connection, folder
        self.clock = ManualClock(NOW)
        ways = Ways(self.people, folder)
        self.sender = Sender(
            1, people=self.people, database_url=database, clock=self.clock, ways=ways
        )

    def plan(self, now: datetime = NOW) -> int:
        site = convert(SITE, Site, source="test")
        return plan(self.connection, now, people=self.people, site=site, spans=Spans())

    def send_all(self) -> None:
        while self.sender.send_one(self.connection):
            pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def duty(receiver: Receiver, database: str, tmp_path: Path) -> Iterator[Duty]:
    with connect(database) as connection:
        save_incident(connection, ISSUED)
        yield Duty(receiver.url, database, connection, tmp_path)


class Exhausted(Ways):
    """A machine that has no file descriptor left."""

    def send(self, *_: object) -> None:
        raise OSError(24, "Too many open files")


def test_what_breaks_on_one_message_does_not_end_the_sender(duty: Duty, tmp_path: Path) -> None:
    duty.sender = Sender(
        1,
        people=duty.people,
        database_url="",
        clock=duty.clock,
        ways=Exhausted(duty.people, tmp_path),
    )
    duty.plan()
    assert duty.sender.send_one(duty.connection)
    [page] = told(duty.connection, "t.1")
    assert (page.progress, page.attempts) == ("queued", 1)


def test_a_crossing_is_told_once_and_its_end_too(duty: Duty, receiver: Receiver) -> None:
    assert duty.plan() == 1
    assert duty.plan() == 0
    duty.send_all()
    assert receiver.states() == [("p0", "t.1", "red")]
    (page,) = receiver.taken.values()
    assert page["text"] == "EXERCISE RED flood warning: West bank (town). Please acknowledge."
    save_incident(
        duty.connection, replace(ISSUED, state=IncidentState.CANCELLED, level=Level.NONE, ended=NOW)
    )
    assert duty.plan(NOW + MINUTE) == 1
    duty.send_all()
    assert receiver.states() == [("p0", "t.1", "red"), ("p0", "t.1", "over")]
    assert [t.progress for t in told(duty.connection, "t.1")] == ["accepted", "accepted"]


def test_an_ack_before_it_is_sent_takes_it_back_and_unack_lets_it_go(
    duty: Duty, receiver: Receiver
) -> None:
    duty.plan()
    what = Action(at=NOW + MINUTE, author="p0", act=Act.ACK, incident="t.1")
    act(duty.connection, what)
    duty.plan(NOW + MINUTE)
    assert [t for t in told(duty.connection, "t.1") if t.state == "red"] == []
    act(duty.connection, replace(what, act=Act.UNACK))
    duty.plan(NOW + 2 * MINUTE)
    duty.send_all()
    assert ("p0", "t.1", "red") in receiver.states()


def test_what_rose_after_an_ack_is_told_and_can_be_acked_again(
    duty: Duty, receiver: Receiver
) -> None:
    save_incident(duty.connection, replace(ISSUED, level=Level.ORANGE))
    duty.plan()
    duty.send_all()
    first = Action(at=NOW + MINUTE, author="p0", act=Act.ACK, incident="t.1")
    act(duty.connection, first)
    save_incident(duty.connection, replace(ISSUED, changed=NOW + 2 * MINUTE))
    act(duty.connection, replace(first, author="p1", at=NOW + 3 * MINUTE))
    act(duty.connection, replace(first, author="p2", at=NOW + 4 * MINUTE))
    found = incident(duty.connection, "t.1")
    assert found is not None
    assert (found.acked_by, found.acked_at) == ("p1", NOW + 3 * MINUTE)
    assert duty.plan(NOW + 5 * MINUTE) == 0
    assert receiver.states() == [("p0", "t.1", "orange")]


def test_a_dead_channel_is_tried_again_and_then_the_next(duty: Duty, receiver: Receiver) -> None:
    receiver.broken = True
    duty.plan()
    for _ in range(TRIES):
        duty.connection.execute("UPDATE notification SET next_try = now()")
        assert duty.sender.send_one(duty.connection)
    assert receiver.posts == TRIES
    duty.send_all()
    (line,) = (duty.folder / "paper.jsonl").read_text().splitlines()
    assert json.loads(line)["person"] == "p0"
    (entry,) = told(duty.connection, "t.1")
    assert (entry.progress, entry.channel) == ("accepted", "file")


def test_when_every_channel_fails_that_is_known(duty: Duty, receiver: Receiver) -> None:
    receiver.broken = True
    (duty.folder / "paper.jsonl").mkdir()
    duty.plan()
    for _ in range(2 * TRIES):
        duty.connection.execute("UPDATE notification SET next_try = now()")
        duty.sender.send_one(duty.connection)
    (entry,) = told(duty.connection, "t.1")
    assert entry.progress == "failed"
    assert "paper.jsonl" in entry.error


def test_one_stir_of_the_desk_after_another_is_planned(
    duty: Duty, receiver: Receiver, database: str, tmp_path: Path
) -> None:
    site, clock = convert(SITE, Site, source="test"), WorldClock(NOW, time.time(), 1)
    pager = Pager(site, duty.people, database, clock=clock, folder=tmp_path)
    running = threading.Thread(target=pager.run, daemon=True)
    running.start()
    for name in ("t.1", "t.2", "t.3"):
        save_incident(duty.connection, replace(ISSUED, incident=name, hazard=name))
        end = time.monotonic() + 10
        while ("p0", name, "red") not in receiver.states() and time.monotonic() < end:
            time.sleep(0.02)
        assert ("p0", name, "red") in receiver.states(), name
    pager.stop()
    running.join(10)
    assert not running.is_alive()


def test_the_canary_passes_queue_and_sender_and_nobody_hears_of_it(
    duty: Duty, receiver: Receiver
) -> None:
    duty.plan()
    queue_canary(duty.connection, NOW)
    queue_canary(duty.connection, NOW)
    assert duty.plan() == 0  # does not take it back
    assert duty.sender.send_one(duty.connection)
    assert heartbeats(duty.connection) == {"pager": NOW}
    assert receiver.posts == 0, "the canary is sent before all others"
    duty.send_all()
    assert receiver.states() == [("p0", "t.1", "red")]
    [row] = duty.connection.execute("SELECT count(*) FROM notification").fetchall()
    assert row == (1,)


def test_an_ack_that_nothing_follows_comes_back_on_the_worlds_clock(
    duty: Duty, receiver: Receiver
) -> None:
    duty.plan()
    duty.send_all()
    act(duty.connection, Action(at=NOW + MINUTE, author="p0", act=Act.ACK, incident="t.1"))
    assert duty.plan(NOW + 30 * MINUTE) == 0
    assert duty.plan(NOW + 31 * MINUTE) == 1
    duty.send_all()
    newest = list(receiver.taken.values())[-1]
    assert "nothing was done since" in str(newest["text"])
    said = Action(at=NOW + 32 * MINUTE, author="p0", act=Act.COMMENT, incident="t.1")
    act(duty.connection, replace(said, detail={"text": "pumps run"}))
    assert duty.plan(NOW + 61 * MINUTE) == 0
    assert duty.plan(NOW + 62 * MINUTE) == 1


def toml(url: str, people: int) -> str:
    contacts = [
        f'[[contact]]\nid = "p{n}"\nname = "P{n}"\n[[contact.channel]]\n'
        f'kind = "webhook"\nto = "{url}"\n'
        for n in range(people)
    ]
    names = ", ".join(f'"p{n}"' for n in range(people))
    chain = f'[[chain]]\nid = "c"\n[[chain.step]]\nwho = [{names}]\n'
    return "".join(contacts) + chain + '[[responsibility]]\nchain = "c"\n'


@pytest.mark.soak
def test_a_pager_that_is_killed_twenty_times_tells_everybody_once(
    receiver: Receiver, database: str, tmp_path: Path
) -> None:
    people, alerts = 10, 40
    (tmp_path / "site.toml").write_text(
        (Path(__file__).parents[2] / "sites" / "han" / "site.toml").read_text()
    )
    (tmp_path / "people.toml").write_text(toml(receiver.url, people))
    environment = {
        **os.environ,
        "FOREWARN_SITE": str(tmp_path),
        "FOREWARN_STATE": str(tmp_path),
        "FOREWARN_DATABASE_URL": database,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-m", "forewarn.cli", "alerts", "page"]
    log = (tmp_path / "pager.log").open("ab")

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment, stderr=log, cwd=tmp_path)

    rng, process = random.Random(7), start()
    hazards = [f"storm-{n}" for n in range(alerts)]  # of a hazard each: nothing is grouped
    try:
        with connect(database) as connection:
            for number in range(KILLS):
                now = datetime.now(UTC)
                for n in (2 * number, 2 * number + 1):
                    new = replace(
                        ISSUED, incident=f"t.{n}", hazard=hazards[n], opened=now, changed=now
                    )
                    save_incident(connection, new)
                posts = receiver.posts
                wait_for(lambda posts=posts: receiver.posts > posts, 60)  # type: ignore[misc]
                time.sleep(rng.uniform(0, 0.15))
                process.send_signal(signal.SIGKILL)
                process.wait()
                process = start()
        wanted = {(f"p{p}", f"t.{n}", "red") for p in range(people) for n in range(alerts)}
        wait_for(lambda: set(receiver.states()) == wanted, 90)
        time.sleep(2)
        assert sorted(receiver.states()) == sorted(wanted)
    finally:
        process.kill()
        process.wait()
        log.close()


def wait_for(ready: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)
