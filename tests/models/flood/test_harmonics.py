from pathlib import Path

import numpy as np
import pytest

from stream.models.flood import harmonics as tide

DAY = 86_400.0


def made(times: np.ndarray) -> np.ndarray:
    """Return M2 of 1.9 m and K1 of 0.3 m over a mean of 0.4 m."""
    angles = [np.deg2rad(tide.SPEEDS_DEG_PER_H[name]) * times / 3600 for name in ("M2", "K1")]
    return 0.4 + 1.9 * np.cos(angles[0] - 0.7) + 0.3 * np.cos(angles[1] + 1.1)


def test_constants_are_recovered_and_carry_into_the_next_month() -> None:
    times = 1.6e9 + np.arange(0, 60 * DAY, 600)
    levels = made(times) + np.random.default_rng(1).normal(0, 0.05, len(times))
    levels[100:400] = np.nan
    found = tide.fit(times, levels)
    assert found.amplitude("M2") == pytest.approx(1.9, abs=0.01)
    assert found.amplitude("K1") == pytest.approx(0.3, abs=0.01)
    assert found.mean == pytest.approx(0.4, abs=0.01)
    later = times[-1] + np.arange(0, 30 * DAY, 600)
    assert np.abs(found.predict(later) - made(later)).max() < 0.06


def test_a_short_record_tells_only_few_constituents_apart() -> None:
    """Rayleigh: S2 leaves M2 behind after 14.8 days, K2 leaves S2 after 182.6 days."""
    assert "M2" in tide.resolvable(2 * DAY)
    assert "S2" not in tide.resolvable(14 * DAY)
    assert "S2" in tide.resolvable(15 * DAY)
    assert "K2" not in tide.resolvable(182 * DAY)
    assert "K2" in tide.resolvable(183 * DAY)


def test_half_a_year_of_river_flood_does_not_pass_for_a_season() -> None:
    assert "SSA" not in tide.resolvable(200 * DAY)
    assert "SA" in tide.resolvable(3 * 365 * DAY)


def test_shape_of_the_times_is_kept() -> None:
    times = 1.6e9 + np.arange(0, 5 * DAY, 600)
    found = tide.fit(times, made(times))
    assert found.predict(times[:12].reshape(3, 4)).shape == (3, 4)


@pytest.mark.parametrize(
    ("days", "constituents", "message"),
    [
        (1.0, (), "at least two days"),
        (4.0, ("M2", "M99"), "no constituent `M99`; there are: M2"),
        (4.0, tuple(tide.SPEEDS_DEG_PER_H), "give fewer"),
    ],
)
def test_what_cannot_be_fitted_says_why(
    days: float, constituents: tuple[str, ...], message: str
) -> None:
    times = np.arange(0, days * DAY, 7200)
    with pytest.raises(tide.TideFitError, match=message):
        tide.fit(times, made(times), constituents=constituents)


@pytest.mark.parametrize(
    ("constituent", "least", "most"),
    [("M2", 0.963, 1.038), ("K1", 0.882, 1.113), ("O1", 0.806, 1.183), ("K2", 0.748, 1.317)],
)
def test_nodal_factors_stay_within_the_published_extremes(
    constituent: str, least: float, most: float
) -> None:
    """Pugh (1987), table 4.3: extremes over the 18.6 years of the moon's node."""
    factor, _ = tide.nodal(constituent, np.linspace(0.0, 18.6 * 365.25 * DAY, 2000))
    assert factor.min() == pytest.approx(least, abs=0.002)
    assert factor.max() == pytest.approx(most, abs=0.002)


def test_compounds_carry_the_corrections_of_their_origins() -> None:
    times = np.array([5.0e8, 1.2e9])
    (f, u), (f4, u4) = tide.nodal("M2", times), tide.nodal("M4", times)
    np.testing.assert_allclose(f4, f**2)
    np.testing.assert_allclose(u4, 2 * u)
    np.testing.assert_array_equal(tide.nodal("S2", times), (np.ones(2), np.zeros(2)))
    assert set(tide.NODAL) | set(tide.DERIVED) <= set(tide.SPEEDS_DEG_PER_H)


@pytest.mark.recorded
def test_constants_of_1985_hold_in_1994(
    recorded_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vlissingen: nine years on, half a turn of the moon's node."""
    path = recorded_data / "tide_surge" / "rws_vlissingen_hourly_1985_1994.csv"
    levels = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=1)
    times = 473_382_000.0 + 3600.0 * np.arange(len(levels))  # 1985-01-01 00:00 UTC+1
    first, last = slice(0, 8760), slice(len(levels) - 8760, len(levels))

    def left() -> float:
        found = tide.fit(times[first], levels[first]).predict(times[last]) - levels[last]
        return float(np.nanstd(found))

    corrected = left()
    monkeypatch.setattr(tide, "NODAL", {})
    monkeypatch.setattr(tide, "DERIVED", {})
    assert corrected < 0.95 * left()


@pytest.mark.recorded
def test_honolulu_2010_leaves_no_more_than_utide_does(recorded_data: Path) -> None:
    """UTide leaves 70.95 mm with 59 constituents; without the seasonal ones we leave more."""
    hourly = np.loadtxt(recorded_data / "tide_surge" / "HNL2010.asc")
    times = (hourly[:, 0] - 98_617) * DAY  # days since 1700-01-01; any other origin would do
    residual = hourly[:, 1] - tide.fit(times, hourly[:, 1]).predict(times)
    assert np.sqrt(np.mean(residual**2)) < 85.0
