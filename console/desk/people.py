"""To whom an incident can be given: people and groups of people.toml, and accounts."""

import logging
import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from console.desk.views import PersonView
from forewarn.domain.logs import fields
from forewarn.storage import Connection
from forewarn.storage.accounts import accounts

log = logging.getLogger("console.desk")


class _Named(Struct):
    id: str
    name: str = ""


class _Listed(Struct):
    contact: list[_Named] = []
    group: list[_Named] = []


def assignable(path: Path | None, connection: Connection) -> list[PersonView]:
    """Return everybody who can be given an incident, contacts first, each id once.

    `path` is the site's people.toml: `forewarn people check` judges it, here one that cannot be
    read has nobody in it. Accounts that are disabled are left out.
    """
    listed = _listed(path)
    people = [PersonView(id=p.id, name=p.name or p.id, kind="contact") for p in listed.contact]
    people += [PersonView(id=g.id, name=g.name or g.id, kind="group") for g in listed.group]
    people += [
        PersonView(id=row.id, name=row.name, kind="account")
        for row in accounts(connection)
        if row.disabled is None
    ]
    return list({person.id: person for person in reversed(people)}.values())[::-1]


def _listed(path: Path | None) -> _Listed:
    if path is None or not path.is_file():
        return _Listed()
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Listed)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        log.warning("nobody to give incidents to", extra=fields(file=path, error=error))
        return _Listed()
