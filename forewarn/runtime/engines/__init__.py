"""Brokers and databases as child processes on 127.0.0.1, all with the same few methods."""

from forewarn.runtime.engines.engine import Engine
from forewarn.runtime.engines.kafka import EmbeddedKafka
from forewarn.runtime.engines.mqtt import EmbeddedMqtt
from forewarn.runtime.engines.postgres import EmbeddedPostgres

__all__ = ["EmbeddedKafka", "EmbeddedMqtt", "EmbeddedPostgres", "Engine"]
