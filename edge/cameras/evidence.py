"""Pictures kept on command, in a folder of limited size on this machine."""

from datetime import UTC, datetime
from pathlib import Path

import cv2

from edge.cameras import CameraError
from edge.cameras.detector import Picture

QUALITY = 85


class Evidence:
    """A folder of JPEGs, the oldest deleted first.

    Parameters
    ----------
    limit_bytes : int
        Of all JPEGs in the folder together.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder, self._limit = folder, limit_bytes
        self.dropped = 0
        """Pictures deleted for room."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise CameraError(f"{folder}: cannot keep pictures there: {error}") from error

    def keep(self, station: str, at: datetime, picture: Picture) -> Path | None:
        """Write `picture`, taken at `at` (aware); return its file, None if it is too large."""
        good, body = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if not good or len(body) > self._limit:
            return None
        self._make_room(len(body))
        stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
        path = self._folder / f"{station}-{stamp}Z.jpg"
        try:
            path.write_bytes(body.tobytes())
        except OSError as error:
            raise CameraError(f"{path}: {error.strerror}") from error
        return path

    def _make_room(self, needed: int) -> None:
        files = sorted(self._folder.glob("*.jpg"), key=lambda path: path.stat().st_mtime_ns)
        used = sum(path.stat().st_size for path in files)
        for path in files:
            if used + needed <= self._limit:
                return
            used -= path.stat().st_size
            path.unlink()
            self.dropped += 1
