from itertools import combinations
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.gauges.features import build, names
from stream.models.flood.gauges.fit import FitError, Record, fit, whole
from stream.models.flood.gauges.model import GaugeModel, NoForecast, Prediction, predict
from stream.models.flood.gauges.plan import FloodPlan
from stream.models.flood.gauges.stored import ModelFileError

MINUTES = range(2000, 14_000, 1330)
DAM, SEA, RAIN = 2, 3, 4


def widths(found: dict[str, Prediction | NoForecast]) -> np.ndarray:
    values = [p.values for p in found.values() if isinstance(p, Prediction)]
    return np.array([quantiles[:, -1] - quantiles[:, 0] for quantiles in values])


def medians(found: dict[str, Prediction | NoForecast]) -> np.ndarray:
    values = [p.values for p in found.values() if isinstance(p, Prediction)]
    return np.array([quantiles[:, 3] for quantiles in values])


def test_the_travel_time_is_known(invented_river: Any) -> None:
    """More water at the dam, 30 min ago, is felt 60 and 120 min after it left, not before."""
    history, issue_s = invented_river.history(9_000)
    quiet, wave = history.copy(), history.copy()
    wave[DAM, -31:] += 200.0
    change = medians(predict(invented_river.model, wave, issue_s)) - medians(
        predict(invented_river.model, quiet, issue_s)
    )
    lead = {minutes: minutes // 10 for minutes in (10, 50, 60, 130)}
    assert abs(change[0, lead[10]]) < 0.04  # at the upper gauge 40 min after it left
    assert change[0, lead[50]] == pytest.approx(0.2, abs=0.05)  # 80 min after
    assert abs(change[1, lead[60]]) < 0.04  # at the lower gauge 90 min after it left
    assert change[1, lead[130]] == pytest.approx(0.2, abs=0.05)  # 160 min after


def test_out_of_sample_it_beats_persistence_by_far(invented_river: Any) -> None:
    fitted = invented_river.fitted
    assert (fitted.rmse[:, 6] < 0.35 * fitted.persistence[:, 6]).all()
    assert fitted.rmse[0, 3] < 0.012  # 30 min: the wave has left the dam; noise is 3 mm


def test_rows_never_decrease_and_leads_begin_with_the_present(invented_river: Any) -> None:
    model = invented_river.model
    assert model.leads_s == list(range(0, 10_801, 600))
    for minute in MINUTES:
        history, issue_s = invented_river.history(minute - minute % 10)
        for row, found in enumerate(predict(model, history, issue_s).values()):
            assert isinstance(found, Prediction)
            assert found.values.shape == (19, 7)
            assert (np.diff(found.values, axis=1) >= 0).all()
            assert found.values[0, 3] == pytest.approx(history[row, -1], abs=0.01)
            assert found.degraded == []


@pytest.mark.parametrize("blind", [(DAM,), (SEA,), (RAIN,), *combinations((DAM, SEA, RAIN), 2)])
def test_a_missing_input_widens_and_is_named(invented_river: Any, blind: tuple[int, ...]) -> None:
    model = invented_river.model
    for minute in MINUTES:
        history, issue_s = invented_river.history(minute - minute % 10)
        full = predict(model, history, issue_s)
        history[list(blind), -40:] = np.nan
        found = predict(model, history, issue_s)
        assert (widths(found) > widths(full)).all()
        for prediction in found.values():
            assert isinstance(prediction, Prediction)
            named = [f"{model.inputs[i]} silent for 40 min" for i in blind]
            assert prediction.degraded == named


def test_each_further_loss_widens_further(invented_river: Any) -> None:
    history, issue_s = invented_river.history(9_000)
    before = widths(predict(invented_river.model, history, issue_s))
    for lost in (RAIN, SEA, DAM):
        history[lost] = np.nan
        now = widths(predict(invented_river.model, history, issue_s))
        assert (now > before).all()
        before = now


def test_another_gauge_lost_widens_and_itself_has_no_forecast(invented_river: Any) -> None:
    history, issue_s = invented_river.history(9_000)
    full = predict(invented_river.model, history, issue_s)
    history[0] = np.nan
    found = predict(invented_river.model, history, issue_s)
    upper, lower = found["upper/stage"], found["lower/stage"]
    assert upper == NoForecast("upper/stage: no trusted value in the history")
    assert isinstance(lower, Prediction)
    assert (widths({"": lower}) > widths(full)[1]).all()


def test_a_gauge_silent_for_half_an_hour_is_told_from_the_others_but_wider(
    invented_river: Any,
) -> None:
    history, issue_s = invented_river.history(9_000)
    full = predict(invented_river.model, history, issue_s)
    truth = history[1, -1]
    history[1, -30:] = np.nan
    lower = predict(invented_river.model, history, issue_s)["lower/stage"]
    assert isinstance(lower, Prediction)
    assert lower.degraded == ["lower/stage silent for 30 min"]
    assert (widths({"": lower}) > widths(full)[1]).all()
    assert lower.values[0, 0] < truth < lower.values[0, -1]


def test_nothing_observed_is_no_forecast_and_says_so(invented_river: Any) -> None:
    history, issue_s = invented_river.history(9_000)
    assert set(predict(invented_river.model, history * np.nan, issue_s).values()) == {
        NoForecast(f"{key}: no trusted value in the history")
        for key in invented_river.model.targets
    }
    history[:, -40:] = np.nan
    assert predict(invented_river.model, history, issue_s)["upper/stage"] == NoForecast(
        "upper/stage silent for 40 min"
    )


def test_a_forecast_between_two_observations_is_the_last_one_moved_on(invented_river: Any) -> None:
    history, issue_s = invented_river.history(9_000)
    on_time = medians(predict(invented_river.model, history, issue_s))
    later = np.hstack([history[:, 7:], np.full((5, 7), np.nan)])
    moved = medians(predict(invented_river.model, later, issue_s + 420))
    np.testing.assert_allclose(moved[:, :-1], 0.3 * on_time[:, :-1] + 0.7 * on_time[:, 1:])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(-2, 6))
def test_whatever_is_observed_it_answers_in_finite_and_ascending_numbers(
    invented_river: Any, seed: int, holes: float, magnitude: float
) -> None:
    history, issue_s = invented_river.history(9_000)
    draw = np.random.default_rng(seed)
    history += draw.normal(0, 10.0**magnitude, history.shape)
    history[draw.random(history.shape) < holes] = np.nan
    history[draw.integers(5), -draw.integers(1, 400) :] = np.nan
    for found in predict(invented_river.model, history, issue_s).values():
        if isinstance(found, Prediction):
            assert np.isfinite(found.values).all()
            assert (np.diff(found.values, axis=1) >= 0).all()


def test_a_wrong_number_of_inputs_is_named(invented_river: Any) -> None:
    with pytest.raises(ValueError, match="4 rows; the model wants 5 inputs"):
        predict(invented_river.model, np.zeros((4, 500)), 0.0)


def test_a_short_history_is_a_degraded_one(invented_river: Any) -> None:
    history, issue_s = invented_river.history(9_000)
    full = widths(predict(invented_river.model, history, issue_s))
    found = predict(invented_river.model, history[:, -31:], issue_s)
    assert (widths(found) > full).all()
    assert "dam/outflow has gaps" in next(iter(found.values())).degraded  # type: ignore[union-attr]


def test_bytes_and_back_give_the_same_forecast(invented_river: Any) -> None:
    model = invented_river.model
    content = model.to_bytes()
    again = GaugeModel.from_bytes(content)
    assert again.to_bytes() == content
    history, issue_s = invented_river.history(9_000)
    for one, other in zip(
        predict(model, history, issue_s).values(),
        predict(again, history, issue_s).values(),
        strict=True,
    ):
        np.testing.assert_allclose(one.values, other.values, atol=1e-5)  # type: ignore[union-attr]


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ModelFileError, match="forewarn hindcast fit"):
        GaugeModel.from_bytes(content)


def test_a_torn_model_is_refused(invented_river: Any) -> None:
    content = invented_river.model.to_bytes()
    for end in (10, len(content) // 2, len(content) - 1):
        with pytest.raises(ModelFileError, match="not a gauge model"):
            GaugeModel.from_bytes(content[:end])


def test_the_same_record_gives_the_same_model(invented_river: Any) -> None:
    plan = msgspec.structs.replace(invented_river.plan, epochs=1, hidden=2)
    intervals = invented_river.model.intervals
    one, other = (fit(plan, [invented_river.unseen], intervals).model for _ in range(2))
    assert one.to_bytes() == other.to_bytes()


def test_an_input_that_is_never_known_is_named(invented_river: Any) -> None:
    minutes = invented_river.unseen.minutes.copy()
    minutes[DAM] = np.nan
    record = Record(invented_river.unseen.first_s, minutes)
    with pytest.raises(FitError, match="`dam/outflow` is known in 0% of them"):
        fit(invented_river.plan, [record], invented_river.model.intervals)
    minutes[:2] = np.nan
    with pytest.raises(FitError, match="no trusted value of upper/stage, lower/stage"):
        fit(invented_river.plan, [record], invented_river.model.intervals)


def test_each_feature_has_a_name(invented_river: Any) -> None:
    plan, model = invented_river.plan, invented_river.model
    seen = whole(plan, invented_river.unseen, model.intervals)
    features = build(plan, seen, np.array([100]), model.tides)
    assert features.shape == (1, len(names(plan)))
    assert len(set(names(plan))) == len(names(plan))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": ["dam/outflow"]}, "`dam/outflow` must be an `input` with role `level`"),
        ({"targets": []}, "must be an `input`"),
        ({"step": "PT7M"}, "multiple"),
        ({"level_lags": [15]}, "lag 15 is not a multiple of the step, 10 min"),
        ({"probabilities": [0.1, 0.9]}, "contain 0.5"),
        ({"folds": 1}, "folds"),
    ],
)
def test_a_plan_that_cannot_work_says_why(
    invented_river: Any, change: dict[str, Any], message: str
) -> None:
    raw = msgspec.to_builtins(invented_river.plan) | change
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(raw, FloodPlan)
