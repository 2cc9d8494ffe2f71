"""Which configuration this gateway runs: installed, sent and proven, or on trial.

A configuration from the fleet is tried once. It is kept when it has reported; else, also when
the agent died or the power went meanwhile, the one before comes back. Each step is one rename.
"""

import logging
import os
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from edge import EdgeError
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import CodecError

log = logging.getLogger("edge.fleet")

CURRENT, TRIAL, REFUSED, COMMAND = "current", "trial", "refused", "command"


class Note(Struct, frozen=True, kw_only=True):
    """What is remembered beside a configuration."""

    version: int
    """Of the configuration; of `command` the number that was done last."""
    begun: bool = False
    """Its trial was begun: if that is all we know, it failed."""
    trial_s: float = 0.0
    why: str = ""
    """Why it was refused."""


class Choice(NamedTuple):
    """What to run."""

    path: Path
    version: int
    """0 for the file that was installed."""
    on_trial: bool
    trial_s: float


class Versions:
    """The configurations of one gateway, in a folder of its state.

    Parameters
    ----------
    folder : Path
        `edge/<gateway>/config` of the state directory.
    installed : Path
        The gateway.toml that the agent was started with.
    """

    def __init__(self, folder: Path, installed: Path) -> None:
        self._folder, self._installed = folder, installed
        self._known: dict[str, Note | None] = {}

    def choose(self) -> Choice:
        """Return what to run now; a trial that was begun before and not proven has failed."""
        self._known.clear()
        trial = self._note(TRIAL)
        if trial is not None and trial.begun:
            self.refuse("the agent ended before it reported")
        elif trial is not None:
            begun = Note(version=trial.version, trial_s=trial.trial_s, begun=True)
            self._write(TRIAL, begun)
            return Choice(self._toml(trial.version), trial.version, True, trial.trial_s)
        current = self._note(CURRENT)
        if current is not None and self._toml(current.version).is_file():
            return Choice(self._toml(current.version), current.version, False, 0.0)
        return Choice(self._installed, 0, False, 0.0)

    def newest(self) -> int:
        """Return the newest version that was ever taken or refused; older ones are not taken."""
        notes = [self._note(name) for name in (CURRENT, TRIAL, REFUSED)]
        return max((note.version for note in notes if note is not None), default=0)

    def draft(self, text: str) -> Path:
        """Return a file with a configuration that is only looked at; the caller removes it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "draft"
        path.write_text(text, encoding="utf-8")
        return path

    def stage(self, version: int, text: str, trial_s: float) -> None:
        """Keep a configuration that is to be tried at the next `choose`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _durably(self._toml(version), text.encode())
        self._write(TRIAL, Note(version=version, trial_s=trial_s))

    def keep(self) -> None:
        """The trial has reported: it is the one to run from now on."""
        trial = self._note(TRIAL)
        if trial is not None:
            self._write(CURRENT, Note(version=trial.version))
            self._end_trial()

    def refuse(self, why: str, version: int | None = None) -> None:
        """Note that the trial, or `version` that was never tried, is not to be run again."""
        trial = self._note(TRIAL)
        refused = version or (0 if trial is None else trial.version)
        self._write(REFUSED, Note(version=refused, why=why))
        if version is None:
            self._end_trial()

    def last_command(self) -> int:
        """Return the number of the newest command that was ever done."""
        note = self._note(COMMAND)
        return 0 if note is None else note.version

    def commanded(self, number: int) -> None:
        """Note that a command is done: not again, not after a restart either."""
        self._write(COMMAND, Note(version=number))

    def running(self, choice: Choice) -> Choice:
        """Return `choice` as it is by now: one that was kept is on trial no longer."""
        kept = self._remembered(CURRENT)
        proven = kept is not None and kept.version == choice.version
        return choice._replace(on_trial=choice.on_trial and not proven)

    def says(self, choice: Choice) -> str:
        """Return what the status says of the configuration that runs."""
        refused = self._remembered(REFUSED)
        running = f"{choice.version}" if choice.version else ""
        running += " on trial" if choice.on_trial else ""
        if refused is not None and refused.version > choice.version:
            running += f" (refused {refused.version}: {refused.why})"
        return running.strip()

    def _toml(self, version: int) -> Path:
        return self._folder / f"{version}.toml"

    def _note(self, name: str) -> Note | None:
        path = self._folder / f"{name}.json"
        try:
            return decode(path.read_bytes(), Note)
        except FileNotFoundError:
            return None
        except (OSError, CodecError) as error:  # torn by a power cut: as if it were not there
            log.warning("%s: %s", path, error)
            return None

    def _remembered(self, name: str) -> Note | None:
        """Return the note without a look at the disk: the status asks each second."""
        if name not in self._known:
            self._known[name] = self._note(name)
        return self._known[name]

    def _write(self, name: str, note: Note) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        _durably(self._folder / f"{name}.json", encode(note))
        self._known[name] = note

    def _end_trial(self) -> None:
        """Forget the trial, and the files of all versions but the current one."""
        (self._folder / f"{TRIAL}.json").unlink(missing_ok=True)
        current = self._note(CURRENT)
        kept = None if current is None else self._toml(current.version)
        for path in self._folder.glob("*.toml"):
            if path != kept:
                path.unlink()


def _durably(path: Path, content: bytes) -> None:
    """Write a file so that after a power cut it is there whole, or as it was before."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise EdgeError(f"{path}: the configuration cannot be kept: {error}") from error
