"""Sends what is in the outbox until the database is known to hold it: live before backlog."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import ParamSpec, TypeVar

from edge.broker import Broker
from edge.outbox import Entry, Outbox, OutboxState
from edge.settings import GatewayConfig
from edge.timekeeping import Dating, is_provisional, is_stamp
from edge.window import Window
from forewarn.domain import topics
from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.observation import Batch, DurableAck, from_milliseconds

log = logging.getLogger("edge.publisher")

TICK_S = 0.5
"""Real seconds between two looks at what is overdue [s]."""

LOOK_EVERY_S = 10.0
"""Real seconds between two looks at the oldest batch [s]."""

P = ParamSpec("P")
T = TypeVar("T")


class Publisher:
    """Keeps batches in the outbox and sends them until they are durably acked.

    An MQTT acknowledgement only says that the broker has a batch, and the broker may lose
    its memory: batches are deleted by durable acks alone.
    """

    def __init__(self, config: GatewayConfig, url: str, outbox: Outbox, will: bytes) -> None:
        self._gateway = config.gateway
        self._outbox = outbox
        publish = config.publish
        self._window = Window(publish.window, publish.resend_after_s, publish.resend_max_s)
        self.broker = Broker(config.gateway, url, config.mqtt, will, on_connected=self._connected)
        self.broker.subscribe(topics.ack(config.gateway), self._acked)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._fresh: list[Entry] = []
        self._acks: list[DurableAck] = []
        self.acked_boots: set[str] = set()
        """Starts of this gateway's agent of which the database is known to hold something."""
        self._wake = asyncio.Event()
        self._unacked_since: float | None = None
        self._oldest: int | None = None
        self._looked_s = -inf

    async def keep(self, batches: Sequence[Batch]) -> None:
        """Write `batches` to the outbox and send them at once."""
        kept = await self._on_disk(self._outbox.add, batches)
        pairs = zip(kept, batches, strict=True)
        self._fresh += [entry for entry, batch in pairs if not is_provisional(batch)]
        self._wake.set()

    async def date(self, dating: Dating) -> None:
        """Date what was written before the time was known; it goes out with the backlog."""
        while await self._on_disk(dating.step, self._outbox):
            self._window.cursor = 0
            self._wake.set()

    def unacked_s(self) -> float:
        """Return for how long there was no durable ack though batches are under way [s].

        0 where nothing waits for one, or where the broker has taken nothing yet.
        """
        return self._now_s() - self._unacked_since if self._unacked_since is not None else 0.0

    def state(self) -> OutboxState:
        """Return how the outbox is."""
        return self._outbox.state()

    def oldest(self) -> datetime | None:
        """Return when the first batch that waits was made; None: none waits, or undated ones."""
        if self._oldest is None or not self._outbox.state().batches:
            return None
        at = from_milliseconds(self._oldest)
        return None if is_stamp(at) else at

    async def run(self) -> None:
        """Send until cancelled."""
        self.broker.start()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()
            self._wake.clear()
            await self._settle()
            await self._on_disk(self._outbox.retry)
            unseen = self._oldest is None and self._outbox.state().batches > 0
            if unseen or self._now_s() - self._looked_s >= LOOK_EVERY_S:
                self._looked_s = self._now_s()
                self._oldest = await self._on_disk(self._outbox.first_created)
            self._send_fresh()
            if self.broker.connected:
                await self._send_again()
                await self._send_backlog()

    async def aclose(self, last_status: bytes) -> None:
        """Disconnect, saying `last_status`, and close the outbox."""
        await self.broker.stop(last_status)
        await self._on_disk(self._outbox.close)
        self._disk.shutdown()

    def _connected(self, remembered: bool) -> None:
        if not remembered:
            self._window.restart()
        self._wake.set()

    def _acked(self, payload: bytes) -> None:
        try:
            acks = decode(payload, list[DurableAck])
        except CodecError as error:
            log.warning("an ack that cannot be read: %s", error)
            return
        mine = [ack for ack in acks if ack.gateway == self._gateway]
        self._acks += mine
        self.acked_boots |= {ack.boot_id for ack in mine if ack.stored}
        self._wake.set()

    async def _settle(self) -> None:
        if self._acks:
            acks, self._acks = self._acks, []
            settled = await self._on_disk(self._outbox.settle, acks)
            self._window.settled(settled, self._now_s())
            if settled:
                self._unacked_since = self._now_s() if len(self._window) else None

    def _send_fresh(self) -> None:
        fresh, self._fresh = self._fresh, []
        for entry in fresh:
            if entry.number not in self._window and not self._send(entry, live=True):
                break  # it is in the outbox: it goes with the backlog

    async def _send_again(self) -> None:
        overdue = self._window.overdue(self._now_s())
        if overdue:
            entries = await self._on_disk(self._outbox.fetch, overdue)
            self._window.settled(set(overdue) - {entry.number for entry in entries})
            for entry in entries:
                self._send(entry, live=False)

    async def _send_backlog(self) -> None:
        while (room := self._window.room()) and self._outbox.state().batches > len(self._window):
            limit = room + len(self._window)
            entries = await self._on_disk(self._outbox.after, self._window.cursor, limit)
            waiting = [entry for entry in entries if entry.number not in self._window][:room]
            for entry in waiting:
                if not self._send(entry, live=False):
                    return
            if not waiting or self._fresh:
                return

    def _send(self, entry: Entry, *, live: bool) -> bool:
        taken = self.broker.publish(topics.observations(self._gateway), entry.payload)
        if taken:
            self._window.sent(entry.number, self._now_s(), live=live)
            if self._unacked_since is None:
                self._unacked_since = self._now_s()
        return taken

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def _on_disk(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._disk, lambda: call(*args, **kwargs))
