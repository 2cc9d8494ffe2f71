"""Skill by lead against an independent computation, and forecasts one by one."""

from datetime import UTC, datetime, timedelta
from math import sin, sqrt

import pytest

from forewarn.domain.hazard import Forecast
from forewarn.domain.observation import to_milliseconds
from forewarn.storage import Connection, store, store_forecast
from forewarn.storage.skill import issued, skill

START = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = "town/stage"
LEADS = (1800, 3600)


def came(minute: int) -> float:
    return 5 + sin(minute / 40)


def predicted(minute: int, lead_s: int) -> float:
    return came(minute + lead_s // 60) + 0.1 * sin(minute / 7) + 0.05


def fill(connection: Connection, *, dead: range = range(0)) -> None:
    """Store ten hours of minutes, but for those in `dead`, and a forecast each minute of six."""
    rows = [
        (KEY, at, came(m), 3 if m in dead else 1, at, False)
        for m in range(600)
        for at in [to_milliseconds(START + m * MINUTE)]
    ]
    store(connection, rows, [], [])
    forecasts = [
        Forecast(
            area="west",
            datastream=KEY,
            issue_time=START + m * MINUTE,
            model="test",
            leads_s=list(LEADS),
            probabilities=[0.1, 0.5, 0.9],
            values=[[predicted(m, s) + d for d in (-0.1, 0, 0.1)] for s in LEADS],
        )
        for m in range(360)
    ]
    store_forecast(connection, forecasts)


def test_skill_by_lead_is_what_plain_arithmetic_says(connection: Connection) -> None:
    fill(connection, dead=range(100, 140))
    end = START + timedelta(hours=6)
    found = skill(connection, KEY, START, end, tolerance=MINUTE)
    assert [row.lead_s for row in found] == list(LEADS)
    for row in found:
        lead = row.lead_s // 60
        used = [m for m in range(0, 360, 15) if m + lead not in range(100, 140)]
        errors = [predicted(m, row.lead_s) - came(m + lead) for m in used]
        assert row.count == len(used) < 24
        assert row.rmse == pytest.approx(sqrt(sum(e * e for e in errors) / len(used)))
        assert row.bias == pytest.approx(sum(errors) / len(used))
        assert row.coverage == pytest.approx(sum(abs(e) <= 0.1 for e in errors) / len(used))
        both = [(e, m) for e, m in zip(errors, used, strict=True) if m not in range(100, 140)]
        stays = sum((came(m) - came(m + lead)) ** 2 for _, m in both)
        assert row.persistence == pytest.approx(1 - sum(e * e for e, _ in both) / stays)


def test_nothing_observed_is_no_skill(connection: Connection) -> None:
    fill(connection, dead=range(600))
    assert skill(connection, KEY, START, START + timedelta(hours=6), tolerance=MINUTE) == []
    assert skill(connection, "no/such", START, START + timedelta(hours=6), tolerance=MINUTE) == []


def test_forecasts_one_by_one_are_thinned_evenly(connection: Connection) -> None:
    fill(connection)
    end = START + timedelta(hours=6)
    ten = issued(connection, KEY, START, end, at_most=10)
    assert [f.issue_time for f in ten] == [START + 36 * n * MINUTE for n in range(10)]
    assert ten[1].values[0] == pytest.approx([predicted(36, 1800) + d for d in (-0.1, 0, 0.1)])
    few = issued(connection, KEY, START, START + 5 * MINUTE)
    assert len(few) == 5
