"""Signed configurations and commands, published to a gateway."""

import threading
import time
from datetime import datetime, timedelta

from forewarn.domain.codec import encode
from forewarn.domain.fleet import (
    COMMAND_KIND,
    CONFIG_KIND,
    Command,
    Configuration,
    Envelope,
    signed_part,
)
from gateway.fleet import FleetError
from gateway.fleet.authority import Authority
from gateway.mqtt import make_client

TAKEN_WITHIN_S = 10.0


def configuration(
    authority: Authority, gateway: str, text: str, now: datetime, trial: timedelta
) -> bytes:
    """Return the payload that gives `gateway` a new gateway.toml; its version is the time."""
    body = encode(
        Configuration(
            gateway=gateway,
            version=int(now.timestamp()),
            issued=now,
            config=text,
            trial_s=trial.total_seconds(),
        )
    )
    return _envelope(authority, CONFIG_KIND, body)


def command(
    authority: Authority,
    gateway: str,
    name: str,
    argument: str,
    now: datetime,
    valid: timedelta,
) -> bytes:
    """Return the payload that tells `gateway` to do something, within `valid` from now."""
    body = encode(
        Command(
            gateway=gateway,
            number=int(now.timestamp() * 1000),
            issued=now,
            expires=now + valid,
            name=name,
            argument=argument,
        )
    )
    return _envelope(authority, COMMAND_KIND, body)


def publish(mqtt_url: str, topic: str, payload: bytes, *, retain: bool) -> None:
    """Publish once, QoS 1; FleetError where the broker does not take it within 10 s."""
    client = make_client(mqtt_url, f"forewarn-fleet-{time.time_ns()}")
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.loop_start()
    try:
        if not connected.wait(TAKEN_WITHIN_S):
            raise FleetError(f"no broker at {client.host}:{client.port}")
        said = client.publish(topic, payload, qos=1, retain=retain)
        said.wait_for_publish(TAKEN_WITHIN_S)
        if not said.is_published():
            raise FleetError(f"the broker at {client.host}:{client.port} did not take it")
    finally:
        client.disconnect()
        client.loop_stop()


def _envelope(authority: Authority, kind: bytes, body: bytes) -> bytes:
    return encode(Envelope(body=body, signature=authority.sign(signed_part(kind, body))))
