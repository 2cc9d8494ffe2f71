"""OGC SensorThings 1.1 at `/v1.1`, reading: a path and its options become rows, rows answers.

`paths` reads the address, `options` and `filters` read the query, each without I/O;
`forewarn.storage.things` finds the rows, `shapes` gives them links. Errors::

    ConsoleError
    +-- QueryRefused     400: an option that cannot be read, or has no answer
    +-- NoSuchPath       404
    +-- Overloaded       503: too costly, or too many at once
"""

from console.sensorthings.api import Api
from console.sensorthings.questions import Questions

__all__ = ["Api", "Questions"]
