"""The water balance of an underground place, and by when it must be closed."""

from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.underground.closing import MEMBERS, Seen, outlook, time_to
from stream.models.underground.sump import (
    WEIR,
    Sump,
    observed_gain,
    rain_inflow,
    run,
    weir_inflow,
)

UNDERPASS = Sump(area_m2=900.0, deepest_m=3.0, pump_m3_s=0.05, catchment_m2=4000.0)
METRO = Sump(area_m2=400.0, deepest_m=6.0, sill_m=0.15, width_m=6.0)
DRY = np.zeros((180, MEMBERS))


def seen(**more: object) -> Seen:
    fields: dict[str, object] = {
        "depths_m": np.zeros(10),
        "last_m": 0.0,
        "silent_h": 0.0,
        "inflow_m3_s": nan,
        "rain_mm_h": 0.0,
        "rain_hour_mm_h": 0.0,
        **more,
    }
    return Seen(**fields)  # type: ignore[arg-type]


def test_the_weir_is_the_published_one() -> None:
    """Bos (1989): c = (2/3)^1.5 sqrt(g) = 1.705 for a broad crest in SI units."""
    assert pytest.approx(1.705, abs=5e-4) == WEIR
    flow = weir_inflow(METRO, np.array([0.10, 0.15, 0.25]), np.ones(1))
    assert flow == pytest.approx([0.0, 0.0, 1.705 * 6.0 * 0.1**1.5], rel=1e-3)


def test_the_worked_example_of_the_sump() -> None:
    inflow = rain_inflow(UNDERPASS, np.full((60, 1), 60.0))
    assert inflow[0, 0] == pytest.approx(0.0667, abs=1e-4)
    depth = run(
        UNDERPASS,
        start_m=np.zeros(1),
        inflow_m3_s=inflow,
        pumps=np.ones(1),
        street_m=np.zeros((60, 1)),
    )
    assert depth[-1, 0] == pytest.approx(0.067, abs=1e-3)


@given(
    st.floats(0, 2),
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
    st.floats(0, 1),
    st.floats(0, 0.5),
)
def test_water_is_kept(start: float, inflow: list[float], pumps: float, street: float) -> None:
    """What came in minus what stands inside was pumped out: never less than nothing."""
    n = len(inflow)
    depth = run(
        UNDERPASS,
        start_m=np.array([start]),
        inflow_m3_s=np.array(inflow)[:, None],
        pumps=np.array([pumps]),
        street_m=np.full((n, 1), street),
    )
    stored = (depth[-1, 0] - start) * UNDERPASS.area_m2
    came = 60 * sum(inflow)
    assert stored <= came + 1e-6
    assert came - stored <= 60 * n * UNDERPASS.pump_m3_s * pumps + 1e-6 or depth.max() >= 3.0
    assert (depth >= 0).all()
    assert (depth <= max(3.0 + street, start) + 1e-9).all()


def test_the_gain_is_told_by_the_rise() -> None:
    rising = 0.10 + 0.005 * np.arange(10)  # 5 mm/min on 900 m2 is 75 L/s
    gain, error = observed_gain(UNDERPASS, rising)
    assert gain == pytest.approx(0.075)
    assert 0 < error < 0.03
    gaps = np.where(np.arange(10) % 3 == 0, nan, rising)
    assert observed_gain(UNDERPASS, gaps)[0] == pytest.approx(0.075)
    assert isnan(observed_gain(UNDERPASS, np.array([0.1, nan, nan, 0.2]))[0])


def test_both_sensors_together_show_that_the_pump_has_failed() -> None:
    """What runs in all stands inside: nothing is pumped out."""
    rising = 0.10 + 0.002 * np.arange(10)
    inflow = 0.002 * UNDERPASS.area_m2 / 60

    def left(told: float) -> float:
        return outlook(
            UNDERPASS,
            seen(depths_m=rising, inflow_m3_s=told),
            street_m=DRY,
            inside_m=DRY,
            closing_m=0.25,
            clear_min=15,
        ).close_before(0.5)

    assert left(inflow) < 100  # 51 min if nothing changed
    steady = outlook(
        UNDERPASS,
        seen(depths_m=np.full(10, 0.1), inflow_m3_s=inflow),
        street_m=DRY,
        inside_m=DRY,
        closing_m=0.25,
        clear_min=15,
    )
    assert steady.probability() < 0.3


def test_when_a_depth_is_reached() -> None:
    depth = np.array([[0.0, 0.3, 0.0], [0.1, 0.4, 0.0], [0.3, 0.5, 0.1]])
    assert time_to(depth, 0.2).tolist() == pytest.approx([1.5, 0.0, inf])


def test_a_dry_place_with_a_noisy_sensor_need_not_be_closed() -> None:
    noise = np.random.default_rng(3).normal(0, 0.004, 10)
    found = outlook(
        UNDERPASS,
        seen(depths_m=noise),
        street_m=DRY,
        inside_m=DRY,
        closing_m=0.25,
        clear_min=15,
    )
    assert found.probability() == 0
    assert found.close_before(0.05) == inf


def test_water_inside_wins_over_a_model_that_says_dry() -> None:
    rising = 0.05 + 0.005 * np.arange(10)  # 0.095 m, and 0.3 m/h
    found = outlook(
        UNDERPASS, seen(depths_m=rising), street_m=DRY, inside_m=DRY, closing_m=0.25, clear_min=15
    )
    early, middle, late = (found.close_before(p) for p in (0.05, 0.5, 0.95))
    assert found.probability() > 0.8
    assert early < middle < late
    assert 0 < middle < 31 - 15 + 15  # 31 min to 0.25 m if nothing changes, 15 to close
    reached = outlook(
        UNDERPASS,
        seen(depths_m=np.full(10, 0.3)),
        street_m=DRY,
        inside_m=DRY,
        closing_m=0.25,
        clear_min=15,
    )
    assert (reached.left_min == -15).all()


def test_a_forecast_of_the_street_runs_over_the_sill_though_it_is_dry_inside() -> None:
    street = np.zeros((180, MEMBERS))
    street[60:] = 0.30
    found = outlook(METRO, seen(), street_m=street, inside_m=DRY, closing_m=0.05, clear_min=25)
    assert found.probability() == 1
    # over the sill from minute 61 on; 0.59 m3/s on 400 m2 are 0.05 m in under a minute
    assert found.close_before(0.5) == pytest.approx(61 - 25, abs=1.5)
    higher = outlook(
        METRO, seen(), street_m=street + 0.1, inside_m=DRY, closing_m=0.05, clear_min=25
    )
    assert higher.close_before(0.5) <= found.close_before(0.5)


def test_a_silent_sensor_is_wider_and_never_dry() -> None:
    known = outlook(
        UNDERPASS,
        seen(depths_m=np.full(10, 0.1)),
        street_m=DRY,
        inside_m=DRY,
        closing_m=0.25,
        clear_min=15,
    )
    blind = outlook(
        UNDERPASS,
        seen(depths_m=np.empty(0), last_m=0.1, silent_h=2.0),
        street_m=DRY,
        inside_m=DRY,
        closing_m=0.25,
        clear_min=15,
    )
    assert np.ptp(blind.depth_m[0]) > 0.2 > np.ptp(known.depth_m[0])
    assert 0.1 < blind.probability() < 0.9


@given(st.floats(0, 0.4), st.floats(0, 120), st.floats(0, 0.5), st.floats(0, 40))
def test_more_water_never_leaves_more_time(
    depth: float, rain: float, street: float, clear: float
) -> None:
    def left(d: float, r: float, s: float, c: float) -> float:
        found = outlook(
            METRO,
            seen(depths_m=np.full(10, d), rain_mm_h=r),
            street_m=np.full((60, MEMBERS), s),
            inside_m=np.zeros((60, MEMBERS)),
            closing_m=0.2,
            clear_min=c,
        )
        return found.close_before(0.5)

    base = left(depth, rain, street, clear)
    assert left(depth, rain + 10, street, clear) <= base + 1e-9
    assert left(depth, rain, street + 0.1, clear) <= base + 1e-9
    assert left(depth, rain, street, clear + 5) <= base - 5 + 1e-9 or base == inf
