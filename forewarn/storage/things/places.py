"""Places in WKT, as what PostgreSQL without PostGIS can compare: points and simple polygons."""

import re
from math import isfinite

from forewarn.storage.things.errors import Unanswerable
from forewarn.storage.things.expressions import Geometry
from forewarn.storage.things.names import Names, Term

_POINT = re.compile(r"POINT\s*\(([^()]*)\)", re.IGNORECASE)
_POLYGON = re.compile(r"POLYGON\s*\(\s*\(([^()]*)\)\s*\)", re.IGNORECASE)


def place(geometry: Geometry, names: Names) -> Term:
    """Return a point or a polygon without holes; Unanswerable says what else it is."""
    if found := _POINT.fullmatch(geometry.wkt):
        return Term(names.value(_corner(found[1], geometry.wkt), "point"), "point")
    if found := _POLYGON.fullmatch(geometry.wkt):
        corners = [_corner(text, geometry.wkt) for text in found[1].split(",")]
        if len(corners) < 4 or corners[0] != corners[-1]:
            raise _refused(geometry.wkt, "a ring has 4 corners or more, and the last is the first")
        return Term(names.value(f"({','.join(corners)})", "polygon"), "polygon")
    raise _refused(geometry.wkt, "only POINT(lon lat) and POLYGON((lon lat, ...)) without holes")


def related(name: str, first: Term, second: Term) -> str:
    """Return the SQL of `name(first, second)`; Unanswerable where the two cannot be compared so."""
    kinds = (first.kind, second.kind)
    meet = name in ("st_intersects", "geo.intersects", "st_disjoint")
    if name == "st_within" or (meet and kinds == ("point", "polygon")):
        first, second, kinds = second, first, (second.kind, first.kind)
    if kinds == ("polygon", "point") and (meet or name in ("st_within", "st_contains")):
        found = f"({first.sql} @> {second.sql})"
    elif kinds == ("point", "point") and (meet or name == "st_equals"):
        found = f"({first.sql} ~= {second.sql})"
    else:
        raise Unanswerable(
            f"{name} of {first.kind} and {second.kind}: this server compares points with points "
            "(st_equals, geo.distance) and with polygons (st_within, st_contains, st_intersects, "
            "st_disjoint, geo.intersects)"
        )
    return f"(NOT {found})" if name == "st_disjoint" else found


def _corner(text: str, wkt: str) -> str:
    try:
        longitude, latitude = (float(part) for part in text.split())
    except ValueError:
        raise _refused(wkt, f"`{text[:40]}` is not a longitude and a latitude") from None
    if not (isfinite(longitude) and isfinite(latitude)):
        raise _refused(wkt, "not finite")
    return f"({longitude!r},{latitude!r})"


def _refused(wkt: str, why: str) -> Unanswerable:
    return Unanswerable(f"geography'{wkt[:60]}': {why}")
