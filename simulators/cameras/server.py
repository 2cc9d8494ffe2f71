"""A network camera on this machine: GET gives a JPEG, `/stream` an endless row of them (MJPEG).

It shows recorded pictures where they are there, in `$FOREWARN_DATA` or `../shared/data`, and
drawn ones where not. Of drawn pictures the truth is the world's `people` and `occupied`, or
where the world has none, what `usual` says for the time of day.
"""

import asyncio
import os
import time
from contextlib import suppress
from math import cos, isnan, pi
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from forewarn.domain.clock import Clock
from simulators.cameras.figures import CarPark, Square
from simulators.cameras.recorded import RecordedClip, RecordedStills
from simulators.faults import Faults
from simulators.scenario import CameraPlan
from simulators.world import World

Picture = NDArray[np.uint8]

GARBAGE = b"\xff\xd8\xff\xe0 no picture at all"
STREAM_PAUSE_S = 0.2
QUALITY = 90
NIGHT_NOISE = 3.0
"""Of the sensor when it is dark [0-255]."""
STILL_FOR_S = 600.0
"""World time for which a recorded still is shown [s]."""
BUSY_HOUR, UTC_AHEAD_S = 14.0, 8 * 3600


def recorded_data() -> Path:
    """Return where recorded data would be."""
    return Path(os.environ.get("FOREWARN_DATA") or Path.cwd().parent / "shared" / "data")


def usual(most: int, at: float) -> int:
    """Return how many of `most` there are at world time `at` [s]: least at 2, most at 14 local."""
    hour = (at + UTC_AHEAD_S) % 86400 / 3600
    return round(most * (0.5 + 0.4 * cos(2 * pi * (hour - BUSY_HOUR) / 24)))


class Camera:
    """One camera of a site; `open` gives its URL."""

    def __init__(self, plan: CameraPlan, *, world: World, clock: Clock, faults: Faults) -> None:
        self._plan, self._world, self._clock, self._faults = plan, world, clock, faults
        recorded = recorded_data() / plan.recorded if plan.recorded else None
        self._clip: RecordedClip | None = None
        self._stills: RecordedStills | None = None
        if recorded and recorded.is_dir():
            self._stills = RecordedStills(recorded, STILL_FOR_S, plan.seed)
        elif recorded and recorded.is_file():
            self._clip = RecordedClip(recorded)
        elif plan.shows == "parking":
            self._park = CarPark(plan.bays, plan.seed)
        else:
            self._square = Square(plan.seed)
        self._server: asyncio.Server | None = None
        self._frozen: bytes | None = None
        self._noise = np.random.default_rng(plan.seed)

    async def open(self) -> str:
        """Listen on a free port; return the URL of its snapshots."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/snapshot.jpg"

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    def truth(self, at: float) -> int:
        """Return how many people or cars a drawn picture shows at world time `at` [s]."""
        parking = self._plan.shows == "parking"
        name = "occupied" if parking else "people"
        most = len(self._plan.bays) if parking else self._square.most
        known = self._world.current(f"{self._plan.station}/{name}", at)
        return usual(most, at) if isnan(known) else min(most, round(known))

    def picture(self) -> Picture:
        """Return what it sees now."""
        at = self._clock.now().timestamp()
        if self._clip:
            return self._clip.picture()
        if self._stills:
            return self._stills.picture(at)
        if self._plan.shows == "parking":
            return self._park.picture(self.truth(at))[0]
        return self._square.picture(self.truth(at), time.monotonic())

    def _jpeg(self) -> bytes:
        at, station = self._clock.now().timestamp(), self._plan.station
        seen = self.picture()
        if dark := self._faults.active(station, "dark", at):
            seen = darken(seen, dark.amount, self._noise)
        if self._faults.active(station, "covered", at):
            seen = darken(np.full_like(seen, 70), 1.0, self._noise)
        _, body = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return body.tobytes()

    async def _shot(self) -> bytes:
        """Return a JPEG, the frozen one, or garbage."""
        at, station = self._clock.now().timestamp(), self._plan.station
        if self._faults.active(station, "garbage", at):
            return GARBAGE
        if not self._faults.active(station, "frozen", at):
            self._frozen = None
        elif self._frozen is not None:
            return self._frozen
        body = self._jpeg()
        if self._faults.active(station, "frozen", at):
            self._frozen = body
        return body

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            at = self._clock.now().timestamp()
            if not self._faults.active(self._plan.station, "silence", at):
                if head.split(b" ", 2)[1].startswith(b"/stream"):
                    await self._stream(writer)
                else:
                    body = await self._shot()
                    writer.write(_head("image/jpeg", len(body)) + body)
                    await writer.drain()
        writer.close()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(_head("multipart/x-mixed-replace; boundary=picture"))
        while True:
            body = await self._shot()
            part = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(part.encode() + body + b"\r\n")
            await writer.drain()
            await asyncio.sleep(STREAM_PAUSE_S)


def darken(picture: Picture, light: float, random: np.random.Generator) -> Picture:
    """Return `picture` with so much of its light [0-1] left, and the noise of a sensor.

    Brightness is proportional to light to the power 1/2.2, as cameras encode it.
    """
    scaled = 255 * np.power(np.power(picture / 255, 2.2) * light, 1 / 2.2)
    noise = random.normal(0, NIGHT_NOISE, picture.shape)
    return np.clip(scaled + noise, 0, 255).astype(np.uint8)


def _head(kind: str, length: int | None = None) -> bytes:
    sized = "" if length is None else f"Content-Length: {length}\r\n"
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{sized}Connection: close\r\n\r\n".encode()
