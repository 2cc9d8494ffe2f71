"""Split samples on recorded catchments: fitted on one part, judged on the other."""

import csv
from pathlib import Path

import numpy as np
import pytest

from stream.hindcast.basin_fit import fit_site
from stream.models.flood.basin import Catchment
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.runoff.fitting import Forcing, fit_catchment
from stream.models.flood.runoff.parameters import Parameters

pytestmark = pytest.mark.recorded
SITE = Path(__file__).parents[4] / "sites/swindale"


def huagrahuma(folder: Path) -> Forcing:
    """Return the record as of 1 km²; a third of the flow is missing."""
    with (folder / "river_rain/huagrahuma_ecuador_15min.csv").open() as file:
        rows = list(csv.DictReader(file))
    rain, pet, flow = (
        np.array([float(row[name] or "nan") for row in rows])
        for name in ("rain_mm_15min", "pet_mm_15min", "q_mm_15min")
    )
    return Forcing(rain, pet, flow * 1000.0 / 900.0, 900.0)


@pytest.mark.soak
def test_huagrahuma_is_forecast_from_its_first_part(recorded_data: Path) -> None:
    """The largest flood of the record lies in the part that was not seen."""
    catchment = Catchment(
        id="huagrahuma", latitude=-2.8, longitude=-79.2, area_km2=1.0, runoff={"impervious": 0.0}
    )
    found = fit_catchment(
        catchment, huagrahuma(recorded_data), warm_up=500, hold_back=0.4, generations=25
    )
    assert found.score > 0.9
    assert found.held_back > 0.75


def test_no_water_is_lost_in_a_recorded_quarter(recorded_data: Path) -> None:
    forcing = huagrahuma(recorded_data)
    parameters = Parameters.of(1)
    state = xinanjiang.initial(parameters, wetness=0.9, baseflow_mm_h=0.1)
    terms = xinanjiang.balance(
        state, forcing.rain_mm[None], forcing.pet_mm, parameters, forcing.dt_s
    )
    assert abs(terms.error_mm[0, 0]) < 1e-9


def test_swindale_is_fitted_to_its_flood(recorded_data: Path) -> None:
    path = recorded_data / "river_rain/swindale_cumbria_15min_nov2009.csv"
    found = fit_site(SITE, path, hold_back=0.6, generations=80).fits[0]
    assert found.score > 0.97
    assert 1.1 < found.rain_factor < 1.4
