"""A folder into which others drop files: the newest frames, and what was left aside and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from stream.grids.formats import frames
from stream.grids.frame import Frame, GridError

UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload", "~")
"""Endings of names under which programs write what is not whole yet."""
_STAMP = re.compile(r"(\d{8})[-_T]?(\d{4})(\d{2})?")
_KEPT = 64
"""Files whose frames are remembered."""


class Skipped(NamedTuple):
    """A file that was left aside."""

    name: str
    reason: str


class Found(NamedTuple):
    """What a look into the folder brought."""

    frames: list[Frame]
    """By valid time, each time once."""
    skipped: list[Skipped]
    """Files that looked newer than what was returned and could not be used."""


@dataclass
class DropFolder:
    """Looks into a folder again and again; a file that has not changed is read once."""

    path: Path
    _read: dict[tuple[str, int, int], list[Frame] | str] = field(default_factory=dict, repr=False)

    def newest(self, count: int) -> Found:
        """Return the `count` newest frames, of one grid: for radar.

        Raises GridError if there is no such folder.
        """
        taken: dict[datetime, Frame] = {}
        skipped: list[Skipped] = []
        for file in self._newest_first():
            if len(taken) >= count:
                break
            for frame in reversed(self._frames_or_skip(file, skipped)):
                if _same_grid(frame, taken):
                    taken.setdefault(frame.time, frame)
                else:
                    skipped.append(Skipped(file.name, "its grid differs from the newest frame's"))
        times = sorted(taken)[-count:]
        return Found([taken[when] for when in times], skipped)

    def newest_run(self) -> Found:
        """Return all frames of the newest readable file: for numerical weather prediction."""
        skipped: list[Skipped] = []
        for file in self._newest_first():
            found = self._frames_or_skip(file, skipped)
            if found:
                return Found(found, skipped)
        return Found([], skipped)

    def _newest_first(self) -> list[Path]:
        if not self.path.is_dir():
            raise GridError(self.path, "there is no such folder", "make it, or correct its name")
        files = (file for file in self.path.iterdir() if not file.name.startswith("."))
        return sorted((file for file in files if file.is_file()), key=_age, reverse=True)

    def _frames_or_skip(self, file: Path, skipped: list[Skipped]) -> list[Frame]:
        if file.name.endswith(UNFINISHED):
            skipped.append(Skipped(file.name, "its name says that it is still being written"))
            return []
        try:
            state = file.stat()
        except FileNotFoundError:
            return []
        key = (file.name, state.st_mtime_ns, state.st_size)
        if key not in self._read:
            self._remember(key, file)
        known = self._read[key]
        if isinstance(known, str):
            skipped.append(Skipped(file.name, known))
            return []
        return known

    def _remember(self, key: tuple[str, int, int], file: Path) -> None:
        while len(self._read) >= _KEPT:
            del self._read[next(iter(self._read))]
        try:
            self._read[key] = frames(file)
        except GridError as wrong:
            self._read[key] = str(wrong)


def evenly(frames: Sequence[Frame], step: timedelta) -> list[Frame]:
    """Return the newest frames that follow each other at `step`, up to the first gap.

    An optical flow over a gap would see rain move twice as fast.
    """
    kept = list(frames[-1:])
    for frame in reversed(frames[:-1]):
        if kept[0].time - frame.time != step:
            break
        kept.insert(0, frame)
    return kept


def _age(file: Path) -> tuple[str, str]:
    """Return what sorts files: the time in the name, else the name."""
    stamp = _STAMP.search(file.name)
    return ("".join(part or "00" for part in stamp.groups()) if stamp else "", file.name)


def _same_grid(frame: Frame, taken: dict[datetime, Frame]) -> bool:
    other = next(iter(taken.values()), frame)
    same = frame.rate_mm_h.shape == other.rate_mm_h.shape
    return same and frame.transform == other.transform and frame.crs == other.crs
