"""The outbox: nothing it was given is forgotten before the ack, whatever happens to the file."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import OutboxError
from edge.outbox import Outbox
from edge.outbox.record import Entry, carve, pack, unpack
from forewarn.domain.codec import decode
from forewarn.domain.observation import Batch, Columns, DurableAck

MEGABYTE = 1_000_000


def batch(seq: int, boot: str = "boot-1", rows: int = 3) -> Batch:
    columns = Columns(
        datastreams=["weir/stage"],
        of=[0] * rows,
        time=[1_600_000_000_000 + seq * 60_000 + row for row in range(rows)],
        result=[seq + row / 10 for row in range(rows)],
        quality=[2] * rows,
    )
    return Batch(gateway="gw", boot_id=boot, seq=seq, created=1_600_000_000_000, columns=columns)


def open_outbox(path: Path, limit: int = MEGABYTE, memory: int = MEGABYTE) -> Outbox:
    return Outbox(path, limit_bytes=limit, memory_bytes=memory)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edge" / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = open_outbox(path)
    yield opened
    opened.close()


def held(outbox: Outbox) -> list[tuple[str, int]]:
    found = [decode(entry.payload, Batch) for entry in outbox.after(0, 100_000)]
    return [(b.boot_id, b.seq) for b in found]


def fill(path: Path, count: int, rows: int = 3) -> None:
    """Write `count` batches and leave the file as a killed process would: the log not merged."""
    opened = open_outbox(path, limit=100 * MEGABYTE)
    for seq in range(1, count + 1):
        opened.add([batch(seq, rows=rows)])
    copies = {file: file.read_bytes() for file in path.parent.iterdir()}
    opened.close()
    for file, content in copies.items():
        file.write_bytes(content)


def test_keeps_batches_in_order_over_a_restart(path: Path) -> None:
    first = open_outbox(path)
    first.add([batch(1), batch(2)])
    first.add([batch(3)])
    first.close()
    second = open_outbox(path)
    second.add([batch(1, "boot-2")])
    assert held(second) == [("boot-1", 1), ("boot-1", 2), ("boot-1", 3), ("boot-2", 1)]
    assert second.boots() == {"boot-1", "boot-2"}
    assert second.state().findings == ()
    second.close()


def test_forgets_exactly_what_an_ack_names(outbox: Outbox) -> None:
    outbox.add([batch(seq) for seq in range(1, 8)] + [batch(2, "boot-2")])
    ack = DurableAck(gateway="gw", boot_id="boot-1", stored=[(1, 2), (5, 5), (9, 1 << 70), (8, 3)])
    assert len(outbox.settle([ack])) == 3
    assert held(outbox) == [
        ("boot-1", 3),
        ("boot-1", 4),
        ("boot-1", 6),
        ("boot-1", 7),
        ("boot-2", 2),
    ]
    assert outbox.state().batches == 5
    assert outbox.settle([ack]) == []


def test_numbers_are_never_used_twice(path: Path) -> None:
    first = open_outbox(path)
    [entry] = first.add([batch(1)])
    first.settle([DurableAck(gateway="gw", boot_id="boot-1", stored=[(1, 1)])])
    first.close()
    second = open_outbox(path)
    [later] = second.add([batch(2)])
    second.close()
    assert later.number > entry.number


def test_a_full_outbox_drops_the_oldest_counts_it_and_says_so(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    size = len(pack(Entry(1, b""))) + 150
    full = open_outbox(path, limit=10 * size)
    for seq in range(1, 51):
        full.add([batch(seq)])
    state = full.state()
    kept = [seq for _, seq in held(full)]
    assert kept == list(range(51 - len(kept), 51))
    assert state.payload_bytes <= 10 * size
    assert (state.lost_batches, state.lost_observations) == (50 - len(kept), 3 * (50 - len(kept)))
    assert "the oldest batches are dropped" in caplog.text
    full.close()
    again = open_outbox(path, limit=10 * size)
    assert again.state().lost_batches in (50 - len(kept), 50 - len(kept) - 1)
    again.close()


@pytest.mark.parametrize("cut", [0.0, 0.25, 0.5, 0.9])
def test_a_torn_file_is_set_aside_and_what_is_whole_is_saved(
    path: Path, cut: float, caplog: pytest.LogCaptureFixture
) -> None:
    whole = open_outbox(path, limit=100 * MEGABYTE)
    whole.add([batch(seq, rows=50) for seq in range(1, 201)])
    whole.close()
    os.truncate(path, int(path.stat().st_size * cut))
    torn = open_outbox(path)
    saved = held(torn)
    assert len(saved) >= 200 * cut * 0.8 - 10
    assert set(saved) <= {("boot-1", seq) for seq in range(1, 201)}
    [finding] = torn.state().findings
    assert f"{len(saved)} batches saved" in finding
    assert any(r.levelno == logging.ERROR and "set aside" in r.message for r in caplog.records)
    torn.add([batch(1, "boot-2")])
    assert ("boot-2", 1) in held(torn)
    assert cut == 0 or list(path.parent.glob("outbox.db.torn-*"))
    torn.close()
    again = open_outbox(path)
    assert again.state().findings == ()
    again.close()


def test_a_torn_file_names_what_is_lacking_from_the_oldest_that_was_kept(path: Path) -> None:
    whole = open_outbox(path, limit=100 * MEGABYTE)
    whole.add([batch(seq, rows=50) for seq in range(1, 201)])
    whole.settle([DurableAck(gateway="gw", boot_id="boot-1", stored=[(1, 20)])])
    whole.close()
    os.truncate(path, path.stat().st_size // 2)
    torn = open_outbox(path)
    saved = {seq for _, seq in held(torn)}
    lacking = set(range(21, 201)) - saved
    [finding] = torn.state().findings
    torn.close()
    assert 0 < len(lacking) < 180
    assert f"{len(lacking)} batches are lacking" in finding
    assert f"–{max(lacking)}" in finding


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.7])
def test_a_truncated_log_is_noticed_though_sqlite_says_nothing(path: Path, cut: float) -> None:
    fill(path, 40)
    log = path.with_name("outbox.db-wal")
    os.truncate(log, int(log.stat().st_size * cut))
    torn = open_outbox(path)
    saved = held(torn)
    [finding] = torn.state().findings
    assert "batches that had been written were not in it" in finding or "empty" in finding
    assert len(saved) < 40
    assert saved == [("boot-1", seq) for seq in range(1, len(saved) + 1)]
    if 0 < len(saved) < 39:
        lacking = f"{40 - len(saved)} batches are lacking, number {len(saved) + 1}–40 (after 2020-"
        assert lacking in finding
    torn.close()


def test_batches_behind_a_flipped_bit_in_the_log_are_carved_out(path: Path) -> None:
    fill(path, 40)
    log = path.with_name("outbox.db-wal")
    content = bytearray(log.read_bytes())
    content[len(content) // 3] ^= 0xFF
    log.write_bytes(content)
    torn = open_outbox(path)
    assert len(held(torn)) >= 39
    [finding] = torn.state().findings
    assert "torn" in finding
    torn.close()


def test_garbage_instead_of_a_file_does_not_stop_the_agent(path: Path) -> None:
    fill(path, 3)
    path.write_bytes(os.urandom(100_000))
    path.with_name("outbox.db-wal").unlink()
    torn = open_outbox(path)
    torn.add([batch(9)])
    assert held(torn) == [("boot-1", 9)]
    assert torn.state().findings
    torn.close()


def test_a_record_with_a_flipped_bit_is_never_published(path: Path) -> None:
    whole = open_outbox(path)
    whole.add([batch(1), batch(2), batch(3)])
    whole.close()
    content = path.read_bytes()
    place = content.index(b'"seq":2')
    path.write_bytes(content[: place + 6] + b"7" + content[place + 7 :])
    spoilt = open_outbox(path)
    assert held(spoilt) == [("boot-1", 1), ("boot-1", 3)]
    assert spoilt.state().lost_batches == 1
    spoilt.close()


def test_a_file_torn_while_in_use_is_replaced(path: Path) -> None:
    used = open_outbox(path, limit=100 * MEGABYTE)
    used.add([batch(seq, rows=100) for seq in range(1, 1501)])  # more than SQLite's cache
    used.close()
    used = open_outbox(path, limit=100 * MEGABYTE)
    with path.open("r+b") as file:
        for page in range(0, path.stat().st_size, 8192 * 3):
            file.seek(page)
            file.write(b"\0" * 100)
    used.add([batch(1, "boot-2")])
    used.after(0, 2000)
    used.add([batch(2, "boot-2")])
    assert {("boot-2", 1), ("boot-2", 2)} <= set(held(used))
    assert used.state().findings
    used.close()


WRITER = """
import resource, sys
from pathlib import Path
from tests.edge.test_outbox import batch, open_outbox, held
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
outbox = open_outbox(Path(sys.argv[1]), memory=20_000)
for seq in range(1, 301):
    outbox.add([batch(seq)])
state = outbox.state()
assert state.fault and state.in_memory > 0, state
assert state.lost_batches > 0 and state.batches + state.lost_batches == 300, state
assert held(outbox)[-1] == ("boot-1", 300)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
outbox._retry_at = 0.0
outbox.retry()
state = outbox.state()
assert not state.fault and state.in_memory == 0 and state.batches + state.lost_batches == 300, state
outbox.close()
"""


def test_a_full_disk_keeps_batches_in_memory_bounded_and_recovers(path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WRITER, str(path)], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert "the disk refuses" in ended.stderr
    reopened = open_outbox(path)
    assert held(reopened)[-1] == ("boot-1", 300)
    assert reopened.state().lost_batches > 0
    reopened.close()


def test_a_disk_that_refuses_from_the_start_is_tried_again(path: Path) -> None:
    path.parent.mkdir()
    path.mkdir()  # a folder stands where the file should be
    refused = open_outbox(path)
    refused.add([batch(1)])
    assert refused.state().fault
    assert held(refused) == [("boot-1", 1)]
    path.rmdir()
    refused._retry_at = 0.0
    refused.add([batch(2)])
    assert refused.state().in_memory == 0
    assert held(refused) == [("boot-1", 1), ("boot-1", 2)]
    refused.close()


def test_another_layout_is_refused_by_name(path: Path) -> None:
    open_outbox(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(OutboxError, match=r"outbox\.db: its layout is version 99"):
        open_outbox(path)


KILLED = """
import sys
from pathlib import Path
from tests.edge.test_outbox import batch, open_outbox
outbox = open_outbox(Path(sys.argv[1]))
for seq in range(1, 10_000):
    outbox.add([batch(seq, sys.argv[2])])
    print(seq, flush=True)
"""


def test_a_killed_writer_loses_nothing_it_had_written(path: Path) -> None:
    written: set[tuple[str, int]] = set()
    for start, lines in enumerate((3, 17, 40)):
        boot = f"boot-{start}"
        command = [sys.executable, "-c", KILLED, str(path), boot]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                written.add((boot, int(writer.stdout.readline())))
            writer.send_signal(signal.SIGKILL)
            written |= {(boot, int(line)) for line in writer.stdout if line.endswith("\n")}
    survivor = open_outbox(path)
    assert written <= set(held(survivor))
    assert survivor.state().findings == ()
    survivor.close()


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, (1 << 64) - 1))
def test_carving_finds_the_whole_record_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, before: bytes, after: bytes, number: int
) -> None:
    file = tmp_path_factory.mktemp("carve") / "file"
    entry = Entry(number, b'{"some":"payload"}')
    record = pack(entry)
    file.write_bytes(before + record + record[:-1] + b"\xff" + after)
    assert list(carve(file)) == [entry]
    assert unpack(record) == entry
    assert unpack(record[:-1]) is None
