"""Where pictures come from: network cameras, clips, folders of stills.

- `rtsp://`, `rtsps://`: a stream, through the FFmpeg in OpenCV's wheel.
- `http://`: MJPEG (`multipart/x-mixed-replace`) or a snapshot that is asked for each picture;
  user and password in the URL are given as Basic or Digest, whichever the camera wants.
- `file:///clip.avi`: a recorded clip, played at its own pace and looped: people walk as fast as
  they did, however fast the world's clock runs.
- `file:///folder?every=60`: its pictures by name, one for each 60 s of world time, looped.

Of a stream only the newest picture is kept: who looks slower than it comes loses pictures,
never time.
"""

import threading
import time
import urllib.error
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import cv2
import numpy as np

from edge.cameras import CameraError
from edge.cameras.detector import Picture
from edge.cameras.http import Getter
from edge.cameras.mjpeg import Parts
from forewarn.domain.clock import Clock

STILLS = (".jpg", ".jpeg", ".png", ".bmp")
LARGEST_BYTES = 40_000_000
CHUNK_BYTES = 16384


class Source(Protocol):
    """One camera. `next` may be called as often as one likes."""

    def next(self) -> Picture:
        """Return the newest picture, waiting for one; CameraError where none comes."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def open_source(url: str, clock: Clock, timeout_s: float) -> Source:
    """Return the camera at `url`; CameraError says what a camera's URL looks like."""
    parts = urlsplit(url)
    if parts.scheme in ("rtsp", "rtsps"):
        return Newest(_Stream(url, timeout_s), timeout_s, _plain(url))
    if parts.scheme == "http":
        return Http(url, timeout_s)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        if path.is_dir():
            every = float(parse_qs(parts.query).get("every", ["60"])[0])
            return Stills(path, clock, every)
        return Clip(path)
    raise CameraError(f"{_plain(url)}: no camera; give rtsp://, http:// or file:///")


class Clip:
    """A recorded clip at its own pace, looped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._video = cv2.VideoCapture(str(path))
        self._rate = float(self._video.get(cv2.CAP_PROP_FPS)) or 10.0
        self._frames = int(self._video.get(cv2.CAP_PROP_FRAME_COUNT))
        if not self._video.isOpened() or self._frames < 1:
            raise CameraError(f"{path}: no clip that OpenCV can read")
        self._began = time.monotonic()
        self._at = 0

    def next(self) -> Picture:
        """Return the picture of this moment; pictures that were not asked for are passed over."""
        wanted = int((time.monotonic() - self._began) * self._rate) % self._frames
        if wanted < self._at:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            self._at = 0
        while self._at < wanted:
            self._video.grab()
            self._at += 1
        good, picture = self._video.read()
        self._at += 1
        if not good:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            self._at = 0
            good, picture = self._video.read()
        if not good:
            raise CameraError(f"{self._path}: the clip broke off")
        return np.asarray(picture, dtype=np.uint8)

    def close(self) -> None:
        """Close the file."""
        self._video.release()


class Stills:
    """The pictures of a folder, one after another in world time."""

    def __init__(self, folder: Path, clock: Clock, every_s: float) -> None:
        self._paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in STILLS)
        if not self._paths or every_s <= 0:
            raise CameraError(f"{folder}: no pictures there ({', '.join(STILLS)})")
        self._clock, self._every_s = clock, every_s

    def next(self) -> Picture:
        """Return the picture of this moment of the world."""
        number = int(self._clock.now().timestamp() // self._every_s) % len(self._paths)
        return decode(self._paths[number].read_bytes(), str(self._paths[number]))

    def close(self) -> None:
        """There is nothing open."""


class Http:
    """A camera that answers GET with a picture, or with a stream of pictures."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._getter = Getter(url, timeout_s)
        self._timeout_s, self._shown = timeout_s, self._getter.shown
        self._newest: Newest | None = None

    def next(self) -> Picture:
        """Return a snapshot, or the newest picture of the stream."""
        if self._newest is not None:
            return self._newest.next()
        try:
            answer = self._getter.get()
            kind = answer.headers.get("Content-Type", "")
            if kind.startswith("multipart/"):
                parts = Parts(answer, kind)
                self._newest = Newest(_Mjpeg(parts, self._shown), self._timeout_s, self._shown)
                return self._newest.next()
            with answer:
                body = answer.read(LARGEST_BYTES)
        except urllib.error.HTTPError as error:
            error.close()
            raise CameraError(f"{self._shown}: {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            raise CameraError(f"{self._shown}: {getattr(error, 'reason', error)}") from error
        return decode(body, self._shown)

    def close(self) -> None:
        """Close the stream, if there is one."""
        if self._newest is not None:
            self._newest.close()


class _Feed(Protocol):
    def read(self) -> Picture: ...

    def close(self) -> None: ...


class _Mjpeg:
    def __init__(self, parts: Parts, shown: str) -> None:
        self._parts, self._shown = parts, shown

    def read(self) -> Picture:
        return decode(self._parts.next(), self._shown)

    def close(self) -> None:
        self._parts.close()


class _Stream:
    def __init__(self, url: str, timeout_s: float) -> None:
        milliseconds = int(1000 * timeout_s)
        self._shown = _plain(url)
        self._video = cv2.VideoCapture(
            url,
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds),
            ],
        )
        if not self._video.isOpened():
            raise CameraError(f"{self._shown}: does not answer as an RTSP camera")

    def read(self) -> Picture:
        good, picture = self._video.read()
        if not good:
            raise CameraError(f"{self._shown}: the stream broke off")
        return np.asarray(picture, dtype=np.uint8)

    def close(self) -> None:
        self._video.release()


class Newest:
    """A thread that reads a stream as fast as it comes and keeps only the newest picture."""

    def __init__(self, feed: _Feed, timeout_s: float, shown: str) -> None:
        self._feed, self._timeout_s, self._shown = feed, timeout_s, shown
        self._fresh = threading.Condition()
        self._picture: Picture | None = None
        self._trouble = ""
        self._closed = False
        threading.Thread(target=self._read, name="camera", daemon=True).start()

    def _read(self) -> None:
        while not self._closed:
            try:
                picture = self._feed.read()
            except (CameraError, OSError, ValueError, cv2.error) as error:
                with self._fresh:
                    self._trouble = str(error) or type(error).__name__
                    self._fresh.notify()
                return
            with self._fresh:
                self._picture = picture
                self._fresh.notify()

    def next(self) -> Picture:
        """Return a picture that was not returned before."""
        with self._fresh:
            self._fresh.wait_for(
                lambda: self._picture is not None or self._trouble, self._timeout_s
            )
            picture, self._picture = self._picture, None
            if picture is None:
                why = self._trouble or f"no picture for {self._timeout_s:g} s"
                raise CameraError(why if self._shown in why else f"{self._shown}: {why}")
        return picture

    def close(self) -> None:
        """Let the thread end with its next picture, and close the stream."""
        self._closed = True
        self._feed.close()


def decode(body: bytes, shown: str) -> Picture:
    """Return the picture in `body` (JPEG, PNG, BMP); CameraError where it is none."""
    picture = None
    if body:
        picture = cv2.imdecode(np.frombuffer(body, dtype=np.uint8), cv2.IMREAD_COLOR)
    if picture is None or min(picture.shape[:2]) < 16:
        raise CameraError(f"{shown}: {len(body)} bytes that are no picture")
    return np.asarray(picture, dtype=np.uint8)


def _plain(url: str) -> str:
    """Return `url` without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
