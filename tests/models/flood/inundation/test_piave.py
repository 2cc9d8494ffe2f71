"""Tide in the Piave's mouth, beside a run of another local-inertial solver (SFINCS 2.0.2)."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import netcdf_file
from scipy.ndimage import binary_dilation

from stream.models.flood.inundation.forcing import Forcing
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.solver import simulate

rasterio = pytest.importorskip("rasterio")


@pytest.mark.recorded
def test_the_tide_at_two_stations_is_that_of_sfincs(recorded_data: Path) -> None:
    """RMSE below 1 cm after the first 3 h (2 and 6 mm); 1.2 m of tide.

    Before, both swing: SFINCS lets waves out at its boundary and spins up for a minute, ours
    reflects them. The third station is left out: the raster at hand has no river channel to it.
    """
    folder = recorded_data / "dem/sfincs_piave_compound"
    with rasterio.open(folder / "dep.tif") as raster:
        bed, row_and_column = raster.read(1), raster.index
    solid = np.isfinite(bed)
    rim = solid & binary_dilation(~solid, border_value=1)
    tide = np.loadtxt(folder / "sfincs.bzs")[:73]
    forcing = Forcing(
        times_s=tide[:, 0],
        rain_mm_h=np.zeros((len(tide), 1)),
        stage_m=tide[:, 1:].mean(axis=1, keepdims=True),
    )
    edge = np.where(rim & (bed < -4.99), 0, -1).astype(np.int16)
    manning = np.where(bed < 0, 0.02, 0.04).astype(np.float32)
    found = simulate(
        Ground(bed, 50.0, manning, edge=edge),
        np.nan_to_num(np.maximum(-bed, 0)).astype(np.float32),
        forcing,
        start_s=0,
        duration_s=float(tide[-1, 0]),
        save_s=list(tide[:, 0]),
        threshold_m=0.01,
    )
    record = netcdf_file(folder / "sfincs_his.nc", mmap=False).variables
    for number in (0, 1):
        x, y = float(record["point_x"][number]), float(record["point_y"][number])
        row, column = row_and_column(x, y)
        stage = found.saved[18:, row, column] + bed[row, column]
        off = stage - record["point_zs"][18:73, number]
        assert np.sqrt(np.mean(off**2)) < 0.012
    assert found.balance.error_share < 1e-6
