"""Free ports of 127.0.0.1, kept for restarts in `state/ports.json`."""

import json
import random
import socket
import threading
from pathlib import Path

from forewarn.runtime.errors import EngineError

HOST = "127.0.0.1"
RANGE = (20_000, 32_000)
"""Below the ports that Linux and macOS give to outgoing connections. A client that keeps
trying to reach a broker that is down could otherwise be given, and hold, the broker's port."""

_chance = random.SystemRandom()
"""Two processes whose `random` was seeded alike must not pick the same port."""
_lock = threading.Lock()
"""Engines are started side by side."""


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens now."""
    for _ in range(200):
        port = _chance.randint(*RANGE)
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def kept_port(state: Path, name: str) -> int:
    """Return the port that `name` has had in this state directory, or keep a free one for it.

    The file is written by one process at a time: the one that holds the state directory.
    """
    path = state / "ports.json"
    with _lock:
        ports: dict[str, int] = _read(path)
        if name not in ports:
            ports[name] = next(port for port in iter(free_port, 0) if port not in ports.values())
            path.write_text(json.dumps(ports, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return ports[name]


def check_free(state: Path, name: str, port: int) -> None:
    """Raise EngineError, naming who holds it, if `port` is taken."""
    if not is_free(port):
        raise EngineError(
            f"{name}: port {port} of {HOST} is in use by {_owner(port)}; stop that, "
            f"or delete {state / 'ports.json'} to let another port be chosen"
        )


def _read(path: Path) -> dict[str, int]:
    try:
        ports: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise EngineError(f"{path}: {error}; delete the file to choose ports anew") from error
    return ports


def _owner(port: int) -> str:
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return "another process"
