"""A small invented city: flat ground, one straight river from north to south, a low bank."""

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from stream.models.flood.inundation.chart import Chart
from stream.models.flood.inundation.city import City, Drive, build
from stream.models.flood.inundation.plan import (
    District,
    Gauge,
    InundationPlan,
    LowSpot,
    Outfall,
    Rain,
    River,
    Surface,
)

SIZE = 32
CHART = Chart("EPSG:32651", 360_000.0, 3_306_000.0, 25.0, (SIZE, SIZE))


class Town:
    """What the small city is made of; the river takes columns 2 to 4."""

    chart = CHART
    size = SIZE

    def degrees(self, *xy: tuple[float, float]) -> tuple[tuple[float, float], ...]:
        """Return (latitude, longitude) of points in metres east and south of the corner."""
        metres = np.array([(CHART.west + x, CHART.north - y) for x, y in xy])
        return tuple((float(a), float(b)) for a, b in CHART.unproject(metres))

    def plan(self, **changes: Any) -> InundationPlan:
        end = SIZE * 25.0
        ((latitude, longitude),) = self.degrees((400.0, 400.0))
        surface = Surface(manning=0.03, drain_mm_h=20.0, infiltration_mm_h=2.0)
        river = River(
            id="r",
            path=self.degrees((87.5, -50.0), (87.5, end + 50.0)),
            from_km=10.0,
            width_m=(75.0, 75.0),
            crest_m=(5.0, 5.0),
            gauges=(Gauge(datastream="up/stage", km=8.0), Gauge(datastream="down/stage", km=12.0)),
            low_spots=(LowSpot(side="left", km=(10.4, 10.5), crest_m=4.0),),
        )
        drained = District(
            id="all",
            polygon=self.degrees((0, 0), (end, 0), (end, end), (0, end)),
            surface=surface,
            outfall=Outfall(river="r", km=10.4, closes_m=3.0, pumped_share=0.25),
        )
        plan = {
            "name": "test-1",
            "area": "city",
            "terrain": "none.tif",
            "crs": CHART.crs,
            "cell_m": 25.0,
            "surface": surface,
            "rain": (Rain(catchment="c", latitude=latitude, longitude=longitude),),
            "rivers": (river,),
            "districts": (drained,),
        }
        return InundationPlan(**{**plan, **changes})

    def flat(self) -> NDArray[np.float64]:
        """Ground at 3 m, with a faint slope to the east so that water has somewhere to go."""
        return 3.0 - 0.001 * np.indices((SIZE, SIZE))[1]

    def drive(
        self, stage: float | tuple[float, float] = 1.0, rain: float = 0.0, hours: float = 1.0
    ) -> Drive:
        """Return `hours` of steady stages, upstream and downstream, and of rain [mm/h]."""
        times = np.arange(0.0, hours * 3600 + 1, 600.0)
        up, down = stage if isinstance(stage, tuple) else (stage, stage)
        return Drive(
            times,
            {"c": np.full(len(times), rain)},
            {"up/stage": np.full(len(times), up), "down/stage": np.full(len(times), down)},
        )


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let a small run keep to one thread: on busy cores several wait more than they work."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


@pytest.fixture(scope="session")
def town() -> Town:
    return Town()


@pytest.fixture(scope="session")
def small_city(town: Town) -> City:
    (near,) = town.degrees((150.0, 450.0))
    (far,) = town.degrees((700.0, 100.0))
    places = [("near", *near), ("far", *far), ("off", 31.0, 121.5)]
    return build(town.plan(), town.flat(), CHART, places)
