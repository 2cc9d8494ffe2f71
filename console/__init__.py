"""The page on which a duty officer watches: stations, hydrograph with forecast, alerts.

It reads the database and writes nothing. One poller asks once a second for all clients;
what changed goes out as server-sent events. Errors of this package::

    ForewarnError
    +-- ConsoleError             what keeps the console from starting: a port in use, …
        +-- DatabaseUnavailable  shown as a banner; the page stays and the poller goes on asking
"""

from console.errors import ConsoleError, DatabaseUnavailable

__all__ = ["ConsoleError", "DatabaseUnavailable"]
