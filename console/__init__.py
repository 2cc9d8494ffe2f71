"""The page on which a duty officer watches: map, stations, hydrograph with forecast, alerts.

It reads the database and writes nothing. One poller asks once a second for all clients;
what changed goes out as server-sent events. Errors of this package::

    ForewarnError
    +-- ConsoleError             what keeps the console from starting: a port in use, …
        +-- DatabaseUnavailable  shown as a banner; the page stays and the poller goes on asking
        +-- MapError             shown on the map, which then has no background
        +-- NoSuchIncident       somebody asked for an incident that is not there: 404
        +-- QueryRefused         a `$filter` that cannot be read or costs too much
"""

from console.errors import ConsoleError, DatabaseUnavailable, MapError

__all__ = ["ConsoleError", "DatabaseUnavailable", "MapError"]
