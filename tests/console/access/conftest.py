"""A console at which people sign in, and a clock for it."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.access.accounts import hash_password
from console.access.signin import Access
from forewarn.storage import Connection, connect
from forewarn.storage.accounts import AccountRow, add_account

PASSWORD = "long enough a word"


class RealTime:
    """The time that the console takes for real."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 12, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


class Browser:
    """Asks as a browser does: with its cookie, and the CSRF word once it is known."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie, self.csrf = port, "", ""

    def ask(
        self, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Return status, headers (lower case) and the JSON, None where it is something else."""
        told = {"Cookie": self.cookie} if self.cookie else {}
        told |= {"X-Forewarn-CSRF": self.csrf} if self.csrf and method != "GET" else {}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if isinstance(body, bytes) else json.dumps(body)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, text if body is not None else None, told)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            raw = answer.read()
        is_json = said.get("content-type", "").startswith("application/json")
        return answer.status, said, json.loads(raw) if is_json else None

    def sign_in(self, account: str = "kim", password: str = PASSWORD, code: str = "") -> int:
        """Return the status."""
        said = {"account": account, "password": password, "code": code}
        status, headers, me = self.ask("/api/sign-in", "POST", said)
        if status == 200:
            self.cookie, self.csrf = headers["set-cookie"].partition(";")[0], me["csrf"]
        return status


@pytest.fixture
def real_time() -> RealTime:
    return RealTime()


@pytest.fixture
def accounts_in(database: str, real_time: RealTime) -> Iterator[Connection]:
    """Return a connection to a database with one duty officer, kim."""
    with closing(connect(database)) as connection:
        kim = AccountRow(
            id="kim",
            name="Kim 金",
            role="duty",
            sites=[],
            password=hash_password(PASSWORD, "kim"),
            totp_secret=None,
            totp_step=0,
            created=real_time.now,
            disabled=None,
        )
        add_account(connection, kim)
        yield connection


@pytest.fixture
def console(
    serve: Any, database: str, accounts_in: Connection, real_time: RealTime
) -> Callable[[], Browser]:
    """Return a function that opens a browser at one console without guests."""
    access = Access("test", database, now=real_time)
    client = serve(database, access=access)
    return lambda: Browser(client.port)
