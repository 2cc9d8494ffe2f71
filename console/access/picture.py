"""A second factor as the picture that authenticator apps read: a path, drawn by the page."""

import segno
from msgspec import Struct


class Picture(Struct, frozen=True):
    """A QR code as an SVG path in a square of `size` units, with a rim of 4."""

    size: int
    path: str
    secret: str
    """Base32, for who cannot scan."""


def picture(uri: str, secret: str) -> Picture:
    """Return the QR code of an `otpauth://` address."""
    rim = 4
    rows = list(segno.make(uri, error="m", micro=False).matrix)
    dark = [
        f"M{x + rim} {y + rim}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, bit in enumerate(row)
        if bit
    ]
    return Picture(len(rows) + 2 * rim, "".join(dark), secret)
