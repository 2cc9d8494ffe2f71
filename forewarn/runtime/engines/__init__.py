"""Brokers and databases as child processes on 127.0.0.1, all with the same few methods."""

from forewarn.runtime.engines.apache_kafka import ApacheKafka
from forewarn.runtime.engines.engine import Engine
from forewarn.runtime.engines.kafka import EmbeddedKafka
from forewarn.runtime.engines.mosquitto import Mosquitto
from forewarn.runtime.engines.mqtt import EmbeddedMqtt
from forewarn.runtime.engines.postgres import EmbeddedPostgres

__all__ = [
    "ApacheKafka",
    "EmbeddedKafka",
    "EmbeddedMqtt",
    "EmbeddedPostgres",
    "Engine",
    "Mosquitto",
]
