"""What a figure was measured on, and whether it kept its budget."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Return processor, cores, load average and Python in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    load = ", ".join(f"{average:.2f}" for average in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, load {load}, Python {platform.python_version()}"


def verdict(name: str, figure: float, unit: str, *, most: float = 0.0, least: float = 0.0) -> bool:
    """Print `figure` beside its budget (`most` or `least`); return whether it is kept."""
    kept = figure <= most if most else figure >= least
    bound = f"at most {most:g}" if most else f"at least {least:g}"
    print(f"{name}: {figure:,.3g} {unit} ({bound}) {'ok' if kept else 'BROKEN'}", flush=True)
    return kept
