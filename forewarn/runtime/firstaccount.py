"""The account with which somebody first signs in to a system that was started from nothing."""

import subprocess

from forewarn.runtime.services import Service, environment
from forewarn.runtime.supervisor import Supervisor

NAME = "admin"

WITHIN_S = 60.0


def first_password(running: Supervisor) -> str:
    """Add `admin` with a random password and return it; empty where there is an account already.

    The database of `running` must be ready. A process does it, because accounts are the console's.
    Where it fails the reason is returned instead of a password, in brackets.
    """
    service = Service(name="users", arguments=["users", "add", NAME, "--first"])
    told = environment(urls=running.urls, site=running.site, state=running.state, clock="")
    try:
        run = subprocess.run(
            service.command(),
            env=told,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        return f"(none: `forewarn users` took more than {WITHIN_S:g} s)"
    if run.returncode:
        return f"(none: {run.stderr.strip()})"
    return run.stdout.strip()


def invitation(running: Supervisor) -> str:
    """Return the line that says how to sign in for the first time; empty if that was before."""
    password = first_password(running)
    return f"sign in  {NAME}, password {password}" if password else ""
