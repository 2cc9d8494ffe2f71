"""OGC SensorThings 1.1: so far the language of `$filter` alone, which no route uses yet.

`filters.parse` turns the text of a `$filter` into a typed tree (`expressions`), or raises
QueryRefused, a ConsoleError that says where and why. It knows no I/O.
"""

from console.sensorthings.errors import QueryRefused
from console.sensorthings.filters import parse

__all__ = ["QueryRefused", "parse"]
