"""What a duty officer does at an incident: steps from files, per hazard and level."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from console.desk.views import RunbookView
from forewarn.domain.hazard import Level

FOLDER = Path(__file__).parent / "runbooks"

COMMON = "common"
"""Name of the steps that belong to every hazard."""

TURNS = ("first", "usual", "last")


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do."""

    zh: str
    en: str
    since: str = "blue"
    """The lowest level at which it is done."""
    turn: Literal["first", "usual", "last"] = "usual"
    """`first`: before anything else (look, check). `last`: when there is time (write it down)."""


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
    """Return what is done about `hazard` at `level`, the most urgent first.

    After what is always first comes what only the highest level asks for, the hazard's own
    before what is common; at the end what can wait.
    """
    todo = [step for step in (*steps(hazard), *steps(COMMON)) if Level.parse(step.since) <= level]
    todo.sort(key=lambda step: (TURNS.index(step.turn), -Level.parse(step.since)))
    return RunbookView(zh=[step.zh for step in todo], en=[step.en for step in todo])
