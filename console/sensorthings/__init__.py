"""OGC SensorThings 1.1, reading: a path and its options become a question, rows become answers.

`filters.parse` turns the text of a `$filter` into a typed tree (`expressions`), or raises
QueryRefused, a ConsoleError that says where and why. `options.read_options` reads the other query
options, nested `$expand` included. Neither knows I/O.
"""

from console.sensorthings.errors import QueryRefused
from console.sensorthings.filters import parse

__all__ = ["QueryRefused", "parse"]
