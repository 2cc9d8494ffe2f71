"""OGC SensorThings 1.1 at `/v1.1`: paths, options and bodies become rows, rows answers.

`paths` reads the address, `options` and `filters` the query, `bodies` and `observed` the body,
each without I/O; `forewarn.storage.things` finds and writes rows, `shapes` gives them links.
Observations go out on MQTT as a device's do (`wire`, `sending`). Errors::

    ConsoleError
    +-- QueryRefused     400: an option that cannot be read, or has no answer
    +-- BodyRefused      400: with the path in the body
    +-- NoSuchPath       404
    +-- NotHere          405
    +-- Conflict         409: contradicts what is there
    +-- TooLarge         413
    +-- Overloaded       503: too costly, or too many at once
    +-- Unsettled        503: nobody knows yet whether it is stored
"""

from console.sensorthings.api import Api

__all__ = ["Api"]
