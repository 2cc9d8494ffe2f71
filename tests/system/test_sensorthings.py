"""The data API on the real services, two of which are killed while a client sends."""

import http.client
import json
import os
import signal
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from console.access.sessions import digest, new_token
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import connect, reader
from forewarn.storage.accounts import TokenRow, add_token

pytestmark = pytest.mark.system

SITE = """
id = "lab"
name = "Lab"
timezone = "UTC"
gateways = ["gw"]
area = [{ id = "hall", name = "Hall", polygon = [[0, 0], [0, 1], [1, 1], [0, 0]] }]
[[station]]
id = "weir"
name = "Weir"
area = "hall"
latitude = 0
longitude = 0
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
limits = { fail = [0, 100] }
"""
POSTS = 40


def _token(url: str) -> str:
    token, now = new_token(), datetime.now(UTC)
    row = TokenRow(
        name="lab",
        role="technician",
        sites=[],
        created=now,
        expires=now + timedelta(days=1),
        revoked=None,
    )
    with closing(connect(url)) as connection:
        add_token(connection, row, digest(token))
    return token


def _post(url: str, token: str, way: str, body: Any) -> tuple[int, Any]:
    where = urlsplit(url)
    with closing(
        http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    ) as connection:
        headers = {"Authorization": f"Bearer {token}"}
        connection.request("POST", f"/v1.1/{way}", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_what_is_created_is_stored_once_whoever_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    wanted = ("gateway", "stream", "console")
    services = [s for s in core_services() if s.name in wanted]
    with Supervisor(tmp_path / "state", folder, services=services) as running:
        running.wait_ready(90)
        url = (tmp_path / "state" / "console.url").read_text(encoding="utf-8").strip()
        token, start = _token(running.urls.database_url), datetime.now(UTC)
        for number in range(POSTS):
            if victim := {5: "gateway", 20: "stream"}.get(number):
                os.kill(running.pids[victim], signal.SIGKILL)
            at = (start - timedelta(minutes=number)).isoformat(timespec="milliseconds")
            body = {"phenomenonTime": at, "result": 500.0 if number == 7 else number / 10}
            deadline = time.monotonic() + 90
            while True:
                status, told = _post(url, token, "Datastreams(1)/Observations", body)
                if status == 201:
                    break
                assert status == 503, told
                assert time.monotonic() < deadline, told
                time.sleep(0.5)
        killed = {name: count for name, count in running.restarts.items() if count}
        with closing(connect(running.urls.database_url)) as connection:
            samples = reader.series(
                connection, "weir/stage", start - timedelta(days=1), start + timedelta(minutes=1)
            )
    assert len(samples) == POSTS
    assert killed == {"gateway": 1, "stream": 1}
    assert [s.quality for s in samples if s.result == 500.0] == [4], "quality control has judged"
