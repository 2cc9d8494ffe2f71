"""Run as a script: tie this process to its parent's life, then become the command given.

    python launch.py PARENT_PID SIGNAL ROOT -- COMMAND …

On Linux the kernel sends SIGNAL when the parent dies, even by SIGKILL. `ROOT` is
`keep`, or `hide` for a server that refuses to run as root: then a user namespace shows
the command another user while its files stay ours. Only the standard library is
imported, and not even `site`: this runs before every child and takes 20 ms.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


def main(argv: list[str]) -> None:
    """Prepare this process as told by `argv` and replace it by the command."""
    parent, signal, root = int(argv[1]), int(argv[2]), argv[3]
    command = argv[5:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if root == "hide" and os.geteuid() == 0:
            _hide_root(libc)
        # After the change of user, which would clear it.
        libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the process that started this one is gone already")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def _hide_root(libc: ctypes.CDLL) -> None:
    """Become `nobody` in a new user namespace, or, where that is forbidden, altogether."""
    if libc.unshare(CLONE_NEWUSER) != 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        return
    for name, text in (
        ("uid_map", f"{NOBODY} 0 1"),
        ("setgroups", "deny"),
        ("gid_map", f"{NOBODY} 0 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)


if __name__ == "__main__":
    main(sys.argv)
