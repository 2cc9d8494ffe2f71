"""What the kernel knows of the time: is it synchronised, how long has it been up, which boot."""

import ctypes
import time
import uuid
from pathlib import Path

from msgspec import Struct

STA_UNSYNC = 0x40
"""Bit of `status` in adjtimex(2): nobody has set this clock right."""

TIMEX_BYTES = 512
"""Room for the kernel's structure on every platform; we read its first fields alone."""


class KernelClock(Struct, frozen=True):
    """The kernel's own opinion of its clock, adjtimex(2)."""

    synchronised: bool
    max_error_s: float
    """Greatest error it believes possible [s]."""
    drift_ppm: float
    """By how much it makes the crystal run faster to keep the time [10⁻⁶]."""


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * TIMEX_BYTES),
    )


def kernel_clock() -> KernelClock | None:
    """Return what the kernel says of its clock; None where it cannot be asked (not Linux)."""
    try:
        ask = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    found = _Timex()
    if ask(ctypes.byref(found)) < 0:
        return None
    return KernelClock(
        synchronised=not found.status & STA_UNSYNC,
        max_error_s=found.maxerror / 1e6,
        drift_ppm=found.freq / 65536,
    )


def steady_s() -> float:
    """Return the seconds since this machine was booted, by its bare crystal [s].

    Neither steps nor NTP's slewing touch it (CLOCK_MONOTONIC_RAW); time asleep counts
    (CLOCK_BOOTTIME less CLOCK_MONOTONIC). All processes of one boot agree on it.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return time.monotonic()
    asleep_s = time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW) + asleep_s


def boot() -> str:
    """Return 12 hex digits that name this boot of this machine."""
    try:
        named = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        named = str(uuid.uuid4())  # then each start of the agent is a boot of its own
    return named.strip().replace("-", "")[:12]


def kept_without_power(root: Path = Path("/")) -> str:
    """Return what set this machine's clock when it was switched on; empty where nothing did.

    A battery-backed clock (`hctosys` is 1 for the one that the kernel took the time from), or
    the host of a virtual machine. A Raspberry Pi up to 4 has neither.
    """
    for clock in sorted((root / "sys/class/rtc").glob("rtc*/hctosys")):
        if _text(clock).strip() == "1":
            return f"hardware clock {clock.parent.name}"
    flags = _text(root / "proc/cpuinfo").partition("flags")[2].partition("\n")[0].split()
    if "hypervisor" in flags or (root / "sys/hypervisor/type").is_file():
        return "the host of this virtual machine"
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
