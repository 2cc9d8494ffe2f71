"""What a duty officer does at an incident: steps from files, per hazard and level."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from console.desk.views import RunbookView
from forewarn.domain.hazard import Level

FOLDER = Path(__file__).parent / "runbooks"

COMMON = "common"
"""Name of the steps that belong to every hazard; they come first."""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do."""

    zh: str
    en: str
    since: str = "blue"
    """The lowest level at which it is done."""


class Steps(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of `runbooks/`."""

    step: list[Step]


@cache
def steps(name: str) -> tuple[Step, ...]:
    """Return the steps in `runbooks/<name>.toml`; none for a hazard that has no file."""
    path = FOLDER / f"{name}.toml"
    if path not in FOLDER.glob("*.toml"):
        return ()
    read = tomllib.loads(path.read_text("utf-8"))
    return tuple(msgspec.convert(read, Steps).step)


def runbook(hazard: str, level: Level) -> RunbookView:
    """Return what is done about `hazard` at `level`: the common steps, then its own."""
    todo = [step for step in (*steps(COMMON), *steps(hazard)) if Level.parse(step.since) <= level]
    return RunbookView(zh=[step.zh for step in todo], en=[step.en for step in todo])
