"""The process: a socket that is ours before anything else starts, uvicorn, and a tidy end."""

import logging
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from console.access.signin import Access
from console.app import create_app
from console.background import load_background
from console.errors import ConsoleError
from forewarn.domain.clock import Clock
from forewarn.domain.logs import fields
from forewarn.domain.station import Site

log = logging.getLogger("console")

LOOPBACK = ("127.0.0.1", "localhost", "::1")

ADDRESS_FILE = "console.url"


class Server(uvicorn.Server):
    """uvicorn that says where it is, and ends open event streams when told to stop."""

    def __init__(self, config: uvicorn.Config, url: str, state: Path) -> None:
        super().__init__(config)
        self._url, self._file = url, state / ADDRESS_FILE

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, then write the address where the supervisor looks for it."""
        await super().startup(sockets=sockets)
        if self.started:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(self._url + "\n", encoding="utf-8")
            fresh.replace(self._file)
            log.info("ready", extra=fields(url=self._url))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Close the feed first: uvicorn waits for open responses, and streams never end."""
        self.config.app.state.feed.close()  # type: ignore[union-attr]
        super().handle_exit(sig, frame)

    def forget_address(self) -> None:
        """Remove the address file, if it is still ours."""
        if self._file.is_file() and self._file.read_text(encoding="utf-8").strip() == self._url:
            self._file.unlink()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host`:`port`; ConsoleError says why not and what would help."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConsoleError(
            f"cannot listen on {host}:{port}: {reason}; "
            "give another port with `--port`, or `--port 0` for any free one"
        ) from error
    return listener


def serve(
    site: Site,
    folder: Path,
    database_url: str,
    clock: Clock,
    *,
    host: str,
    port: int,
    state: Path,
    guests: bool = False,
    mqtt_url: str = "",
) -> int:
    """Serve the site in `folder` until SIGTERM or SIGINT; return 0.

    With `guests` those on this machine may read without signing in; ConsoleError elsewhere.
    `mqtt_url` is where observations of the data API go.
    """
    if guests and host not in LOOPBACK:
        raise ConsoleError(
            f"--guests with --host {host}: everybody in the network would read without sign-in; "
            "give one of them up, or a token to each display (`forewarn users token`)"
        )
    background, background_error = load_background(folder)
    listener = listen(host, port)
    with listener:
        bound = listener.getsockname()[1]
        url = f"http://[{host}]:{bound}/" if ":" in host else f"http://{host}:{bound}/"
        hosts = LOOPBACK if host in LOOPBACK else ()
        if not hosts:
            log.warning(
                "reached from the network without HTTPS: passwords can be read on the way",
                extra=fields(host=host),
            )
        config = uvicorn.Config(
            create_app(
                site,
                database_url,
                clock,
                access=Access(site.id, database_url, guests=guests),
                background=background,
                background_error=background_error,
                hosts=hosts,
                people=folder / "people.toml",
                mqtt_url=mqtt_url,
            ),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=256,
            timeout_graceful_shutdown=1,
        )
        server = Server(config, url, state)
        # uvicorn raises the signal again when it has ended: for SIGTERM that means exit 0.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            server.run(sockets=[listener])
        finally:
            server.forget_address()
    return 0
