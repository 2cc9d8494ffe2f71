"""Slopes of the simulated world: water in and out, creep that runs away only where it may."""

import csv
from pathlib import Path

import msgspec
import numpy as np
import pytest

from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import load_site
from simulators.scenario import Scenario
from simulators.slope_units import main
from simulators.world.place import Place, SlopePlan
from simulators.world.slopes import FIRST_KPA, slope
from simulators.world.typhoon import simulate

SITE = Path(__file__).parents[2] / "sites/yongjiang"
TIMES = 60.0 * np.arange(3 * 1440)
CALM = SlopePlan(station="a", rain_station="r")


def storm(mm_h: float, hours: float = 12.0) -> np.ndarray:
    rain = np.zeros(len(TIMES))
    rain[600 : 600 + round(60 * hours)] = mm_h
    return rain


def test_without_rain_the_soil_drains() -> None:
    seen = slope(TIMES, storm(0.0), CALM)
    assert (np.diff(seen["pore_pressure"]) < 0).all()
    assert seen["pore_pressure"][-1] == pytest.approx(FIRST_KPA, abs=0.1)
    assert (np.diff(seen["crack"]) >= 0).all()
    assert seen["crack"][-1] < 0.1


def test_rain_raises_pressure_and_moisture_and_creep() -> None:
    dry, wet = slope(TIMES, storm(1.0), CALM), slope(TIMES, storm(10.0), CALM)
    for name in ("pore_pressure", "soil_moisture", "crack", "tilt"):
        assert np.nanmax(wet[name]) > np.nanmax(dry[name])
    assert np.argmax(wet["pore_pressure"]) == 600 + 719
    assert (wet["soil_moisture"] < 0.47).all()


def test_only_a_slope_that_may_fail_fails_and_is_torn_for_good() -> None:
    plan = msgspec.structs.replace(CALM, critical_kpa=6.0, creep_mm_h=0.5)
    held = slope(TIMES, storm(12.0), plan)
    assert np.isfinite(held["crack"]).all()
    gone = slope(TIMES, storm(12.0), msgspec.structs.replace(plan, fails=True))
    torn = np.flatnonzero(np.isnan(gone["crack"]))
    assert len(torn)
    assert np.isnan(gone["crack"][torn[0] :]).all()
    assert np.isfinite(gone["pore_pressure"]).all()
    speed = np.diff(gone["crack"][: torn[0]])
    late = speed[-60:]
    assert (np.diff(1 / late) < 0).all()


def test_a_slope_without_its_gauge_is_a_mistake_in_the_world() -> None:
    site, place = load_site(SITE), load(SITE / "world.toml", Place)
    lost = msgspec.structs.replace(place.slopes[0], rain_station="nowhere")
    whole = load(SITE / "scenario.toml", Scenario)
    short = msgspec.structs.replace(whole, start=whole.epoch, hours=2)
    with pytest.raises(ConfigError, match="no gauge `nowhere`"):
        simulate(site, msgspec.structs.replace(place, slopes=(lost,)), short)


def test_the_units_of_the_demonstration_are_what_the_generator_writes(tmp_path: Path) -> None:
    assert main([str(tmp_path / "slopes.csv")]) == 0
    made = (tmp_path / "slopes.csv").read_text(encoding="utf-8")
    assert made == (SITE / "slopes.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(made.splitlines()))
    assert {row["group"] for row in rows} == {"siming-north", "xikou-west"}
    assert main([]) == 2
