"""Run as a script: tie this process to its parent's life, then become the command given.

    python launch.py PARENT_PID SIGNAL FOLDER -- COMMAND …

On Linux the kernel sends SIGNAL when the parent dies, even by SIGKILL. FOLDER is `-`, or
the folder of a server that refuses to run as root: then a user namespace shows it another
user, while its files stay ours. Where namespaces are forbidden (in some containers) it
really becomes another user, who gets the folder. Only the standard library is imported,
and not even `site`: this runs before every child and takes 20 ms.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


def main(argv: list[str]) -> None:
    """Prepare this process as told by `argv` and replace it by the command."""
    parent, signal, folder = int(argv[1]), int(argv[2]), argv[3]
    command = argv[5:]
    if folder != "-" and os.geteuid() == 0:
        hide_root(folder)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the process that started this one is gone already")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def hide_root(folder: str) -> None:
    """Become `nobody` in a new user namespace, or, where that is forbidden, altogether."""
    if enter_namespace():
        return
    give(folder, NOBODY)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def enter_namespace() -> bool:
    """Enter a user namespace in which we are called `nobody`; False if there are none."""
    if sys.platform != "linux" or ctypes.CDLL(None).unshare(CLONE_NEWUSER) != 0:
        return False
    maps = {"uid_map": f"{NOBODY} 0 1", "setgroups": "deny", "gid_map": f"{NOBODY} 0 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)
    return True


def give(folder: str, user: int) -> None:
    """Make `user` the owner of `folder` and all in it, and let him pass the one above."""
    above = os.path.dirname(folder)  # noqa: PTH120
    os.chmod(above, os.stat(above).st_mode | 0o011)  # noqa: PTH101, PTH116
    os.chown(folder, user, user)
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(os.path.join(place, name), user, user)  # noqa: PTH118


if __name__ == "__main__":
    main(sys.argv)
