"""Where gateways enrol: HTTPS with the authority's own certificate, two requests, nothing else."""

import logging
import ssl
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from forewarn.domain.clock import Clock
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import CodecError
from forewarn.domain.fleet import Enrolment, Welcome
from forewarn.domain.logs import fields
from gateway.fleet import FleetError
from gateway.fleet.authority import SERVER_CERT, SERVER_KEY, Authority
from gateway.fleet.tokens import Tokens

log = logging.getLogger("gateway.fleet")

MAX_REQUEST_BYTES = 32_768
PATIENCE_S = 10.0
"""Real seconds that a caller has for its request."""


class EnrolmentServer:
    """Serves `GET /ca.crt` and `POST /enrol`.

    Parameters
    ----------
    configs : mapping
        Gateway → the text of its gateway.toml.
    """

    def __init__(
        self,
        authority: Authority,
        configs: Mapping[str, str],
        clock: Clock,
        *,
        host: str,
        port: int,
    ) -> None:
        self._authority, self._configs, self._clock = authority, configs, clock
        self._tokens = Tokens(authority.folder)
        self._server = ThreadingHTTPServer((host, port), partial(_Request, self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        folder = authority.folder
        context.load_cert_chain(folder / SERVER_CERT, folder / SERVER_KEY)
        # The handshake is the caller's thread's business: a silent caller must stop nobody.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._server.server_address[1])

    def run(self) -> None:
        """Serve until `close`."""
        self._server.serve_forever(poll_interval=0.2)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def ca_pem(self) -> str:
        """Return the authority's certificate."""
        return self._authority.ca_pem

    def enrol(self, asked: Enrolment) -> Welcome:
        """Return what `asked` gets for its token; FleetError says why it gets nothing."""
        now: datetime = self._clock.now()
        config = self._configs.get(asked.gateway)
        if config is None:
            raise FleetError(f"there is no gateway.toml for `{asked.gateway}` here")
        self._tokens.check(asked.gateway, asked.secret, now)
        certificate = self._authority.certify(asked.request, asked.gateway, now)
        self._tokens.spend(asked.gateway, asked.secret, now)
        log.info("enrolled", extra=fields(gateway=asked.gateway))
        return Welcome(
            certificate=certificate,
            ca=self._authority.ca_pem,
            verify_key=self._authority.verify_key,
            config=config,
        )


class _Request(BaseHTTPRequestHandler):
    """One request; its answer is JSON or PEM."""

    timeout = PATIENCE_S
    protocol_version = "HTTP/1.0"
    server_version, sys_version = "forewarn", ""

    def __init__(self, serves: EnrolmentServer, *arguments: object) -> None:
        self._serves = serves
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Give the authority's certificate: the caller compares its digest with the token's."""
        if self.path == "/ca.crt":
            self._answer(HTTPStatus.OK, self._serves.ca_pem.encode())
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is only /ca.crt and /enrol")

    def do_POST(self) -> None:
        """Enrol a gateway."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/enrol":
            return self._refuse(HTTPStatus.NOT_FOUND, "there is only /ca.crt and /enrol")
        if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "not an enrolment")
        try:
            asked = decode(self.rfile.read(int(length)), Enrolment)
            return self._answer(HTTPStatus.OK, encode(self._serves.enrol(asked)))
        except (CodecError, FleetError) as error:
            log.warning("enrolment refused: %s", error, extra=fields(at=self.client_address[0]))
            return self._refuse(HTTPStatus.FORBIDDEN, str(error))

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._answer(status, encode({"error": why}))

    def log_message(self, *_: object) -> None:
        """Keep the log for what we have to say."""


def configs_in(folder: Path) -> dict[str, str]:
    """Return the gateway.toml of each gateway in `folder`/*/gateway.toml, by its id."""
    found = {}
    for path in sorted(folder.glob("*/gateway.toml")):
        text = path.read_text(encoding="utf-8")
        try:
            found[str(tomllib.loads(text)["gateway"])] = text
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise FleetError(f"{path}: {error}") from error
    return found
