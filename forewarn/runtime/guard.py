"""Run as a script: when our parent is gone, end every process group it has named to us.

The kernel tells the children themselves (see launch.py), but not what they have started
in turn: the process pool of a stream worker would wait for work for ever. The parent
writes lines to our standard input, `+ GROUP` and `- GROUP`, and `bye` if it ends in
order. If the input ends without `bye`, the parent was killed.
"""

import os
import signal
import sys
import time

GRACE = 4.0
"""Seconds that groups have to end by themselves; services promise three."""


def main() -> None:
    """Follow the groups until the input ends; then, without `bye`, end them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        word, _, number_text = line.strip().partition(" ")
        if word == "bye":
            return
        if word == "+":
            groups.add(int(number_text))
        elif word == "-":
            groups.discard(int(number_text))
    end(groups, GRACE)


def end(groups: set[int], grace: float) -> None:
    """Ask `groups` to end, and kill what is left of them after `grace` [s]."""
    left = signal_group(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = signal_group(left, 0)
    signal_group(left, signal.SIGKILL)


def signal_group(groups: set[int], number: int) -> set[int]:
    """Send signal `number` to each group; return those in which there was anybody."""
    there = set()
    for group in groups:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            continue
        there.add(group)
    return there


if __name__ == "__main__":
    main()
