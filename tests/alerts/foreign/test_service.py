"""From a source into the database: feeds over TLS, folders, chains, and strangers' mistakes."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from alerts.foreign.service import Importer
from alerts.foreign.source import Source
from forewarn.domain.clock import ManualClock
from forewarn.domain.foreign import Foreign
from forewarn.domain.station import Site
from forewarn.storage import Connection, connect
from forewarn.storage.foreign import (
    KEPT,
    drop_old,
    foreign_live,
    foreign_recent,
    foreign_sources,
    relayed_cap,
)

NOW = datetime(2026, 7, 11, 3, 0, tzinfo=UTC)
REFERENCE = "ews@example.org,{},2026-07-11T10:00:00+08:00"
Cap = Callable[..., bytes]


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database) as found:
        yield found


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def importer(tmp_path: Path, site: Site, database: str) -> Callable[..., Importer]:
    def made(url: str = "drop", tls: Any = None, **settings: Any) -> Importer:
        given: dict[str, Any] = {"id": "nmc", "url": url, "senders": ("ews@example.org",)}
        source = Source(Foreign(**given | settings), tmp_path, tls)
        return Importer(source, site, tmp_path, database, ManualClock(NOW))

    return made


def live(connection: Connection, at: datetime = NOW, source: str = "nmc") -> list[str]:
    return [row.identifier for row in foreign_live(connection, at, [source])]


def atom(*urls: str) -> bytes:
    entries = "".join(
        f'<entry><id>{url}</id><updated>2026-07-11T02:00:00Z</updated><link href="/page.html"'
        f' type="text/html"/><link type="application/cap+xml" href="{url}"/></entry>'
        for url in urls
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def rss(*urls: str) -> bytes:
    items = "".join(f"<item><link>{url}</link><guid>{url}</guid></item>" for url in urls)
    return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()


def test_the_messages_of_a_feed_come_once(
    host: Any, importer: Any, connection: Connection, cap: Cap
) -> None:
    host.page("/1.xml", cap("n-1"))
    host.page("/2.xml", cap("n-2"))
    for name, feed in {"atom": atom, "rss": rss}.items():
        url = host.page("/feed", feed("/1.xml", f"{host.url}/2.xml"), ETag=f'"{name}"')
        looking = importer(url, host.tls, hosts=("localhost",), id=name)
        host.asked.clear()
        assert looking.once(connection) == 2
        assert looking.once(connection) == 0
        assert host.asked == ["/feed", "/1.xml", "/2.xml", "/feed"]
        assert live(connection, source=name) == ["n-2", "n-1"]
    for source in foreign_sources(connection):
        assert (source.error, source.refused, source.answered is None) == ("", [], False)


def test_what_did_not_come_is_said_and_asked_for_again(
    host: Any, importer: Any, connection: Connection, cap: Cap
) -> None:
    host.page("/1.xml", cap("n-1"))
    found = atom("https://[bad", "/1.xml", "/2.xml", "https://10.0.0.5/3.xml", "https://a b/")
    url = host.page("/feed", found, ETag='"a"')
    looking = importer(url, host.tls, hosts=("localhost",))
    assert looking.once(connection) == 1
    [source] = foreign_sources(connection)
    assert source.error.startswith("4 messages did not come:")
    assert source.answered is None
    host.page("/2.xml", cap("n-2"))
    assert looking.once(connection) == 1
    assert live(connection) == ["n-2", "n-1"]


def test_one_cap_file_at_an_address_is_taken_as_often_as_it_changes(
    host: Any, importer: Any, connection: Connection, cap: Cap
) -> None:
    url = host.page("/now.xml", cap("n-1"))
    looking = importer(url, host.tls, hosts=("localhost",))
    assert [looking.once(connection), looking.once(connection)] == [1, 0]
    host.page("/now.xml", cap("n-2", kind="Update", references=REFERENCE.format("n-1")))
    assert looking.once(connection) == 1
    assert live(connection) == ["n-2"]
    host.page("/now.xml", b"<html><p>Down for maintenance</p></html>")
    looking.once(connection)
    [source] = foreign_sources(connection)
    assert "neither a CAP 1.2 alert nor" in source.error
    assert source.answered is not None
    assert source.answered < source.asked
    assert live(connection) == ["n-2"]  # what stood stands until it expires


def test_chains_are_followed_in_whatever_order_they_come(
    drop: Path, importer: Any, connection: Connection, cap: Cap
) -> None:
    for last, standing in (("Cancel", []), ("Update", ["n-3"])):
        files = [
            cap("n-1"),
            cap("n-2", kind="Update", references=REFERENCE.format("n-1")),
            cap("n-3", kind=last, references=REFERENCE.format("n-2")),
        ]
        for order in permutations(range(3)):
            name = f"{last.lower()}-{''.join(map(str, order))}"
            (drop / name).mkdir()
            looking = importer(f"drop/{name}", id=name)
            for place in order:
                (drop / name / f"{place}.xml").write_bytes(files[place])
                looking.once(connection)
            assert live(connection, source=name) == standing


def test_what_expired_or_is_no_warning_is_never_live(
    drop: Path, importer: Any, connection: Connection, cap: Cap
) -> None:
    for status in ("Exercise", "Test", "System", "Draft"):
        (drop / f"{status}.xml").write_bytes(cap(status, status=status))
    (drop / "test.xml").write_bytes(
        cap("t", status="Test", kind="Cancel", references=REFERENCE.format("n-1"))
    )
    (drop / "real.xml").write_bytes(cap("n-1"))
    (drop / "no-end.xml").write_bytes(cap("n-2", expires=""))
    (drop / "tomorrow.xml").write_bytes(
        cap("n-3", sent="2026-07-11T13:00:00+08:00")  # two hours ahead of the clock
    )
    assert importer().once(connection) == 8
    assert live(connection) == ["n-2", "n-1"]
    assert live(connection, NOW + timedelta(hours=7)) == ["n-3", "n-2"][1:]
    assert live(connection, NOW + timedelta(hours=24)) == []
    assert len(foreign_recent(connection, NOW)) == 8
    assert drop_old(connection, NOW + KEPT + timedelta(days=2)) == 8


def test_strange_files_are_refused_and_said(
    drop: Path, importer: Any, connection: Connection, cap: Cap
) -> None:
    (drop / "good.xml").write_bytes(cap("n-1"))
    (drop / "changed.xml").write_bytes(cap("n-1", extra="<description>x</description>"))
    (drop / "who.xml").write_bytes(cap("n-2", sender="who@example.org"))
    (drop / "half.xml").write_bytes(cap("n-3")[:200])
    os.mkfifo(drop / "pipe.xml")
    (drop / "gone.xml").symlink_to(drop / "nothing")
    looking = importer()
    (drop / "gone.xml").unlink()
    assert looking.once(connection) == 1
    [source] = foreign_sources(connection)
    assert len(source.refused) == 3
    (drop / "half.xml").write_bytes(cap("n-3"))
    assert looking.once(connection) == 1
    assert len(foreign_sources(connection)[0].refused) == 2
    importer("elsewhere").once(connection)
    assert "No such file" in foreign_sources(connection)[0].error


def test_only_the_real_and_public_in_our_areas_is_relayed(
    drop: Path, importer: Any, connection: Connection, cap: Cap
) -> None:
    (drop / "a.xml").write_bytes(cap("n-1"))
    (drop / "b.xml").write_bytes(cap("n-2", status="Exercise"))
    (drop / "c.xml").write_bytes(cap("n-3", area=""))
    (drop / "d.xml").write_bytes(cap("n-4", scope="Private"))
    importer().once(connection)
    rows = foreign_recent(connection, NOW)
    given = {row.identifier: relayed_cap(connection, row.number, ["nmc"]) for row in rows}
    assert given == {"n-1": cap("n-1"), "n-2": None, "n-3": None, "n-4": None}
    assert relayed_cap(connection, rows[-1].number, []) is None
