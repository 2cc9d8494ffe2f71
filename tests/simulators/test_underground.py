"""Underpasses of the simulated world."""

from datetime import UTC, datetime

import numpy as np

from simulators.world.place import UnderpassPlan
from simulators.world.underground import PUMP_STARTS_M, underpass

PLAN = UnderpassPlan(
    station="a", rain_station="r", length_m=60.0, floor_m=9.0, ramps_m2=5000.0, pump_m3_s=0.05
)
TIMES = np.arange(0, 6 * 3600, 60.0)


def test_the_pump_holds_against_moderate_rain_until_it_fails() -> None:
    rain = np.full(len(TIMES), 20.0)
    held = underpass(TIMES, rain, PLAN)
    assert held["water_depth"].max() < PUMP_STARTS_M + 0.02
    assert np.allclose(held["inflow"], 5000 * 20 / 3.6e6)
    plan = UnderpassPlan(
        **{name: getattr(PLAN, name) for name in PLAN.__struct_fields__ if name != "pump_fails_at"},
        pump_fails_at=datetime(1970, 1, 1, 2, tzinfo=UTC),
    )
    failed = underpass(TIMES, rain, plan)["water_depth"]
    assert failed[:120].max() < PUMP_STARTS_M + 0.02
    assert (np.diff(failed[125:]) > 0).all()


def test_water_is_kept_and_street_water_comes_down_only_in_heavy_rain() -> None:
    plan = UnderpassPlan(
        station="a", rain_station="r", length_m=60.0, floor_m=9.0, ramps_m2=5000.0, pump_m3_s=1e-9
    )
    rain = np.where(TIMES < 3600, 150.0, 0.0)
    seen = underpass(TIMES, rain, plan)
    depth = seen["water_depth"][-1]
    volume = plan.length_m * (plan.floor_m * depth + plan.side * depth**2)
    assert np.isclose(volume, 60 * seen["inflow"].sum(), rtol=1e-6)
    ramps = 5000 * rain / 3.6e6
    assert (seen["inflow"] >= ramps - 1e-12).all()
    assert (seen["inflow"] > ramps + 1e-6).any()
    assert underpass(TIMES, np.zeros(len(TIMES)), plan)["water_depth"].max() == 0
