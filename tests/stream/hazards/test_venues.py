"""Venues as the worker asks them: from minutes and forecasts to programmes and assessments."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from forewarn.domain.codec import encode
from forewarn.domain.config import convert
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Forecast, Level, Outcome
from forewarn.domain.station import Site, load_site
from forewarn.domain.venue import Advice, EventState, Programme
from stream.hazards.contract import Findings, Hazard, View
from stream.hazards.venues import load

ISSUE = datetime(2026, 8, 18, 6, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
PROBABILITIES = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
KEYS = ("wind", "tide", "distance", "strokes", "temperature", "humidity")

PLAN = """
[[venue]]
place = "centre"
hold = "PT10M"

[venue.source.wind]
datastream = "mast/wind"
guide = "buoy/wind"

[venue.source.tide]
datastream = "mast/tide"
persists = false

[venue.source.crowd]
datastream = "ground/density"

[venue.heat]
temperature = "mast/temperature"
humidity = "mast/humidity"

[venue.lightning]
distance = "mast/distance"
strokes = "mast/strokes"

[[venue.event]]
id = "now"
name = "Race 1"
sport = "sailing"
start = 2026-08-18T05:00:00Z
end = 2026-08-18T07:00:00Z
needs = "PT1H"

[[venue.event]]
id = "later"
name = "Race 2"
sport = "sailing"
start = 2026-08-18T08:00:00Z
end = 2026-08-18T09:00:00Z

[[venue.event]]
id = "tomorrow"
name = "Race 3"
sport = "sailing"
start = 2026-08-19T05:00:00Z
end = 2026-08-19T07:00:00Z
"""


@pytest.fixture
def site() -> Site:
    square = [(30, 121), (30, 122), (31, 122), (30, 121)]
    where = {"area": "coast", "latitude": 30.0, "longitude": 121.0}
    streams = [{"property": key, "unit": "1", "interval": "PT1M"} for key in KEYS]
    steps = [(1.0, "blue"), (2.0, "yellow"), (3.0, "orange")]
    thresholds = [{"value": v, "level": level, "label": f"severity {v}"} for v, level in steps]
    buoy = [{"property": "wind", "unit": "m/s", "interval": "PT1M"}]
    kinds = {"kind": "venue", "property": "severity", "unit": "1", "hazard": "venue"}
    raw = {
        "id": "test",
        "name": "Test",
        "timezone": "Asia/Shanghai",
        "gateways": ["gw"],
        "area": [{"id": "coast", "name": "Coast", "polygon": square}],
        "station": [
            {"id": "mast", "name": "Mast", **where, "datastream": streams},
            {"id": "buoy", "name": "Buoy", **where, "datastream": buoy},
        ],
        "place": [
            {"id": "centre", "name": "Centre", **kinds, **where, "thresholds": thresholds},
            {"id": "ground", "name": "Ground", "kind": "zone", "property": "density", **where},
        ],
    }
    return convert(raw, Site, source="test")


def make(folder: Path, site: Site, plan: str = PLAN) -> Hazard:
    (folder / "venues.toml").write_text(plan)
    [hazard] = load(folder, site)
    return hazard


@pytest.fixture
def venue(tmp_path: Path, site: Site) -> Hazard:
    return make(tmp_path, site)


CALM = {
    "mast/wind": 7.0,
    "mast/tide": 1.0,
    "mast/distance": 63.0,
    "mast/strokes": 0.0,
    "mast/temperature": 26.0,
    "mast/humidity": 60.0,
    "buoy/wind": 14.0,
}


def forecast(
    key: str, *medians: float, sd: float = 0.3, issue: datetime = ISSUE, step_min: int = 30
) -> Forecast:
    spread = np.array([-1.645, -1.282, -0.674, 0, 0.674, 1.282, 1.645]) * sd
    return Forecast(
        area="coast",
        datastream=key,
        issue_time=issue,
        model="test",
        leads_s=[60 * step_min * (k + 1) for k in range(len(medians))],
        probabilities=PROBABILITIES,
        values=[(m + spread).tolist() for m in medians],
    )


def ask(
    hazard: Hazard,
    *forecasts: Forecast,
    at: datetime = ISSUE,
    **changed: float | np.ndarray | None,
) -> Findings:
    """Judge a calm day with some datastreams changed (`wind` is the mast's); None: silent."""
    known: dict[str, float | np.ndarray | None] = dict(CALM)
    known |= {f"mast/{key}": value for key, value in changed.items()}
    history = np.full((len(hazard.inputs), hazard.history_minutes), np.nan)
    for row, key in enumerate(hazard.inputs):
        values = known[key]
        if isinstance(values, np.ndarray):
            history[row, -len(values) :] = values
        elif values is not None:
            history[row] = values
    given = {f.datastream: f for f in forecasts}
    found = hazard.judge(View(at.timestamp(), history, given, {}))
    for message in (*found.assessments, *found.programmes):
        encode(message)  # numpy's numbers do not travel
    return found


def event(found: Findings, name: str) -> EventState:
    [programme] = found.programmes
    return next(e for e in programme.events if e.event == name)


# ---------------------------------------------------------------- advice


def test_a_calm_day_is_go(venue: Hazard) -> None:
    found = ask(venue, forecast("mast/wind", *[7.0] * 12))
    assert (event(found, "now").advice, event(found, "later").advice) == (Advice.GO, Advice.GO)
    assert event(found, "now").why == []
    [assessment] = found.assessments
    assert assessment.outcome is Outcome.OK
    assert all(e.probability < 0.2 for e in assessment.exceedances)
    assert (assessment.hazard, assessment.datastream) == ("venue", "centre/severity")


def test_what_no_forecast_reaches_is_unknown(venue: Hazard) -> None:
    state = event(ask(venue), "tomorrow")
    assert (state.advice, state.why) == (
        Advice.UNKNOWN,
        ["no forecast reaches this event yet"],
    )
    assert state.next_window is None


def test_wind_above_the_limit_stops_at_once_and_resumes_after_a_while(venue: Hazard) -> None:
    gale = np.append(np.full(60, 8.0), np.full(10, 14.0))
    found = ask(venue, wind=gale)
    assert event(found, "now").advice is Advice.STOP
    assert event(found, "now").why == ["wind 14.0 m/s above 12.9 m/s"]
    [assessment] = found.assessments
    assert {e.level for e in assessment.exceedances if e.observed} == {Level.BLUE, Level.YELLOW}
    calm = [np.append(gale, np.full(minutes, 7.0)) for minutes in (8, 30)]
    steady = [forecast("mast/wind", *[7.0] * 12, issue=ISSUE + timedelta(minutes=8))] * 2
    soon = ask(venue, steady[0], at=ISSUE + timedelta(minutes=8), wind=calm[0])
    late = ask(venue, steady[1], at=ISSUE + timedelta(minutes=30), wind=calm[1])
    assert event(soon, "now").advice is Advice.STOP
    assert event(late, "now").advice is Advice.GO


def test_a_running_event_is_warned_of_a_stop_to_come(venue: Hazard) -> None:
    state = event(ask(venue, forecast("mast/wind", 13.5, 14.0, 14.5), wind=9.0), "now")
    assert state.advice is Advice.CAUTION
    assert state.why[0].startswith("stop expected from 14:")
    assert state.timeline[0].advice is Advice.GO
    assert Advice.STOP in [s.advice for s in state.timeline]


def test_a_coming_event_is_judged_by_what_is_expected_then(venue: Hazard) -> None:
    gale = forecast("mast/wind", 7, 7, 7, 8, 14, 14.5, 15, 10, 7, 7, 7, 7)
    found = ask(venue, gale)
    assert event(found, "now").advice is Advice.GO
    later = event(found, "later")
    assert later.advice is Advice.STOP
    assert later.next_window is not None
    assert later.next_window.start >= later.end
    assert later.next_window.end - later.next_window.start >= timedelta(hours=1)
    wind = next(limit for limit in later.limits if limit.name == "wind")
    assert wind.worst == pytest.approx(15.3, abs=0.8)


def test_the_timeline_has_no_gaps_and_starts_now(venue: Hazard) -> None:
    timeline = event(ask(venue, forecast("mast/wind", 8, 11, 14, 9, 7, 7)), "now").timeline
    assert timeline[0].start == ISSUE
    for before, after in pairwise(timeline):
        assert before.end == after.start
        assert before.advice is not after.advice


def test_too_little_wind_is_a_limit_too(venue: Hazard) -> None:
    state = event(ask(venue, wind=1.5), "now")
    assert state.advice is Advice.STOP
    assert state.why[0].startswith("light_wind 1.5 m/s below 2.1 m/s")


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("silent", ["wind", "strokes"])
def test_a_silent_instrument_is_never_go(venue: Hazard, silent: str) -> None:
    quiet = np.append(np.full(200, CALM[f"mast/{silent}"]), np.full(6, np.nan))
    found = ask(venue, forecast("mast/wind", *[7.0] * 12), **{silent: quiet})
    assert event(found, "now").advice is Advice.UNKNOWN
    assert event(found, "later").advice is Advice.UNKNOWN
    assert event(found, "now").next_window is None
    assert found.assessments[0].outcome is not Outcome.OK
    [programme] = found.programmes
    assert any("silent for" in reason for reason in programme.degraded)


def test_the_worst_that_is_published_is_possible(venue: Hazard) -> None:
    found = ask(venue, forecast("mast/wind", *[3.0] * 6, sd=4.0), wind=0.5)
    for state in (event(found, "now"), event(found, "later")):
        light = next(limit for limit in state.limits if limit.name == "light_wind")
        assert light.worst == 0.0


def test_a_lightning_sensor_without_a_distance_is_quiet_or_near(venue: Hazard) -> None:
    ahead = forecast("mast/wind", *[7.0] * 12)
    assert event(ask(venue, ahead, distance=None), "now").advice is Advice.GO
    strokes = np.append(np.zeros(60), 4.0)
    struck = event(ask(venue, ahead, distance=None, strokes=strokes), "now")
    assert struck.advice is Advice.STOP
    assert struck.why == ["lightning near; all clear in 30 min if nothing strikes"]


def test_an_instrument_that_speaks_every_ten_minutes_is_not_silent_between(
    tmp_path: Path, site: Site
) -> None:
    slow = [
        msgspec.structs.replace(
            station,
            datastreams=tuple(
                msgspec.structs.replace(stream, interval=timedelta(minutes=10))
                for stream in station.datastreams
            ),
        )
        for station in site.stations
    ]
    venue = make(tmp_path, msgspec.structs.replace(site, stations=tuple(slow)))
    wind = np.where(np.arange(300) % 10 == 0, 7.0, np.nan)
    ahead = forecast("mast/wind", *[7.0] * 12)
    assert event(ask(venue, ahead, wind=wind), "now").advice is Advice.GO
    assert event(ask(venue, ahead, wind=wind[:-9]), "now").advice is Advice.GO
    lost = np.append(wind, np.full(30, np.nan))
    assert event(ask(make_again(venue), ahead, wind=lost), "now").advice is Advice.UNKNOWN


def test_nothing_heard_at_all_is_failed(venue: Hazard) -> None:
    found = ask(venue, **dict.fromkeys(KEYS))
    assert found.assessments[0].outcome is Outcome.FAILED
    assert {e.advice for e in found.programmes[0].events} == {Advice.UNKNOWN}


def test_a_stop_that_is_seen_outweighs_what_is_unknown(venue: Hazard) -> None:
    assert event(ask(venue, wind=15.0, strokes=None), "now").advice is Advice.STOP


def test_an_old_forecast_is_not_used(venue: Hazard) -> None:
    old = forecast("mast/wind", *[20.0] * 12, issue=ISSUE - timedelta(hours=1))
    assert event(ask(venue, old), "later").advice is not Advice.STOP


def test_a_sheltered_mast_follows_the_forecast_of_the_open_sea(venue: Hazard) -> None:
    """7 m/s here, 14 at the buoy, 30 to come there: 15 here."""
    state = event(ask(venue, forecast("buoy/wind", *np.linspace(16, 30, 4), 30, 30, 30)), "later")
    assert state.advice is Advice.STOP


def test_a_tide_without_a_forecast_is_unknown_later_and_known_now(
    tmp_path: Path, site: Site
) -> None:
    launch = 'limits = { launch = { of = "tide", caution = 0.0, stop = -0.5 } }\n'
    plan = PLAN.replace('needs = "PT1H"\n', f'needs = "PT1H"\n{launch}')
    plan = plan.replace("end = 2026-08-18T09:00:00Z\n", f"end = 2026-08-18T09:00:00Z\n{launch}")
    venue, wind = make(tmp_path, site, plan), forecast("mast/wind", *[7.0] * 12)
    blind = ask(venue, wind)
    assert event(blind, "now").advice is Advice.GO
    assert event(blind, "later").advice is Advice.UNKNOWN
    falling = forecast("mast/tide", *np.linspace(0.9, -4.0, 12), sd=0.05)
    ebb = ask(venue, wind, falling)
    assert event(ebb, "later").advice is Advice.STOP


def test_a_crowd_that_only_a_model_knows_counts(tmp_path: Path, site: Site) -> None:
    full = 'limits = { crowd = { unit = "1/m2", caution = 2.0, stop = 3.5 } }\n'
    venue = make(tmp_path, site, PLAN.replace('needs = "PT1H"\n', f'needs = "PT1H"\n{full}'))
    wind = forecast("mast/wind", *[7.0] * 12)
    assert event(ask(venue, wind), "now").advice is Advice.UNKNOWN
    dense = forecast("ground/density", 4.0, 4.2, sd=0.1, step_min=5)
    assert event(ask(venue, wind, dense), "now").advice is Advice.STOP


# ---------------------------------------------------------------- lightning


def test_lightning_stops_for_half_an_hour_and_then_warns(venue: Hazard) -> None:
    for ago, advice in ((0, Advice.STOP), (29, Advice.STOP), (30, Advice.CAUTION), (61, Advice.GO)):
        strokes, distance = np.zeros(120), np.full(120, 63.0)
        strokes[119 - ago], distance[119 - ago] = 1.0, 6.0
        at = ISSUE + timedelta(minutes=ago)
        wind = forecast("mast/wind", *[7.0] * 12, issue=at)
        found = ask(make_again(venue), wind, at=at, strokes=strokes, distance=distance)
        running = [e for e in found.programmes[0].events if e.start <= at < e.end]
        assert [e.advice for e in running] == ([advice] if running else []), ago


def make_again(venue: Hazard) -> Hazard:
    """Return the venue as after a start: without what it remembers."""
    vars(venue)["_given"] = {}
    return venue


def test_the_window_begins_when_the_lightning_rule_ends(venue: Hazard) -> None:
    strokes, distance = np.zeros(120), np.full(120, 63.0)
    strokes[-11], distance[-11] = 2.0, 4.0
    wind = forecast("mast/wind", *[7.0] * 12)
    state = event(ask(venue, wind, strokes=strokes, distance=distance), "now")
    assert state.why == [
        "lightning 4 km away in the last half hour; all clear in 20 min if nothing strikes"
    ]
    assert state.next_window is not None
    assert state.next_window.start == ISSUE + timedelta(minutes=20)


# ---------------------------------------------------------------- hysteresis


def test_advice_does_not_flicker_around_a_limit(tmp_path: Path, site: Site) -> None:
    """Wind that jumps about the caution limit each minute: two changes at most in 40 minutes."""
    venue, random = make(tmp_path, site), np.random.default_rng(3)
    wind = 10.3 + random.normal(0, 0.8, 400)
    said = []
    for minute in range(40):
        at = ISSUE + timedelta(minutes=minute)
        found = ask(venue, at=at, wind=wind[: 300 + minute])
        said.append(event(found, "now").advice)
    assert sum(a is not b for a, b in pairwise(said)) <= 2


# ---------------------------------------------------------------- plans


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('sport = "sailing"', 'sport = "chess"', "no sport `chess`"),
        ("[venue.source.wind]", "[venue.source.breeze]", "needs the source `wind`"),
        ('place = "centre"', 'place = "ground"', 'property = "severity"'),
        ("mast/tide", "mast/tides", "no datastream or place `mast/tides`"),
        ("start = 2026-08-18T05:00:00Z", "start = 2026-08-18T08:00:00Z", "must come after"),
        ("persists", "persist", "persist"),
    ],
)
def test_mistakes_in_a_plan_are_named(
    tmp_path: Path, site: Site, before: str, after: str, said: str
) -> None:
    assert before in PLAN
    with pytest.raises(ConfigError, match=said) as error:
        make(tmp_path, site, PLAN.replace(before, after, 1))
    assert "venues.toml" in str(error.value)


def test_limits_can_be_changed_and_left_out(tmp_path: Path, site: Site) -> None:
    own = (
        'without = ["lightning"]\nlimits = { wind = { caution = 5.0, stop = 6.0, unit = "m/s" } }\n'
    )
    venue = make(tmp_path, site, PLAN.replace('needs = "PT1H"\n', f'needs = "PT1H"\n{own}'))
    state = event(ask(venue, strokes=None), "now")
    assert state.advice is Advice.STOP
    assert {limit.name for limit in state.limits} == {"wind", "light_wind"}


def test_the_demonstrations_venues_fit_their_site() -> None:
    folder = ROOT / "sites/yongjiang"
    found = load(folder, load_site(folder))
    assert {hazard.name for hazard in found} == {"venue beach-venue", "venue sailing-centre"}
    for hazard in found:
        history = np.full((len(hazard.inputs), hazard.history_minutes), np.nan)
        [programme] = hazard.judge(View(ISSUE.timestamp(), history, {}, {})).programmes
        assert isinstance(programme, Programme)
        assert {state.advice for state in programme.events} <= {Advice.UNKNOWN}


def test_each_limit_says_how_long_its_own_advice_stands(venue: Hazard) -> None:
    gale = forecast("mast/wind", 7, 7, 7, 8, 14, 14.5, 15, 10, 7, 7, 7, 7)
    state = event(ask(venue, gale), "now")
    ahead = {limit.name: limit.timeline for limit in state.limits}
    for timeline in ahead.values():
        assert timeline[0].start == ISSUE
        assert all(a.end == b.start for a, b in pairwise(timeline))
    assert [s.advice for s in ahead["wind"]].count(Advice.STOP) == 1
    assert ahead["light_wind"][0].advice is Advice.GO
    assert ahead["lightning"][0].end - ISSUE == timedelta(minutes=5), "nobody forecasts lightning"
    strokes = np.append(np.zeros(60), 4.0)
    struck = event(ask(make_again(venue), gale, distance=None, strokes=strokes), "now")
    told = next(limit.timeline for limit in struck.limits if limit.name == "lightning")
    assert [s.advice for s in told] == [Advice.STOP, Advice.CAUTION]
    assert told[-1].end - ISSUE == timedelta(hours=1)
    silent = event(ask(make_again(venue), wind=None), "now")
    [lost] = next(limit.timeline for limit in silent.limits if limit.name == "wind")
    assert lost.advice is Advice.UNKNOWN
