"""Passwords (argon2id), codes (TOTP, RFC 6238), and how long a name is locked."""

import re
import secrets
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from console.errors import ConsoleError
from forewarn.storage.accounts import Attempts

HASHER = PasswordHasher()

NOBODY = HASHER.hash(secrets.token_hex(16))
"""Verified where there is no such account, so that the answer takes as long."""

SHORTEST, LONGEST = 12, 256
"""Characters of a password."""

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")

STEP_S = 30
"""RFC 6238: each code is for one time step; one step early or late is taken as well."""

FREE_FAILURES = 5
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)
"""Failures under a name that nobody tried for so long are forgotten."""

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter that is taken for another when it is read aloud or copied by hand."""


def check_name(name: str) -> str:
    """Return `name`; ConsoleError where it cannot be the id of an account or token."""
    if not NAME.fullmatch(name):
        raise ConsoleError(
            f"`{name}` cannot be a name: up to 32 small letters, digits, `.`, `_` and `-`, "
            "beginning with a letter or digit"
        )
    return name


def hash_password(password: str, name: str) -> str:
    """Return the argon2id hash; ConsoleError says what is wrong with the password."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConsoleError(f"a password has {SHORTEST} to {LONGEST} characters")
    if name and name in password.lower():
        raise ConsoleError("a password must not contain the name of its account")
    return HASHER.hash(password)


def verify_password(hashed: str | None, password: str) -> bool:
    """Return whether `password` is the one hashed; as slow where there is nothing to compare."""
    try:
        return HASHER.verify(hashed or NOBODY, password[: LONGEST + 1]) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def random_password() -> str:
    """Return a password of 79 random bits that can be read aloud."""
    groups = ("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def new_totp_secret() -> str:
    """Return 160 random bits, base32."""
    return pyotp.random_base32()


def totp_uri(secret: str, name: str, issuer: str) -> str:
    """Return the `otpauth://` address that authenticator apps read as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def totp_step(secret: str, code: str, at: datetime) -> int | None:
    """Return the time step whose code this is, at most one from that of `at`; None if wrong."""
    said, now = "".join(code.split()), int(at.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    steps = [
        step
        for step in (now - 1, now, now + 1)
        if step >= 0 and secrets.compare_digest(totp.generate_otp(step).encode(), said.encode())
    ]
    return steps[0] if steps else None


def locked_until(attempts: Attempts) -> datetime | None:
    """Return until when a name is locked: from five failures on, 1 min, 2 min, … 15 min."""
    over = attempts.failures - FREE_FAILURES
    if over < 0:
        return None
    lasts: timedelta = min(FIRST_LOCK * 2 ** min(over, 10), LONGEST_LOCK)
    return attempts.last + lasts
