"""The audit trail: one chain, and every way of tampering is noticed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from forewarn.commands.audit import main
from forewarn.storage import Connection, connect
from forewarn.storage.audit import append_audit, audit_rows, verify_audit

NOON = datetime(2026, 7, 12, 4, 0, tzinfo=UTC)


@pytest.fixture
def trail(database: str) -> Iterator[Connection]:
    connection = connect(database)
    for hour in range(5):
        act(connection, hour)
    yield connection
    connection.close()


def act(connection: Connection, hour: int, actor: str = "kim") -> str:
    detail = {"note": "水位", "z": 1.0, "a": [1, None]}
    at = NOON + timedelta(hours=hour)
    return append_audit(connection, at=at, actor=actor, action="ack", subject="weir", detail=detail)


def tamper(connection: Connection, sql: str) -> None:
    with connection.transaction():
        connection.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        connection.execute(sql.encode())
        connection.execute("ALTER TABLE audit ENABLE TRIGGER ALL")


def test_a_whole_chain_is_whole_from_any_time(trail: Connection) -> None:
    verdict = verify_audit(trail)
    assert (verdict.rows, verdict.broken) == (5, None)
    late = verify_audit(trail, since=NOON + timedelta(hours=3))
    assert (late.rows, late.broken, late.newest) == (2, None, verdict.newest)


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("UPDATE audit SET actor = 'lee' WHERE number = 3", 3),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE number = 2", 2),
        ("UPDATE audit SET detail = '{}' WHERE number = 5", 5),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 4", 4),
    ],
)
def test_a_changed_or_removed_row_is_named(trail: Connection, sql: str, broken: int) -> None:
    tamper(trail, sql)
    assert verify_audit(trail).broken == broken


@pytest.mark.parametrize("kept", [3, 0])
def test_a_cut_tail_is_noticed_by_a_hash_kept_elsewhere(trail: Connection, kept: int) -> None:
    newest = verify_audit(trail).newest
    assert verify_audit(trail, expect=newest).broken is None
    tamper(trail, f"DELETE FROM audit WHERE number > {kept}")
    assert verify_audit(trail).broken is None
    assert verify_audit(trail, expect=newest).broken == kept + 1


@pytest.mark.parametrize(
    "sql", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"]
)
def test_the_database_refuses_changes(trail: Connection, sql: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
        trail.execute(sql.encode())


def test_a_row_is_undone_with_its_callers_transaction(trail: Connection) -> None:
    with trail.transaction(force_rollback=True):
        act(trail, 6)
        assert verify_audit(trail).rows == 6
    assert verify_audit(trail).rows == 5


def test_the_command_tells_a_whole_chain_from_a_broken_one(
    trail: Connection,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOREWARN_DATABASE_URL", database)
    newest = verify_audit(trail).newest
    assert main(["verify", "--expect", newest]) == 0
    assert newest in capsys.readouterr().out
    assert main(["list", "--limit", "1"]) == main(["export"]) == 0
    assert capsys.readouterr().out.count("水位") == 6
    tamper(trail, "DELETE FROM audit WHERE number = 4")
    assert main(["verify"]) == 1
    assert "row 4 is missing" in capsys.readouterr().err


def test_many_at_once_keep_one_chain(trail: Connection, database: str) -> None:
    def work(worker: int) -> None:
        connection = connect(database)
        try:
            for hour in range(10):
                act(connection, hour, f"worker-{worker}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert (verify_audit(trail).rows, verify_audit(trail).broken) == (45, None)
    assert [row.number for row in audit_rows(trail, limit=3)] == [45, 44, 43]
