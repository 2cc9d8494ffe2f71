"""JSON Patch, at the places in arrays that are none."""

from typing import Any

import pytest

from console.sensorthings.errors import BodyRefused
from console.sensorthings.patches import patched

ENTITY = {"properties": {"floors": [1, 2, 3]}}


@pytest.mark.parametrize("operation", ["add", "replace", "remove", "test"])
@pytest.mark.parametrize("place", ["²", "٣", "1" * 5000, "01", "-1", "4", ""])
def test_what_is_no_place_in_an_array_is_refused(operation: str, place: str) -> None:
    for path in (f"/properties/floors/{place}", f"/properties/floors/{place}/deeper"):
        with pytest.raises(BodyRefused, match="path: "):
            patched(ENTITY, [{"op": operation, "path": path, "value": 9}])


@pytest.mark.parametrize(
    ("patch", "floors"),
    [
        ({"op": "add", "path": "/properties/floors/3", "value": 9}, [1, 2, 3, 9]),
        ({"op": "add", "path": "/properties/floors/0", "value": 9}, [9, 1, 2, 3]),
        ({"op": "add", "path": "/properties/floors/-", "value": 9}, [1, 2, 3, 9]),
        ({"op": "replace", "path": "/properties/floors/2", "value": 9}, [1, 2, 9]),
        ({"op": "remove", "path": "/properties/floors/1"}, [1, 3]),
    ],
)
def test_places_that_are_there_are_patched(patch: Any, floors: list[int]) -> None:
    assert patched(ENTITY, [patch]) == {"properties": {"floors": floors}}
