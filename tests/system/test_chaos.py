"""Everything is killed or cut off once; every observation arrives, exactly once."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from forewarn.runtime.engines import EmbeddedMqtt

pytestmark = [pytest.mark.system, pytest.mark.recorded, pytest.mark.timeout(600)]

VICTIMS = ("gateway", "stream", "kafka", "mqtt", "postgres", "edge-han-river")
"""Kafka is held in memory: it comes back empty."""


def test_every_part_is_killed_once_and_nothing_is_lost(replay: Callable[..., Any]) -> None:
    with replay(hours=30, speed=900) as play:
        for number, victim in enumerate(VICTIMS):
            play.wait_until(3 + 4 * number)
            play.running.kill(victim)
        play.finish()
        restarts = play.running.restarts
        assert play.ledger.balance.exact, play.account()
        assert play.ledger.messages > 0
    assert [name for name in VICTIMS if not restarts[name]] == []


class Cable:
    """A cable to a broker that can be cut: a TCP relay on a port of its own."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._target = (where.hostname, where.port)
        self._whole = threading.Event()
        self._whole.set()
        self._ends: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break what is connected, and let nothing connect."""
        self._whole.clear()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let new connections through."""
        self._whole.set()

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._socket.accept()
                if not self._whole.is_set():
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self.connections += 1
                self._ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_relay, args=pair, daemon=True).start()


def _relay(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            sink.sendall(received)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def test_a_link_cut_for_ten_hours_delays_and_loses_nothing(
    tmp_path: Path, replay: Callable[..., Any]
) -> None:
    cable = Cable(EmbeddedMqtt(tmp_path).url)
    with replay(hours=24, speed=900, edge_mqtt_url=cable.url) as play:
        play.wait_until(6)
        cable.cut()
        play.wait_until(16)
        cable.mend()
        play.finish()
        assert play.ledger.balance.exact, play.account()
    assert cable.connections >= 2
    cable.close()
