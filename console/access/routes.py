"""Sign in and out, and who am I."""

import asyncio
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from console.access.answers import answer, refusal
from console.access.guard import permit, session_token
from console.access.mine import my_questions
from console.access.people import people_questions
from console.access.sessions import LONGEST, Account
from console.access.signin import Access, Credentials, Refused

PAGE = Path(__file__).parents[1] / "static" / "signin.html"

LARGEST = 4096
"""Bytes of what somebody types to sign in."""

PATIENCE_S = 10.0


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
        raise refusal(refused) from refused
    account = await access.by_session(token)
    if account is None:
        raise HTTPException(401, "the account was disabled just now")
    welcome = answer(_me(account))
    welcome.set_cookie(
        access.cookie,
        token,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return welcome


@permit("read")
async def sign_out(request: Request) -> Response:
    """End the session."""
    access: Access = request.state.access
    if token := session_token(request, access):
        await access.sign_out(token, request.state.account)
    farewell = answer({})
    farewell.delete_cookie(access.cookie, httponly=True, samesite="strict")
    return farewell


@permit("read")
async def me(request: Request) -> Response:
    """Return who asks, what they may do, and the word that changing requests must say."""
    return answer(_me(request.state.account))


@permit("read")
async def active(_: Request) -> Response:
    """Note that somebody is there: the guard did when it let this through."""
    return answer({})


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
        *my_questions(),
        *people_questions(),
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
