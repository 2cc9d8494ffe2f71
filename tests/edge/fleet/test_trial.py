"""`forewarn edge run` as a process that is configured and commanded from afar, on a real broker."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forewarn.domain import topics
from gateway.fleet.authority import Authority
from gateway.fleet.signing import command, configuration, publish
from tests.edge.instruments import modbus_tcp, until
from tests.edge.test_logger import Logger
from tests.edge.test_process import GATEWAY, Gateway
from tests.edge.upstream import Upstream


@pytest.mark.soak
def test_a_configuration_that_reports_is_kept_and_one_that_does_not_comes_back(
    mqtt_url: str, tmp_path: Path
) -> None:
    authority = Authority.create(tmp_path / "fleet", "test", "127.0.0.1", datetime.now(UTC))
    gateway = Gateway(tmp_path, mqtt_url)
    (tmp_path / "fleet.key").write_text(authority.verify_key)
    upstream = Upstream(mqtt_url, gateway.name)

    def send(text: str, trial_s: float) -> None:
        now, trial = datetime.now(UTC), timedelta(seconds=trial_s)
        payload = configuration(authority, gateway.name, text, now, trial)
        publish(mqtt_url, topics.config(gateway.name), payload, retain=True)

    def says(text: str) -> bool:
        upstream.ack(*upstream.seen())
        return bool(upstream.statuses) and text in upstream.statuses[-1]["config"]

    async def run() -> None:
        logger = Logger()
        for number in range(1, 200):
            logger.record(float(number), 5.0)
        async with modbus_tcp({3: logger.registers}) as url:
            gateway.devices.write_text(json.dumps({"bus": url}))
            with gateway.running():
                await until(lambda: upstream.seen(), within_s=15)
                good = GATEWAY.format(gateway=gateway.name) + "\n[outbox]\nlimit_mb = 8\n"
                await asyncio.to_thread(send, good, 20.0)
                await until(lambda: says("on trial"), within_s=10)
                logger.record(200.0, 5.0)
                await until(
                    lambda: says("") and "trial" not in upstream.statuses[-1]["config"], within_s=15
                )
                kept = upstream.statuses[-1]["config"]
                assert kept.isdigit()
                await asyncio.sleep(1.1)  # versions are seconds
                silent = good.replace("unit = 3", "unit = 9")
                await asyncio.to_thread(send, silent, 1.5)
                await until(lambda: says("refused"), within_s=20)
                assert upstream.statuses[-1]["config"].startswith(f"{kept} (refused")
                assert "nothing it observed was stored" in upstream.statuses[-1]["config"]
                told = command(
                    authority,
                    gateway.name,
                    "sample-fast",
                    "5",
                    datetime.now(UTC),
                    timedelta(minutes=1),
                )
                topic = topics.command(gateway.name)
                await asyncio.to_thread(publish, mqtt_url, topic, told, retain=False)
                await until(
                    lambda: upstream.statuses[-1]["sampling"].startswith("fast"), within_s=10
                )
        publish(mqtt_url, topics.config(gateway.name), b"", retain=True)

    try:
        asyncio.run(run())
    finally:
        upstream.close()
    lines = gateway.log.read_text()
    assert "has reported and is kept" in lines
    assert "is given up" in lines
