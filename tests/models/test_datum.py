"""A gauge zero that is wrong by a metre, on an invented river and on the recorded Han."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forewarn.domain.station import load_site
from stream.hindcast.record import load_mapping, load_record
from stream.models.flood.gauges import datum
from stream.models.flood.gauges.features import build
from stream.models.flood.gauges.fit import Record, whole
from stream.models.flood.gauges.model import GaugeModel, NoForecast, Prediction, predict

HAN = Path(__file__).parents[2] / "sites" / "han"
HOUR = 6
"""Steps of the Han's model."""


def judged(model: GaugeModel, record: Record) -> datum.Verdict:
    seen = whole(model.plan, record, model.intervals)
    features = build(model.plan, seen, np.arange(seen.values.shape[1]), model.tides)
    return datum.judge(model.plan, features, model.known)


@pytest.mark.parametrize("shift", [1.0, -1.0])
@pytest.mark.parametrize("gauge", [0, 1])
def test_the_wrong_gauge_is_named_and_the_other_wider(
    invented_river: Any, gauge: int, shift: float
) -> None:
    model = invented_river.model
    history, issue_s = invented_river.history(9_000)
    full = predict(model, history, issue_s)
    history[gauge] += shift
    found = predict(model, history, issue_s)
    wrong, other = model.targets[gauge], model.targets[1 - gauge]
    answer, rest = found[wrong], found[other]
    assert isinstance(answer, NoForecast)
    side = "above" if shift > 0 else "below"
    assert answer.reason.startswith(f"{wrong} is ")
    assert answer.reason.endswith(f" m {side} what the others say; left out")
    assert float(answer.reason.split()[2]) == pytest.approx(1.0, abs=0.1)
    assert isinstance(rest, Prediction)
    before = full[other]
    assert isinstance(before, Prediction)
    assert rest.degraded == [answer.reason]
    assert (np.ptp(rest.values, axis=1) > np.ptp(before.values, axis=1)).all()


def test_a_spike_is_no_datum_and_a_step_is_found_within_the_hour(invented_river: Any) -> None:
    model = invented_river.model
    history, issue_s = invented_river.history(9_000)
    spiky = history.copy()
    spiky[0, -21:] += 1.0  # three values
    assert isinstance(predict(model, spiky, issue_s)["upper/stage"], Prediction)
    history[0, -51:] += 1.0  # six values
    assert isinstance(predict(model, history, issue_s)["upper/stage"], NoForecast)


def test_a_steady_river_and_an_empty_one_are_not_suspected(invented_river: Any) -> None:
    model = invented_river.model
    assert not judged(model, invented_river.unseen).wrong.any()
    nothing = np.full((3, len(model.centre)), np.nan)
    assert not datum.judge(model.plan, nothing, model.known).wrong.any()


def test_medians_over_an_hour_pass_over_gaps_and_spikes(invented_river: Any) -> None:
    found = np.zeros((30, 1))
    found[10] = 99.0
    found[20:25] = np.nan
    hourly = datum.over_an_hour(invented_river.plan, found)[:, 0]
    assert np.nanmax(np.abs(hourly)) == 0.0
    assert np.isnan(hourly[24])
    assert np.isfinite(hourly[[6, 19, 28]]).all()


@pytest.fixture(scope="module")
def han() -> GaugeModel:
    return GaugeModel.from_bytes((HAN / "flood.npz").read_bytes())


def loaded(folder: Path, year: int, model: GaugeModel) -> Record:
    path = folder / "river_rain" / f"han_river_seoul_10min_{year}.csv"
    return load_record(path, load_mapping(HAN), load_site(HAN), model.inputs)


def shifted_is_found(model: GaugeModel, record: Record) -> None:
    assert not judged(model, record).wrong.any(), "a false alarm"
    for gauge in range(4):
        for shift in (1.0, -1.0):
            minutes = record.minutes.copy()
            minutes[gauge] += shift
            verdict = judged(model, Record(record.first_s, minutes))
            assert verdict.wrong[HOUR:, gauge].mean() >= 0.95
            assert np.delete(verdict.wrong, gauge, axis=1).mean() < 0.002


@pytest.mark.recorded
def test_each_gauge_shifted_by_a_metre_is_found(recorded_data: Path, han: GaugeModel) -> None:
    record = loaded(recorded_data, 2021, han)
    shifted_is_found(han, Record(record.first_s, record.minutes[:, :10_001]))


@pytest.mark.recorded
@pytest.mark.soak
def test_so_it_is_in_all_of_2021(recorded_data: Path, han: GaugeModel) -> None:
    shifted_is_found(han, loaded(recorded_data, 2021, han))


@pytest.mark.recorded
@pytest.mark.soak
def test_the_floods_of_2020_raise_no_false_alarm(recorded_data: Path, han: GaugeModel) -> None:
    assert not judged(han, loaded(recorded_data, 2020, han)).wrong.any()
