"""Accounts, sessions and tokens in the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from forewarn.storage import Connection, StorageError, connect
from forewarn.storage.accounts import (
    AccountRow,
    Attempts,
    TokenRow,
    accounts,
    add_account,
    add_token,
    change_account,
    clear_attempts,
    count_attempt,
    drop_sessions,
    end_session,
    end_sessions,
    find_account,
    find_session,
    find_token,
    open_session,
    revoke_token,
    tokens,
    touch_session,
    use_totp_step,
)

NOON = datetime(2026, 7, 12, 4, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KIM = AccountRow(
    id="kim",
    name="Kim 金",
    role="duty",
    sites=["han"],
    password="$argon2id$",
    totp_secret=None,
    totp_step=0,
    created=NOON,
    disabled=None,
)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with closing(connect(database)) as connection:
        add_account(connection, KIM)
        yield connection


def test_an_account_comes_back_changed(connection: Connection) -> None:
    assert accounts(connection) == [find_account(connection, "kim")] == [KIM]
    with pytest.raises(StorageError, match="`kim` already"):
        add_account(connection, KIM)
    change_account(connection, "kim", role="admin", disabled=NOON)
    found = find_account(connection, "kim")
    assert found is not None
    assert (found.role, found.disabled) == ("admin", NOON)
    with pytest.raises(StorageError, match="no account `lee`"):
        change_account(connection, "lee", role="admin")
    with pytest.raises(ValueError, match="not a column"):
        change_account(connection, "kim", id="lee")


def test_a_code_works_once_and_no_earlier_one_after_it(connection: Connection) -> None:
    assert use_totp_step(connection, "kim", 7)
    assert not use_totp_step(connection, "kim", 7)
    assert not use_totp_step(connection, "kim", 6)
    assert use_totp_step(connection, "kim", 8)


def test_a_session_lives_until_it_ends_and_not_for_the_disabled(connection: Connection) -> None:
    for digest in (b"one", b"two", b"old"):
        open_session(connection, digest, "kim", NOON)
    touch_session(connection, b"one", NOON + HOUR)
    touch_session(connection, b"one", NOON)
    row = find_session(connection, b"one")
    assert row is not None
    assert (row.account, row.name, row.seen) == ("kim", "Kim 金", NOON + HOUR)
    end_session(connection, b"two")
    assert find_session(connection, b"two") is None
    drop_sessions(connection, seen_before=NOON + MINUTE, begun_before=NOON - HOUR)
    assert find_session(connection, b"old") is None
    change_account(connection, "kim", disabled=NOON)
    assert find_session(connection, b"one") is None
    assert end_sessions(connection, "kim") == 1


def test_a_token_lives_until_it_is_revoked(connection: Connection) -> None:
    row = TokenRow(
        name="wall", role="viewer", sites=[], created=NOON, expires=NOON + HOUR, revoked=None
    )
    add_token(connection, row, b"digest")
    assert find_token(connection, b"digest") == row
    assert find_token(connection, b"other") is None
    with pytest.raises(StorageError, match="take another name"):
        add_token(connection, row, b"another")
    revoke_token(connection, "wall", NOON)
    assert find_token(connection, b"digest") is None
    assert [token.revoked for token in tokens(connection)] == [NOON]
    with pytest.raises(StorageError, match="no token `wall`"):
        revoke_token(connection, "wall", NOON)


def locked(attempts: Attempts) -> datetime | None:
    return attempts.last + MINUTE if attempts.failures >= 3 else None


@pytest.mark.parametrize("name", ["kim", "nobody"])
def test_attempts_at_the_same_time_do_not_get_past_the_lock(database: str, name: str) -> None:
    def attempt(_: int) -> bool:
        with closing(connect(database)) as connection:
            return count_attempt(connection, name, NOON, locked, HOUR) is None

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(attempt, range(12))) == 3
    with closing(connect(database)) as connection:
        assert count_attempt(connection, name, NOON, locked, HOUR) == NOON + MINUTE
        assert count_attempt(connection, name, NOON + MINUTE, locked, HOUR) is None
        assert count_attempt(connection, name, NOON + MINUTE, locked, HOUR) == NOON + 2 * MINUTE
        clear_attempts(connection, name)
        assert count_attempt(connection, name, NOON + MINUTE, locked, HOUR) is None
