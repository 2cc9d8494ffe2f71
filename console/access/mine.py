"""One's own account: password, second factor, other browsers. For every role."""

from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access import sessions
from console.access.accounts import new_totp_secret, totp_step, totp_uri
from console.access.answers import answer, refusal
from console.access.guard import permit, session_token
from console.access.picture import picture
from console.access.sessions import IDLE, LONGEST, Account
from console.access.signin import Access, Refused
from console.body import read_json
from console.errors import ConsoleError
from forewarn.storage import Connection
from forewarn.storage import accounts as stored
from forewarn.storage.accounts import AccountRow, Presence
from forewarn.storage.audit import append_audit

T = TypeVar("T")

LARGEST = 4096
"""Bytes of a request."""

Typed = Annotated[str, Meta(max_length=300)]


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """The old password and the one that takes its place."""

    old: Typed
    new: Typed


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who says again who they are."""

    password: Typed


class Factor(Struct, frozen=True, forbid_unknown_fields=True):
    """A new second factor, with a code that shows that the app has it."""

    password: Typed
    secret: Annotated[str, Meta(pattern="^[A-Z2-7]{32}$")]
    code: Annotated[str, Meta(max_length=20)]


class Without(Struct, frozen=True, forbid_unknown_fields=True):
    """The end of the second factor: password and a code."""

    password: Typed
    code: Annotated[str, Meta(max_length=20)]


@permit("read")
async def mine(request: Request) -> Response:
    """Return one's own account: sites, second factor, and in how many browsers it is."""
    account, access = _signed_in(request), _access(request)
    now = access.now()
    spans = {"seen_after": now - IDLE, "begun_after": now - LONGEST, "audited_after": now}
    row, present = await access.ask(
        lambda c: (stored.find_account(c, account.id), stored.presences(c, **spans))
    )
    if row is None:
        raise HTTPException(404, "the account is gone")
    told = present.get(account.id, Presence(0, None))
    return answer(
        {
            "id": row.id,
            "name": row.name,
            "role": row.role,
            "sites": row.sites,
            "totp": row.totp_secret is not None,
            "sessions": told.sessions,
        }
    )


@permit("read")
async def new_password(request: Request) -> Response:
    """Change one's own password; the other browsers are signed out."""
    said, account = await read_json(request, NewPassword, LARGEST), _signed_in(request)
    access = _access(request)
    await _confirmed(request, said.old)
    if said.old == said.new:
        raise HTTPException(400, "the new password is the old one")
    try:
        hashed = await access.hashed(said.new, account.id)
    except ConsoleError as error:
        raise HTTPException(400, str(error)) from error
    return await _keep(request, "account.password", password=hashed)


@permit("read")
async def new_factor(request: Request) -> Response:
    """Return a second factor to scan; it counts once `/me/totp/on` has a code of it."""
    said, account = await read_json(request, Asked, LARGEST), _signed_in(request)
    await _confirmed(request, said.password)
    secret = new_totp_secret()
    return answer(picture(totp_uri(secret, account.id, "Forewarn"), secret))


@permit("read")
async def factor_on(request: Request) -> Response:
    """Ask for codes of this factor from now on; the other browsers are signed out."""
    said = await read_json(request, Factor, LARGEST)
    row, access = await _confirmed(request, said.password), _access(request)
    if row.totp_secret is not None:
        raise HTTPException(409, "there is a second factor already: end it first")
    step = totp_step(said.secret, said.code, access.now())
    if step is None:
        raise HTTPException(403, "the code is wrong: is the clock of the phone right?")
    return await _keep(request, "account.totp", totp_secret=said.secret, totp_step=step)


@permit("read")
async def factor_off(request: Request) -> Response:
    """Ask for no code any more."""
    said = await read_json(request, Without, LARGEST)
    row = await _confirmed(request, said.password, said.code)
    if row.totp_secret is None:
        raise HTTPException(409, "there is no second factor")
    return await _keep(request, "account.totp-off", totp_secret=None)


@permit("read")
async def sign_out_elsewhere(request: Request) -> Response:
    """End one's sessions in other browsers."""
    _signed_in(request)
    return await _keep(request, "account.sign-out")


def my_questions() -> list[Route]:
    """Return what is asked and changed under `/api`."""
    return [
        Route("/me/account", mine),
        Route("/me/password", new_password, methods=["POST"]),
        Route("/me/totp", new_factor, methods=["POST"]),
        Route("/me/totp/on", factor_on, methods=["POST"]),
        Route("/me/totp/off", factor_off, methods=["POST"]),
        Route("/me/sessions/end", sign_out_elsewhere, methods=["POST"]),
    ]


def _signed_in(request: Request) -> Account:
    account: Account = request.state.account
    if not account.csrf:
        raise HTTPException(403, "guests and tokens have no account of their own")
    return account


def _access(request: Request) -> Access:
    access: Access = request.state.access
    return access


async def _confirmed(request: Request, password: str, code: str | None = None) -> AccountRow:
    try:
        return await _access(request).confirm(_signed_in(request).id, password, code)
    except Refused as refused:
        raise refusal(refused) from refused


async def _keep(request: Request, action: str, **columns: Any) -> Response:
    """Set `columns` of one's own account, sign the other browsers out, and write it down."""
    account, access = _signed_in(request), _access(request)
    here, now = sessions.digest(session_token(request, access)), access.now()

    def write(connection: Connection) -> int:
        with connection.transaction():
            if columns:
                stored.change_account(connection, account.id, **columns)
            ended = stored.end_sessions(connection, account.id, but=here)
            append_audit(
                connection,
                at=now,
                actor=account.id,
                action=action,
                subject=account.id,
                detail={"site": access.site_id, "sessions_ended": ended},
            )
        return ended

    return answer({"ended": await access.ask(write)})
