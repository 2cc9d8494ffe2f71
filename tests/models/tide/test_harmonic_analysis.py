"""Harmonic analysis and prediction: invariants, published numbers, degenerate input."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.tide import analysis, carriers
from stream.models.tide.catalogue import catalogue, speeds
from stream.models.tide.constants import Constants, from_table
from stream.models.tide.errors import TideError, TooShort, UnknownConstituent
from stream.models.tide.highwater import turns
from stream.models.tide.prediction import predict
from stream.models.tide.selection import resolvable

HOUR, DAY = 3600.0, 86_400.0
START = datetime(2012, 1, 1, tzinfo=UTC).timestamp()
KANMEN = {"M2": (1.8769, 22.33), "S2": (0.679, 54.68), "K1": (0.3001, 98.62), "O1": (0.2294, 69.6)}


def made(times: np.ndarray, latitude: float = 28.0) -> np.ndarray:
    return predict(from_table(KANMEN, latitude=latitude, mean=0.4), times)


@pytest.mark.parametrize(
    ("name", "degrees_per_hour"),
    [("M2", 28.9841042), ("S2", 30.0), ("O1", 13.9430356), ("MSF", 1.0158958), ("M6", 86.9523127)],
)
def test_speeds_are_those_of_schureman(name: str, degrees_per_hour: float) -> None:
    """Schureman (1958), Manual of Harmonic Analysis and Prediction of Tides, table 2."""
    assert speeds((name,))[0] * 360 * 3600 == pytest.approx(degrees_per_hour, abs=2e-6)


def test_every_constituent_of_the_catalogue_turns_at_its_own_speed() -> None:
    table = catalogue()
    assert len(table.names) == len(set(table.names)) > 140
    assert np.isfinite(table.speeds).all()
    assert (table.speeds > 0).all()


def test_nodal_factors_stay_within_the_published_extremes() -> None:
    """Pugh (1987), table 4.3: extremes over the 18.6 years of the moon's node."""
    times = START + np.linspace(0.0, 18.6 * 365.25 * DAY, 2000)
    f, _ = carriers.nodal(("M2", "K1", "O1", "K2", "S2"), times, 50.0)
    np.testing.assert_allclose(f.min(axis=0), [0.963, 0.882, 0.806, 0.748, 0.998], atol=0.012)
    np.testing.assert_allclose(f.max(axis=0), [1.038, 1.113, 1.183, 1.317, 1.002], atol=0.012)


def test_latitude_changes_what_diurnal_satellites_do() -> None:
    times = START + np.arange(0.0, 9 * 365 * DAY, 20 * DAY)
    north, south = (carriers.nodal(("NO1", "L2"), times, at)[0] for at in (50.0, -50.0))
    assert np.abs(north - south)[:, 0].max() > 0.05


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-1e9, 2e9),
    st.sampled_from([60.0, 360.0, 600.0, 777.0, 3600.0, 5000.0]),
    st.integers(1, 400),
    st.floats(-70, 70),
)
def test_fast_prediction_is_the_exact_one(
    first_s: float, step_s: float, count: int, latitude: float
) -> None:
    """Even times, odd times, gaps: all within 5e-5 of what each time alone gives."""
    names = ("M2", "K1", "O1", "NO1", "L2", "M8", "SA", "2MK3")
    constants = Constants(names, np.ones(8), np.arange(8) * 40.0, latitude)
    times = first_s + step_s * np.arange(count)
    exact = (carriers.exact(names, times, latitude) @ constants.complex).real
    np.testing.assert_allclose(predict(constants, times), exact, atol=5e-5)
    gappy = times[np.random.default_rng(1).random(count) < 0.6]
    kept = np.isin(times, gappy)
    np.testing.assert_allclose(predict(constants, gappy), exact[kept], atol=5e-5)
    odd = np.sort(times + np.random.default_rng(2).uniform(0, step_s / 3, count))
    alone = (carriers.exact(names, odd, latitude) @ constants.complex).real
    np.testing.assert_allclose(predict(constants, odd[::-1])[::-1], alone, atol=5e-5)


def test_shape_of_the_times_is_kept_and_no_times_give_no_tide() -> None:
    constants = from_table(KANMEN, latitude=28.0)
    assert predict(constants, START + HOUR * np.arange(12.0).reshape(3, 4)).shape == (3, 4)
    assert predict(constants, np.zeros(0)).shape == (0,)


def test_constants_come_back_from_gaps_noise_and_flags() -> None:
    times = START + 600 * np.arange(0.0, 200 * 144)
    draw = np.random.default_rng(1)
    levels = made(times) + draw.normal(0, 0.05, len(times))
    levels[1000:4000] = np.nan
    flagged = draw.random(len(times)) < 0.02
    levels[flagged] += 3.0
    found = analysis.fit(times, levels, latitude=28.0, flagged=flagged)
    for name, (size, lag) in KANMEN.items():
        assert found.constants.of(name)[0] == pytest.approx(size, abs=0.003)
        assert found.constants.of(name)[1] == pytest.approx(lag, abs=1.0)
    assert found.used == int((np.isfinite(levels) & ~flagged).sum())
    assert found.residual_rmse == pytest.approx(0.05, abs=0.002)
    assert "K2" not in found.left_out
    assert "SA" in found.left_out


def test_constants_hold_over_half_a_turn_of_the_node() -> None:
    """Fitted on 1985, the tide of 1994 is met: the nodal corrections do that."""
    times = START + HOUR * np.arange(0.0, 366 * 24)
    found = analysis.fit(times, made(times), latitude=28.0)
    later = times + 9 * 365.25 * DAY
    assert np.abs(predict(found.constants, later) - made(later)).max() < 0.005


def test_surges_pull_a_robust_fit_less() -> None:
    times = START + HOUR * np.arange(0.0, 60 * 24)
    levels = made(times)
    levels[::37] += 1.5
    plain, robust = (
        analysis.fit(times, levels, latitude=28.0, constituents=tuple(KANMEN), robust=robust)
        for robust in (False, True)
    )
    errors = [
        max(abs(fit.constants.of(name)[0] - size) for name, (size, _) in KANMEN.items())
        for fit in (plain, robust)
    ]
    assert errors[1] < 0.1 * errors[0] + 1e-6
    assert robust.constants.mean == pytest.approx(0.4, abs=1e-3)
    assert plain.constants.mean > 0.42


def test_what_a_short_record_cannot_separate_is_inferred() -> None:
    whole = {**KANMEN, "K2": (0.1883, 50.62)}
    times = START + HOUR * np.arange(0.0, 30 * 24)
    levels = predict(from_table(whole, latitude=28.0), times)
    names = tuple(KANMEN)
    alone = analysis.fit(times, levels, latitude=28.0, constituents=names).constants
    helped = analysis.fit(
        times,
        levels,
        latitude=28.0,
        constituents=names,
        infer={"K2": ("S2", 0.1883 / 0.679, 50.62 - 54.68)},
    ).constants
    assert abs(alone.of("S2")[0] - 0.679) > 0.03
    assert helped.of("S2")[0] == pytest.approx(0.679, abs=1e-4)
    assert helped.of("K2")[0] == pytest.approx(0.1883, abs=1e-4)


def test_a_trend_is_found_beside_the_tide() -> None:
    times = START + HOUR * np.arange(0.0, 400 * 24)
    rising = made(times) + 0.02 * (times - START) / (365.2425 * DAY)
    found = analysis.fit(times, rising, latitude=28.0, trend=True).constants
    assert found.trend_per_year == pytest.approx(0.02, abs=1e-4)
    np.testing.assert_allclose(predict(found, times), rising, atol=1e-3)


def test_intervals_hold_their_promise_in_red_noise() -> None:
    """95 % intervals of M2 and K1 from 40 records of coloured noise hold in most."""
    times = START + HOUR * np.arange(0.0, 60 * 24)
    draw, held = np.random.default_rng(4), []
    for _ in range(40):
        noise = np.zeros(len(times))
        for at in range(1, len(times)):
            noise[at] = 0.9 * noise[at - 1] + draw.normal(0, 0.05)
        found = analysis.fit(
            times, made(times) + noise, latitude=28.0, constituents=tuple(KANMEN)
        ).constants
        for k, name in enumerate(found.names):
            held.append(abs(found.amplitude[k] - KANMEN[name][0]) <= found.amplitude_error[k])
    assert 0.88 <= np.mean(held) <= 1.0


def test_a_record_tells_only_so_many_constituents_apart() -> None:
    """Rayleigh: S2 leaves M2 behind after 14.8 days, K2 leaves S2 after 182.6 days."""
    assert "S2" not in resolvable(14 * DAY)
    assert "S2" in resolvable(15 * DAY)
    assert "K2" not in resolvable(182 * DAY)
    assert "K2" in resolvable(183 * DAY)
    assert len(resolvable(365 * DAY)) == 59
    assert len(resolvable(366 * DAY, extended=True)) > 100
    assert "M8" not in resolvable(30 * DAY, step_s=6 * HOUR)


@pytest.mark.parametrize(
    ("hours", "options", "error", "message"),
    [
        (20, {}, TooShort, "two days"),
        (72, {"constituents": ("M2", "M99")}, UnknownConstituent, "no constituent `M99`"),
        (200, {"constituents": ("S2", "K2")}, TideError, "S2 and K2 cannot be told apart"),
        (50, {"constituents": ("M2", "K1", "M4", "M6", "M8", "M3")}, None, ""),
        (200, {"infer": {"K2": ("T2", 0.3, 0.0)}}, TideError, "inferred from `T2`"),
        (200, {"latitude": 95.0}, TideError, "latitude 95"),
    ],
)
def test_what_cannot_be_fitted_says_why(
    hours: int, options: dict[str, object], error: type[Exception] | None, message: str
) -> None:
    times = START + HOUR * np.arange(float(hours))
    arguments = {"latitude": 28.0, **options}
    if error is None:
        analysis.fit(times, made(times), **arguments)  # type: ignore[arg-type]
        return
    with pytest.raises(error, match=message):
        analysis.fit(times, made(times), **arguments)  # type: ignore[arg-type]


def test_odd_records_are_refused() -> None:
    times = START + HOUR * np.arange(100.0)
    with pytest.raises(TooShort, match="0 usable"):
        analysis.fit(times, np.full(100, np.nan), latitude=0.0)
    with pytest.raises(TooShort, match="none twice"):
        analysis.fit(times[::-1], made(times), latitude=0.0)
    sparse = np.full(100, np.nan)
    sparse[::12] = 1.0
    with pytest.raises(TooShort, match="give fewer"):
        analysis.fit(times, sparse, latitude=0.0, constituents=("M2", "K1", "M4"))
    with pytest.raises(TideError, match="there twice"):
        from_table({"M1": (1.0, 0.0), "NO1": (1.0, 0.0)}, latitude=0.0)


def test_high_waters_are_where_the_tide_is_highest() -> None:
    constants = from_table(KANMEN, latitude=28.0, mean=0.4)
    found = turns(constants, START, START + 5 * DAY)
    high = [turn for turn in found if turn.high]
    assert len(high) in (9, 10)
    minutes = START + 60.0 * np.arange(5 * 1440)
    level = predict(constants, minutes)
    assert max(turn.level for turn in high) == pytest.approx(level.max(), abs=1e-3)
    assert [turn.high for turn in found] == [found[0].high ^ bool(k % 2) for k in range(len(found))]


@pytest.mark.recorded
def test_noaas_own_predictions_of_honolulu_are_met(recorded_data: Path) -> None:
    """Gate: 5 mm RMS; a careful peer has 1.90 mm."""
    where = recorded_data / "tide_constants"
    with gzip.open(where / "noaa_1612340_harmonics.tsv.gz", "rt") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if len(row) > 4][1:]
    table = {row[1]: (float(row[2]), float(row[3])) for row in rows}
    with (where / "noaa_1612340_predictions_2023-08-29_30.csv").open() as file:
        lines = list(csv.reader(file))[1:]
    stamps = [datetime.fromisoformat(line[0]).replace(tzinfo=UTC) for line in lines]
    times = np.array([stamp.timestamp() for stamp in stamps])
    ours = predict(from_table(table, latitude=21.3067, schureman=True, at_s=float(times[0])), times)
    error = ours - np.array([float(line[1]) for line in lines])
    assert len(table) == 37
    assert np.std(error) < 0.0019
    assert np.abs(error - error.mean()).max() < 0.0045


@pytest.mark.recorded
def test_honolulu_2010_leaves_what_utide_leaves(recorded_data: Path) -> None:
    """UTide 0.4.0 leaves 70.95 mm with 59 constituents; M2 176.89 mm at 58.82°."""
    rows = np.loadtxt(recorded_data / "tide_surge" / "HNL2010.asc")
    times = np.round((rows[:, 0] - 98_617) * 24) * HOUR
    times += datetime(2010, 1, 1, tzinfo=UTC).timestamp() - times[0]
    found = analysis.fit(times, rows[:, 1], latitude=21.3)
    assert len(found.constants.names) == 59
    assert found.residual_rmse == pytest.approx(70.95, abs=0.005)
    assert found.constants.of("M2")[0] == pytest.approx(176.891, abs=0.01)
    assert found.constants.of("M2")[1] == pytest.approx(58.82, abs=0.01)


@pytest.mark.recorded
def test_utide_is_met_to_a_millimetre_with_its_own_flags(recorded_data: Path) -> None:
    utide = pytest.importorskip("utide")
    rows = np.loadtxt(recorded_data / "tide_surge" / "can1998.dtf")
    times, kept = datetime(1998, 1, 1, tzinfo=UTC).timestamp() + rows[:, 0], rows[:, 6] == 0
    ours = analysis.fit(times, rows[:, 5], latitude=-25.0, flagged=~kept).constants
    stamps = np.datetime64("1970-01-01") + times.astype("timedelta64[s]")
    levels = np.where(kept, rows[:, 5], np.nan)
    peer = utide.solve(
        stamps, levels, lat=-25.0, method="ols", conf_int="none", trend=False, verbose=False
    )
    theirs = utide.reconstruct(stamps, peer, verbose=False, min_SNR=0).h
    assert set(ours.names) == set(peer.name)
    assert np.abs(predict(ours, times) - theirs).max() < 0.001
