"""Pictures of remote stations, as files with a limit."""

import os
from datetime import datetime
from pathlib import Path


def save_picture(
    folder: Path, address: str, at: datetime, picture: bytes, *, limit_bytes: int
) -> Path:
    """Write `picture` durably as `<address>-<time>.jpg`; drop the oldest beyond the limit.

    OSError where the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{address}-{at:%Y%m%dT%H%M}.jpg"
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(picture)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    kept = sorted(folder.glob(f"{address}-*.jpg"), reverse=True)
    total = 0
    for other in kept:
        total += other.stat().st_size
        if total > limit_bytes and other != path:
            other.unlink()
    return path
