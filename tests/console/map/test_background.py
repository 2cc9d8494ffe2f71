"""The background of the map: what is drawn, and what is refused with which words."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.background import MAX_BYTES, load_background, read_background
from console.errors import MapError

POLYGON = {"type": "Polygon", "coordinates": [[[121, 30], [122, 30], [122, 31], [121, 30]]]}


def collection(geometry: Any, **properties: Any) -> str:
    feature = {"type": "Feature", "properties": {"kind": "river"} | properties}
    return json.dumps({"type": "FeatureCollection", "features": [feature | {"geometry": geometry}]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "map.geojson"


@pytest.mark.parametrize(
    "geometry",
    [
        POLYGON,
        {"type": "MultiPolygon", "coordinates": [POLYGON["coordinates"]]},
        {"type": "LineString", "coordinates": [[121, 30], [122, 30, 4.5]]},
        {"type": "MultiLineString", "coordinates": [[[121, 30], [122, 30]]]},
        {"type": "Point", "coordinates": [121, 30]},
    ],
)
def test_every_geometry_comes_through(file: Path, geometry: Any) -> None:
    file.write_text(collection(geometry, name=None, invented=True))
    background, error = load_background(file.parent)
    assert background is not None
    assert error == ""
    assert background.features[0].geometry.coordinates == geometry["coordinates"]


def test_without_a_file_there_is_neither_background_nor_error(tmp_path: Path) -> None:
    assert load_background(tmp_path) == (None, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a Background"),
        ('{"type": "Topology"}', "FeatureCollection"),
        (collection({"type": "Circle", "coordinates": [1, 2]}), "geometry.type"),
        (collection({"type": "LineString", "coordinates": [[121]]}), "length >= 2"),
        (collection({"type": "Point", "coordinates": [352_000.0, 3_305_000.0]}), "EPSG:4326"),
        (collection({"type": "Point", "coordinates": [121, None]}), "coordinates"),
        (collection(POLYGON).replace('"kind": "river"', ""), "kind"),
        (collection(POLYGON) + " " * MAX_BYTES, "simplify"),
    ],
)
def test_a_bad_file_is_refused_with_what_would_help(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    with pytest.raises(MapError, match=r"map\.geojson") as refused:
        read_background(file)
    assert words in str(refused.value)
    background, error = load_background(file.parent)
    assert (background, error) == (None, str(refused.value)), "and the console starts"


def test_the_sites_own_backgrounds_are_good() -> None:
    sites = Path(__file__).parents[3] / "sites"
    found = list(sites.glob("*/map.geojson"))
    assert found
    for path in found:
        assert read_background(path).features, path
