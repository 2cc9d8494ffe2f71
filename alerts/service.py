"""The alert service: assessments in, warnings out, nothing forgotten in between.

Threads: one reads Kafka, one for each channel delivers, one judges what has ended, the main
one watches the time.
They meet at the keeper's lock and in the database.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from alerts.channels import Channel
from alerts.channels.kafka import KafkaChannel
from alerts.channels.mqtt import MqttChannel
from alerts.channels.siren import Siren, SirenChannel
from alerts.channels.webhook import WebhookChannel
from alerts.closing import Closing
from alerts.covering import covered
from alerts.delivery import Delivery
from alerts.desk import Desk
from alerts.inbox import GROUP, ForgetfulBroker, Inbox
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from alerts.signing import Signer, open_signer
from forewarn.domain.clock import WorldClock
from forewarn.domain.config import Services, Signing, required
from forewarn.domain.errors import ForewarnError
from forewarn.domain.logs import fields
from forewarn.domain.station import Site
from forewarn.runtime import metrics

log = logging.getLogger("alerts")

TICK_S = 0.2
POLL_S = 0.2
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Real seconds between attempts to reach Kafka or the database; the last one repeats."""
GOODBYE_S = 1.0


class Service:
    """One running alert service.

    Parameters
    ----------
    site : Site
        Areas, stations and the alert rule.
    services : Services
        URLs; the webhook's may be empty.
    clock : WorldClock
        World time and how fast it runs.
    status : str
        CAP status: `Actual`, `Exercise` or `Test`.
    group : str
        Name under which Kafka keeps what was read.
    signer : Signer, optional
        Signs every message.
    sirens : sequence of Siren
        Each is a channel of its own.
    """

    def __init__(
        self,
        site: Site,
        services: Services,
        *,
        clock: WorldClock,
        status: str,
        group: str = GROUP,
        signer: Signer | None = None,
        sirens: Sequence[Siren] = (),
    ) -> None:
        self._kafka_url, self._group = required(services, "kafka_url"), group
        database_url = required(services, "database_url")
        channels: list[Channel] = [
            KafkaChannel(self._kafka_url),
            MqttChannel(required(services, "mqtt_url"), client_id=group),
        ]
        if services.webhook_url:
            channels.append(WebhookChannel(services.webhook_url))
        devices = Path(os.environ.get("FOREWARN_STATE") or ".forewarn") / "devices.json"
        channels += [SirenChannel(siren, devices=devices) for siren in sirens]
        self._deliveries = [Delivery(channel, database_url, clock) for channel in channels]
        for area in site.areas:
            covered(area.polygon)  # now, and not while a warning waits
        desk = Desk(
            site, timing=timing(site.alert_rule, clock.speed), status=status, start=clock.now()
        )
        self._keeper = Keeper(desk, database_url, clock, self._wake, signer)
        self._closing = Closing(site, database_url, clock, status)
        self._stop = threading.Event()
        self._trouble: dict[str, str] = {}

    def stop(self) -> None:
        """Let `run` return soon; for any thread or signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Serve until `stop`."""
        reader = threading.Thread(target=self._read, name="inbox", daemon=True)
        for thread in (*self._deliveries, self._closing, reader):
            thread.start()
        try:
            self._watch()
        finally:
            end = time.monotonic() + GOODBYE_S
            self._closing.stop()
            for delivery in self._deliveries:
                delivery.stop()
            for thread in (reader, *self._deliveries, self._closing):
                thread.join(max(0.0, end - time.monotonic()))
            self._keeper.close()

    def _wake(self) -> None:
        for delivery in self._deliveries:
            delivery.wake()

    def _watch(self) -> None:
        attempt = 0
        while not self._stop.wait(TICK_S):
            try:
                self._keeper.tick()
                attempt = 0
                self._say("the database", "")
            except (ForewarnError, psycopg.Error) as error:
                self._say("the database", str(error))
                attempt = self._pause(attempt)

    def _read(self) -> None:
        from kafka.errors import KafkaError

        attempt = 0
        while not self._stop.is_set():
            try:
                self._keeper.open()
                with Inbox(self._kafka_url, group=self._group) as inbox:
                    log.info("ready", extra=fields(kafka=self._kafka_url))
                    while not self._stop.is_set():
                        self._read_once(inbox)
                        attempt = 0
            except (ForewarnError, psycopg.Error, KafkaError, OSError, ForgetfulBroker) as error:
                self._say("assessments", f"{type(error).__name__}: {error}")
                attempt = self._pause(attempt)

    def _read_once(self, inbox: Inbox) -> None:
        payloads = inbox.poll(POLL_S)
        if payloads:
            self._keeper.take(payloads)
            inbox.commit()
            metrics.assessments_taken.inc(len(payloads))
        self._say("assessments", "")

    def _pause(self, attempt: int) -> int:
        self._stop.wait(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
        return attempt + 1

    def _say(self, part: str, trouble: str) -> None:
        """Log trouble once, and once that it is over."""
        before = self._trouble.get(part, "")
        trouble = " ".join(trouble.split())
        if trouble and not before:
            log.warning(f"waiting for {part}", extra=fields(error=trouble))
        elif before and not trouble:
            log.info(f"{part} working again")
        self._trouble[part] = trouble


def serve(
    site: Site,
    services: Services,
    clock: WorldClock,
    status: str,
    signing: Signing,
    sirens: Sequence[Siren],
) -> None:
    """Run the service until SIGTERM or SIGINT."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # the channel says it, once
    signer = open_signer(signing)
    service = Service(site, services, clock=clock, status=status, signer=signer, sirens=sirens)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    metrics.serve(metrics.ALERTS)
    log.info("starting", extra=fields(site=site.id, status=status, speed=f"{clock.speed:g}"))
    service.run()
