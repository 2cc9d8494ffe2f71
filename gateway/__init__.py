"""The bridge from MQTT to Kafka, and the way back of durable acks.

::

    edge --MQTT--> bridge: decode, check --Kafka--> stream --> database
      ^                                                           |
      +---- retained ack topic <---- acks <------- acks.v1 -------+

MQTT is acknowledged only after Kafka took the batch; the edge forgets a batch only when the
database holds it. Whatever stops in between is tried again.
"""
