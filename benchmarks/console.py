"""The console's page in a real Chromium: bytes of the first load, first paint, a map of 1,000.

A console of its own with an embedded PostgreSQL, 1,000 stations that each have a value, and a
guest's browser without a cache. Needs the extra `browser` and a Chromium on PATH (or
FOREWARN_CHROMIUM). Figures are medians of five visits.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.machine import describe, verdict
from forewarn.domain.observation import to_milliseconds
from forewarn.runtime.engines import EmbeddedPostgres
from forewarn.storage import connect, migrate, store

STATIONS = 1_000
VISITS = 5
HEAD = """
id = "wide"
name = "A thousand gauges"
timezone = "Asia/Shanghai"
gateways = ["gw"]
[[area]]
id = "all"
name = "All of it"
polygon = [[29.7, 121.4], [29.7, 121.8], [30.0, 121.8], [30.0, 121.4], [29.7, 121.4]]
"""
STATION = """
[[station]]
id = "s{number}"
name = "Station {number}"
area = "all"
latitude = {latitude}
longitude = {longitude}
datastream = [{{ property = "stage", unit = "m", interval = "PT1M" }}]
"""
BYTES = (
    "performance.getEntriesByType('navigation')[0].encodedBodySize + performance"
    ".getEntriesByType('resource').filter(r => /static/.test(r.name))"
    ".reduce((sum, r) => sum + r.encodedBodySize, 0)"
)
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
MAP = "performance.getEntriesByName('map')[0].startTime"


def main() -> int:
    """Print the figures; 1 if one is above its budget."""
    print(describe())
    if not _chromium():
        print("not measured: no chromium on PATH; install it or set FOREWARN_CHROMIUM")
        return 1
    with tempfile.TemporaryDirectory(prefix="forewarn-bench-") as name:
        folder = Path(name)
        _write_site(folder)
        with EmbeddedPostgres(folder / "state", durable=False) as url:
            _fill(url)
            with _console(folder, url) as address:
                bytes_, paint, drawn = _visits(address)
    kept = [
        verdict("first load, compressed", bytes_ / 1000, "kB", most=150),
        verdict("first paint", paint, "ms", most=1_000),
        verdict(f"{STATIONS:,} stations on the map", drawn, "ms", most=2_000),
    ]
    return 0 if all(kept) else 1


def _write_site(folder: Path) -> None:
    stations = [
        STATION.format(
            number=number,
            latitude=29.8 + number % 32 / 300,
            longitude=121.5 + number // 32 / 240,
        )
        for number in range(STATIONS)
    ]
    (folder / "site.toml").write_text(HEAD + "".join(stations), encoding="utf-8")


def _fill(url: str) -> None:
    at = to_milliseconds(datetime.now(UTC))
    with connect(url) as connection:
        migrate(connection)
        rows = [(f"s{n}/stage", at, 1 + n / 500, 1, at, False) for n in range(STATIONS)]
        store(connection, rows, [], [])


@contextmanager
def _console(folder: Path, url: str) -> Iterator[str]:
    """Run a console for guests; yields its address."""
    state = folder / "console"
    environment = os.environ | {
        "FOREWARN_DATABASE_URL": url,
        "FOREWARN_SITE": str(folder),
        "FOREWARN_STATE": str(state),
    }
    command = [sys.executable, "-m", "forewarn.cli", "console", "run", "--port", "0", "--guests"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            address = state / "console.url"
            for _ in range(300):
                if address.exists():
                    break
                time.sleep(0.1)
            yield address.read_text().strip()
        finally:
            process.terminate()


def _visits(address: str) -> tuple[float, float, float]:
    """Return bytes of the first load, first paint [ms] and the drawn map [ms]."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        for _ in range(VISITS):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            page.goto(f"{address}#map")
            page.wait_for_selector(f"#chart .station >> nth={STATIONS - 1}", state="attached")
            found.append([float(page.evaluate(what)) for what in (BYTES, PAINT, MAP)])
            context.close()
        browser.close()
    first, paint, drawn = (median(values) for values in zip(*found, strict=True))
    return first, paint, drawn


def _chromium() -> str | None:
    return os.environ.get("FOREWARN_CHROMIUM") or shutil.which("chromium")
