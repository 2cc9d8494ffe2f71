"""Who is signed in: opaque tokens of which the database has only the SHA-256."""

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from console.access.roles import Permit, permits_of
from forewarn.storage.accounts import SessionRow, TokenRow

IDLE = timedelta(minutes=30)
"""Signed out when nobody did anything for so long; what a page asks by itself is nothing."""

LONGEST = timedelta(hours=12)
"""Signed out so long after signing in, a shift, whatever was done."""


MACHINE = "token:"
"""How the id of a machine begins; no name of an account holds a colon."""


class Account(Struct, frozen=True, kw_only=True):
    """Who asks."""

    id: str
    """Of the account; `token:NAME` of a machine; empty: a guest."""
    name: str
    role: str
    permits: frozenset[Permit]
    csrf: str = ""
    """What changing requests must say; empty: they need not, no browser sends this by itself."""

    @property
    def is_machine(self) -> bool:
        """Whether a token asks, behind which may be anybody."""
        return self.id.startswith(MACHINE)


GUEST = Account(id="", name="", role="viewer", permits=frozenset({"read"}))


def new_token() -> str:
    """Return 256 random bits for a cookie or a machine."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return what the database knows of a token."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """Return the word that only a page which may read our answers knows."""
    return hashlib.sha256(b"csrf " + token.encode()).hexdigest()


def cookie_name(site_id: str) -> str:
    """Return the name of the cookie: consoles of two sites on one host do not share it."""
    return f"forewarn-{site_id}"


def ends(row: SessionRow) -> datetime:
    """Return when the session ends if nothing is done from now on."""
    return min(row.seen + IDLE, row.created + LONGEST)


def signed_in(row: SessionRow, token: str, site_id: str, now: datetime) -> Account | None:
    """Return whose session it is; None where it is over, or not for this site."""
    if now >= ends(row) or not sees(row.sites, site_id):
        return None
    return Account(
        id=row.account,
        name=row.name,
        role=row.role,
        permits=permits_of(row.role),
        csrf=csrf_of(token),
    )


def machine(row: TokenRow, site_id: str, now: datetime) -> Account | None:
    """Return the machine that has the token; None where it is over, or not for this site."""
    if now >= row.expires or not sees(row.sites, site_id):
        return None
    name = MACHINE + row.name
    return Account(id=name, name=row.name, role=row.role, permits=permits_of(row.role))


def sees(sites: list[str], site_id: str) -> bool:
    """Return whether `sites`, none meaning every one, has this site."""
    return not sites or site_id in sites
