"""Sign in and out, who am I, who else is there, and what was done."""

import asyncio
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from console.access.guard import permit, session_token
from console.access.sessions import LONGEST, Account
from console.access.signin import Access, Credentials, Refused
from forewarn.domain.codec import encode
from forewarn.storage import accounts as stored
from forewarn.storage.audit import audit_rows

PAGE = Path(__file__).parents[1] / "static" / "signin.html"

LARGEST = 4096
"""Bytes of what somebody types to sign in."""

PATIENCE_S = 10.0

AUDIT_ROWS = 200


async def sign_in_page(_: Request) -> Response:
    """Return the page to sign in."""
    return FileResponse(PAGE, media_type="text/html")


async def sign_in(request: Request) -> Response:
    """Take `{"account", "password", "code"}`; answer as `/api/me`, with the session's cookie."""
    access: Access = request.state.access
    said = await _credentials(request)
    try:
        token = await access.sign_in(said)
    except Refused as refused:
        headers = {"Retry-After": str(refused.retry_s)} if refused.retry_s else {}
        raise HTTPException(refused.status, str(refused), headers) from refused
    account = await access.by_session(token)
    if account is None:
        raise HTTPException(401, "the account was disabled just now")
    answer = _json(_me(account))
    answer.set_cookie(
        access.cookie,
        token,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@permit("read")
async def sign_out(request: Request) -> Response:
    """End the session."""
    access: Access = request.state.access
    if token := session_token(request, access):
        await access.sign_out(token, request.state.account)
    answer = _json({})
    answer.delete_cookie(access.cookie, httponly=True, samesite="strict")
    return answer


@permit("read")
async def me(request: Request) -> Response:
    """Return who asks, what they may do, and the word that changing requests must say."""
    return _json(_me(request.state.account))


@permit("read")
async def active(_: Request) -> Response:
    """Note that somebody is there: the guard did when it let this through."""
    return _json({})


@permit("accounts")
async def accounts(request: Request) -> Response:
    """Return every account, and every token of machines, without their secrets."""
    people, tokens = await request.state.access.ask(
        lambda c: (stored.accounts(c), stored.tokens(c))
    )
    shown = [
        {
            "id": row.id,
            "name": row.name,
            "role": row.role,
            "sites": row.sites,
            "totp": row.totp_secret is not None,
            "created": row.created,
            "disabled": row.disabled,
        }
        for row in people
    ]
    return _json({"accounts": shown, "tokens": tokens})


@permit("audit")
async def audit(request: Request) -> Response:
    """Return `?before=NUMBER`: the newest 200 rows of the audit trail, or those before it."""
    text = request.query_params.get("before", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise HTTPException(400, f"before=`{text}` is not the number of a row")
    before = int(text) if text else None
    rows = await request.state.access.ask(lambda c: audit_rows(c, before=before, limit=AUDIT_ROWS))
    return _json({"rows": rows})


def access_pages() -> list[Route]:
    """Return the page to sign in."""
    return [Route("/sign-in", sign_in_page)]


def access_questions() -> list[Route]:
    """Return what is asked under `/api`."""
    return [
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/active", active, methods=["POST"]),
        Route("/me", me),
        Route("/accounts", accounts),
        Route("/audit", audit),
    ]


async def _credentials(request: Request) -> Credentials:
    body = b""
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST:
                    raise HTTPException(413, f"more than {LARGEST} bytes to sign in")
        said = msgspec.json.decode(body, type=Credentials)
        f"{said.account}{said.password}{said.code}".encode()
    except TimeoutError as error:
        raise HTTPException(408, "it took too long to say who signs in") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise HTTPException(400, f"not a sign-in: {error}") from error
    return said


def _me(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "permits": sorted(account.permits),
        "csrf": account.csrf,
    }


def _json(message: object) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), 200, headers, media_type="application/json")
