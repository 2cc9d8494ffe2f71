import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.models.flood.gauges.grid import age, sample, sample_rain

NAN = np.nan


def test_between_two_values_the_line_and_after_the_last_its_value_for_a_while() -> None:
    series = np.full(60, NAN)
    series[[0, 10, 20]] = [1.0, 2.0, 4.0]
    found = sample(series, np.array([0.0, 5, 15, 20, 35, 36]), interval=10)
    np.testing.assert_allclose(found, [1.0, 1.5, 3.0, 4.0, 4.0, NAN])


def test_a_long_gap_is_not_bridged_and_nothing_is_known_before_the_first() -> None:
    series = np.full(120, NAN)
    series[[10, 60]] = [1.0, 2.0]
    found = sample(series, np.array([5.0, 20, 30, 60]), interval=10)
    np.testing.assert_allclose(found, [NAN, 1.0, NAN, 2.0])


def test_rain_is_spread_over_the_time_since_the_amount_before() -> None:
    series = np.full(40, NAN)
    series[[10, 20, 30]] = [0.0, 6.0, 0.0]
    found = sample_rain(series, np.array([15.0, 20, 25, 30]), interval=10, step=5)
    np.testing.assert_allclose(found, [3.0, 3.0, 0.0, 0.0])


@given(st.lists(st.floats(0, 30), min_size=3, max_size=60), st.sampled_from([1, 5, 10]))
def test_no_rain_is_lost_or_made(amounts: list[float], step: int) -> None:
    series = np.full(10 * len(amounts), NAN)
    series[::10] = amounts
    last = 10 * (len(amounts) - 1)
    found = sample_rain(series, np.arange(step, last + 1, step), interval=10, step=step)
    np.testing.assert_allclose(found.sum(), sum(amounts[1:]), rtol=1e-9, atol=1e-9)


def test_age_is_that_of_the_newest_value_not_after_the_minute() -> None:
    series = np.array([1.0, NAN, 2.0, NAN, 3.0])
    assert age(series, 3) == 1
    assert age(series, 4) == 0
    assert age(np.full(5, NAN), 4) == np.inf
