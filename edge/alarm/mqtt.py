"""A siren that listens to a topic of a local broker."""

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge import DriverError
from edge.alarm.settings import MqttOutputConfig

CONFIRM_S = 2.0
"""Real seconds within which the broker, or the siren itself, must confirm [s]."""

LOOK_S = 0.02


class MqttOutput:
    """One topic, retained, QoS 1; its connection is apart from that to the city's broker."""

    def __init__(self, name: str, config: MqttOutputConfig) -> None:
        self._name, self._config = name, config
        self._client: mqtt.Client | None = None
        self._said = ""
        self._confirmed: bool | None = None

    async def set(self, on: bool) -> None:
        """Publish it; DriverError unless the broker, or the siren where it can, confirms."""
        config = self._config
        client = self._started()
        await self._until(client.is_connected, f"no broker at {urlsplit(config.url).hostname}")
        word = config.on if on else config.off
        sent = client.publish(config.topic, word, qos=1, retain=True)
        await self._until(sent.is_published, f"the broker did not take `{word}`")
        if config.state_topic:
            await self._until(lambda: self._said == word, f"the siren does not say `{word}`")
        self._confirmed = on

    async def state(self) -> bool:
        """Return what the siren says, or what the broker took last; DriverError if unknown."""
        if self._config.state_topic and self._said in (self._config.on, self._config.off):
            return self._said == self._config.on
        if self._config.state_topic or self._confirmed is None:
            raise DriverError(f"output {self._name}: nobody has said how it is")
        return self._confirmed

    async def aclose(self) -> None:
        """Disconnect; the retained message stays."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)

    def _started(self) -> mqtt.Client:
        if self._client is None:
            parts = urlsplit(self._config.url)
            client = mqtt.Client(CallbackAPIVersion.VERSION2)
            if parts.username:
                password = unquote(parts.password) if parts.password else None
                client.username_pw_set(unquote(parts.username), password)
            client.on_connect = self._connected
            client.on_message = self._heard
            client.reconnect_delay_set(1, 5)
            client.connect_async(parts.hostname or "", parts.port or 1883, keepalive=10)
            client.loop_start()
            self._client = client
        return self._client

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        if self._config.state_topic:
            client.subscribe(self._config.state_topic, qos=1)

    def _heard(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        self._said = message.payload.decode(errors="replace")

    async def _until(self, condition: Any, why: str) -> None:
        try:
            async with asyncio.timeout(CONFIRM_S):
                while not condition():
                    await asyncio.sleep(LOOK_S)
        except TimeoutError as error:
            raise DriverError(f"output {self._name}: {why} within {CONFIRM_S:g} s") from error
