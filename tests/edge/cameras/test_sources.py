"""Pictures over real HTTP and from files; and what is no picture."""

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras import CameraError
from edge.cameras.evidence import Evidence
from edge.cameras.sources import Clip, Source, open_source
from forewarn.domain.clock import ManualClock

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
Answer = Callable[[BaseHTTPRequestHandler], None]


def jpeg(level: int) -> bytes:
    _, body = cv2.imencode(".jpg", np.full((48, 64, 3), level, dtype=np.uint8))
    return body.tobytes()


@contextmanager
def camera(answer: Answer) -> Iterator[str]:
    """Serve `answer` on loopback; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # closing waits for the answers under way
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/shot"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _drain(source: Source, levels: list[int]) -> None:
    while True:
        levels.append(int(source.next().mean()))


def snapshot(body: bytes) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "image/jpeg")
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.mark.parametrize("sized", [True, False], ids=["Content-Length", "boundary only"])
def test_a_stream_of_pictures_that_ends(sized: bool) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", 'multipart/x-mixed-replace; boundary="--frame"')
        request.end_headers()
        for level in (40, 200):
            body = jpeg(level)
            length = f"Content-Length: {len(body)}\r\n" if sized else ""
            head = f"--frame\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode()
            request.wfile.write(head + body + b"\r\n")
        request.wfile.write(b"--frame\r\n")

    with camera(answer) as url:
        source = open_source(url, ManualClock(NOON), 5.0)
        levels: list[int] = []
        with pytest.raises(CameraError, match="the stream ended"):
            _drain(source, levels)
        source.close()
    assert levels[-1] in range(195, 205)  # the newest is never lost; older ones may be


def test_snapshots_with_a_password_which_no_message_shows() -> None:
    expected = "Basic " + base64.b64encode(b"eye:s3cret").decode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("Authorization") == expected:
            snapshot(jpeg(90))(request)
        else:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="camera"')
            request.end_headers()

    with camera(answer) as url:
        known = open_source(url.replace("//", "//eye:s3cret@"), ManualClock(NOON), 5.0)
        assert known.next().shape == (48, 64, 3)
        wrong = open_source(url.replace("//", "//eye:s3kret@"), ManualClock(NOON), 5.0)
        with pytest.raises(CameraError) as error:
            wrong.next()
        assert "s3kret" not in str(error.value)
        assert "Unauthorized" in str(error.value)


def test_digest_is_answered_as_rfc_2617_computes_it() -> None:
    """RFC 2617, 3.2.2: MD5(MD5(user:realm:password):nonce:nc:cnonce:qop:MD5(method:uri))."""
    challenge = 'Digest realm="camera", nonce="abc", qop="auth", algorithm=MD5'

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def answer(request: BaseHTTPRequestHandler) -> None:
        given = request.headers.get("Authorization", "")
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', given))
        secret = md5("eye:camera:s3cret")
        middle = f"abc:{said.get('nc')}:{said.get('cnonce')}:auth"
        if said.get("response") == md5(f"{secret}:{middle}:{md5('GET:/shot')}"):
            snapshot(jpeg(90))(request)
        else:
            request.send_response(401)
            request.send_header("WWW-Authenticate", challenge)
            request.end_headers()

    with camera(answer) as url:
        source = open_source(url.replace("//", "//eye:s3cret@"), ManualClock(NOON), 5.0)
        assert source.next().shape == (48, 64, 3)


@pytest.mark.parametrize("body", [b"", b"\xff\xd8 nothing", b"<html>login</html>"])
def test_garbage_is_no_picture(body: bytes) -> None:
    with camera(snapshot(body)) as url:
        with pytest.raises(CameraError, match="bytes that are no picture"):
            open_source(url, ManualClock(NOON), 5.0).next()


def test_silence_is_given_up() -> None:
    done = threading.Event()
    with camera(lambda _: done.wait(5) and None) as url:
        with pytest.raises(CameraError, match="timed out"):
            open_source(url, ManualClock(NOON), 0.1).next()
        done.set()


def test_a_folder_is_shown_in_world_time(tmp_path: Path) -> None:
    for number, level in enumerate((30, 120, 220)):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(level))
    clock = ManualClock(NOON)
    source = open_source(f"file://{tmp_path}?every=60", clock, 1.0)
    first = [int(source.next().mean())]
    for _ in range(3):
        clock._now += timedelta(seconds=60)
        first.append(int(source.next().mean()))
    assert first[0] == first[3]
    assert len(set(first)) == 3


def test_what_is_no_camera_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="no pictures there"):
        open_source(f"file://{tmp_path}", ManualClock(NOON), 1.0)
    with pytest.raises(CameraError, match="no clip"):
        open_source(f"file://{tmp_path}/none.avi", ManualClock(NOON), 1.0)
    with pytest.raises(CameraError, match="give rtsp://, http:// or file:///"):
        open_source("tcp://host:1", ManualClock(NOON), 1.0)


def test_a_clip_keeps_its_pace_and_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for number in range(20):
        writer.write(np.full((48, 64, 3), 10 * number, dtype=np.uint8))
    writer.release()
    clip = Clip(path)
    clip._began -= 1.5  # one second and a half ago
    assert clip.next().mean() == pytest.approx(150, abs=45)
    clip._began -= 1.0
    assert clip.next().mean() == pytest.approx(50, abs=45)
    clip.close()


def test_evidence_keeps_to_its_limit(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    evidence = Evidence(tmp_path / "kept", limit_bytes=40_000)
    for second in range(12):
        picture = random.integers(0, 255, (96, 128, 3)).astype(np.uint8)
        evidence.keep("plaza", NOON + timedelta(seconds=second), picture)
    files = sorted((tmp_path / "kept").glob("*.jpg"))
    assert sum(file.stat().st_size for file in files) <= 40_000
    assert files[-1].name == "plaza-20260701T120011.000Z.jpg"
    assert evidence.dropped == 12 - len(files)
    assert evidence.keep("plaza", NOON, np.zeros((9000, 9000, 3), np.uint8)) is None
