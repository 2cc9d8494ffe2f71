"""LoRaWAN devices through a network server, over a real broker and a real socket."""

import asyncio
import json
import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge import DriverError, EdgeError
from edge.drivers.lorawan.config import LorawanConfig
from edge.drivers.lorawan.driver import LorawanDriver, open_line
from edge.drivers.lorawan.mqtt import HELD
from edge.drivers.lorawan.uplink import Uplink, UplinkError, parse
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Quality
from simulators.network_server import SimulatedNode, pressure_payload, tilt_payload
from tests.edge.instruments import PROFILES, lines, until

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
EUI = "24E124713C123456"
_numbers = count(1)


def config(**changes: Any) -> LorawanConfig:
    plain: dict[str, Any] = {
        "device": f"network{next(_numbers)}",
        "station": "slope",
        "interval": timedelta(minutes=10),
        "eui": EUI,
        "codec": "milesight",
        "model": "em310-tilt",
        "values": {"angle_x": "tilt", "battery": "battery", "rssi": "signal"},
    }
    return LorawanConfig(**(plain | changes))


def listen(url: str, clock: ManualClock, *configs: LorawanConfig) -> list[LorawanDriver]:
    name = configs[0].device
    drivers = open_line(name, configs, lines(**{name: url}), clock, PROFILES)
    return [driver for driver in drivers if isinstance(driver, LorawanDriver)]


def webhook(clock: ManualClock, *configs: LorawanConfig, url: str = "") -> list[LorawanDriver]:
    return listen(url or "listen://127.0.0.1:0/uplink?token=secret", clock, *configs)


async def post(
    port: int, body: bytes, *, path: str = "/uplink?event=up", token: str = "secret", **head: str
) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = head.get("length", str(len(body)))
    method = head.get("method", "POST")
    writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
        + body
    )
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return int(answer.split()[1])


@pytest.mark.parametrize("server", ["chirpstack", "things_stack"])
def test_both_servers_uplinks_are_understood(server: str) -> None:
    node = SimulatedNode(EUI)
    _, text = getattr(node, server)(b"\x01\x02", NOON, rssi=-101, snr=2.5)
    first = parse(text)
    assert (first.eui, first.counter, first.port, first.payload) == (EUI, 0, 85, b"\x01\x02")
    assert (first.time, first.rssi_dbm, first.snr_db) == (NOON, -101, 2.5)
    assert parse(getattr(node, server)(b"", NOON)[1]).payload == b""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "no JSON"),
        (b"[]", "neither ChirpStack"),
        (b'{"deviceInfo":{"devEui":"xyz"}}', "EUI `xyz`"),
        (b'{"deviceInfo":{"devEui":"24e124713c123456"},"data":"#"}', "base64"),
        (b'{"deviceInfo":{"devEui":"24e124713c123456"},"fCnt":-1}', "`fCnt` -1"),
        (b'{"uplink_message":{}}', "end_device_ids"),
        (b" " * 70_000, "at most"),
    ],
)
def test_what_is_no_uplink_says_why(text: bytes, says: str) -> None:
    with pytest.raises(UplinkError, match=says):
        parse(text)


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=6),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(
                    [
                        "deviceInfo",
                        "devEui",
                        "uplink_message",
                        "end_device_ids",
                        "fCnt",
                        "rxInfo",
                        "rx_metadata",
                        "data",
                        "rssi",
                        "time",
                    ]
                ),
                inner,
                max_size=5,
            )
            | st.lists(inner, max_size=3)
        ),
        max_leaves=12,
    ).map(lambda tree: json.dumps(tree).encode())
)
def test_no_message_breaks_the_parser(text: bytes) -> None:
    with suppress(UplinkError):
        assert isinstance(parse(text), Uplink)


NINES = b"9" * 400


@pytest.mark.parametrize(
    ("more", "time", "rssi", "snr"),
    [
        (b'"time":"0001-01-01T00:00:00+10:00"', None, None, None),
        (b'"time":"9999-12-31T23:59:59-10:00"', None, None, None),
        (b'"time":"2026-07-01T12:00:00Z","rxInfo":[{"rssi":%b}]' % NINES, NOON, None, None),
        (b'"rxInfo":[{"rssi":%b},{"rssi":-90,"snr":-%b}]' % (NINES, NINES), None, -90, None),
    ],
)
def test_a_number_or_time_beyond_all_bounds_is_left_out(
    more: bytes, time: datetime | None, rssi: float | None, snr: float | None
) -> None:
    uplink = parse(b'{"deviceInfo":{"devEui":"%b"},"data":"AXVk",%b}' % (EUI.encode(), more))
    assert (uplink.time, uplink.rssi_dbm, uplink.snr_db) == (time, rssi, snr)
    assert uplink.payload == b"\x01\x75\x64"


def test_a_decoded_number_beyond_all_bounds_is_left_out() -> None:
    async def run() -> None:
        own = config(codec="network", model="", values={"level": "stage"})
        [driver] = webhook(ManualClock(NOON), own)
        await driver.read()
        deep = b'{"a":' * 900 + b"1" + b"}" * 900
        body = b'{"deviceInfo":{"devEui":"%b"},"object":{"x":%b,"level":2.5,"deep":%b}}'
        assert await post(driver._hub.port, body % (EUI.encode(), NINES, deep)) == 204
        [level] = (await driver.read()).observations
        assert level.result == 2.5
        await driver.aclose()

    asyncio.run(run())


class Broken:
    """A taker with a fault that nobody thought of; it may have kept the uplink before."""

    eui = EUI

    def __init__(self, *, keeps: bool) -> None:
        self._keeps = keeps

    def take(self, uplink: Uplink, kept: Callable[[], None]) -> None:
        if self._keeps:
            kept()
        raise ArithmeticError("not thought of")


@pytest.mark.parametrize("keeps", [False, True])
def test_a_fault_in_one_message_is_counted_answered_and_costs_nobody_else(keeps: bool) -> None:
    async def run() -> None:
        [driver] = webhook(ManualClock(NOON), config())
        await driver.read()
        hub, acknowledged = driver._hub, list[int]()
        hub.takers.insert(0, Broken(keeps=keeps))
        node = SimulatedNode(EUI)
        told(driver, node.chirpstack(b"\x01\x75\x50", NOON)[1], acknowledged)
        assert (hub.counts["unusable"], acknowledged) == (1, [])
        answer = await driver.read()
        assert [o.result for o in answer.observations] == [80, -97]
        assert answer.kept is not None
        answer.kept()
        assert acknowledged == [1]
        assert hub.unusable == "ArithmeticError: not thought of"
        assert await post(hub.port, node.chirpstack(b"\x01\x75\x51", NOON)[1]) == 204
        hub.takers.pop()
        told(driver, node.chirpstack(b"\x01\x75\x52", NOON)[1], acknowledged)
        assert (hub.counts["unusable"], acknowledged) == (3, [1, 1])
        await driver.aclose()

    asyncio.run(run())


def test_a_parser_that_fails_is_counted_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: bytes) -> Uplink:
        raise OverflowError("not thought of")

    async def run() -> None:
        [driver] = webhook(ManualClock(NOON), config())
        monkeypatch.setattr("edge.drivers.lorawan.hub.parse", fail)
        acknowledged: list[int] = []
        told(driver, b"{}", acknowledged)
        assert (driver._hub.counts, acknowledged) == ({"unusable": 1}, [1])
        await driver.aclose()

    asyncio.run(run())


def test_an_uplink_over_http_becomes_observations_at_the_networks_time() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        slope = config()
        creek = config(
            device=slope.device,
            station="creek",
            eui="70b3d57ba0001234",
            codec="decentlab",
            model="DL-PR26",
            parameters={"Pmin": 0.0, "Pmax": 1.0},
            values={"Pressure": "stage"},
        )
        tilt, level = webhook(clock, slope, creek)
        await tilt.read()
        port = tilt._hub.port
        heard = NOON - timedelta(seconds=3)
        node = SimulatedNode(EUI)
        sent = node.chirpstack(tilt_payload(1.25, -0.5, 88), heard)[1]
        assert await post(port, sent) == 204
        assert await post(port, sent) == 204  # a repeat
        other = SimulatedNode("70b3d57ba0001234", port=1)
        sent = other.things_stack(pressure_payload(359, 0.25, 12.5, 3.2), heard)[1]
        assert await post(port, sent, path="/uplink") == 204
        assert await post(port, SimulatedNode("00" * 8).chirpstack(b"x", heard)[1]) == 204
        assert await post(port, b"{") == 204
        answer = await tilt.read()
        assert [(o.datastream, o.result, o.phenomenon_time) for o in answer.observations] == [
            ("slope/tilt", 1.25, heard),
            ("slope/battery", 88, heard),
            ("slope/signal", -97, heard),
        ]
        assert answer.remark == ""
        [stage] = (await level.read()).observations
        assert (stage.datastream, stage.result) == ("creek/stage", 0.25)
        shown = {line.name: line.raw for line in await tilt.probe()}
        assert shown["device 0000000000000000"] == "1 uplinks"
        assert tilt._hub.counts == {"uplinks": 4, "repeats": 1, "unusable": 1}
        await tilt.aclose()
        await level.aclose()

    asyncio.run(run())


def test_the_webhook_answers_what_it_does_not_take() -> None:
    async def run() -> None:
        [driver] = webhook(ManualClock(NOON), config())
        await driver.read()
        port = driver._hub.port
        assert await post(port, b"{}", token="wrong") == 401
        assert await post(port, b"{}", path="/other") == 404
        assert await post(port, b"{}", method="GET") == 405
        assert await post(port, b"", length="x") == 411
        assert await post(port, b"", length="99999999") == 413
        assert await post(port, b"", length="9" * 5000) == 413
        assert await post(port, b"{}", path="//[x") == 400
        assert await post(port, b"", method="A B C") == 400
        assert await post(port, b"{}", path="/uplink?event=join") == 204
        assert driver._hub.counts == {}
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST")
        writer.close()  # who hangs up harms nobody
        await reader.read()
        assert await post(port, SimulatedNode(EUI).chirpstack(b"\x01\x75\x09", NOON)[1]) == 204
        assert len((await driver.read()).observations) == 2
        await driver.aclose()

    asyncio.run(run())


def test_a_port_that_is_taken_is_named() -> None:
    async def run() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        [driver] = webhook(ManualClock(NOON), config(), url=f"listen://127.0.0.1:{port}/up")
        with pytest.raises(DriverError, match=f"slope: cannot listen on 127.0.0.1:{port}"):
            await driver.read()
        server.close()
        await server.wait_closed()
        await driver.read()
        await driver.aclose()

    asyncio.run(run())


def told(driver: LorawanDriver, text: bytes, acknowledged: list[int] | None = None) -> None:
    driver._hub.take(text, lambda: acknowledged.append(1) if acknowledged is not None else None)


def test_remarks_name_what_a_technician_should_know() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [driver] = webhook(
            clock, config(low_battery=20.0, model="wts506", values={"rainfall_total": "rain"})
        )
        node = SimulatedNode(EUI)

        async def remark(payload: str, **more: Any) -> str:
            told(driver, node.chirpstack(bytes.fromhex(payload), more.pop("at", NOON), **more)[1])
            return (await driver.read()).remark

        assert await remark("017564") == ""
        assert await remark("017509") == "battery low: 9"
        assert await remark("88EC8D1300000201") == "rainfall_alarm: threshold alarm"
        assert await remark("017564", rssi=-125) == "weak signal: RSSI -125.0 dBm, SNR 5.5 dB"
        assert "payload abcd: channel `abcd`" in await remark("abcd")
        assert "+48.0 h off: dated by arrival" in await remark(
            "017564", at=NOON + timedelta(days=2)
        )
        await clock.advance(timedelta(minutes=31))
        assert (await driver.read()).remark.startswith(f"no uplink of {EUI} for 31 min")
        await driver.aclose()

    asyncio.run(run())


def test_a_broken_loop_is_missing_and_never_no_water() -> None:
    async def run() -> None:
        own = config(
            codec="dragino", model="ps-lb", values={"depth": "water_depth", "battery": "battery"}
        )
        [driver] = webhook(ManualClock(NOON), own)
        node = SimulatedNode(EUI, port=2)
        for current in (0, 12_000):
            payload = struct.pack(">HBBHHB", 3600, 0, 10, current, 0, 0)
            told(driver, node.chirpstack(payload, NOON)[1])
            answer = await driver.read()
            depth, battery = answer.observations
            broken = current == 0
            assert depth.result == (None if broken else 5.0)
            assert depth.quality == (Quality.MISSING if broken else Quality.UNCHECKED)
            assert battery.result == 3.6
            assert ("0.00 mA" in answer.remark) == broken
        await driver.aclose()

    asyncio.run(run())


def test_what_a_device_kept_is_reported_at_its_own_time() -> None:
    async def run() -> None:
        now = datetime.fromtimestamp(1692507109 + 7200, UTC)
        model = {"model": "wts506", "values": {"rainfall_total": "rain", "humidity": "humidity"}}
        [driver] = webhook(ManualClock(now), config(**model))
        history = bytes.fromhex("20CEE59BE164FF00794F27BA0432008D13")
        told(driver, SimulatedNode(EUI).chirpstack(history, now)[1])
        [rain, humidity] = (await driver.read()).observations
        await driver.aclose()
        assert (rain.result, humidity.result) == (50.05, 60.5)
        assert rain.phenomenon_time == datetime.fromtimestamp(1692507109, UTC)

    asyncio.run(run())


def test_a_message_is_acknowledged_once_its_observations_are_kept() -> None:
    async def run() -> None:
        [driver] = webhook(ManualClock(NOON), config())
        acknowledged: list[int] = []
        node = SimulatedNode(EUI)
        told(driver, node.chirpstack(b"\x01\x75\x50", NOON)[1], acknowledged)
        answer = await driver.read()
        assert acknowledged == []
        assert answer.kept is not None
        answer.kept()
        assert acknowledged == [1]
        for useless in (b"{", node.chirpstack(b"\xab\xcd", NOON)[1]):
            told(driver, useless, acknowledged)
        assert acknowledged == [1, 1, 1]
        await driver.aclose()

    asyncio.run(run())


class Server:
    """The network server's side of the broker."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.connect(parts.hostname or "", parts.port or 1883)
        self.client.loop_start()

    def publish(self, message: tuple[str, bytes]) -> None:
        self.client.publish(*message, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_uplinks_over_a_real_broker_and_none_lost_with_a_gateway_that_dies(mqtt_url: str) -> None:
    """More uplinks than may stay unacknowledged; then a death before the last were kept."""

    async def run() -> None:
        clock = ManualClock(NOON)
        own = config(values={"battery": "battery"})
        server, node = Server(mqtt_url), SimulatedNode(EUI, address=f"{id(own) % 2**32:08x}")
        heard: list[float | None] = []

        async def gather(driver: LorawanDriver, wanted: Callable[[], bool]) -> None:
            while not wanted():
                answer = await driver.read()
                heard.extend(o.result for o in answer.observations)
                await asyncio.sleep(0.02)

        def say(first: int, last: int) -> None:
            for value in range(first, last):
                server.publish(node.chirpstack(bytes([0x01, 0x75, value]), NOON))

        [driver] = listen(mqtt_url, clock, own)
        await driver._hub.start()
        await until(lambda: driver._hub.trouble == "")
        await asyncio.sleep(0.1)
        await asyncio.to_thread(say, 0, 2 * HELD)
        await gather(driver, lambda: len(heard) == 2 * HELD)  # nothing is told to be kept
        assert heard == list(range(2 * HELD))
        await driver.aclose()  # as if it died: the newest were not acknowledged
        await asyncio.to_thread(say, 2 * HELD, 2 * HELD + 3)
        [driver] = listen(mqtt_url, clock, own)
        await driver._hub.start()
        await until(lambda: driver._hub.trouble == "")
        await gather(driver, lambda: 2 * HELD + 2 in heard)
        await driver.aclose()
        server.close()
        assert heard[2 * HELD :] == list(range(HELD, 2 * HELD + 3))

    asyncio.run(run())


def test_a_network_server_that_is_not_there_is_named() -> None:
    async def run() -> None:
        [driver] = listen("mqtt://127.0.0.1:1", ManualClock(NOON), config())
        with pytest.raises(DriverError, match="slope: not connected yet"):
            await driver.read()
        await until(lambda: driver._hub.trouble == "no network server at 127.0.0.1:1")
        await driver.aclose()
        [wrong] = listen("file:///tmp/x", ManualClock(NOON), config())
        with pytest.raises(EdgeError, match="is not mqtt:// or listen://"):
            await wrong.read()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"values": {}}, "`values` is empty"),
        ({"model": "em310-tlt"}, "no model `em310-tlt`. Did you mean `em310-tilt`?"),
        ({"values": {"angel_x": "tilt"}}, "has no `angel_x`. Did you mean `angle_x`?"),
        ({"parameters": {"k": 1.0}}, "has no parameter `k`"),
        ({"codec": "decentlab", "model": "DL-PR26"}, "needs `parameters`: Pmax, Pmin"),
        ({"codec": "network"}, "of no use"),
    ],
)
def test_a_mistake_is_explained(changes: dict[str, Any], says: str) -> None:
    assert any(says in mistake for mistake in config(**changes).mistakes(PROFILES))


def test_the_readme_names_every_device() -> None:
    from edge.drivers.lorawan.codecs.makers import CODECS

    folder = Path(__file__).resolve().parents[2] / "edge" / "drivers" / "lorawan"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    models = [model for codec in CODECS.values() for model in codec.models()]
    assert [model for model in models if model not in readme] == []
