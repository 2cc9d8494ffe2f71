"""The loop: picture after picture of one camera, each one report on standard output."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import msgspec

from edge.cameras import CameraError
from edge.cameras.bays import BayWatch
from edge.cameras.detector import Picture
from edge.cameras.people import PeopleCounter
from edge.cameras.picture import Health, Verdict
from edge.cameras.reference import load
from edge.cameras.scene import Plan, Report
from edge.cameras.sources import Source, open_source
from edge.cameras.staff import StaffReader
from forewarn.domain.clock import Clock, clock_from
from forewarn.domain.logs import setup

log = logging.getLogger("camera")

NICE = 10
AGAIN_MIN_S, AGAIN_MAX_S = 0.5, 15.0
"""Real seconds between attempts to get a picture where none comes; doubled each time."""


def main() -> int:
    """Read a plan from standard input and watch until that is closed; return the exit code."""
    setup()
    with suppress(OSError):
        os.nice(NICE)
    cv2.setNumThreads(1)
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    output = sys.stdout.buffer

    def tell(report: Report) -> None:
        output.write(msgspec.json.encode(report) + b"\n")
        output.flush()

    with suppress(BrokenPipeError):
        watch(plan, tell, clock_from())
    return 0


def _end_with_parent() -> None:
    """End this process when the agent closes its end of our standard input, or dies."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def watch(plan: Plan, tell: Callable[[Report], None], clock: Clock) -> None:
    """Tell of each picture for ever; only a plan that cannot work raises CameraError."""
    viewer = Viewer(plan)
    source: Source | None = None
    wait_s, step_s = AGAIN_MIN_S, 1.0 / plan.scene.frames_per_s
    due = time.monotonic()
    while True:
        try:
            source = source or open_source(plan.url, clock, plan.timeout_s)
            picture = source.next()
        except CameraError as error:
            tell(Report(trouble=str(error)))
            if source:
                source.close()
            source = None
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, AGAIN_MAX_S)
            continue
        wait_s = AGAIN_MIN_S
        tell(viewer.view(picture, time.monotonic()))
        due = max(due + step_s, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


class Viewer:
    """Everything that is looked at in the pictures of one camera."""

    def __init__(self, plan: Plan) -> None:
        scene = plan.scene
        reference = load(Path(scene.reference)) if scene.reference else None
        self.health = Health(reference, scene.frozen_after_s)
        self._scene = scene
        self._people = PeopleCounter(scene.people) if scene.people else None
        self._bays = BayWatch(scene.parking) if scene.parking else None
        self._staff = StaffReader(scene.staff) if scene.staff else None
        self._remarks = (self._staff.remark,) if self._staff and self._staff.remark else ()
        self._last: float | None = None
        self._last_read: float | None = None

    def view(self, picture: Picture, at: float) -> Report:
        """Return what `picture`, taken at `at` (monotonic) [s], shows."""
        began = time.perf_counter()
        seconds = at - self._last if self._last is not None else 0.0
        self._last = at
        verdict = self.health.look(picture, seconds)
        if verdict.unreadable:
            return self._blind(verdict, seconds)
        values, crossings, doubts = self._count(picture, at, verdict)
        self._last_read = at
        height, width = picture.shape[:2]
        took_ms = 1000 * (time.perf_counter() - began)
        return Report(
            seconds=seconds,
            values=values,
            crossings=crossings,
            suspect=tuple(values) + tuple(crossings or ()) if verdict.hard else tuple(doubts),
            faults=verdict.faults + tuple(doubts.values()) + self._remarks,
            shown=f"{width}x{height}, {took_ms:.0f} ms",
        )

    def _blind(self, verdict: Verdict, seconds: float) -> Report:
        people = self._scene.people
        flows = people.flows() if people else []
        nothing = [name for name in self._scene.properties() if name not in flows]
        return Report(seconds=seconds, values=dict.fromkeys(nothing), faults=verdict.faults)

    def _count(
        self, picture: Picture, at: float, verdict: Verdict
    ) -> tuple[dict[str, float | None], dict[str, int] | None, dict[str, str]]:
        """Return values, crossings, and property → why it is doubted."""
        values: dict[str, float | None] = {}
        crossings: dict[str, int] | None = None
        doubts: dict[str, str] = {}
        if self._people:
            gap = at - self._last_read if self._last_read is not None else 0.0
            counts = self._people.count(picture, gap)
            values |= counts.values
            crossings = counts.crossings
        if self._bays and not verdict.moved:
            values |= self._bays.look(picture)
        if self._staff and not verdict.moved:
            reading = self._staff.look(picture, at)
            values[self._staff.name] = reading.stage_m
            if reading.doubt:
                doubts[self._staff.name] = reading.doubt
        if verdict.moved:
            everywhere = self._scene.people.property if self._scene.people else ""
            tied = (name for name in self._scene.properties() if name != everywhere)
            flows = self._scene.people.flows() if self._scene.people else []
            values |= dict.fromkeys(name for name in tied if name not in flows)
            crossings = None
        return values, crossings, doubts
