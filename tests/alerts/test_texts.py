from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.hazards import HAZARDS, OTHER, texts
from alerts.lifecycle import Cause
from alerts.notice import Notice
from alerts.phrases import CAUSES, amount, description, headline, percent, span
from alerts.texts import LEVELS, RESPONSE, SEVERITY, Pair
from forewarn.domain.hazard import Exceedance, Level
from forewarn.domain.station import load_site


@pytest.mark.parametrize("name", [*HAZARDS, "anything else"])
def test_every_hazard_has_words_for_every_level_in_both_languages(name: str) -> None:
    words = texts(name)
    assert set(words.instructions) == set(Level)
    for pair in (words.event, *words.instructions.values()):
        assert any("一" <= c <= "鿿" for c in pair.zh)
        assert pair.en.isascii()


def test_levels_map_to_cap_as_the_thresholds_reference_says() -> None:
    assert [SEVERITY[level] for level in Level][1:] == ["Minor", "Moderate", "Severe", "Extreme"]
    assert set(LEVELS) == set(RESPONSE) == set(Level)
    assert set(CAUSES) == set(Cause)
    assert texts("no such hazard") is OTHER
    assert texts("flood").response(Level.RED) == "Evacuate"
    assert texts("parking").response(Level.RED) == "Execute"


@dataclass
class Said:
    seconds: int
    zh: str
    en: str


@pytest.mark.parametrize(
    "said",
    [
        Said(0, "0分钟", "0 min"),
        Said(59 * 60, "59分钟", "59 min"),
        Said(7200, "2小时", "2 h"),
        Said(9300, "2小时35分钟", "2 h 35 min"),
    ],
)
def test_lead_times_in_words(said: Said) -> None:
    assert span(said.seconds) == Pair(said.zh, said.en)


def test_no_forecast_promises_0_or_100_percent() -> None:
    assert [percent(p) for p in (0.0, 0.004, 0.5, 0.999, 1.0)] == ["1%", "1%", "50%", "99%", "99%"]


def test_amounts_have_units_in_words() -> None:
    assert amount(8.5, "m") == Pair("8.50米", "8.50 m")
    assert amount(1200.0, "m3/s") == Pair("1200立方米/秒", "1200 m3/s")
    assert amount(3.0, "") == amount(3.0, "1") == Pair("3", "3")
    assert amount(84.6, "%") == Pair("85%", "85%")


def notice(named: Exceedance, *, hazard: str, prop: str, name: str, now: datetime) -> Notice:
    return Notice(
        identifier="a.1",
        incident="a",
        msg_type="Alert",
        status="Actual",
        sent=now,
        expires=now + timedelta(hours=1),
        references=(),
        cause=Cause.RAISED,
        level=named.level,
        previous_level=Level.NONE,
        hazard=hazard,
        datastream=f"somewhere/{prop}",
        gauge=name,
        property=prop,
        unit="1",
        exceedance=named,
        peak=named.threshold,
        peak_time=now,
        area="town",
        area_name="Town",
        polygons=(),
        site=load_site(Path(__file__).parents[2] / "sites/yongjiang"),
    )


def test_what_is_no_value_is_said_as_it_is() -> None:
    """A silent point: no waiting time has been exceeded."""
    now = datetime(2026, 8, 17, 1, 0, tzinfo=UTC)
    silent = Exceedance(
        level=Level.YELLOW,
        threshold=10.0,
        label="the point has been silent for 12 min",
        probability=1.0,
        observed=True,
        by_value=False,
        onset=now,
    )
    told = notice(silent, hazard="security", prop="waiting", name="Gate check", now=now)
    said = headline(told)
    assert said.en.endswith("Gate check: the point has been silent for 12 min")
    assert "10" not in said.en
    assert said.zh.endswith("Gate check：the point has been silent for 12 min")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (90, "Hill: landslide likely, expected at 10:30 on 17 Aug, in 1 h 30 min, probability 70%"),
        (0, "Hill: landslide likely, probability 70%"),
    ],
)
def test_a_scale_of_our_own_is_told_by_its_label(minutes: int, said: str) -> None:
    now = datetime(2026, 8, 17, 1, 0, tzinfo=UTC)
    likely = Exceedance(
        level=Level.ORANGE,
        threshold=0.6,
        label="landslide likely",
        probability=0.7,
        onset=now + timedelta(minutes=minutes),
    )
    told = notice(likely, hazard="landslide", prop="landslide_index", name="Hill", now=now)
    assert headline(told).en.endswith(said)
    assert "0.6" not in description(told).en
