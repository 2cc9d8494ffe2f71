"""One good file of each format."""

from pathlib import Path

import numpy as np
import pytest

from tests.stream.grids.written import (
    RAIN,
    grib_rate,
    odim_rate,
    write_fmi,
    write_grib,
    write_netcdf,
    write_netcdf4,
)


@pytest.fixture
def every_format(tmp_path: Path) -> list[Path]:
    """Return one good file of each format that can be written here."""
    return [
        odim_rate(tmp_path),
        write_netcdf(tmp_path / "cf.nc", np.stack([RAIN, RAIN])),
        write_netcdf4(tmp_path / "four.nc", RAIN),
        write_grib(tmp_path / "run.grb2", RAIN[None] / 3600, [grib_rate(1)]),
        write_fmi(tmp_path / "fmi.pgm", np.full((6, 8), 100)),
    ]
