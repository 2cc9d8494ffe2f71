"""Observations on the way that every device's take: MQTT out, the durable ack back."""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from forewarn.domain import topics
from forewarn.domain.clock import Clock
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import CodecError
from forewarn.domain.guest import GATEWAY
from forewarn.domain.logs import fields
from forewarn.domain.observation import (
    MAX_BATCH_VALUES,
    Batch,
    Columns,
    DurableAck,
    to_milliseconds,
)

log = logging.getLogger("console.sensorthings")

ACK_WITHIN_S = 10.0
"""So long a request waits for the database to have its observations."""
MAX_UNDERWAY = 1_000
"""Batches that wait for their acks; what would be more is sent away."""


class Wire:
    """The gateway `things-api`: one MQTT session that sends batches and hears their acks.

    Parameters
    ----------
    url : str
        `mqtt://[user:password@]host[:port]` or `mqtts://…`; empty: nothing can be sent.
    clock : Clock
        When a batch was written.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._url, self._clock = url, clock
        self._boot = secrets.token_hex(8)
        self._seq = 0
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None

    @property
    def connected(self) -> bool:
        """Whether what is sent now would go out."""
        return self._client is not None and self._client.is_connected()

    @property
    def told(self) -> bool:
        """Whether anybody said where the broker is."""
        return bool(self._url)

    @property
    def full(self) -> bool:
        """Whether as many batches wait for their acks as may."""
        return len(self._waiting) >= MAX_UNDERWAY

    def open(self) -> None:
        """Connect, and stay connected; to be called in the event loop that will send."""
        if not self._url:
            return
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self._loop = asyncio.get_running_loop()
        parts = urlsplit(self._url)
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"forewarn-{GATEWAY}-{self._boot}")
        if parts.username:
            password = None if parts.password is None else unquote(parts.password)
            client.username_pw_set(unquote(parts.username), password)
        if parts.scheme == "mqtts":
            client.tls_set()
        client.max_inflight_messages_set(400)
        client.reconnect_delay_set(1, 5)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        client.connect_async(parts.hostname or "127.0.0.1", port, keepalive=30)
        client.loop_start()
        self._client = client

    def close(self) -> None:
        """Disconnect, and end the thread."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    async def send(self, columns: Columns) -> bool:
        """Send `columns`; return whether the database has them, or has why they were refused."""
        sent = dict(self._publish(part) for part in _parts(columns))
        if not sent:
            return True
        try:
            _, late = await asyncio.wait(sent.values(), timeout=ACK_WITHIN_S)
        finally:
            for seq in sent:
                self._waiting.pop(seq, None)
        return not late

    def _publish(self, columns: Columns) -> "tuple[int, asyncio.Future[None]]":
        self._seq += 1
        seq = self._seq
        batch = Batch(
            gateway=GATEWAY,
            boot_id=self._boot,
            seq=seq,
            created=to_milliseconds(self._clock.now()),
            columns=columns,
        )
        acked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[seq] = acked
        self._client.publish(topics.observations(GATEWAY), encode(batch), qos=1)
        return seq, acked

    def _on_connect(self, client: Any, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            log.warning("MQTT refused us", extra=fields(reason=reason))
            return
        client.subscribe(topics.ack(GATEWAY), qos=1)

    def _on_message(self, _: Any, __: Any, message: Any) -> None:
        try:
            acks = decode(bytes(message.payload), list[DurableAck])
        except CodecError as error:
            log.warning("not an ack", extra=fields(error=error))
            return
        for ack in acks:
            if ack.boot_id == self._boot and self._loop and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._settle, ack)

    def _settle(self, ack: DurableAck) -> None:
        for seq in [s for s in self._waiting if any(a <= s <= b for a, b in ack.stored)]:
            acked = self._waiting.pop(seq)
            if not acked.done():
                acked.set_result(None)


def _parts(columns: Columns) -> Iterator[Columns]:
    """Yield `columns` in batches, each with those of the datastreams that are in it."""
    for start in range(0, len(columns), MAX_BATCH_VALUES):
        rows = range(start, min(start + MAX_BATCH_VALUES, len(columns)))
        index: dict[int, int] = {}
        of = [index.setdefault(columns.of[row], len(index)) for row in rows]
        yield Columns(
            datastreams=[columns.datastreams[number] for number in index],
            of=of,
            time=[columns.time[row] for row in rows],
            result=[columns.result[row] for row in rows],
            quality=[columns.quality[row] for row in rows],
        )
