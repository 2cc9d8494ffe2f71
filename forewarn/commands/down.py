"""Stop what `up` (or a demo, or a replay) started on a state directory."""

import argparse
import os
import signal
import time
from contextlib import suppress

EXAMPLES = """\
examples:
  forewarn down
  forewarn down --state /var/lib/forewarn
"""

STOPPED_WITHIN_S = 30.0


def main(argv: list[str]) -> int:
    """Run `forewarn down`: 0 when nothing runs any more."""
    parser = argparse.ArgumentParser(
        prog="forewarn down",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--state", help="state directory (or FOREWARN_STATE; .forewarn)")
    args = parser.parse_args(argv)
    from forewarn.runtime.run import end_orphans, read_run, remove_run
    from forewarn.runtime.state import is_held, running_folder

    state = running_folder(args.state)
    run = read_run(state)
    if run is None:
        print(f"nothing runs on {state}")
        return 0
    if run.alive:
        os.kill(run.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPPED_WITHIN_S
        while run.alive and is_held(state) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not run.alive or not is_held(state):
            print(f"stopped `forewarn {run.command}` of {run.site} (pid {run.pid})")
            return 0
        with suppress(ProcessLookupError):
            os.kill(run.pid, signal.SIGKILL)
        print(f"killed `forewarn {run.command}` (pid {run.pid}): it did not stop in time")
    left = end_orphans(run)
    remove_run(state)
    was = f", and left {', '.join(left)}: ended now" if left else ""
    print(f"`forewarn {run.command}` (pid {run.pid}) did not end in order{was}")
    return 0
