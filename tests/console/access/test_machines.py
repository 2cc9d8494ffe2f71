"""What a token is not: a second person, and a key that outlives its end."""

import http.client
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from console.access.sessions import digest
from forewarn.storage import Connection
from forewarn.storage.accounts import TokenRow, add_token, revoke_token
from forewarn.storage.audit import audit_rows

BEARER = {"Authorization": "Bearer secret"}


@pytest.fixture
def machine(console: Callable[[], Any], accounts_in: Connection, real_time: Any) -> Any:
    """Return a browser at a console that knows the token `secret` of an approver for a day."""
    begun, ends = real_time.now, real_time.now + timedelta(days=1)
    row = TokenRow(
        name="kims", role="approver", sites=[], created=begun, expires=ends, revoked=None
    )
    add_token(accounts_in, row, digest("secret"))
    return console()


@pytest.mark.parametrize("revoked", [True, False])
def test_a_stream_ends_with_its_token(
    machine: Any, accounts_in: Connection, real_time: Any, revoked: bool
) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", machine.port, timeout=5)) as connection:
        connection.request("GET", "/events", headers=BEARER)
        answer = connection.getresponse()
        kinds: list[bytes] = []
        while len(kinds) < 4:  # goes on while the token counts
            line = answer.readline()
            assert line, "the stream ended before its token"
            kinds += [line] if line.startswith(b"event:") else []
        if revoked:
            revoke_token(accounts_in, "kims", real_time.now)
        else:
            real_time.passes(days=1)
        assert any(not answer.readline() for _ in range(60)), "it goes on"


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_a_token_is_no_person_who_approves(machine: Any, accounts_in: Connection, act: str) -> None:
    asked = {"act": act, "incident": "none", "detail": {"draft": "none.d1", "reason": "x"}}
    status, _, said = machine.ask("/api/desk/act", "POST", asked, **BEARER)
    assert (status, "a token may not approve or reject" in said["error"]) == (403, True)
    assert audit_rows(accounts_in) == []
    other = {"act": "ack", "incident": "none"}
    assert machine.ask("/api/desk/act", "POST", other, **BEARER)[0] == 404, "else it may act"
