"""PKLot's files: a picture, and beside it an XML with rotated boxes and what stands in them."""

from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, parse

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.cameras import CameraError
from edge.cameras.bays import Bay
from edge.cameras.detector import Picture


class Labelled(NamedTuple):
    """One picture of a lot, and which of its bays are taken."""

    picture: Picture
    bays: list[Bay]
    taken: NDArray[np.bool_]
    names: list[str]


def read_lot(xml: Path) -> Labelled:
    """Return the picture beside `xml`, its bays and their states; bays without one are left out."""
    try:
        spaces = [s for s in parse(xml).getroot() if s.get("occupied") in ("0", "1")]
        bays = [_bay(space) for space in spaces]
    except (OSError, ParseError, TypeError, ValueError, AttributeError) as error:
        raise CameraError(f"{xml}: not the XML of a PKLot picture: {error}") from error
    picture = cv2.imread(str(xml.with_suffix(".jpg")), cv2.IMREAD_COLOR)
    if picture is None or not bays:
        raise CameraError(f"{xml}: no bays in it, or no picture {xml.stem}.jpg beside it")
    taken = np.array([space.get("occupied") == "1" for space in spaces])
    names = [space.get("id", "") for space in spaces]
    return Labelled(np.asarray(picture, dtype=np.uint8), bays, taken, names)


def _bay(space: Element) -> Bay:
    box = space.find("rotatedRect")
    assert box is not None
    centre, size, angle = (box.find(name) for name in ("center", "size", "angle"))
    corners = cv2.boxPoints(
        (
            (_number(centre, "x"), _number(centre, "y")),
            (_number(size, "w"), _number(size, "h")),
            _number(angle, "d"),
        )
    )
    (a, b, c, d) = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d


def _number(element: Element | None, name: str) -> float:
    if element is None:
        raise ValueError(f"a box without `{name}`")
    return float(element.get(name, ""))
