"""Draw the pictures of docs/models/pictures: `python -m benchmarks.pictures [ROOM …]`."""

import importlib
import pkgutil
import sys
from pathlib import Path

from benchmarks import pictures

FOLDER = Path(__file__).parents[2] / "docs/models/pictures"


def main(rooms: list[str]) -> int:
    """Draw the pictures of `rooms`, or all."""
    known = [m.name for m in pkgutil.iter_modules(pictures.__path__) if m.name != "__main__"]
    for room in rooms or known:
        if room not in known:
            print(f"no pictures of `{room}`; there are: {', '.join(known)}", file=sys.stderr)
            return 2
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in importlib.import_module(f"benchmarks.pictures.{room}").draw(FOLDER):
            print(f"{path.relative_to(FOLDER.parents[2])}: {path.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
