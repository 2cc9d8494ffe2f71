"""Apache Kafka from its jars: one KRaft node in one process, for the tests."""

import base64
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

from forewarn.runtime.engines.engine import Engine
from forewarn.runtime.engines.kafka import speaks_kafka
from forewarn.runtime.errors import EngineError
from forewarn.runtime.ports import HOST, kept_port

_CONFIG = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/records
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
log.segment.bytes=67108864
"""

_JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class ApacheKafka(Engine):
    """Apache Kafka 4, which needs Java 17. Its records outlive restarts.

    Parameters
    ----------
    state : Path
        The state directory.
    jars : Path
        Folder with `kafka_2.13` and all that it depends on.
    """

    name = "apache-kafka"
    key = "kafka_url"
    stop_signal = signal.SIGTERM
    start_timeout = 60.0
    stop_timeout = 15.0

    def __init__(self, state: Path, jars: Path) -> None:
        super().__init__(state)
        self._jars = jars

    @property
    def url(self) -> str:
        """`kafka://127.0.0.1:port`."""
        return f"kafka://{HOST}:{self.port}"

    def ports(self) -> dict[str, int]:
        """Return the brokers' and the controller's port."""
        return {self.name: self.port, "kraft": kept_port(self.state, "kraft")}

    def command(self) -> list[str]:
        """Write server.properties, format the storage at the first start, return the command."""
        java = shutil.which("java")
        if java is None:
            raise EngineError("apache-kafka: no `java` on PATH; it needs Java 17 or newer")
        config = self.folder / "server.properties"
        ports = self.ports()
        text = _CONFIG.format(
            host=HOST, port=ports[self.name], controller=ports["kraft"], folder=self.folder
        )
        config.write_text(text, encoding="utf-8")
        run = [java, *_JVM, "-cp", f"{self._jars}/*"]
        if not (self.folder / "records" / "meta.properties").is_file():
            self._format([*run, "kafka.tools.StorageTool", "format", "-c", str(config)])
        return [*run, "kafka.Kafka", str(config)]

    def answers(self) -> bool:
        """Return whether it speaks Kafka."""
        return speaks_kafka(self.port)

    def _format(self, command: list[str]) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            [*command, "-t", cluster, "--ignore-formatted"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise EngineError(
                f"apache-kafka: the storage could not be formatted with the jars in {self._jars}: "
                f"{(done.stderr or done.stdout).strip()[-500:]}"
            )
