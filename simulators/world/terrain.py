"""Invented ground for a demonstration: a river plain with levees, streets, hollows and mounds.

Nothing here is surveyed. The same land.toml and seed give the same raster to the last bit.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct, field
from numpy.typing import NDArray

from simulators.errors import SimulatorError

Floats = NDArray[np.float64]
Positive = Annotated[float, Meta(gt=0)]

HOLE_CM = -32768
"""Value of a raster cell without ground."""
LARGEST_KIB = 300


class Stream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A river's bed in the ground, downstream."""

    id: str
    path: tuple[tuple[float, float], ...]
    """(latitude, longitude) of its middle."""
    width_m: tuple[float, float]
    """At the upper and the lower end [m]."""
    bed_m: tuple[float, float]
    """Height of the bed above datum, at the upper and the lower end [m]."""


class Patch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ground that tends to another level around a place: a hollow or a mound."""

    latitude: float
    longitude: float
    radius_m: Positive
    level_m: float
    """Of the ground in its middle, above datum [m]."""


class Land(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole land.toml."""

    seed: int
    crs: str
    """A metric one, as `EPSG:32651`."""
    latitude: float
    longitude: float
    """Of the middle of the raster."""
    cells: tuple[int, int]
    """Rows and columns."""
    cell_m: Positive
    level_m: float
    """Of the plain above datum [m]."""
    relief_m: float
    """Standard deviation of its hills and hollows [m]."""
    relief_length_m: Positive
    """How far apart these are [m]."""
    levee_m: float
    """Height of the natural levees beside the rivers above the plain [m]."""
    levee_width_m: Positive
    street_every_m: Positive
    street_drop_m: float
    """Streets lie this much below their blocks [m]."""
    street_bearing_deg: float = 0.0
    streams: tuple[Stream, ...] = field(name="stream")
    patches: tuple[Patch, ...] = field(name="patch", default=())


def ground(land: Land) -> tuple[Floats, tuple[float, float]]:
    """Return the ground (rows, columns) [m], north first, and x, y of its north-western corner."""
    rows, columns = land.cells
    (x0,), (y0,) = _project(land.crs, [(land.latitude, land.longitude)])
    west = round(x0 - columns * land.cell_m / 2, -2)
    north = round(y0 + rows * land.cell_m / 2, -2)
    x, y = np.meshgrid(
        west + (np.arange(columns) + 0.5) * land.cell_m,
        north - (np.arange(rows) + 0.5) * land.cell_m,
    )
    random = np.random.default_rng(land.seed)
    height = land.level_m + land.relief_m * _relief(
        random, land.cells, land.relief_length_m / land.cell_m
    )
    uneven = _relief(random, land.cells, land.relief_length_m / 3 / land.cell_m)
    ragged = np.maximum(1 + 0.25 * uneven, 0.1)
    for patch in land.patches:
        (px,), (py,) = _project(land.crs, [(patch.latitude, patch.longitude)])
        weight = np.exp(-((ragged * np.hypot(x - px, y - py) / patch.radius_m) ** 3))
        height += weight * (patch.level_m - land.level_m)
    height -= land.street_drop_m * _streets(x - x0, y - y0, land)
    _rivers(height, x, y, land)
    return height, (west, north)


def _relief(random: np.random.Generator, shape: tuple[int, int], length: float) -> Floats:
    """Return a smooth field of mean 0 and deviation 1; `length` in cells."""
    rows, columns = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    wave = np.hypot(rows[:, None], columns[None, :]) * length
    spectrum = np.fft.rfft2(random.standard_normal(shape)) * np.exp(-2 * wave**2)
    spectrum[0, 0] = 0
    smooth = np.fft.irfft2(spectrum, s=shape)
    return np.asarray(smooth / smooth.std())


def _streets(east: Floats, north: Floats, land: Land) -> NDArray[np.bool_]:
    """Return which cells are streets: a grid, turned by the bearing."""
    turn = np.radians(land.street_bearing_deg)
    along = east * np.sin(turn) + north * np.cos(turn)
    across = east * np.cos(turn) - north * np.sin(turn)
    wide = 0.6 * land.cell_m
    return np.asarray(
        (np.abs((along + 50) % land.street_every_m - wide) < wide)
        | (np.abs((across + 50) % (0.8 * land.street_every_m) - wide) < wide)
    )


def _rivers(height: Floats, x: Floats, y: Floats, land: Land) -> None:
    """Raise the levees, then cut the beds into `height`."""
    beds = np.full_like(height, np.inf)
    nearest = np.full_like(height, np.inf)
    for stream in land.streams:
        away, along = _distance(x, y, land.crs, stream.path)
        width = np.interp(along, [0, 1], stream.width_m)
        bed = np.interp(along, [0, 1], stream.bed_m)
        inside = away < width / 2
        beds[inside] = np.minimum(beds, bed + 1.5 * (2 * away / width) ** 2)[inside]
        nearest = np.minimum(nearest, np.maximum(away - width / 2, 0))
    height += land.levee_m * np.exp(-nearest / land.levee_width_m)
    wet = np.isfinite(beds)
    height[wet] = beds[wet]


def _distance(
    x: Floats, y: Floats, crs: str, path: tuple[tuple[float, float], ...]
) -> tuple[Floats, Floats]:
    """Return the distance of each cell from `path` [m], and how far along that is [0–1]."""
    px, py = (np.asarray(values) for values in _project(crs, path))
    lengths = np.hypot(np.diff(px), np.diff(py))
    start = np.concatenate([[0.0], np.cumsum(lengths)])
    away, along = np.full_like(x, np.inf), np.zeros_like(x)
    for n, length in enumerate(lengths):
        ux, uy = (px[n + 1] - px[n]) / length, (py[n + 1] - py[n]) / length
        at = np.clip((x - px[n]) * ux + (y - py[n]) * uy, 0, length)
        reach = np.hypot(x - px[n] - at * ux, y - py[n] - at * uy)
        closer = reach < away
        away[closer] = reach[closer]
        along[closer] = ((start[n] + at) / start[-1])[closer]
    return away, along


def _project(crs: str, points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    from rasterio.errors import CRSError
    from rasterio.warp import transform

    latitudes, longitudes = zip(*points, strict=True)
    try:
        east, north = transform("EPSG:4326", crs, longitudes, latitudes)
    except CRSError as error:
        raise SimulatorError(f"land.toml: crs `{crs}`: {error}; give e.g. `EPSG:32651`") from error
    return east, north


def write(land: Land, out: Path) -> int:
    """Write the ground of `land` as GeoTIFF in whole centimetres; return its size [bytes]."""
    import rasterio

    height, (west, north) = ground(land)
    rows, columns = land.cells
    try:
        with rasterio.open(
            out,
            "w",
            driver="GTiff",
            height=rows,
            width=columns,
            count=1,
            dtype="int16",
            nodata=HOLE_CM,
            crs=land.crs,
            transform=rasterio.Affine(land.cell_m, 0.0, west, 0.0, -land.cell_m, north),
            compress="deflate",
            predictor=2,
            zlevel=9,
        ) as raster:
            raster.scales = (0.01,)
            raster.units = ("m",)
            raster.update_tags(NOTE="Invented ground, not surveyed: forewarn simulate terrain")
            raster.write(np.round(height * 100).astype(np.int16), 1)
    except OSError as error:
        raise SimulatorError(f"{out}: {error}") from error
    size = out.stat().st_size
    if size > LARGEST_KIB * 1024:
        raise SimulatorError(
            f"{out}: {size / 1024:.0f} KiB, more than {LARGEST_KIB}: fewer cells in land.toml"
        )
    return size
