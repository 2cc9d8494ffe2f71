"""Roles, and what each of them may do."""

from enum import StrEnum
from typing import Literal, get_args

Permit = Literal[
    "read",
    "act",
    "approve",
    "cancel",
    "drill",
    "silence",
    "venue",
    "technical",
    "accounts",
    "audit",
]
"""`read` everything shown; `act`: acknowledge, assign, escalate, shelve, comment; `approve`,
`cancel`, `drill` and `silence` alerts; `venue`: decide for a venue; `technical`: work on
gateways and sensors; see `accounts` and the `audit` trail."""

EVERYTHING: frozenset[Permit] = frozenset(get_args(Permit))


class Role(StrEnum):
    """What somebody is here for."""

    VIEWER = "viewer"
    DUTY = "duty"
    APPROVER = "approver"
    VENUE = "venue"
    TECHNICIAN = "technician"
    ADMIN = "admin"
    AUDITOR = "auditor"


_DUTY: frozenset[Permit] = frozenset({"read", "act", "cancel", "drill", "silence"})

PERMITS: dict[Role, frozenset[Permit]] = {
    Role.VIEWER: frozenset({"read"}),
    Role.DUTY: _DUTY,
    Role.APPROVER: _DUTY | {"approve"},
    Role.VENUE: frozenset({"read", "venue"}),
    Role.TECHNICIAN: frozenset({"read", "technical", "silence"}),
    Role.ADMIN: EVERYTHING,
    Role.AUDITOR: frozenset({"read", "audit"}),
}


def permits_of(role: str) -> frozenset[Permit]:
    """Return what `role` may do; nothing where this version does not know the role."""
    return PERMITS[Role(role)] if role in set(Role) else frozenset()
