"""Mosquitto with the configuration of a real site lets each say and hear its own."""

import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.cli import main as edge
from forewarn.domain.clock import clock_from
from forewarn.runtime.child import Child
from forewarn.runtime.ports import free_port, is_free
from gateway.fleet.authority import Authority
from gateway.fleet.server import EnrolmentServer
from gateway.fleet.tokens import Tokens

BROKER = Path(__file__).resolve().parents[2] / "firmware_configs" / "broker"


class RefusedError(Exception):
    pass


class Site:
    """A broker as README.md has it, and clients of it."""

    def __init__(self, folder: Path, gateways: int, services: int) -> None:
        self.folder, self.gateways, self.services = folder, gateways, services
        self.heard: dict[str, list[str]] = {}

    def gateway(self, certificate: str | None) -> Client:
        """Connect over TLS with the certificate of that name, or without one."""
        client = Client(CallbackAPIVersion.VERSION2)
        own = {}
        if certificate:
            own["certfile"] = str(self.folder / f"{certificate}.crt")
            own["keyfile"] = str(self.folder / f"{certificate}.key")
        client.tls_set(str(self.folder / "ca.crt"), **own)
        return self._connect(client, self.gateways, certificate or "nobody")

    def service(self, name: str, password: str) -> Client:
        """Connect from this machine with a password."""
        client = Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(name, password)
        return self._connect(client, self.services, name)

    def _connect(self, client: Client, port: int, name: str) -> Client:
        heard = self.heard[name] = []
        client.on_message = lambda _client, _userdata, message: heard.append(message.topic)
        answers: list[ReasonCode] = []
        client.on_connect = lambda _client, _userdata, _flags, reason, _: answers.append(reason)
        client.on_disconnect = lambda _client, _userdata, _flags, reason, _: answers.append(reason)
        client.connect("127.0.0.1", port)
        until(lambda: turn(client) and answers)
        if answers[0].is_failure:
            raise RefusedError(str(answers[0]))
        return client


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the certificates that README.md tells to make."""
    folder = tmp_path_factory.mktemp("broker")
    authority = "req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=forewarn-ca"
    openssl(folder, f"{authority} -keyout ca.key -out ca.crt")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("server", "han-river", "stolen", "li"):
        request = f"req -newkey rsa:2048 -nodes -subj /CN={name}"
        openssl(folder, f"{request} -keyout {name}.key -out {name}.csr")
        extra = " -extfile server.ext" if name == "server" else ""
        sign = f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 9"
        openssl(folder, f"{sign}{extra} -out {name}.crt")
    (folder / "index.txt").touch()
    (folder / "crlnumber").write_text("01\n")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\n"
        "default_md=sha256\ndefault_crl_days=3650\n"
    )
    ca = "ca -config ca.cnf -keyfile ca.key -cert ca.crt"
    openssl(folder, f"{ca} -revoke stolen.crt")
    openssl(folder, f"{ca} -gencrl -out revoked.crl")
    return folder


@pytest.fixture
def site(folder: Path, mosquitto: Path) -> Iterator[Site]:
    with run_site(folder, mosquitto) as site:
        yield site


@contextmanager
def run_site(folder: Path, mosquitto: Path) -> Iterator[Site]:
    """Run a broker with the certificates that are in `folder`."""
    site = Site(folder, free_port(), free_port())
    (folder / "passwords").write_text("forewarn-gateway:g\nforewarn-alerts:a\nforewarn-pager:p\n")
    subprocess.run(["mosquitto_passwd", "-U", folder / "passwords"], check=True)
    config = (BROKER / "mosquitto.conf").read_text()
    for packaged, here in (
        ("/etc/mosquitto/certs", str(folder)),
        ("/etc/mosquitto/forewarn.acl", str(BROKER / "forewarn.acl")),
        ("/etc/mosquitto", str(folder)),
        ("/var/lib/mosquitto", str(folder)),
        ("listener 8883", f"listener {site.gateways} 127.0.0.1"),
        ("listener 1883", f"listener {site.services}"),
        ("log_dest syslog", "log_dest stderr\nuser root"),
    ):
        assert packaged in config
        config = config.replace(packaged, here)
    (folder / "mosquitto.conf").write_text(config)
    command = [str(mosquitto), "-c", str(folder / "mosquitto.conf")]
    child = Child("mosquitto", command, folder / "mosquitto.log")
    child.start()
    until(lambda: not (is_free(site.gateways) or is_free(site.services)))
    yield site
    child.stop()


def test_a_gateway_speaks_for_itself_and_for_nobody_else(site: Site) -> None:
    service = site.service("forewarn-gateway", "g")
    service.subscribe("forewarn/v1/+/observations", qos=1)
    gateway = site.gateway("han-river")
    gateway.subscribe("forewarn/v1/#", qos=1)
    for name in ("yj-river", "han-river"):
        gateway.publish(f"forewarn/v1/{name}/observations", b"{}", qos=1)
    for name in ("yj-river", "han-river"):
        service.publish(f"forewarn/v1/{name}/ack", b"[]", qos=1)
    heard = site.heard
    until(lambda: turn(service, gateway) and heard["han-river"] and heard["forewarn-gateway"])
    assert heard["forewarn-gateway"] == ["forewarn/v1/han-river/observations"]
    assert heard["han-river"] == ["forewarn/v1/han-river/ack"]
    service.disconnect()
    gateway.disconnect()


def test_a_handset_hears_its_pages_and_answers_for_itself_alone(site: Site) -> None:
    pager = site.service("forewarn-pager", "p")
    pager.subscribe("forewarn/v1/pages/+/receipts", qos=1)
    handset = site.gateway("li")
    handset.subscribe("forewarn/v1/pages/#", qos=1)
    for name in ("wang", "li"):
        handset.publish(f"forewarn/v1/pages/{name}", b"{}", qos=1)
        handset.publish(f"forewarn/v1/pages/{name}/receipts", b"{}", qos=1)
        pager.publish(f"forewarn/v1/pages/{name}", b"{}", qos=1)
    heard = site.heard
    until(lambda: turn(pager, handset) and heard["li"] and heard["forewarn-pager"])
    assert heard["forewarn-pager"] == ["forewarn/v1/pages/li/receipts"]
    assert heard["li"] == ["forewarn/v1/pages/li"]
    pager.disconnect()
    handset.disconnect()


@pytest.mark.parametrize("certificate", [None, "stolen"])
def test_without_a_valid_certificate_nobody_comes_in(site: Site, certificate: str | None) -> None:
    with pytest.raises((RefusedError, ssl.SSLError, ConnectionError)):
        site.gateway(certificate)


def test_services_need_their_password(site: Site) -> None:
    with pytest.raises(RefusedError, match="Not authorized"):
        site.service("forewarn-alerts", "wrong")
    site.service("forewarn-alerts", "a").disconnect()


@pytest.fixture
def fleet(tmp_path: Path) -> Authority:
    """Return a fleet's authority, whose folder has what the broker needs too."""
    authority = Authority.create(tmp_path / "keys", "han", "127.0.0.1", datetime.now(UTC))
    (authority.folder / "index.txt").touch()
    (authority.folder / "crlnumber").write_text("01\n")
    (authority.folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\n"
        "default_md=sha256\ndefault_crl_days=3650\n"
    )
    openssl(
        authority.folder, "ca -config ca.cnf -keyfile ca.key -cert ca.crt -gencrl -out revoked.crl"
    )
    return authority


def enrol(fleet: Authority, config: str, out: Path) -> None:
    """Join the gateway of `config` to the fleet, over TLS, as its technician would."""
    server = EnrolmentServer(fleet, {"han-river": config}, clock_from(), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    url, now = f"https://127.0.0.1:{server.port}", datetime.now(UTC)
    given = Tokens(fleet.folder).give(url, "han-river", fleet.fingerprint, now, timedelta(hours=1))
    try:
        assert edge(["enroll", given, "--out", str(out)]) == 0
    finally:
        server.close()
        thread.join()


def test_an_agent_that_enrolled_reaches_the_broker_with_the_fleets_certificates(
    fleet: Authority, tmp_path: Path, mosquitto: Path
) -> None:
    text = (BROKER.parent / "han-river/gateway.toml").read_text(encoding="utf-8")
    plain = 'url = "mqtt://127.0.0.1:1883" # FOREWARN_MQTT_URL overrides it'
    assert plain in text
    files = 'ca_file = "ca.crt"\ncert_file = "gateway.crt"\nkey_file = "gateway.key"'
    with run_site(fleet.folder, mosquitto) as site:
        url = f'url = "mqtts://127.0.0.1:{site.gateways}"\n{files}'
        enrol(fleet, text.replace(plain, url), tmp_path / "etc")
        service = site.service("forewarn-gateway", "g")
        service.subscribe("forewarn/v1/+/status", qos=1)
        command = [sys.executable, "-m", "forewarn.cli", "edge", "run"]
        command += ["--config", str(tmp_path / "etc/gateway.toml"), "--state", str(tmp_path)]
        command += ["--profiles", str(BROKER.parent / "profiles")]
        agent, heard = Child("edge", command, tmp_path / "log"), site.heard["forewarn-gateway"]
        agent.start()
        try:
            until(lambda: turn(service) and "forewarn/v1/han-river/status" in heard, 20)
        except AssertionError as error:
            raise AssertionError((tmp_path / "log").read_text()) from error
        finally:
            agent.stop()
            service.disconnect()


def turn(*clients: Client) -> bool:
    for client in clients:
        client.loop(0.02)
    return True


def openssl(folder: Path, arguments: str) -> None:
    command = ["openssl", *arguments.split()]
    if arguments.startswith("ca "):
        command.append("-batch")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def until(condition: Callable[[], object], timeout: float = 2.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.01)
