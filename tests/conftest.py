"""Real brokers and a real database for every test that asks for them.

By default they come out of wheels and live as long as the session. With
FOREWARN_TEST_MQTT_URL, FOREWARN_TEST_KAFKA_URL and FOREWARN_TEST_DATABASE_URL the same
tests run on services that are there already, and with
FOREWARN_TEST_ENGINES=mosquitto,apache-kafka on these two, started here. The brokers are
shared by all tests of a session: use your own gateway ids, client ids and consumer groups.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy: as in the services, and no idle spinning

_numbers = count(1)

# The clock of a busy machine decides nothing, so that a commit always has the same verdict.
hypothesis.settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "explore", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.settings.load_profile("fixed")  # `--hypothesis-profile=explore` comes after this

TIMES = int(os.environ.get("FOREWARN_TEST_TIMES", "20"))
"""How many times the examples of each property test are tried when exploring."""

ENGINES = os.environ.get("FOREWARN_TEST_ENGINES", "").split(",")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With the profile `explore`: property tests alone, `TIMES` as many examples of each.

    A test's own `max_examples` overrides a profile, so it is multiplied here.
    """
    if config.getoption("--hypothesis-profile") != "explore":
        return
    wanted = {
        item: item.obj
        for item in items
        if isinstance(item, pytest.Function) and hypothesis.is_hypothesis_test(item.obj)
    }
    for test in set(wanted.values()):  # the cases of a parametrized test are one function
        its = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = hypothesis.settings(
            its, max_examples=its.max_examples * TIMES, deadline=None
        )
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what is skipped where FOREWARN_TEST_NO_SKIP is set, as in CI: there all is present."""
    report = yield
    if report.skipped and os.environ.get("FOREWARN_TEST_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def engine_state() -> Iterator[Path]:
    """Return the state directory of this session's engines."""
    folder = Path(tempfile.mkdtemp(prefix="forewarn-tests-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _mqtt_urls(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    given = os.environ.get("FOREWARN_TEST_MQTT_URL")
    if given:
        yield given, given
        return
    from forewarn.runtime.engines import EmbeddedMqtt, Mosquitto

    kind = Mosquitto if "mosquitto" in ENGINES else EmbeddedMqtt
    engine = kind(request.getfixturevalue("engine_state"))
    with engine:
        yield engine.url, engine.url_v5


@pytest.fixture(scope="session")
def mqtt_url(_mqtt_urls: tuple[str, str]) -> str:
    """Return the URL of an MQTT 3.1.1 broker."""
    return _mqtt_urls[0]


@pytest.fixture(scope="session")
def mqtt5_url(_mqtt_urls: tuple[str, str]) -> str:
    """Return the URL at which the same broker speaks MQTT 5."""
    return _mqtt_urls[1]


@pytest.fixture(scope="session")
def kafka_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a Kafka broker on which our topics exist."""
    from forewarn.runtime.engines import ApacheKafka, EmbeddedKafka, Engine
    from forewarn.runtime.kafka_topics import ensure_topics

    given = os.environ.get("FOREWARN_TEST_KAFKA_URL")
    if given:
        ensure_topics(given)
        yield given
        return
    state: Path = request.getfixturevalue("engine_state")
    engine: Engine = EmbeddedKafka(state)
    if "apache-kafka" in ENGINES:
        engine = ApacheKafka(state, request.getfixturevalue("kafka_jars"))
    with engine as url:
        ensure_topics(url)
        yield url


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """Return the folder with Apache Kafka's jars, fetched once from Maven Central.

    Skips where Java or Maven is missing.
    """
    pom = Path(__file__).parent / "kafka" / "pom.xml"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    folder = Path.home() / ".cache" / "forewarn-tests" / f"kafka-{digest}"
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("Apache Kafka needs `java` (17 or newer) and `mvn` on PATH")
    if not folder.is_dir():
        part = Path(tempfile.mkdtemp(prefix="kafka-", dir=_made(folder.parent)))
        _fetch_jars(pom, part)
        with suppress(OSError):
            part.rename(folder)
    return folder


@pytest.fixture
def mosquitto() -> Path:
    """Return the Mosquitto binary; skips where it is missing."""
    from forewarn.runtime.engines.mosquitto import mosquitto_binary

    found = mosquitto_binary()
    if found is None:
        pytest.skip("Mosquitto is not installed: `apt-get install mosquitto`")
    assert found is not None
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fetch_jars(pom: Path, folder: Path) -> None:
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        pytest.skip(f"Maven found no jars: {(done.stdout + done.stderr)[-600:]}")


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a database of this session, not migrated: tests share it."""
    from forewarn.runtime.engines import EmbeddedPostgres

    given = os.environ.get("FOREWARN_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with EmbeddedPostgres(request.getfixturevalue("engine_state"), durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def _template(database_url: str) -> str | None:
    """Make a migrated database to copy; None where the server cannot copy databases.

    TimescaleDB's workers sit in every database, so there each test migrates its own;
    PGlite, TimescaleDB as WebAssembly, has a single database, which each test empties.
    """
    if os.environ.get("FOREWARN_TEST_DATABASE_URL"):
        return None
    name = "forewarn_template"
    _create_database(database_url, name)
    _migrate(_at(database_url, name))
    return name


@pytest.fixture
def database(database_url: str, _template: str | None) -> Iterator[str]:
    """Return the URL of an empty, migrated database that is this test's own."""
    if _is_single(database_url):
        _empty(database_url)
        _migrate(database_url)
        yield database_url
        return
    name = f"forewarn_test_{os.getpid()}_{next(_numbers)}"
    url = _at(database_url, name)
    _create_database(database_url, name, _template)
    if _template is None:
        _migrate(url)
    yield url
    _execute(database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """Return the folder of recorded data, or skip where it is not there."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FOREWARN_DATA", beside))
    if not (folder / "river_rain").is_dir():
        pytest.skip(f"no recorded data in {folder}; set FOREWARN_DATA")
    return folder


def _create_database(server: str, name: str, template: str | None = None) -> None:
    copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
    _execute(server, f"CREATE DATABASE {name}{copied}")


def _execute(url: str, sql: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


def _migrate(url: str) -> None:
    from forewarn.storage import connect, migrate

    connection = connect(url)
    try:
        migrate(connection)
    finally:
        connection.close()


def _is_single(url: str) -> bool:
    import psycopg

    if not os.environ.get("FOREWARN_TEST_DATABASE_URL"):
        return False
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT version()").fetchone()
    return row is not None and ("PGlite" in row[0] or "emscripten" in row[0])


def _empty(url: str) -> None:
    _execute(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def _at(server: str, database: str) -> str:
    """Return the URL of another database on the same server."""
    from urllib.parse import urlsplit

    return urlsplit(server)._replace(path=f"/{database}").geturl()
