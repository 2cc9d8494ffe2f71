"""The demonstration's invented ground comes out of its recipe, and never otherwise."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import rasterio

from forewarn.domain.config import load
from simulators.cli import main
from simulators.errors import SimulatorError
from simulators.world.terrain import Land, ground, write

DEMO = Path(__file__).resolve().parents[2] / "sites" / "yongjiang"


def test_the_committed_ground_is_what_the_recipe_gives(tmp_path: Path) -> None:
    out = tmp_path / "again.tif"
    assert main(["terrain", "--site", str(DEMO), "--out", str(out)]) == 0
    with rasterio.open(out) as made, rasterio.open(DEMO / "terrain.tif") as committed:
        assert made.crs == committed.crs
        assert made.transform == committed.transform
        assert made.scales == committed.scales == (0.01,)
        assert np.array_equal(made.read(1), committed.read(1))
        assert "Invented" in committed.tags()["NOTE"]
    assert out.stat().st_size < 300 * 1024


def test_another_seed_is_another_ground_with_the_same_rivers() -> None:
    land = load(DEMO / "land.toml", Land)
    one, corner = ground(land)
    two, same_corner = ground(msgspec.structs.replace(land, seed=land.seed + 1))
    assert corner == same_corner
    beds = one < 0
    assert np.array_equal(beds, two < 0)
    assert 0.03 < beds.mean() < 0.1
    assert not np.allclose(one[~beds], two[~beds])
    assert np.median(one) == pytest.approx(land.level_m, abs=0.2)


def test_a_ground_too_large_for_the_repository_is_refused(tmp_path: Path) -> None:
    land = load(DEMO / "land.toml", Land)
    rough = msgspec.structs.replace(
        land, cells=(600, 600), cell_m=10.0, relief_m=3.0, relief_length_m=5.0
    )
    with pytest.raises(SimulatorError, match=r"fewer cells in land\.toml"):
        write(rough, tmp_path / "t.tif")


def test_an_unknown_coordinate_system_is_said(tmp_path: Path) -> None:
    land = msgspec.structs.replace(load(DEMO / "land.toml", Land), crs="EPSG:1")
    with pytest.raises(SimulatorError, match=r"give e\.g\. `EPSG:32651`"):
        write(land, tmp_path / "t.tif")
