"""From the domain to what the page is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from console.translate import SPARK_POINTS, site_view, spark, vital
from forewarn.domain.hazard import Threshold
from forewarn.domain.observation import Quality
from forewarn.domain.station import Site
from forewarn.storage import Latest, Sample

NOON = datetime(2026, 7, 12, 4, tzinfo=UTC)
THRESHOLDS = (
    Threshold(value=6.2, level="yellow", label="closed to cars"),
    Threshold(value=5.5, level="yellow", label="closed to people"),
    Threshold(value=8.0, level="red", label="overtopped"),
)


@pytest.mark.parametrize(
    ("result", "quality", "level", "exceeded"),
    [
        (5.49, Quality.GOOD, 0, ""),
        (5.5, Quality.GOOD, 2, "closed to people"),
        (6.3, Quality.UNCHECKED, 2, "closed to cars"),
        (9.0, Quality.GOOD, 4, "overtopped"),
        (9.0, Quality.SUSPECT, None, ""),
        (1.0, Quality.FAIL, None, ""),
        (None, Quality.MISSING, None, ""),
    ],
)
def test_only_a_trusted_value_is_judged_against_thresholds(
    result: float | None, quality: int, level: int | None, exceeded: str
) -> None:
    found = vital(Latest("a/stage", NOON, result, quality, NOON), THRESHOLDS)
    assert (found.level, found.exceeded) == (level, exceeded)


def test_a_datastream_without_thresholds_has_no_level() -> None:
    assert vital(Latest("a/rain", NOON, 3.0, 1, NOON), ()).level is None


def samples(count: int, quality: int = 1) -> Sequence[Sample]:
    start = NOON - timedelta(hours=6)
    return [Sample(start + timedelta(minutes=i), float(i), quality) for i in range(count)]


def test_a_sparkline_keeps_the_newest_value_and_few_points() -> None:
    thinned = spark("a/stage", samples(360))
    assert len(thinned.time) <= SPARK_POINTS + 1
    assert thinned.result[-1] == 359.0
    assert thinned.time == sorted(thinned.time)


def test_a_sparkline_shows_no_doubted_value() -> None:
    assert spark("a/stage", samples(10, Quality.SUSPECT)).time == []


def test_the_site_is_told_with_thresholds_ascending_and_what_is_invented(site: Site) -> None:
    view = site_view(site, speed=60, replay=True)
    assert view.invented == "River, town and every number are made up."
    assert [s.invented for s in view.stations] == [False, True]
    stage = view.datastreams[0]
    assert [(t.value, t.level) for t in stage.thresholds] == [(8.5, 2), (10.5, 3)]
    assert stage.stale_after_s == 3 * 60 + 10 * 60
