"""A LoRaWAN network server: uplinks as ChirpStack v4 and The Things Stack v3 write them.

Written from their documentation (https://www.chirpstack.io/docs/chirpstack/integrations/events.html,
https://www.thethingsindustries.com/docs/integrations/data-formats/), with all that a real message
carries around the payload.
"""

import base64
import json
import struct
from datetime import datetime
from typing import Any


def tilt_payload(angle_x: float, angle_y: float, battery: int) -> bytes:
    """Return what a Milesight EM310-TILT sends: angles [deg], battery [%]."""
    angles = (round(100 * angle) for angle in (angle_x, angle_y, 90 - abs(angle_x)))
    return b"\x01\x75" + bytes([battery]) + b"\x03\xcf" + struct.pack("<hhhB", *angles, 0)


def pressure_payload(device: int, bar: float, celsius: float, volts: float) -> bytes:
    """Return what a Decentlab DL-PR26 of 0 to 1 bar sends."""
    words = round(bar * 32768) + 16384, round(celsius * 256), round(1000 * volts)
    return struct.pack(">BHHHHH", 2, device, 3, *words)


class SimulatedNode:
    """One device of a network server, in one session.

    Parameters
    ----------
    eui : str
        16 hexadecimal digits.
    """

    def __init__(self, eui: str, *, port: int = 85, address: str = "01ab23cd") -> None:
        self.eui, self._port, self._address = eui.lower(), port, address
        self._counter = -1

    def chirpstack(
        self, payload: bytes, at: datetime, *, rssi: float = -97, snr: float = 5.5
    ) -> tuple[str, bytes]:
        """Return MQTT topic and message of the next uplink; zeros are left out."""
        self._counter += 1
        application = "3f1a6f0e-7a52-4b0e-9d0e-1f6a6e0d2c11"
        message: dict[str, Any] = {
            "deduplicationId": f"57433366-50a6-4dc2-8145-{self._counter:012x}",
            "time": at.isoformat(timespec="microseconds").replace("+00:00", "775+00:00"),
            "deviceInfo": {
                "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
                "tenantName": "Forewarn",
                "applicationId": application,
                "applicationName": "slopes",
                "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
                "deviceProfileName": "sensor",
                "deviceName": self.eui,
                "devEui": self.eui,
                "tags": {},
            },
            "devAddr": self._address,
            "adr": True,
            "dr": 3,
            "fCnt": self._counter,
            "fPort": self._port,
            "confirmed": False,
            "data": base64.b64encode(payload).decode(),
            "rxInfo": [
                {"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": rssi, "snr": snr},
                {"gatewayId": "0016c001f1539aab", "uplinkId": 12, "rssi": rssi - 12, "snr": -9.2},
            ],
            "txInfo": {"frequency": 486300000, "modulation": {"lora": {"spreadingFactor": 9}}},
        }
        for name in ("data", "fCnt", "fPort"):
            if not message[name]:
                del message[name]
        topic = f"application/{application}/device/{self.eui}/event/up"
        return topic, json.dumps(message).encode()

    def things_stack(
        self, payload: bytes, at: datetime, *, rssi: float = -97, snr: float = 5.5
    ) -> tuple[str, bytes]:
        """Return MQTT topic and message of the next uplink; zeros are left out."""
        self._counter += 1
        time = at.isoformat(timespec="microseconds").replace("+00:00", "775Z")
        ids = {
            "device_id": f"eui-{self.eui}",
            "application_ids": {"application_id": "slopes"},
            "dev_eui": self.eui.upper(),
            "join_eui": "0000000000000000",
            "dev_addr": self._address.upper(),
        }
        up: dict[str, Any] = {
            "session_key_id": "AXA50vHUFTa6ACqrA==",
            "f_port": self._port,
            "f_cnt": self._counter,
            "frm_payload": base64.b64encode(payload).decode(),
            "rx_metadata": [
                {"gateway_ids": {"gateway_id": "roof"}, "time": time, "rssi": rssi, "snr": snr}
            ],
            "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 9}}},
            "received_at": time,
        }
        kept = {name: value for name, value in up.items() if value}
        message = {
            "end_device_ids": ids,
            "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
            "received_at": time,
            "uplink_message": kept,
        }
        return f"v3/slopes@ttn/devices/eui-{self.eui}/up", json.dumps(message).encode()
