"""Lets those who are signed in through, and says to everybody else where to sign in."""

import base64
import binascii
import functools
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from console.access.roles import Permit
from console.access.sessions import GUEST, Account
from console.access.signin import Access
from console.errors import DatabaseUnavailable

CSRF = "X-Forewarn-CSRF"

SIGN_IN = "/sign-in"

PUBLIC = ("/sign-in", "/api/sign-in", "/healthz", "/feeds", "/cap")
PUBLIC_UNDER = ("/static/", "/feeds/", "/cap/")
"""What anybody gets: the page to sign in with its assets, and what the public is told."""

READING = ("GET", "HEAD")

NOT_PAGES = ("/api/", "/events", "/v1.1", "/openapi.json", "/metrics")
"""Asked by programs, which get 401 and are not sent to a page."""

Endpoint = Callable[..., Awaitable[Response]]


def permit(needed: Permit) -> Callable[[Endpoint], Endpoint]:
    """Return a decorator of endpoints, functions or methods: 403 for who has no such permit.

    The endpoint has the attribute `permit`; a test asks every route for it.
    """

    def guarded(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def checked(*given: Any) -> Response:
            account: Account = given[-1].state.account  # of the request; before it, `self`
            if needed not in account.permits:
                who = f"the role {account.role}" if account.id else "a guest"
                raise HTTPException(403, f"{who} may not do this: it takes `{needed}`")
            return await endpoint(*given)

        checked.permit = needed  # type: ignore[attr-defined]
        return checked

    return guarded


def is_public(path: str) -> bool:
    """Return whether anybody gets what is at `path`."""
    return path in PUBLIC or path.startswith(PUBLIC_UNDER)


def session_token(request: HTTPConnection, access: Access) -> str:
    """Return the cookie of this site's session; empty without one."""
    return request.cookies.get(access.cookie, "")


async def still_signed_in(request: Request) -> bool:
    """Return whether who opened this stream would get it again: asked before each event."""
    access: Access = request.state.access
    account: Account = request.state.account
    if account is GUEST:
        return True
    try:
        if account.is_machine:
            return await access.by_token(_given_token(request.headers, basic=False)) is not None
        return await access.by_session(session_token(request, access)) is not None
    except DatabaseUnavailable:
        return False


class Guard:
    """ASGI middleware: `request.state.account` says who asks, `request.state.access` is ours.

    Parameters
    ----------
    app : ASGIApp
    access : Access
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on with its account."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        scope.setdefault("state", {})["access"] = self._access
        answer = await self._judge(request, scope)
        await (answer or self._app)(scope, receive, send)

    async def _judge(self, request: HTTPConnection, scope: Scope) -> Response | None:
        """Return the refusal, None where the request goes on."""
        changing = scope["method"] not in READING
        if changing and not _from_here(request):
            return _refusal(403, "a page of another site may not ask for changes")
        if is_public(scope["path"]):
            return None
        try:
            account = await self._who(request, scope)
        except DatabaseUnavailable as error:
            return self._not_known(scope, 503, f"the database does not answer: {error}")
        if account is None:
            return self._not_known(scope, 401, "sign in first")
        if changing and account is GUEST:
            return _refusal(401, "sign in first: guests may only read")
        if changing and account.csrf:
            said = request.headers.get(CSRF, "")
            if not secrets.compare_digest(said.encode(), account.csrf.encode()):
                return _refusal(403, f"the header {CSRF} is missing or wrong; /api/me says it")
            await self._note_activity(request)
        scope["state"]["account"] = account
        return None

    async def _who(self, request: HTTPConnection, scope: Scope) -> Account | None:
        guest = GUEST if self._access.guests else None
        calendar = scope["path"].endswith(".ics") and scope["method"] in READING
        if token := _given_token(request.headers, basic=calendar):
            return await self._access.by_token(token)
        cookie = session_token(request, self._access)
        if not cookie:
            return guest
        try:
            return await self._access.by_session(cookie) or guest
        except DatabaseUnavailable:
            if guest is None:
                raise
            return guest

    async def _note_activity(self, request: HTTPConnection) -> None:
        try:
            await self._access.active(session_token(request, self._access))
        except DatabaseUnavailable:
            return  # remembered here; the request itself will say that the database is down

    def _not_known(self, scope: Scope, status: int, reason: str) -> Response:
        path: str = scope["path"]
        if path.endswith(".ics") and status == 401:
            asks = {"WWW-Authenticate": 'Basic realm="Forewarn: any name, a token as password"'}
            return _refusal(status, reason, asks)
        if path.startswith(NOT_PAGES) or path.endswith(".ics") or scope["method"] not in READING:
            return _refusal(status, reason)
        query = scope["query_string"].decode("latin-1")
        wanted = quote(path + (f"?{query}" if query else ""), safe="/")
        to = SIGN_IN if path == "/" else f"{SIGN_IN}?next={wanted}"
        return RedirectResponse(to, 303, {"Cache-Control": "no-store"})


def _given_token(headers: Headers, *, basic: bool) -> str:
    kind, _, rest = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if basic and kind.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return "?"  # no token, and refused as one
    return ""


def _from_here(request: HTTPConnection) -> bool:
    """Return whether no page of another origin sent this; programs say no origin at all."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    said = {"Cache-Control": "no-store"} | (headers or {})
    return JSONResponse({"error": reason}, status, said)
