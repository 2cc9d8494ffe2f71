"""`people.toml` of a site: contacts, groups, rotas, chains, and who is responsible for what."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from alerts.people.rota import Rota, load_rota
from forewarn.domain import canary
from forewarn.domain.config import load
from forewarn.domain.desk import Incident
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level
from forewarn.domain.station import Name
from forewarn.domain.topics import GATEWAY_KINDS

FILE = "people.toml"


class ChannelOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to reach one person."""

    kind: Literal["file", "webhook", "apprise", "mqtt"]
    to: str = ""
    """`file`: name of a file in the state folder, `duty-room.jsonl`. `webhook`: its URL.
    `apprise`: environment variable (`ANNA_MAIL`) or file (`/run/secrets/anna`) with its URL.
    `mqtt`: nothing, the topic is named for the contact."""

    def __post_init__(self) -> None:
        if self.kind == "webhook" and not self.to.startswith(("http://", "https://")):
            raise ValueError(f"`to` of a webhook must be an http(s) URL, not `{self.to}`")
        if self.kind == "file" and (not self.to or Path(self.to).name != self.to):
            raise ValueError(f"`to` of a file must be a bare name, not `{self.to}`")
        if self.kind == "apprise" and not re.fullmatch(r"/.+|[A-Za-z_]\w*", self.to):
            raise ValueError(
                "`to` of apprise names the environment variable, or with / at first the file,"
                " that holds the URL; passwords do not stand in people.toml"
            )
        if self.kind == "mqtt" and self.to:
            raise ValueError("`to` of mqtt is not given: its topic is forewarn/v1/pages/<contact>")


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who can be told, or a duty room."""

    id: Name
    name: str
    language: Literal["zh", "en"] = "zh"
    channels: Annotated[tuple[ChannelOf, ...], Meta(min_length=1)] = field(name="channel")
    """The second is tried when the first does not take a message, and so on."""

    def __post_init__(self) -> None:
        if self.id in GATEWAY_KINDS and any(c.kind == "mqtt" for c in self.channels):
            raise ValueError(f"a contact with mqtt cannot be called `{self.id}`: gateways use it")


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People who are told together."""

    id: Name
    members: Annotated[tuple[Name, ...], Meta(min_length=1)]
    """Ids of contacts."""


class RotaFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar whose events are named for the contact or group on duty."""

    id: Name
    file: str
    """iCalendar file beside people.toml; the summary of each event is an id."""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told, and how long after the level was first told to the public."""

    who: Annotated[tuple[Name, ...], Meta(min_length=1)]
    """Ids of contacts, groups or rotas."""
    after: timedelta = timedelta(0)
    """World time; earlier where nobody of the steps before could be reached."""

    def __post_init__(self) -> None:
        if self.after < timedelta(0):
            raise ValueError("`after` of a step must not be negative")


class Chain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps in order; it goes on until somebody acts."""

    id: Name
    steps: Annotated[tuple[Step, ...], Meta(min_length=1)] = field(name="step")
    repeat: Annotated[int, Meta(ge=0, le=10)] = 0
    """How many times the whole chain begins anew."""
    every: timedelta = timedelta(minutes=30)
    """Between those beginnings."""

    def __post_init__(self) -> None:
        afters = [step.after for step in self.steps]
        if afters != sorted(afters):
            raise ValueError(f"steps of chain `{self.id}` must be in order of `after`")
        if self.every <= timedelta(0):
            raise ValueError(f"`every` of chain `{self.id}` must be longer than nothing")
        if self.repeat and self.every <= afters[-1]:
            raise ValueError(f"`every` of chain `{self.id}` must be longer than its last `after`")


class Responsibility(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which chain is told of what; the first that matches counts."""

    chain: Name
    areas: tuple[str, ...] = ()
    """Empty: all."""
    hazards: tuple[str, ...] = ()
    """Empty: all."""
    levels: tuple[str, ...] = ()
    """Empty: all."""

    def __post_init__(self) -> None:
        for level in self.levels:
            Level.parse(level)

    def covers(self, incident: Incident, level: Level) -> bool:
        """Return whether `incident` at `level` is theirs."""
        return (
            (not self.areas or incident.area in self.areas)
            and (not self.hazards or incident.hazard in self.hazards)
            and (not self.levels or level.name.lower() in self.levels)
        )


class Grouping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is not urgent waits, to be told together."""

    wait: timedelta = timedelta(seconds=30)
    """World time a first message below orange waits for others of its hazard."""
    interval: timedelta = timedelta(minutes=5)
    """World time between messages of one hazard that bring no higher level."""
    elsewhere: timedelta = timedelta(seconds=2)
    """… where one of them is orange or red in an area that the person was not told of: a hundred
    that arise at once are told in a few messages, and none of them minutes later."""
    per_hour: Annotated[int, Meta(ge=1)] = 30
    """Messages one person gets in an hour of world time; orange and red of public hazards, and
    what an officer asked for, pass."""


class Directory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of people.toml."""

    contacts: Annotated[tuple[Contact, ...], Meta(min_length=1)] = field(name="contact")
    groups: tuple[Group, ...] = field(name="group", default=())
    rotas: tuple[RotaFile, ...] = field(name="rota", default=())
    chains: Annotated[tuple[Chain, ...], Meta(min_length=1)] = field(name="chain")
    responsibilities: tuple[Responsibility, ...] = field(name="responsibility", default=())
    grouping: Grouping = Grouping()
    invented: str = ""
    """What is made up, for a demonstration."""


class People:
    """The directory with its rotas read: who is told, by id.

    Parameters
    ----------
    directory : Directory
    rotas : dict[str, Rota]
        By the id of the rota. Raises ConfigError where an id is used twice or unknown.
    """

    def __init__(self, directory: Directory, rotas: dict[str, Rota] | None = None) -> None:
        self.directory, self.rotas = directory, rotas or {}
        self.contacts = {contact.id: contact for contact in directory.contacts}
        self._groups = {group.id: group.members for group in directory.groups}
        self._chains = {chain.id: chain for chain in directory.chains}
        _check_ids(directory)

    def chain(self, incident: Incident, level: Level) -> Chain | None:
        """Return the chain of the first responsibility that covers `incident`, or None."""
        for one in self.directory.responsibilities:
            if one.covers(incident, level):
                return self._chains[one.chain]
        return None

    def who(self, names: Sequence[str], at: datetime) -> list[str]:
        """Return the ids of the contacts meant by `names` at `at`, each once, in order."""
        found: dict[str, None] = {}
        for name in names:
            if name in self.rotas:
                found |= dict.fromkeys(self.who(self.rotas[name].on_duty(at), at))
            elif name in self._groups:
                found |= dict.fromkeys(self._groups[name])
            elif name in self.contacts:
                found[name] = None
        return list(found)

    def named(self, name: str) -> str | None:
        """Return the id of the contact whose id or name is `name`, as officers write it."""
        if name in self.contacts:
            return name
        return next((c.id for c in self.contacts.values() if c.name == name), None)


def kinds(people: People) -> set[str]:
    """Return the kinds of channels that anybody has."""
    return {channel.kind for who in people.contacts.values() for channel in who.channels}


def load_people(site: Path) -> People | None:
    """Read `people.toml` of the site's folder and its calendars; None where there is none.

    Raises ConfigError naming file, key and what would help.
    """
    path = site / FILE
    if not path.is_file():
        return None
    directory = load(path, Directory)
    try:
        people = People(directory, {r.id: load_rota(site / r.file) for r in directory.rotas})
        known = {*people.contacts, *(group.id for group in directory.groups)}
        for name, rota in people.rotas.items():
            if unknown := sorted(rota.names() - known):
                raise ConfigError(f"rota `{name}` names `{unknown[0]}`, no contact or group")
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return people


def _check_ids(directory: Directory) -> None:
    if any(contact.id == canary.NAME for contact in directory.contacts):
        raise ConfigError(f"no contact may be called `{canary.NAME}`: the watchdog's is")
    contacts = [contact.id for contact in directory.contacts]
    ids = [*contacts, *(g.id for g in directory.groups), *(r.id for r in directory.rotas)]
    chains = [chain.id for chain in directory.chains]
    for several in (ids, chains):
        if twice := sorted({name for name in several if several.count(name) > 1}):
            raise ConfigError(f"two are called `{twice[0]}`; ids must differ")
    for group in directory.groups:
        _known(group.members, contacts, f"group `{group.id}` has")
    for chain in directory.chains:
        for step in chain.steps:
            _known(step.who, ids, f"chain `{chain.id}` tells")
    _known([r.chain for r in directory.responsibilities], chains, "a responsibility has")


def _known(names: Sequence[str], known: Sequence[str], who: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"{who} `{name}`, which is not there; known: {', '.join(known)}")
