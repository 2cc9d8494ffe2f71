"""Names on the wire: MQTT topics of a gateway and the Kafka topics between services."""

from zlib import crc32

from forewarn.domain.errors import CodecError

MQTT_ROOT = "forewarn/v1"

RAW = "observations.raw.v1"
REJECTED = "observations.rejected.v1"
CHECKED = "observations.checked.v1"
FORECASTS = "forecasts.v1"
ASSESSMENTS = "assessments.v1"
INUNDATIONS = "inundations.v1"
VITALS = "vitals.v1"
PROGRAMMES = "programmes.v1"
GATEWAYS = "gateways.v1"
ALERTS = "alerts.v1"
ACKS = "acks.v1"

KAFKA_TOPICS = (
    RAW,
    REJECTED,
    CHECKED,
    FORECASTS,
    ASSESSMENTS,
    INUNDATIONS,
    VITALS,
    PROGRAMMES,
    GATEWAYS,
    ALERTS,
    ACKS,
)

GATEWAY_KINDS = ("observations", "status", "ack", "senml", "config", "command")
"""Last parts of a gateway's topics: nobody whose pages go over MQTT may be called so."""

PARTITIONS = 4
"""Partitions of each Kafka topic; as many Faust workers can share the work."""


def partition_of(area: str) -> int:
    """Return the partition of `observations.checked.v1` on which an area travels."""
    return crc32(area.encode()) % PARTITIONS


def observations(gateway: str) -> str:
    """Return the topic on which `gateway` publishes its batches."""
    return f"{MQTT_ROOT}/{gateway}/observations"


def status(gateway: str) -> str:
    """Return the retained topic (and last will) on which `gateway` says how it is."""
    return f"{MQTT_ROOT}/{gateway}/status"


def ack(gateway: str) -> str:
    """Return the retained topic on which `gateway` learns what the database holds."""
    return f"{MQTT_ROOT}/{gateway}/ack"


def senml(gateway: str) -> str:
    """Return the topic on which foreign devices behind `gateway` publish SenML packs."""
    return f"{MQTT_ROOT}/{gateway}/senml"


def config(gateway: str) -> str:
    """Return the retained topic with the signed configuration of `gateway`."""
    return f"{MQTT_ROOT}/{gateway}/config"


def command(gateway: str) -> str:
    """Return the topic of signed commands to `gateway`."""
    return f"{MQTT_ROOT}/{gateway}/command"


def alerts(area: str) -> str:
    """Return the retained topic on which displays of `area` see the newest alert message."""
    return f"{MQTT_ROOT}/alerts/{area}"


def pages(contact: str) -> str:
    """Return the retained topic on which displays and handsets of `contact` see their pages."""
    return f"{MQTT_ROOT}/pages/{contact}"


def receipts(contact: str) -> str:
    """Return the topic on which they say that a page came, was read or is acknowledged."""
    return f"{MQTT_ROOT}/pages/{contact}/receipts"


def gateway_of(topic: str) -> str:
    """Return the gateway in an MQTT topic; CodecError if it is not one of ours."""
    parts = topic.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != MQTT_ROOT or not parts[2]:
        raise CodecError(f"topic `{topic}` is not {MQTT_ROOT}/<gateway>/<kind>")
    return parts[2]
