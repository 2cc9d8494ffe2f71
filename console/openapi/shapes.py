"""Answers that the routes put together as they go, as structs: a test compares both."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from console.desk.views import IncidentView, PersonView
from console.views import AlertView
from console.workshop import RefusedView
from forewarn.storage.accounts import TokenRow
from forewarn.storage.audit import AuditRow


class _Shape(Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer with these fields and no other."""


class Nothing(_Shape):
    """It is done; there is nothing to say."""


class Health(_Shape):
    """How the console is."""

    database: str
    """`ok`, or why it does not answer."""
    clients: int
    """Open streams of events."""


class Me(_Shape):
    """Who asks."""

    id: str
    name: str
    role: str
    permits: list[str]
    csrf: str
    """What changing requests say in the header X-Forewarn-CSRF; empty: they need not."""


class MyAccount(_Shape):
    """One's own account."""

    id: str
    name: str
    role: str
    sites: list[str]
    totp: bool
    sessions: int


class AccountShown(_Shape):
    """One account, without its secrets."""

    id: str
    name: str
    role: str
    sites: list[str]
    totp: bool
    created: datetime
    disabled: datetime | None
    locked: datetime | None
    sessions: int
    seen: datetime | None


class Accounts(_Shape):
    """Every account, and every token of machines."""

    now: datetime
    accounts: list[AccountShown]
    tokens: list[TokenRow]


class Ended(_Shape):
    """How many sessions were ended."""

    ended: int


class Audit(_Shape):
    """Rows of the audit trail, newest first."""

    rows: list[AuditRow]
    more: bool


class AuditChecked(_Shape):
    """Whether a part of the audit trail is unbroken."""

    checked: int
    next: int | None
    newest: str
    broken: int | None
    reason: str


class Alerts(_Shape):
    """The newest alert messages, newest first."""

    alerts: list[AlertView]


class Rejections(_Shape):
    """Refused observations, newest first."""

    refused: list[RefusedView]


class Remarked(_Shape):
    """A remark was written."""

    event: str
    number: int
    settled: int


class Logged(_Shape):
    """An entry was written."""

    number: int
    at: int


class People(_Shape):
    """To whom an incident can be given."""

    people: list[PersonView]


class ActRefused(_Shape):
    """Why an act was not written."""

    error: str
    code: str = ""
    incident: IncidentView | None = None


class Document(Struct, frozen=True, kw_only=True):
    """This description itself."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
