"""Passwords, codes and locks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.access.accounts import (
    check_name,
    hash_password,
    locked_until,
    random_password,
    totp_step,
    verify_password,
)
from console.access.roles import EVERYTHING, PERMITS, Role, permits_of
from console.errors import ConsoleError
from forewarn.storage.accounts import Attempts

NOON = datetime(2026, 7, 12, 4, 0, tzinfo=UTC)

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # base32 of 12345678901234567890
RFC_6238_B = [(59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471")]
RFC_6238_B += [(1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130")]


@pytest.mark.parametrize(("time", "code"), RFC_6238_B)
def test_codes_are_those_of_rfc_6238_one_step_early_or_late(time: int, code: str) -> None:
    for off, taken in ((0, True), (-30, True), (30, True), (-60, False), (60, False)):
        at = datetime.fromtimestamp(time + off, UTC)
        assert totp_step(RFC_SECRET, code[2:], at) == (time // 30 if taken else None)
    assert totp_step(RFC_SECRET, f" {code[2:5]} {code[5:]}", datetime.fromtimestamp(time, UTC))


@pytest.mark.parametrize("code", ["", "12345", "０１２３４５", "abcdef", "9" * 5000])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert totp_step(RFC_SECRET, code, NOON) is None


def test_a_password_is_verified_and_its_hash_says_how() -> None:
    hashed = hash_password("correct horse 电池", "kim")
    assert hashed.startswith("$argon2id$")
    assert verify_password(hashed, "correct horse 电池")
    assert not verify_password(hashed, "correct horse")
    assert not verify_password(None, "correct horse 电池")
    assert not verify_password("not a hash", "correct horse 电池")


@pytest.mark.parametrize("password", ["", "short", "x" * 257, "my name is Kim!"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(ConsoleError, match="a password"):
        hash_password(password, "kim")


def test_random_passwords_are_taken_and_differ() -> None:
    made = {random_password() for _ in range(50)}
    assert len(made) == 50
    assert hash_password(made.pop(), "admin")


@pytest.mark.parametrize("name", ["", "Kim", "a b", "-kim", "k" * 33, "金", "kim\n"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ConsoleError, match="cannot be a name"):
        check_name(name)


@given(st.integers(0, 10_000))
def test_a_lock_never_gets_shorter_and_ends(failures: int) -> None:
    def lasts(count: int) -> timedelta:
        return (locked_until(Attempts(count, NOON)) or NOON) - NOON

    assert timedelta(0) <= lasts(failures) <= lasts(failures + 1) <= timedelta(minutes=15)
    assert (lasts(failures) > timedelta(0)) == (failures >= 5)


def test_every_role_reads_and_one_unknown_may_nothing() -> None:
    assert set(PERMITS) == set(Role)
    assert all("read" in permits for permits in PERMITS.values())
    assert [role for role in Role if "accounts" in PERMITS[role]] == [Role.ADMIN]
    assert [role for role in Role if "approve" in PERMITS[role]] == [Role.APPROVER, Role.ADMIN]
    assert PERMITS[Role.ADMIN] == EVERYTHING
    assert permits_of("emperor") == frozenset()
