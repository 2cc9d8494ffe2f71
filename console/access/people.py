"""The page of accounts: who may sign in, which machines may ask, and changing both."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar

from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access import office, sessions
from console.access.accounts import locked_until, random_password, totp_uri
from console.access.answers import answer, refusal
from console.access.guard import permit, session_token
from console.access.office import By
from console.access.picture import Picture, picture
from console.access.roles import Role
from console.access.sessions import IDLE, LONGEST
from console.access.signin import Access, Refused
from console.body import read_json
from console.errors import ConsoleError
from forewarn.domain.station import Name
from forewarn.storage import Connection, StorageError
from forewarn.storage import accounts as stored
from forewarn.storage.accounts import Presence

T = TypeVar("T")

SEEN_SINCE = timedelta(days=90)
"""How far back somebody's last sign-in is looked for."""

NOT_SEEN = Presence(0, None)

Sites = Annotated[tuple[Name, ...], Meta(max_length=20)]
Shown = Annotated[str, Meta(max_length=80)]
Id = Annotated[str, Meta(max_length=40)]


class Whose(Struct, frozen=True, forbid_unknown_fields=True):
    """One account."""

    account: Id


class Somebody(Struct, frozen=True, forbid_unknown_fields=True):
    """An account as it is to be."""

    account: Id
    role: Role
    name: Shown = ""
    sites: Sites = ()
    """Ids of sites; empty: every one."""


class Factor(Struct, frozen=True, forbid_unknown_fields=True):
    """A new second factor, or none."""

    account: Id
    off: bool = False


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether somebody is let in."""

    account: Id
    again: bool = False


class Machine(Struct, frozen=True, forbid_unknown_fields=True):
    """A token as it is to be."""

    name: Id
    role: Role = Role.VIEWER
    sites: Sites = ()
    days: Annotated[int, Meta(ge=1, le=730)] = 365


class Token(Struct, frozen=True, forbid_unknown_fields=True):
    """One token."""

    name: Id


class Shared(Struct, frozen=True):
    """What is shown once."""

    password: str = ""
    token: str = ""
    picture: Picture | None = None


@permit("accounts")
async def accounts(request: Request) -> Response:
    """Return every account, and every token of machines, without their secrets."""
    access: Access = request.state.access
    now = access.now()
    spans = {"seen_after": now - IDLE, "begun_after": now - LONGEST}
    people, tokens, present, failed = await access.ask(
        lambda c: (
            stored.accounts(c),
            stored.tokens(c),
            stored.presences(c, **spans, audited_after=now - SEEN_SINCE),
            stored.attempts(c),
        )
    )
    locks = {name: until for name, row in failed.items() if (until := locked_until(row))}
    shown = [
        {
            "id": row.id,
            "name": row.name,
            "role": row.role,
            "sites": row.sites,
            "totp": row.totp_secret is not None,
            "created": row.created,
            "disabled": row.disabled,
            "locked": until if (until := locks.get(row.id)) and until > now else None,
            "sessions": present.get(row.id, NOT_SEEN).sessions,
            "seen": present.get(row.id, NOT_SEEN).seen,
        }
        for row in people
    ]
    return answer({"now": now, "accounts": shown, "tokens": tokens})


@permit("accounts")
async def add(request: Request) -> Response:
    """Add an account; answer its random password, which is shown once."""
    said, access = await read_json(request, Somebody), _access(request)
    password = random_password()
    hashed = await access.hashed(password, "")
    await _change(
        request,
        lambda c, by: office.add(
            c,
            by,
            account=said.account,
            name=said.name,
            role=said.role,
            sites=said.sites,
            password=hashed,
        ),
    )
    return answer(Shared(password=password))


@permit("accounts")
async def change(request: Request) -> Response:
    """Give an account another name, role or sites."""
    said = await read_json(request, Somebody)
    await _change(
        request,
        lambda c, by: office.change(
            c, by, said.account, name=said.name, role=said.role, sites=said.sites
        ),
    )
    return answer({})


@permit("accounts")
async def password(request: Request) -> Response:
    """Give somebody else a random password, which is shown once; ends a lock, and signs out."""
    said, access = await read_json(request, Whose), _access(request)
    made = random_password()
    hashed = await access.hashed(made, "")
    await _change(request, lambda c, by: office.give_password(c, by, said.account, hashed))
    return answer(Shared(password=made))


@permit("accounts")
async def totp(request: Request) -> Response:
    """Give somebody else a second factor, whose picture is shown once, or take it."""
    said = await read_json(request, Factor)
    secret = await _change(
        request, lambda c, by: office.give_totp(c, by, said.account, off=said.off)
    )
    uri = totp_uri(secret, said.account, "Forewarn") if secret else ""
    return answer(Shared(picture=picture(uri, secret) if uri else None))


@permit("accounts")
async def disable(request: Request) -> Response:
    """Sign somebody else out and let nobody in, or let them in again."""
    said = await read_json(request, Entry)
    await _change(request, lambda c, by: office.disable(c, by, said.account, again=said.again))
    return answer({})


@permit("accounts")
async def end_sessions(request: Request) -> Response:
    """Sign an account out, but not the page that asks; answer of how many browsers."""
    said = await read_json(request, Whose)
    ended = await _change(request, lambda c, by: office.sign_out(c, by, said.account))
    return answer({"ended": ended})


@permit("accounts")
async def add_token(request: Request) -> Response:
    """Make a token for a machine, which is shown once."""
    said = await read_json(request, Machine)
    made = await _change(
        request,
        lambda c, by: office.add_token(
            c, by, name=said.name, role=said.role, sites=said.sites, days=said.days
        ),
    )
    return answer(Shared(token=made))


@permit("accounts")
async def revoke_token(request: Request) -> Response:
    """End a token."""
    said = await read_json(request, Token)
    await _change(request, lambda c, by: office.revoke_token(c, by, said.name))
    return answer({})


def people_questions() -> list[Route]:
    """Return what is asked and changed under `/api`."""
    changes = {
        "add": add,
        "change": change,
        "password": password,
        "totp": totp,
        "disable": disable,
        "sessions/end": end_sessions,
        "tokens/add": add_token,
        "tokens/revoke": revoke_token,
    }
    return [
        Route("/accounts", accounts),
        *(Route(f"/accounts/{path}", run, methods=["POST"]) for path, run in changes.items()),
    ]


def _access(request: Request) -> Access:
    access: Access = request.state.access
    return access


async def _change(request: Request, run: Callable[[Connection, By], T]) -> T:
    """Return what `run` does in a transaction; who may not, or what cannot be, is refused."""
    access = _access(request)
    by = By(
        account=request.state.account.id,
        session=sessions.digest(session_token(request, access)),
        site_id=access.site_id,
        at=access.now(),
    )

    def work(connection: Connection) -> T:
        try:
            with connection.transaction():
                return run(connection, by)
        except Refused as refused:
            raise refusal(refused) from refused
        except StorageError as error:
            raise HTTPException(409, str(error)) from error
        except ConsoleError as error:  # a name that cannot be one
            raise HTTPException(400, str(error)) from error

    return await access.ask(work)
