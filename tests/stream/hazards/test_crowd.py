"""Crowd, parking and security points as the worker asks them: from minutes to assessments."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from forewarn.domain.codec import encode
from forewarn.domain.config import convert
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Assessment, Level, Outcome
from forewarn.domain.station import Site, load_site
from stream.hazards.contract import Findings, Hazard, View
from stream.hazards.crowd import load

ISSUE = datetime(2026, 8, 18, 6, 0, tzinfo=UTC).timestamp()
ROOT = Path(__file__).parents[3]

PLAN = """
[[zone]]
place = "ground"
area_m2 = 500.0
capacity = 1000.0
people = ["tower/people"]
gates = ["north"]

[[gate]]
place = "north"
width_m = 4.0
flow_in = "tower/flow_in"
flow_out = "tower/flow_out"

[[parking]]
place = "lot"
bays = 100.0
occupied = "tower/occupied"

[[point]]
place = "check"
queue = "tower/queue"
arrivals = "tower/arrivals"
posts = "tower/posts"
per_post_min = 5.0
required = 4
"""
KEYS = ("people", "flow_in", "flow_out", "occupied", "queue", "arrivals", "posts")


def place(name: str, kind: str, prop: str, hazard: str, *levels: float) -> dict[str, object]:
    names = ("blue", "yellow", "orange", "red")
    return {
        "id": name,
        "name": name,
        "kind": kind,
        "property": prop,
        "unit": "1",
        "hazard": hazard,
        "area": "town",
        "latitude": 30.0,
        "longitude": 121.0,
        "thresholds": [
            {"value": value, "level": level, "label": f"{level} line"}
            for value, level in zip(levels, names, strict=False)
        ],
    }


@pytest.fixture
def site() -> Site:
    square = [(30, 121), (30, 122), (31, 122), (30, 121)]
    streams = [{"property": key, "unit": "1", "interval": "PT1M"} for key in KEYS]
    raw = {
        "id": "test",
        "name": "Test",
        "timezone": "Asia/Shanghai",
        "gateways": ["gw"],
        "area": [{"id": "town", "name": "Town", "polygon": square}],
        "station": [
            {
                "id": "tower",
                "name": "Tower",
                "area": "town",
                "latitude": 30.0,
                "longitude": 121.0,
                "datastream": streams,
            }
        ],
        "place": [
            place("ground", "zone", "density", "crowd", 2.0, 3.57, 5.0, 5.55),
            place("north", "gate", "specific_flow", "crowd", 49, 66, 82),
            place("lot", "parking", "occupancy_share", "parking", 0.75, 0.85, 0.95),
            place("check", "point", "waiting", "security", 5, 10, 20),
        ],
    }
    return convert(raw, Site, source="test")


@pytest.fixture
def hazards(tmp_path: Path, site: Site) -> dict[str, Hazard]:
    (tmp_path / "crowd.toml").write_text(PLAN)
    return {hazard.name: hazard for hazard in load(tmp_path, site)}


def ask(hazard: Hazard, **series: np.ndarray) -> Findings:
    """Judge with each datastream's last minutes; absent ones were never heard."""
    history = np.full((len(hazard.inputs), hazard.history_minutes), np.nan)
    for row, key in enumerate(hazard.inputs):
        values = series.get(key.partition("/")[2])
        if values is not None:
            history[row, -len(values) :] = values
    found = hazard.judge(View(ISSUE, history, {}, {}))
    for message in (*found.assessments, *found.forecasts):
        encode(message)  # numpy's numbers do not travel
    return found


def steady(people: float, flow: float, minutes: int = 120) -> dict[str, np.ndarray]:
    return {
        "people": np.full(minutes, people) + np.arange(minutes) % 3,
        "flow_in": np.full(minutes, flow),
        "flow_out": np.full(minutes, flow),
    }


def levels(assessment: Assessment, least: float = 0.5) -> set[Level]:
    return {e.level for e in assessment.exceedances if e.probability >= least}


# ---------------------------------------------------------------- zones


def test_a_calm_zone_is_calm_and_says_what_it_rests_on(hazards: dict[str, Hazard]) -> None:
    found = ask(hazards["crowd ground"], **steady(100.0, 3.0))
    zone, gate = found.assessments
    assert (zone.datastream, zone.outcome, levels(zone, 0.1)) == (
        "ground/density",
        Outcome.OK,
        set(),
    )
    assert "level of service A" in zone.evidence[0]
    assert "out in 0.3 min through 1 gates" in zone.evidence[2]
    assert gate.evidence == ["2 persons/m/min, level of service A"]
    assert zone.observed == pytest.approx(0.2, abs=0.01)
    assert zone.figures["persons"] == pytest.approx(100, abs=3)
    assert (zone.figures["capacity"], zone.figures["flow_in"]) == (1000.0, 3.0)
    assert "full_min" not in zone.figures, "it does not fill: no number, and never infinity"
    assert gate.figures == {"flow_in": 3.0, "flow_out": 3.0, "width_m": 4.0}
    lot = ask(hazards["parking lot"], occupied=np.full(60, 40.0)).assessments[0]
    assert (lot.observed, lot.figures["taken"], lot.figures["bays"]) == (0.4, 40.0, 100.0)
    assert ask(hazards["parking lot"]).assessments[0].observed is None
    assert [f.datastream for f in found.forecasts] == ["ground/density", "north/specific_flow"]


def test_the_share_of_the_capacity_governs_where_it_comes_first(
    hazards: dict[str, Hazard],
) -> None:
    """1,000 persons on 500 m2 are 2/m2 (blue by density), but the place is full: red."""
    [zone, _] = ask(hazards["crowd ground"], **steady(1010.0, 3.0)).assessments
    assert levels(zone) == {Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED}
    assert [e.label for e in zone.exceedances if e.level is Level.RED] == [
        "100% of 1000 persons (licence)"
    ]


def test_exits_that_are_too_narrow_lower_the_capacity(tmp_path: Path, site: Site) -> None:
    """1 m lets 82 × 8 = 656 out in eight minutes."""
    (tmp_path / "crowd.toml").write_text(PLAN.replace("width_m = 4.0", "width_m = 1.0"))
    zone = load(tmp_path, site)[0]
    [judged, _] = ask(zone, **steady(300.0, 3.0)).assessments
    assert "of 656 (exits)" in judged.evidence[0]


def test_people_who_stream_in_are_foreseen(hazards: dict[str, Hazard]) -> None:
    came = np.full(60, 10.0)
    series = {"people": 10.0 * np.arange(60), "flow_in": came, "flow_out": np.zeros(60)}
    zone, _ = ask(hazards["crowd ground"], **series).assessments
    yellow = next(e for e in zone.exceedances if e.level is Level.YELLOW)
    assert not yellow.observed
    assert 0.05 < yellow.probability < 1
    full = next(line for line in zone.evidence if "full in" in line)
    assert "in 10/min, out 0/min" in full


@pytest.mark.parametrize("missing", ["people", "flow_in"])
def test_one_silent_counter_degrades(hazards: dict[str, Hazard], missing: str) -> None:
    series = steady(400.0, 5.0)
    series[missing] = np.append(series[missing][:-8], np.full(8, np.nan))
    zone, _ = ask(hazards["crowd ground"], **series).assessments
    assert zone.outcome is Outcome.DEGRADED
    assert f"tower/{missing} silent for 8 min" in zone.reason


def test_all_silent_is_never_all_clear(hazards: dict[str, Hazard]) -> None:
    for series in ({}, {k: np.append(v, np.full(40, np.nan)) for k, v in steady(9, 1).items()}):
        found = ask(hazards["crowd ground"], **series)
        assert [a.outcome for a in found.assessments] == [Outcome.FAILED] * 2
        assert not found.forecasts


def test_a_frozen_camera_is_named_and_left_out(hazards: dict[str, Hazard]) -> None:
    people = np.append(100.0 + np.arange(60), np.full(60, 160.0))
    flows = {"flow_in": np.full(120, 6.0), "flow_out": np.zeros(120)}
    zone, _ = ask(hazards["crowd ground"], people=people, **flows).assessments
    assert "tower/people shows 160 for 60 min while" in zone.reason
    persons = float(zone.evidence[0].split(" ")[0])
    assert persons > 400


def test_a_gate_that_counts_twice_is_said_in_words(hazards: dict[str, Hazard]) -> None:
    random = np.random.default_rng(1)
    came = random.poisson(10 + 6 * np.sin(np.arange(360) / 40)).astype(float)
    left = random.poisson(8 + 5 * np.cos(np.arange(360) / 25)).astype(float)
    people = 200 + np.cumsum(came - left) + random.normal(0, 4, 360)
    zone, _ = ask(
        hazards["crowd ground"], people=people, flow_in=2 * came, flow_out=left
    ).assessments
    assert "a gate counts those who come in" in zone.reason


def test_a_balance_that_cannot_be_gives_way_to_the_camera(hazards: dict[str, Hazard]) -> None:
    """500 m2 hold at most 3,550; gates that let 40 in a minute and none out say 14,400."""
    flows = {"flow_in": np.full(360, 40.0), "flow_out": np.zeros(360)}
    alive = np.append(100.0 + np.arange(350) % 7, np.full(10, np.nan))
    found = ask(hazards["crowd ground"], people=alive, **flows)
    zone = found.assessments[0]
    assert "tower/flow_out is 0 for 60 min while the cameras call for" in zone.reason
    jam = 40.0 * np.arange(360)
    blind = {"people": np.append(jam[:5], np.full(355, np.nan))}
    found = ask(hazards["crowd ground"], **blind, **flows)
    zone = found.assessments[0]
    assert zone.outcome is Outcome.FAILED
    assert [f.datastream for f in found.forecasts] == ["north/specific_flow"]
    assert "more than the 3550 who can stand there" in zone.reason
    assert "tower/flow_out told no one at all" in zone.reason
    lately = np.full(360, np.nan)
    lately[0], lately[-9:] = 5.0, 90.0 + np.arange(9)
    zone, _ = ask(hazards["crowd ground"], people=lately, **flows).assessments
    assert zone.outcome is Outcome.DEGRADED
    assert float(zone.evidence[0].split(" ")[0]) == pytest.approx(95, abs=15)
    assert "it is left out" in zone.reason


def test_a_frozen_camera_and_an_impossible_balance_leave_nothing(
    hazards: dict[str, Hazard],
) -> None:
    flows = {"flow_in": np.full(360, 200.0), "flow_out": np.zeros(360)}
    people = np.append(0.0, np.full(359, 10.0))
    zone, _ = ask(hazards["crowd ground"], people=people, **flows).assessments
    assert (zone.outcome, levels(zone)) == (Outcome.FAILED, set())
    assert "frozen" in zone.reason
    assert "who can stand there" in zone.reason


def test_a_quiet_night_is_no_stuck_gate(hazards: dict[str, Hazard]) -> None:
    zone, _ = ask(hazards["crowd ground"], **steady(20.0, 0.0)).assessments
    assert zone.outcome is Outcome.OK
    came = {"people": 5.0 * np.arange(60), "flow_in": np.full(60, 5.0), "flow_out": np.zeros(60)}
    zone, _ = ask(hazards["crowd ground"], **came).assessments
    assert "shut or stuck" not in (zone.reason or "")


@pytest.mark.parametrize("key", ["people", "flow_in", "flow_out"])
def test_a_negative_count_is_left_out_of_a_zone_and_said(
    hazards: dict[str, Hazard], key: str
) -> None:
    series = steady(400.0, 5.0)
    series[key][-2] = -4.0
    zone, gate = ask(hazards["crowd ground"], **series).assessments
    assert zone.outcome is Outcome.DEGRADED
    assert f"tower/{key} told -4: a count cannot be negative" in zone.reason
    assert (gate.outcome is Outcome.DEGRADED) == key.startswith("flow")


# ---------------------------------------------------------------- car park


def test_negative_bays_are_left_out(hazards: dict[str, Hazard]) -> None:
    occupied = np.full(60, 50.0)
    occupied[-1] = -1.0
    [lot] = ask(hazards["parking lot"], occupied=occupied).assessments
    assert lot.outcome is Outcome.DEGRADED
    assert lot.evidence[0] == "50 of 100 bays taken"


def test_a_filling_car_park_tells_when_it_is_practically_full(hazards: dict[str, Hazard]) -> None:
    [lot] = ask(hazards["parking lot"], occupied=np.arange(20.0, 70.0)).assessments
    assert (lot.hazard, lot.outcome) == ("parking", Outcome.OK)
    said = lot.evidence[1].split()
    assert said[:3] == ["practically", "full", "(85%)"]
    assert 10 <= float(said[4]) <= 22
    [full] = ask(hazards["parking lot"], occupied=np.full(60, 97.0)).assessments
    assert Level.ORANGE in levels(full)


def test_a_silent_car_park_is_wider_then_failed(hazards: dict[str, Hazard]) -> None:
    moving = 50.0 + 5 * np.sin(np.arange(60))
    quiet = np.append(moving, np.full(20, np.nan))
    [lately] = ask(hazards["parking lot"], occupied=quiet).forecasts
    [now] = ask(hazards["parking lot"], occupied=moving).forecasts
    assert lately.degraded
    assert lately.values[0][-1] - lately.values[0][0] > now.values[0][-1] - now.values[0][0]
    [lost] = ask(hazards["parking lot"]).assessments
    assert lost.outcome is Outcome.FAILED


# ---------------------------------------------------------------- security points


def point(minutes: int = 60, **changed: float) -> dict[str, np.ndarray]:
    values = {"queue": 0.0, "arrivals": 6.0, "posts": 4.0} | changed
    return {key: np.full(minutes, value) for key, value in values.items()}


def test_a_long_queue_and_missing_posts_raise(hazards: dict[str, Hazard]) -> None:
    [calm] = ask(hazards["security check"], **point()).assessments
    assert (levels(calm, 0.2), calm.outcome) == (set(), Outcome.OK)
    [long] = ask(hazards["security check"], **point(queue=240.0, arrivals=20.0)).assessments
    assert {Level.BLUE, Level.YELLOW} <= levels(long)
    [thin] = ask(hazards["security check"], **point(posts=2.0)).assessments
    assert levels(thin) == {Level.YELLOW}
    assert thin.exceedances[-1].label == "2 of 4 posts staffed"


@pytest.mark.parametrize(
    ("quiet", "level"), [(4, None), (5, Level.YELLOW), (29, Level.YELLOW), (30, Level.ORANGE)]
)
def test_silence_is_an_alert_by_itself(
    hazards: dict[str, Hazard], quiet: int, level: Level | None
) -> None:
    series = {k: np.append(v, np.full(quiet, np.nan)) for k, v in point().items()}
    [judged] = ask(hazards["security check"], **series).assessments
    assert levels(judged) == ({level} if level else set())
    if level:
        assert judged.exceedances[-1].label == f"the point has been silent for {quiet} min"
        assert not judged.exceedances[-1].by_value
        assert judged.outcome is Outcome.DEGRADED


def test_a_point_that_was_never_heard_is_an_alert_too(hazards: dict[str, Hazard]) -> None:
    [judged] = ask(hazards["security check"]).assessments
    assert Level.ORANGE in levels(judged)


@pytest.mark.parametrize("heard", [0, 90])
def test_a_queue_that_is_not_heard_is_an_alert_whatever_arrivals_say(
    hazards: dict[str, Hazard], heard: int
) -> None:
    """Never `0 wait 0 min`, nor the queue of half an hour ago, while people go on coming."""
    queue = np.append(np.full(heard, 300.0), np.full(120 - heard, np.nan))
    found = ask(hazards["security check"], **(point(120, arrivals=40.0) | {"queue": queue}))
    [judged] = found.assessments
    assert not found.forecasts
    assert Level.ORANGE in levels(judged)
    assert "tower/queue has been silent for" in judged.exceedances[-1].label
    assert not any("wait" in line and "served" in line for line in judged.evidence)
    alive = np.append(np.full(91, 300.0), np.full(29, np.nan))
    [lately] = ask(hazards["security check"], **(point(120) | {"queue": alive})).assessments
    assert lately.outcome is Outcome.DEGRADED


def test_arrivals_that_are_not_heard_are_not_told_as_none(hazards: dict[str, Hazard]) -> None:
    quiet = {"arrivals": np.full(60, np.nan)}
    [judged] = ask(hazards["security check"], **(point(queue=20.0) | quiet)).assessments
    assert judged.outcome is Outcome.DEGRADED
    assert "how many come is not known" in judged.evidence[0]


@pytest.mark.parametrize("key", ["queue", "arrivals", "posts"])
def test_a_negative_count_is_left_out_of_a_point_and_said(
    hazards: dict[str, Hazard], key: str
) -> None:
    series = point()
    series[key][-1] = -3.0
    [judged] = ask(hazards["security check"], **series).assessments
    assert judged.outcome is Outcome.DEGRADED
    assert f"tower/{key} told -3: a count cannot be negative" in judged.reason


def test_a_closed_point_may_be_silent(tmp_path: Path, site: Site) -> None:
    closed = PLAN + 'hours = ["08:00", "12:00"]\n'  # it is 14:00 in Shanghai
    (tmp_path / "crowd.toml").write_text(closed)
    [judged] = ask(load(tmp_path, site)[-1]).assessments
    assert levels(judged) == set()
    assert judged.outcome is Outcome.FAILED
    assert "not known how many wait" in judged.reason


# ---------------------------------------------------------------- plans


def test_no_plan_is_no_hazard(tmp_path: Path, site: Site) -> None:
    assert load(tmp_path, site) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('place = "ground"', 'place = "meadow"', r"no \[\[place\]\] `meadow`"),
        ('gates = ["north"]', 'gates = ["west"]', r"no \[\[gate\]\] with place `west`"),
        ("tower/people", "tower/heads", "no datastream `tower/heads`"),
        ('place = "lot"', 'place = "check"', 'give `property = "occupancy_share"`'),
        ("bays = 100.0", "bays = -1", "bays"),
        ("area_m2", "area_m", "area_m2"),
    ],
)
def test_mistakes_in_a_plan_are_named(
    tmp_path: Path, site: Site, before: str, after: str, said: str
) -> None:
    assert before in PLAN
    (tmp_path / "crowd.toml").write_text(PLAN.replace(before, after, 1))
    with pytest.raises(ConfigError, match=said) as error:
        load(tmp_path, site)
    assert "crowd.toml" in str(error.value)


def test_flows_must_come_each_minute(tmp_path: Path, site: Site) -> None:
    [tower] = site.stations
    slow = [msgspec.structs.replace(s, interval=timedelta(minutes=5)) for s in tower.datastreams]
    changed = msgspec.structs.replace(
        site, stations=(msgspec.structs.replace(tower, datastreams=tuple(slow)),)
    )
    (tmp_path / "crowd.toml").write_text(PLAN)
    with pytest.raises(ConfigError, match=r"`tower/flow_in` comes every 0:05:00"):
        load(tmp_path, changed)


def test_the_demonstrations_plan_fits_its_site() -> None:
    folder = ROOT / "sites/yongjiang"
    found = load(folder, load_site(folder))
    assert {"crowd beach-ground", "parking beach-car-park", "security beach-check-south"} <= {
        hazard.name for hazard in found
    }
    for hazard in found:
        assert ask(hazard).assessments
