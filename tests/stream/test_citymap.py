"""From a minute's observations to a map, on the demonstration city and one of its storms."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace as with_fields
from numpy.typing import NDArray

from forewarn.domain.config import load
from forewarn.domain.station import load_site
from simulators.scenario import Scenario
from simulators.world.place import Place
from simulators.world.typhoon import TyphoonWorld
from stream.citymap import CityMap
from stream.flooding import outline_of

SITE = Path(__file__).parents[2] / "sites/yongjiang"
MINUTES = 6 * 60
Floats = NDArray[np.float64]
Past = Callable[[float], tuple[Floats, float]]


@pytest.fixture(scope="module")
def city() -> CityMap:
    """Return the demonstration city with three members only."""
    made = CityMap.load(SITE)
    object.__setattr__(made._city, "plan", with_fields(made._city.plan, members=3))
    return made


@pytest.fixture(scope="module")
def past() -> Past:
    """Return a function: hours after the demo's start → six hours of history, and its end."""
    site, scenario = load_site(SITE), load(SITE / "scenario.toml", Scenario)
    world = TyphoonWorld(site, load(SITE / "world.toml", Place), scenario)
    series, times = dict(world.datastreams()), world.times()
    outline = outline_of(SITE, site, ())
    assert outline is not None

    def history(hours: float) -> tuple[Floats, float]:
        end = round((scenario.start.timestamp() - times[0]) / 60 + 60 * hours)
        rows = [series[key][end - MINUTES + 1 : end + 1] for key in outline.inputs]
        return np.array(rows), float(times[end])

    return history


@pytest.mark.soak
def test_a_map_warns_of_water_that_is_not_there_yet(city: CityMap, past: Past) -> None:
    """Six hours after the demo's start the river is still inside its banks, but not for long."""
    history, issue_s = past(6.0)
    found = city.draw(history, issue_s)
    assert found.members == 3
    assert not found.degraded
    quay = np.array(found.depths["old-quay-street"].values)
    assert quay.shape == (19, 7)
    assert quay[0].max() < 0.1
    assert quay[-1, 3] > 0.3
    assert (np.diff(quay, axis=1) >= 0).all()
    wet = {zone.lead_s for zone in found.zones if zone.polygons and zone.depth_m == 0.5}
    assert 10_800 in wet
    latitude, longitude = np.array(found.where["old-quay-street"][0]).T
    assert 29.8 < latitude.min() < latitude.max() < 29.95
    assert 121.5 < longitude.min() < longitude.max() < 121.65
    assert max(len(ring) for rings in found.where.values() for ring in rings) <= 40
    assert found.evidence[0].startswith("rain on city: ")
    assert any(line.startswith("sanjiangkou/stage up to ") for line in found.evidence)


@pytest.mark.soak
def test_the_next_minute_goes_on_from_the_last_and_a_jump_back_starts_anew(
    city: CityMap, past: Past
) -> None:
    history, issue_s = past(6.0)
    city.draw(history, issue_s)
    state = city._state
    later, later_s = past(6.0 + 1 / 60)
    city.draw(later, later_s)
    assert city._state is not state
    assert city._until_s == later_s
    earlier, earlier_s = past(2.0)
    found = city.draw(earlier, earlier_s)
    assert city._until_s == earlier_s
    assert np.array(found.depths["old-quay-street"].values).max() < 0.3


@pytest.mark.soak
def test_silent_gauges_widen_and_are_named(city: CityMap, past: Past) -> None:
    history, issue_s = past(5.0)
    full = city.draw(history, issue_s)
    outline = outline_of(SITE, load_site(SITE), ())
    assert outline is not None
    deaf = history.copy()
    for key in ("sanjiangkou/stage", "haishu-rain/rain"):
        deaf[outline.inputs.index(key), -90:] = np.nan
    city._state = None
    found = city.draw(deaf, issue_s)
    assert any("sanjiangkou/stage" in reason for reason in found.degraded)
    spans = [
        np.ptp(np.array(drawn.depths["old-quay-street"].values)[-1]) for drawn in (full, found)
    ]
    assert spans[1] > 0.8 * spans[0]


@pytest.mark.soak
def test_without_any_observation_there_is_still_an_honest_map(city: CityMap, past: Past) -> None:
    history, issue_s = past(5.0)
    city._state = None
    found = city.draw(np.full_like(history, np.nan), issue_s)
    assert len(found.degraded) >= 3
    assert np.isfinite(np.array(found.depths["old-quay-street"].values)).all()
